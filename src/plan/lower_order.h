// Orders of rows: comparing them, and what sorting costs.
#pragma once

#include "plan/lower.h"

namespace orrery::plan {

/// Length of the common beginning.
size_t common_prefix(const std::vector<Ordering>& have, const std::vector<Ordering>& wanted);
/// Keys up to the first that is no column.
std::vector<Ordering> orderings(const std::vector<SortKey>& keys);
double sort_cost(double rows);
void add_call_reads(const PlanContext& context, const AggregateCall& call, ColumnSet* need);

}  // namespace orrery::plan
