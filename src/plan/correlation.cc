#include "plan/correlation.h"

#include <algorithm>

namespace orrery::plan {

using expr::Expr;
using expr::ExprPtr;

namespace {

bool reads(const PlanContext& context, const Expr& e, const ColumnSet& free) {
  return columns_read(context, e).intersects(free);
}

bool any_reads(const PlanContext& context, const std::vector<ExprPtr>& list,
               const ColumnSet& free) {
  return std::any_of(list.begin(), list.end(),
                     [&](const ExprPtr& e) { return reads(context, *e, free); });
}

bool holds_conjuncts(const Rel& rel) {
  return rel.kind == RelKind::kScan || rel.kind == RelKind::kFilter ||
         (rel.kind == RelKind::kJoin && rel.join_type == JoinType::kInner);
}

}  // namespace

bool can_pull(const PlanContext& context, const Rel& rel, const ColumnSet& free) {
  if (!free_columns(context, rel).intersects(free)) return true;
  switch (rel.kind) {
    case RelKind::kScan:
      return true;
    case RelKind::kFilter:
    case RelKind::kDistinct:
      return can_pull(context, *rel.inputs[0], free);
    case RelKind::kSort:
      return std::none_of(rel.sort_keys.begin(), rel.sort_keys.end(),
                          [&](const SortKey& key) { return reads(context, *key.expr, free); }) &&
             can_pull(context, *rel.inputs[0], free);
    case RelKind::kProject:
      return !any_reads(context, rel.exprs, free) && can_pull(context, *rel.inputs[0], free);
    case RelKind::kJoin:
      if (rel.join_type == JoinType::kInner) {
        return can_pull(context, *rel.inputs[0], free) && can_pull(context, *rel.inputs[1], free);
      }
      return rel.join_type != JoinType::kFull && !any_reads(context, rel.exprs, free) &&
             !free_columns(context, *rel.inputs[1]).intersects(free) &&
             can_pull(context, *rel.inputs[0], free);
    default:
      return false;
  }
}

void find_correlated(const PlanContext& context, const Rel& rel, const ColumnSet& free,
                     std::vector<const Expr*>* out) {
  for (size_t i = 0; holds_conjuncts(rel) && i < rel.exprs.size(); ++i) {
    if (reads(context, *rel.exprs[i], free)) out->push_back(rel.exprs[i].get());
  }
  for (const RelPtr& input : rel.inputs) find_correlated(context, *input, free, out);
}

void pull_correlated(const PlanContext& context, RelPtr* rel, const ColumnSet& free,
                     std::vector<ExprPtr>* out) {
  if (!free_columns(context, **rel).intersects(free)) return;
  Rel& r = **rel;
  if (holds_conjuncts(r)) {
    for (ExprPtr& e : take_if(&r.exprs, [&](const Expr& x) { return reads(context, x, free); })) {
      out->push_back(std::move(e));
    }
  }
  for (RelPtr& input : r.inputs) pull_correlated(context, &input, free, out);
  bool dissolves = r.kind == RelKind::kSort || r.kind == RelKind::kDistinct ||
                   (r.kind == RelKind::kFilter && r.exprs.empty());
  if (dissolves) {
    RelPtr input = std::move(r.inputs[0]);
    *rel = std::move(input);
  }
}

}  // namespace orrery::plan
