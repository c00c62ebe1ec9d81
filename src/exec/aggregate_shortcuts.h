// Aggregates that a table or its indexes know without reading rows. Not thread-safe.
#pragma once

#include <memory>

#include "exec/run_state.h"
#include "exec/scan_ranges.h"
#include "plan/plan.h"
#include "types/vector.h"

namespace orrery::exec {

/// COUNT(*) of a whole table or of index ranges, COUNT(DISTINCT c) of an indexed column.
class KnownCounts {
 public:
  KnownCounts(const plan::AggregateNode& node, Scope& scope);
  /// True (and the one row of the result in `out`) where every aggregate is known exactly now.
  Result<bool> answer(types::Chunk* out);

 private:
  Result<bool> count(const plan::AggregateCall& call, uint64_t* n);

  const plan::AggregateNode& node_;
  Scope& scope_;
  const plan::ScanNode* scan_ = nullptr;  ///< nullptr: reading rows is the only way
  std::unique_ptr<ScanRanges> ranges_;
};

}  // namespace orrery::exec
