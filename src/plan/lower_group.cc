// Aggregation, DISTINCT, sorting, limits and windows.
#include <algorithm>
#include <cmath>

#include "plan/construct.h"
#include "plan/lower_node.h"

namespace orrery::plan {

using expr::ExprKind;
using expr::ExprPtr;

namespace {

void add_call_reads(const PlanContext& context, const AggregateCall& call, ColumnSet* need) {
  for (const ExprPtr& arg : call.args) add_columns_read(context, *arg, need);
  if (call.filter) add_columns_read(context, *call.filter, need);
  for (const SortKey& key : call.order_by) add_columns_read(context, *key.expr, need);
}

std::vector<Ordering> orderings(const std::vector<SortKey>& keys) {
  std::vector<Ordering> out;
  for (const SortKey& key : keys) {
    if (key.expr->kind != ExprKind::kColumn) break;
    out.push_back({key.expr->index, key.descending, key.nulls_first});
  }
  return out;
}

size_t common_prefix(const std::vector<Ordering>& have, const std::vector<Ordering>& wanted) {
  size_t n = 0;
  while (n < have.size() && n < wanted.size() && have[n].column == wanted[n].column &&
         have[n].descending == wanted[n].descending &&
         have[n].nulls_first == wanted[n].nulls_first) {
    ++n;
  }
  return n;
}

/// A constant row count, or 0 where it is not known yet.
double known_count(const ExprPtr& e) {
  if (!e || e->kind != ExprKind::kConstant || e->constant.is_null()) return 0;
  return static_cast<double>(e->constant.datum().as_int64());
}

double sort_cost(double rows) { return rows * std::log2(rows + 2) * cost::kSortStep; }

}  // namespace

Result<Lowered> Lowering::lower_aggregate(Rel& rel, const Want& want) {
  size_t groups = rel.exprs.size();
  Want below;
  std::vector<size_t> kept;
  for (size_t i = 0; i < rel.aggregates.size(); ++i) {
    if (want.need.has(rel.columns[groups + i])) kept.push_back(i);
  }
  for (const ExprPtr& e : rel.exprs) add_columns_read(context_, *e, &below.need);
  for (size_t i : kept) add_call_reads(context_, rel.aggregates[i], &below.need);
  ORRERY_TRY_ASSIGN(Lowered in, lower(*rel.inputs[0], std::move(below)));
  Lowered out;
  auto node = make_node<AggregateNode>();
  for (size_t i = 0; i < groups; ++i) out.layout.push_back(rel.columns[i]);
  for (size_t i : kept) {
    out.layout.push_back(rel.columns[groups + i]);
    ORRERY_TRY(lower_call(&rel.aggregates[i], in.layout));
    node->aggregates.push_back(std::move(rel.aggregates[i]));
  }
  for (size_t i = 0; i < rel.grouping.size(); ++i) {
    out.layout.push_back(rel.columns[groups + rel.aggregates.size() + i]);
  }
  double estimate = 1;
  for (const ExprPtr& e : rel.exprs) estimate *= estimator_.distinct(*e);
  ORRERY_TRY(lower_exprs(&rel.exprs, in.layout));
  node->groups = std::move(rel.exprs);
  node->grouping_sets = std::move(rel.grouping_sets);
  node->grouping = std::move(rel.grouping);
  set_output(node.get(), out.layout);
  node->estimated_rows = std::min(estimate, std::max(1.0, in.node->estimated_rows));
  node->estimated_cost = in.node->estimated_cost + in.node->estimated_rows * cost::kGroupRow;
  node->children.push_back(std::move(in.node));
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_distinct(Rel& rel, Want want) {
  for (ColumnId id : rel.keys) want.need.add(id);
  want.goal = 0;
  want.order.clear();
  ORRERY_TRY_ASSIGN(Lowered out, lower(*rel.inputs[0], std::move(want)));
  auto node = make_node<DistinctNode>();
  for (ColumnId id : rel.keys) {
    auto at = std::find(out.layout.begin(), out.layout.end(), id);
    node->columns.push_back(static_cast<uint32_t>(at - out.layout.begin()));
  }
  bool all = node->columns.size() == out.layout.size();
  for (uint32_t i = 0; i < node->columns.size(); ++i) all = all && node->columns[i] == i;
  if (all) node->columns.clear();
  double estimate = 1;
  for (ColumnId id : rel.keys) estimate *= estimator_.distinct(id);
  node->output = out.node->output;
  node->estimated_rows = std::min(estimate, std::max(1.0, out.node->estimated_rows));
  node->estimated_cost = out.node->estimated_cost + out.node->estimated_rows * cost::kGroupRow;
  node->children.push_back(std::move(out.node));
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_sort(Rel& rel, Want want) {
  std::vector<Ordering> wanted = orderings(rel.sort_keys);
  for (const SortKey& key : rel.sort_keys) add_columns_read(context_, *key.expr, &want.need);
  double goal = want.goal;
  bool complete = wanted.size() == rel.sort_keys.size();
  want.order = wanted;
  if (!complete) want.goal = 0;
  ORRERY_TRY_ASSIGN(Lowered out, lower(*rel.inputs[0], std::move(want)));
  size_t sorted = common_prefix(out.order, wanted);
  if (sorted == rel.sort_keys.size()) return out;
  auto node = make_node<SortNode>();
  ORRERY_TRY(lower_keys(&rel.sort_keys, out.layout));
  node->keys = std::move(rel.sort_keys);
  node->sorted_prefix = static_cast<uint32_t>(sorted);
  if (rel.limit) node->limit = std::move(rel.limit);
  if (rel.offset) node->offset = std::move(rel.offset);
  node->output = out.node->output;
  double rows = out.node->estimated_rows;
  node->estimated_rows = goal > 0 ? std::min(goal, rows) : rows;
  node->estimated_cost = out.node->estimated_cost + sort_cost(node->estimated_rows) + rows * 2;
  node->children.push_back(std::move(out.node));
  out.node = std::move(node);
  out.order = std::move(wanted);
  out.contiguous = ColumnSet();
  return out;
}

Result<Lowered> Lowering::lower_limit(Rel& rel, Want want) {
  constexpr double kUnknownLimit = 100;
  double limit = known_count(rel.limit);
  double goal = 0;
  if (rel.limit) {
    goal = rel.limit->kind == ExprKind::kConstant ? limit : kUnknownLimit;
    goal += known_count(rel.offset);
  }
  if (goal > 0) want.goal = want.goal > 0 ? std::min(goal, want.goal) : goal;
  bool nothing = rel.limit && rel.limit->kind == ExprKind::kConstant && limit == 0 &&
                 !rel.limit->constant.is_null();
  if (nothing) return lower_nothing(want.need);
  Rel* input = rel.inputs[0].get();
  if (input->kind == RelKind::kSort && rel.limit) {
    input->limit = expr::clone(*rel.limit);
    if (rel.offset) input->offset = expr::clone(*rel.offset);
    ORRERY_TRY(lower_expr(&input->limit, {}));
    if (input->offset) ORRERY_TRY(lower_expr(&input->offset, {}));
  }
  want.order.clear();
  ORRERY_TRY_ASSIGN(Lowered out, lower(*input, std::move(want)));
  auto node = make_node<LimitNode>();
  if (rel.limit) ORRERY_TRY(lower_expr(&rel.limit, {}));
  if (rel.offset) ORRERY_TRY(lower_expr(&rel.offset, {}));
  node->limit = std::move(rel.limit);
  node->offset = std::move(rel.offset);
  node->output = out.node->output;
  node->estimated_rows = out.node->estimated_rows;
  if (limit > 0) node->estimated_rows = std::min(limit, node->estimated_rows);
  node->estimated_cost = out.node->estimated_cost;
  node->children.push_back(std::move(out.node));
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_window(Rel& rel, Want want) {
  ColumnSet made;
  made.add(rel.columns);
  std::vector<size_t> kept;
  for (size_t i = 0; i < rel.columns.size(); ++i) {
    if (want.need.has(rel.columns[i])) kept.push_back(i);
  }
  Want below;
  below.need = want.need;
  below.need.remove(made);
  if (kept.empty()) {
    below.goal = want.goal;
    return lower(*rel.inputs[0], std::move(below));
  }
  for (const ExprPtr& e : rel.exprs) add_columns_read(context_, *e, &below.need);
  for (const SortKey& key : rel.sort_keys) add_columns_read(context_, *key.expr, &below.need);
  for (size_t i : kept) {
    add_call_reads(context_, rel.calls[i].aggregate, &below.need);
    for (const ExprPtr& arg : rel.calls[i].args) add_columns_read(context_, *arg, &below.need);
  }
  ORRERY_TRY_ASSIGN(Lowered out, lower(*rel.inputs[0], std::move(below)));
  auto node = make_node<WindowNode>();
  std::vector<ColumnId> layout = out.layout;
  for (size_t i : kept) {
    WindowCall& call = rel.calls[i];
    ORRERY_TRY(lower_call(&call.aggregate, out.layout));
    ORRERY_TRY(lower_exprs(&call.args, out.layout));
    node->calls.push_back(std::move(call));
    layout.push_back(rel.columns[i]);
  }
  ORRERY_TRY(lower_exprs(&rel.exprs, out.layout));
  ORRERY_TRY(lower_keys(&rel.sort_keys, out.layout));
  node->partition_by = std::move(rel.exprs);
  node->order_by = std::move(rel.sort_keys);
  set_output(node.get(), layout);
  double rows = out.node->estimated_rows;
  node->estimated_rows = rows;
  node->estimated_cost = out.node->estimated_cost + sort_cost(rows) + rows * cost::kStreamRow;
  node->children.push_back(std::move(out.node));
  out.node = std::move(node);
  out.layout = std::move(layout);
  out.order.clear();
  out.contiguous = ColumnSet();
  return out;
}

}  // namespace orrery::plan
