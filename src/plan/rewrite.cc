#include "plan/rewrite.h"

#include <algorithm>

namespace orrery::plan {

using expr::ExprKind;
using expr::ExprPtr;

RelPtr optimize(PlanContext& context, RelPtr rel) {
  if (rel->kind == RelKind::kValues) return rel;
  rel = push_down(context, std::move(rel), {});
  rel = unnest(context, std::move(rel));
  rel = find_extremes(context, std::move(rel));
  rel = group_in_two_levels(context, std::move(rel));
  rel = delay_projections(context, std::move(rel));
  rel = unnest_scalars(context, std::move(rel));
  if (!context.subqueries.empty()) rel = push_down(context, std::move(rel), {});
  return hoist_projections(context, std::move(rel));
}

namespace {

/// Takes the columns that `keep` does not hold out of a projection; the rest stays.
RelPtr split_projection(PlanContext& context, Rel* project, const ColumnSet& keep) {
  auto above = std::make_unique<Rel>(RelKind::kProject);
  ColumnSet kept = keep;
  std::vector<ColumnId> columns;
  std::vector<ExprPtr> exprs;
  for (size_t i = 0; i < project->columns.size(); ++i) {
    bool moves = !kept.has(project->columns[i]) && !is_volatile(context, *project->exprs[i]);
    std::vector<ColumnId>& to = moves ? above->columns : columns;
    to.push_back(project->columns[i]);
    (moves ? above->exprs : exprs).push_back(std::move(project->exprs[i]));
  }
  project->columns = std::move(columns);
  project->exprs = std::move(exprs);
  return above;
}

void drop_if_empty(RelPtr* rel) {
  if ((*rel)->kind != RelKind::kProject || !(*rel)->columns.empty()) return;
  RelPtr input = std::move((*rel)->inputs[0]);
  *rel = std::move(input);
}

}  // namespace

RelPtr delay_projections(PlanContext& context, RelPtr rel) {
  for (RelPtr& input : rel->inputs) input = delay_projections(context, std::move(input));
  if (rel->kind != RelKind::kLimit) return rel;
  RelPtr* sort = &rel->inputs[0];
  RelPtr* project = (*sort)->kind == RelKind::kSort ? &(*sort)->inputs[0] : sort;
  if ((*project)->kind != RelKind::kProject) return rel;
  ColumnSet keys;
  if (project != sort) {
    for (const SortKey& key : (*sort)->sort_keys) add_columns_read(context, *key.expr, &keys);
  }
  RelPtr above = split_projection(context, project->get(), keys);
  drop_if_empty(project);
  if (above->columns.empty()) return rel;
  above->inputs.push_back(std::move(rel));
  return above;
}

}  // namespace orrery::plan
