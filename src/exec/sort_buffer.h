// SortBuffer: collects rows to be sorted; knows how to keep only the first so many of them.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "exec/column_buffer.h"
#include "exec/row_sorter.h"
#include "types/vector.h"

namespace orrery::exec {

class SortBuffer {
 public:
  static constexpr uint64_t kAllRows = UINT64_MAX;

  void init(std::vector<types::TypeId> types, std::vector<SortColumn> keys);
  /// Begins anew; only the first `wanted` rows of the order will be asked for.
  void begin(uint64_t wanted);
  /// One vector per column; the selected rows. Drops rows that cannot be wanted.
  void append(std::span<const types::Vector* const> columns, const types::Selection& sel);
  /// Row numbers of rows() in order, at most `wanted`.
  std::vector<uint32_t> sort();

  const RowBuffer& rows() const { return rows_; }
  RowBuffer& rows() { return rows_; }
  const std::vector<SortColumn>& keys() const { return keys_; }
  uint64_t bytes() const { return rows_.bytes(); }
  /// At one address as long as the buffer lives.
  const RowBound& bound() const { return bound_; }

 private:
  types::Selection below_bound(std::span<const types::Vector* const> columns,
                               const types::Selection& sel);
  void cut();

  std::vector<types::TypeId> types_;
  std::vector<SortColumn> keys_;
  RowBuffer rows_;
  uint64_t wanted_ = kAllRows;
  RowBound bound_;
  std::vector<uint64_t> prefixes_;
  std::vector<uint32_t> selected_;
};

}  // namespace orrery::exec
