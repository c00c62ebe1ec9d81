// Hashing and equality of rows, column by column, by the rules of types::total_order: 1 equals
// 1.0, NaN equals NaN, -0.0 equals 0.0; NULL equals NULL (callers that want otherwise drop NULLs
// first).
#pragma once

#include <cstdint>
#include <span>

#include "exec/column_buffer.h"
#include "types/vector.h"

namespace orrery::exec {

enum class HashStart : uint8_t { kFirstColumn, kNextColumn };

inline constexpr uint64_t kNullHash = 0x9ae16a3b2f90404fULL;

/// hashes[i] = hash of the i-th selected row over all keys.
void hash_rows(std::span<const types::Vector* const> keys, const types::Selection& sel,
               uint64_t* hashes);
/// The same for cells [first, first + n) of a kept column: hashes[i] is replaced, or combined with
/// what the columns before gave.
void hash_column(const ColumnBuffer& column, uint32_t first, uint32_t n, HashStart start,
                 uint64_t* hashes);
uint64_t hash_row(std::span<const types::Datum> keys);

bool cells_equal(const types::Vector& a, uint32_t row_a, const ColumnBuffer& b, uint32_t row_b);
/// Cells of two rows of one vector.
bool cells_equal(const types::Vector& v, uint32_t a, uint32_t b);
/// Of the pairs (a_rows[i], b_rows[i]) keeps those with equal cells, in order; returns how many.
uint32_t keep_equal(const types::Vector& a, const ColumnBuffer& b, uint32_t* a_rows,
                    uint32_t* b_rows, uint32_t n);
/// Of the selected rows, those without a NULL in any of `keys`, to out_rows; returns how many.
uint32_t rows_without_nulls(std::span<const types::Vector* const> keys, const types::Selection& sel,
                            uint32_t* out_rows);

}  // namespace orrery::exec
