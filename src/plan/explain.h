// The text of EXPLAIN and EXPLAIN ANALYZE.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace orrery::plan {

/// What a node did in one execution; indexed by PlanNode::id.
struct NodeCounters {
  uint64_t rows = 0;
  uint64_t nanos = 0;
};

/// One line per row of the result. `counters` empty = EXPLAIN, else EXPLAIN ANALYZE (`total_nanos`
/// for the root).
std::vector<std::string> explain(const PlannedStatement& statement,
                                 std::span<const NodeCounters> counters, uint64_t total_nanos);

}  // namespace orrery::plan
