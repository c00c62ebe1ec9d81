// Sorting of kept rows: a permutation by some key columns, stable.
//
// Keys are brought to 64-bit prefixes whose unsigned order is the key's order, and sorted by radix;
// rows with equal prefixes go on with what the prefix did not tell. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "exec/column_buffer.h"
#include "plan/plan.h"
#include "types/vector.h"

namespace orrery::exec {

enum class SortOrder : uint8_t { kAscending, kDescending };
enum class NullOrder : uint8_t { kFirst, kLast };

struct SortColumn {
  uint32_t column = 0;
  SortOrder order = SortOrder::kAscending;
  NullOrder nulls = NullOrder::kLast;
};
SortColumn sort_column(uint32_t column, const plan::SortKey& key);

/// Told by whoever wants only the first rows of an order to whoever makes the rows: one whose
/// prefix of the first key is larger cannot be wanted.
struct RowBound {
  bool active = false;
  SortColumn key;
  uint64_t prefix = 0;
};

/// Row numbers of `rows` in order; equal rows keep theirs.
std::vector<uint32_t> sorted_rows(const RowBuffer& rows, std::span<const SortColumn> keys);
/// The first `count` of them, in ascending row number.
std::vector<uint32_t> smallest_rows(const RowBuffer& rows, std::span<const SortColumn> keys,
                                    uint32_t count);
/// <0, 0, >0 by the keys alone.
int compare_rows(const RowBuffer& a, uint32_t row_a, const RowBuffer& b, uint32_t row_b,
                 std::span<const SortColumn> keys);
/// Prefixes of the selected cells by position. If prefix(a) < prefix(b), then a sorts before b;
/// equal prefixes tell nothing.
void sort_prefixes(const types::Vector& v, const types::Selection& sel, const SortColumn& key,
                   uint64_t* out);
uint64_t sort_prefix(const ColumnBuffer& column, uint32_t row, const SortColumn& key);

}  // namespace orrery::exec
