// Streams: can a tree of joins give its rows in an order (or with equal keys next to each other)
// without sorting, by walking one table and looking the others up through indexes?
#pragma once

#include "plan/estimate.h"
#include "plan/lower.h"

namespace orrery::plan {

struct StreamCost {
  bool possible = false;
  double total = 0;  ///< of all rows; a reader that stops early pays its share
  double rows = 0;
};

/// For rows ordered by `order`.
StreamCost cost_of_order(const PlanContext& context, const Estimator& estimator, const Rel& rel,
                         const std::vector<Ordering>& order);
/// For rows that keep equal values of `key`, a table's unique column, next to each other.
StreamCost cost_of_adjacency(const PlanContext& context, const Estimator& estimator,
                             const Rel& rel, ColumnId key);

}  // namespace orrery::plan
