// RunMerger: one sorted stream out of several sorted spools; equal rows come in the order of the
// spools. Not thread-safe.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "exec/row_sorter.h"
#include "exec/row_spool.h"

namespace orrery::exec {

class RunMerger {
 public:
  /// `runs` are finished, have columns of the same types, and outlive the merger.
  Status begin(std::span<const std::unique_ptr<RowSpool>> runs, std::span<const SortColumn> keys);
  /// Up to max rows into `out` (initialised with the runs' types), after those it has; 0 = end.
  Result<uint32_t> next(uint32_t max, RowBuffer* out);

 private:
  struct Input {
    explicit Input(const RowSpool& spool) : reader(spool) {}
    RowSpool::Reader reader;
    const RowBuffer* rows = nullptr;
    uint32_t at = 0;
  };
  Status advance(size_t input);
  bool goes_first(size_t a, size_t b) const;
  void sift_down(size_t at);

  std::vector<SortColumn> keys_;
  std::vector<std::unique_ptr<Input>> inputs_;
  std::vector<size_t> heap_;  ///< inputs with rows left, the one to give next on top
};

}  // namespace orrery::exec
