// Correlated conjuncts of a subquery: finding them, and pulling them out of its tree.
#pragma once

#include "plan/context.h"

namespace orrery::plan {

/// True where every use of the columns `free` stands in a conjunct that can be moved above `rel`.
bool can_pull(const PlanContext& context, const Rel& rel, const ColumnSet& free);
/// The conjuncts that pull_correlated() would take.
void find_correlated(const PlanContext& context, const Rel& rel, const ColumnSet& free,
                     std::vector<const expr::Expr*>* out);
/// Takes them out. Orders and DISTINCTs on the way are dropped: what remains is good for semi joins
/// and aggregates that do not depend on them.
void pull_correlated(const PlanContext& context, RelPtr* rel, const ColumnSet& free,
                     std::vector<expr::ExprPtr>* out);

/// Moves the expressions that pass the test out of the list; both keep their order.
template <class Test>
std::vector<expr::ExprPtr> take_if(std::vector<expr::ExprPtr>* list, Test test) {
  std::vector<expr::ExprPtr> taken, kept;
  for (expr::ExprPtr& e : *list) (test(*e) ? taken : kept).push_back(std::move(e));
  *list = std::move(kept);
  return taken;
}

}  // namespace orrery::plan
