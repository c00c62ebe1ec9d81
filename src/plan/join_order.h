// The order of inner joins.
#pragma once

#include "plan/estimate.h"

namespace orrery::plan {

/// Rebuilds the tree of inner joins under (and including) `join` as a left-deep chain in the order
/// that costs least for the first `goal` rows (0 = all), as far as a greedy search finds it.
void order_joins(const PlanContext& context, const Estimator& estimator, Rel* join, double goal);

}  // namespace orrery::plan
