// Rewrites of the logical plan that need no physical knowledge.
#pragma once

#include "plan/context.h"

namespace orrery::plan {

/// All rewrites, in order.
RelPtr optimize(PlanContext& context, RelPtr rel);

/// IN, EXISTS and their negations in conjuncts become semi and anti joins.
RelPtr unnest(PlanContext& context, RelPtr rel);
/// Moves conjuncts as far down as their columns allow; turns outer joins whose NULL rows cannot
/// pass into inner ones.
RelPtr push_down(PlanContext& context, RelPtr rel, std::vector<expr::ExprPtr> conjuncts);
/// Moves projections out of the way of joins, so that the tables below them can be looked up.
RelPtr hoist_projections(PlanContext& context, RelPtr rel);
/// MIN and MAX of indexed columns become the first row of an index walk.
RelPtr find_extremes(PlanContext& context, RelPtr rel);
/// Correlated scalar aggregates become joins with grouped ones where that is cheaper.
RelPtr unnest_scalars(PlanContext& context, RelPtr rel);
/// Groups by a column of few values before grouping by costly expressions over it.
RelPtr group_in_two_levels(PlanContext& context, RelPtr rel);
/// Computes select lists after LIMIT where nothing below needs them.
RelPtr delay_projections(PlanContext& context, RelPtr rel);

}  // namespace orrery::plan
