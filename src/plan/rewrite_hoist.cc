#include <algorithm>

#include "plan/construct.h"
#include "plan/rewrite.h"

namespace orrery::plan {

using expr::ExprPtr;

namespace {

/// May `project`, an input of `join`, be computed after the join instead?
bool can_hoist(const PlanContext& context, const Rel& join, const Rel& project) {
  ColumnSet made;
  made.add(project.columns);
  for (const ExprPtr& e : project.exprs) {
    if (is_volatile(context, *e) || has_subquery(*e)) return false;
  }
  return std::none_of(join.exprs.begin(), join.exprs.end(), [&](const ExprPtr& e) {
    return has_subquery(*e) && columns_read(context, *e).intersects(made);
  });
}

RelPtr hoist(PlanContext& context, RelPtr join, size_t side) {
  RelPtr project = std::move(join->inputs[side]);
  join->inputs[side] = std::move(project->inputs[0]);
  ColumnMap map;
  for (size_t i = 0; i < project->columns.size(); ++i) {
    map.emplace_back(project->columns[i], project->exprs[i].get());
  }
  for (ExprPtr& e : join->exprs) substitute(context, map, &e);
  project->inputs[0] = std::move(join);
  return project;
}

RelPtr hoist_from(PlanContext& context, RelPtr join) {
  // NULL rows of an outer join come after its inputs' projections.
  bool inner = join->join_type == JoinType::kInner;
  bool left = inner || join->join_type == JoinType::kLeft ||
              join->join_type == JoinType::kSemi || join->join_type == JoinType::kAnti;
  for (size_t side = 0; side < 2; ++side) {
    bool may = side == 0 ? left : inner;
    if (!may || join->inputs[side]->kind != RelKind::kProject) continue;
    if (!can_hoist(context, *join, *join->inputs[side])) continue;
    RelPtr project = hoist(context, std::move(join), side);
    project->inputs[0] = hoist_from(context, std::move(project->inputs[0]));
    return project;
  }
  return join;
}

}  // namespace

RelPtr hoist_projections(PlanContext& context, RelPtr rel) {
  for (RelPtr& input : rel->inputs) input = hoist_projections(context, std::move(input));
  if (rel->kind != RelKind::kJoin) return rel;
  bool lateral =
      free_columns(context, *rel->inputs[1]).intersects(available_columns(*rel->inputs[0]));
  return lateral ? std::move(rel) : hoist_from(context, std::move(rel));
}

}  // namespace orrery::plan
