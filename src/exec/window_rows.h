// WindowRows: rows in window order with their partitions and peers, and the functions computed
// over them. Positions count in window order, from 0.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "exec/column_buffer.h"
#include "exec/row_sorter.h"
#include "plan/plan.h"

namespace orrery::exec {

class WindowRows {
 public:
  /// The rows are (*order)[0..) of `rows`, or all of them as they are where `order` is nullptr.
  /// `partition` and `sort` name the key columns.
  void reset(const RowBuffer& rows, const std::vector<uint32_t>* order,
             std::span<const SortColumn> partition, std::span<const SortColumn> sort);

  uint32_t size() const { return size_; }
  /// Position of the first row of each partition, and size() at the end.
  std::span<const uint32_t> partitions() const { return partitions_; }
  /// For each row the first of its peers, and the row after the last of them.
  std::span<const uint32_t> peer_starts();
  std::span<const uint32_t> peer_ends();
  /// A column of the rows, in window order.
  ColumnBuffer column(uint32_t index) const;
  std::span<const SortColumn> sort_keys() const { return sort_; }

 private:
  void find_peers();
  void mark_changes(std::span<const SortColumn> keys, std::vector<uint8_t>* begins) const;
  uint32_t row(uint32_t position) const {
    return order_ == nullptr ? position : (*order_)[position];
  }

  const RowBuffer* rows_ = nullptr;
  const std::vector<uint32_t>* order_ = nullptr;
  std::span<const SortColumn> partition_, sort_;
  uint32_t size_ = 0;
  std::vector<uint32_t> partitions_;
  std::vector<uint32_t> peer_starts_, peer_ends_;
};

/// The rows [start, end) that a function sees from one row.
struct Frame {
  uint32_t start = 0;
  uint32_t end = 0;
};

/// Offsets of a frame's ends: row counts for ROWS, a distance of keys for RANGE.
struct FrameOffsets {
  types::Datum start;
  types::Datum end;
};
/// Errors for ends in the wrong order and offsets that are negative or of no use.
Status check_frame(const plan::WindowCall& call, const FrameOffsets& offsets);
/// The frame of every row; starts and ends never go back within a partition.
Result<std::vector<Frame>> find_frames(const plan::WindowCall& call, const FrameOffsets& offsets,
                                       WindowRows& rows);

/// ROW_NUMBER ... NTH_VALUE: one result per row, appended to `out` (of the call's type). `args` are
/// the call's arguments in window order.
Status compute_window_function(const plan::WindowCall& call, const FrameOffsets& offsets,
                               std::span<const ColumnBuffer> args, WindowRows& rows,
                               ColumnBuffer* out);
/// The same for aggregates. `filter`: which rows count; nullptr = all.
Status compute_window_aggregate(const plan::WindowCall& call, const FrameOffsets& offsets,
                                std::span<const ColumnBuffer> args, const ColumnBuffer* filter,
                                WindowRows& rows, ColumnBuffer* out);
/// Appends a result, turned into the buffer's type where it is a number of another.
void append_result(ColumnBuffer* out, const types::Datum& value);

}  // namespace orrery::exec
