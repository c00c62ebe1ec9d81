// SpillingSorter: sorts any number of rows; past the statement's memory limit sorted runs go to
// files and are merged while they are read. Not thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "exec/run_merger.h"
#include "exec/run_state.h"
#include "exec/sort_buffer.h"

namespace orrery::exec {

class SpillingSorter {
 public:
  SpillingSorter(RunState& run, std::string_view what) : run_(run), what_(what) {}
  void init(std::vector<types::TypeId> types, std::vector<SortColumn> keys);
  /// Begins anew; only the first `wanted` rows will be asked for.
  void begin(uint64_t wanted);
  Status append(std::span<const types::Vector* const> columns, const types::Selection& sel);
  /// After the last append.
  Status finish();

  /// The next up to max rows in order, their first `columns` columns; *out = nullptr at the end.
  Status next(uint32_t max, size_t columns, types::Chunk* chunk, types::Chunk** out);
  const RowBound& bound() const { return buffer_.bound(); }
  bool spilled() const { return !runs_.empty(); }
  /// Where nothing was spilled: the rows, and their order.
  const RowBuffer& rows() const { return buffer_.rows(); }
  const std::vector<uint32_t>& order() const { return order_; }

 private:
  Status write_run();
  /// Makes one run of the last `count`.
  Status merge_last(size_t count);
  void forget();

  RunState& run_;
  const std::string_view what_;
  std::vector<types::TypeId> types_;
  SortBuffer buffer_;
  std::vector<uint32_t> order_;
  std::vector<std::unique_ptr<RowSpool>> runs_;
  std::vector<uint32_t> levels_;  ///< of each run: how often its rows were merged
  RunMerger merger_;
  RowBuffer merged_;
  uint64_t wanted_ = 0;
  uint64_t given_ = 0;
  MemoryBudget::Held held_;
};

}  // namespace orrery::exec
