// Expressions: ids to positions, enclosing columns to outer slots, subqueries to subplans.
#include <algorithm>

#include "plan/lower.h"
#include "plan/rewrite.h"
#include "sql/tree.h"

namespace orrery::plan {

using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;

Status Lowering::lower_expr(ExprPtr* e, const std::vector<ColumnId>& layout) {
  Expr& x = **e;
  if (x.kind == ExprKind::kColumn) {
    auto at = std::find(layout.begin(), layout.end(), x.index);
    if (at != layout.end()) {
      x.index = static_cast<uint32_t>(at - layout.begin());
      return {};
    }
    if (!frames_.empty()) {
      const std::vector<ColumnId>& slots = frames_.back().slots;
      auto slot = std::find(slots.begin(), slots.end(), x.index);
      if (slot != slots.end()) {
        x.kind = ExprKind::kOuter;
        x.index = static_cast<uint32_t>(slot - slots.begin());
        return {};
      }
    }
    return Error(ErrorCode::kInternal,
                 "planner lost column '" + std::string(context_.columns[x.index].name) + "'");
  }
  for (ExprPtr& arg : x.args) ORRERY_TRY(lower_expr(&arg, layout));
  if (x.kind == ExprKind::kSubquery) return lower_subquery(&x, layout);
  return {};
}

Status Lowering::lower_exprs(std::vector<ExprPtr>* list, const std::vector<ColumnId>& layout) {
  for (ExprPtr& e : *list) ORRERY_TRY(lower_expr(&e, layout));
  return {};
}

Status Lowering::lower_keys(std::vector<SortKey>* keys, const std::vector<ColumnId>& layout) {
  for (SortKey& key : *keys) ORRERY_TRY(lower_expr(&key.expr, layout));
  return {};
}

Status Lowering::lower_call(AggregateCall* call, const std::vector<ColumnId>& layout) {
  ORRERY_TRY(lower_exprs(&call->args, layout));
  if (call->filter) ORRERY_TRY(lower_expr(&call->filter, layout));
  return lower_keys(&call->order_by, layout);
}

Status Lowering::lower_subquery(Expr* e, const std::vector<ColumnId>& layout) {
  uint32_t index = e->index;
  if (!context_.subqueries[index].subplan) {
    context_.subqueries[index].subplan = find_equal_subplan(index);
  }
  if (!context_.subqueries[index].subplan) {
    ORRERY_TRY_ASSIGN(context_.subqueries[index].subplan, lower_subplan(index));
  }
  const Subquery& subquery = context_.subqueries[index];
  e->subplan = subquery.subplan;
  for (ColumnId slot : subquery.slots) {
    ExprPtr arg = context_.column_ref(slot);
    ORRERY_TRY(lower_expr(&arg, layout));
    e->outer_args.push_back(std::move(arg));
  }
  e->index = 0;
  return {};
}

namespace {

bool has_volatile(const PlanContext& context, Rel& rel) {
  bool found = false;
  for_each_expr(rel, [&](ExprPtr& e) { found = found || is_volatile(context, *e); });
  for (RelPtr& input : rel.inputs) found = found || has_volatile(context, *input);
  return found;
}

}  // namespace

/// The plan of a subquery of the same text that depends on nothing outside: it is run once for both.
std::shared_ptr<expr::Subplan> Lowering::find_equal_subplan(uint32_t index) {
  const Subquery& wanted = context_.subqueries[index];
  if (!wanted.free.empty() || !wanted.rel || has_volatile(context_, *wanted.rel)) return nullptr;
  for (uint32_t i = 0; i < context_.subqueries.size(); ++i) {
    const Subquery& other = context_.subqueries[i];
    bool equal = i != index && other.subplan && !other.subplan->correlated &&
                 other.ctes == wanted.ctes && other.columns.size() == wanted.columns.size() &&
                 sql::same_query(*other.query, *wanted.query);
    if (equal) return other.subplan;
  }
  return nullptr;
}

Result<std::shared_ptr<expr::Subplan>> Lowering::lower_subplan(uint32_t index) {
  Subquery& subquery = context_.subqueries[index];
  bool exists = subquery.columns.empty();
  subquery.rel = optimize(context_, std::move(subquery.rel));
  for (Cte& cte : context_.ctes) {
    if (cte.owner == index + 1 && cte.rel) cte.rel = optimize(context_, std::move(cte.rel));
  }
  find_free_columns(context_, index);
  subquery.slots = subquery.free.ids();
  frames_.push_back({subquery.slots, false});
  auto subplan = std::make_shared<expr::Subplan>();
  Status ctes = lower_ctes(index + 1, &subplan->ctes);
  auto root = lower_exact(*subquery.rel, subquery.columns, exists ? 1 : 0);
  bool working = frames_.back().reads_working_table;
  frames_.pop_back();
  ORRERY_TRY(std::move(ctes));
  if (!root) return std::move(root).error();
  subplan->root = std::move(root).value();
  subplan->correlated = !subquery.slots.empty() || working;
  if (working && !frames_.empty()) frames_.back().reads_working_table = true;
  return subplan;
}

Status Lowering::lower_ctes(uint32_t owner, std::vector<CtePlan>* out) {
  for (uint32_t i = 0; i < context_.ctes.size(); ++i) {
    Cte& cte = context_.ctes[i];
    if (cte.owner != owner || !cte.rel) continue;
    CtePlan plan;
    plan.id = i;
    plan.name = std::string(cte.name);
    ORRERY_TRY_ASSIGN(plan.root, lower_exact(*cte.rel, cte.columns, 0));
    cte.rows = plan.root->estimated_rows;
    cte.rel.reset();
    out->push_back(std::move(plan));
  }
  return {};
}

}  // namespace orrery::plan
