#include "plan/logical.h"

#include <algorithm>

#include "plan/context.h"

namespace orrery::plan {

using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;

RelPtr make_filter(RelPtr input, std::vector<ExprPtr> conjuncts) {
  if (conjuncts.empty()) return input;
  auto rel = std::make_unique<Rel>(RelKind::kFilter);
  rel->inputs.push_back(std::move(input));
  rel->exprs = std::move(conjuncts);
  return rel;
}

RelPtr make_join(JoinType type, RelPtr left, RelPtr right, std::vector<ExprPtr> conjuncts) {
  auto rel = std::make_unique<Rel>(RelKind::kJoin);
  rel->join_type = type;
  rel->inputs.push_back(std::move(left));
  rel->inputs.push_back(std::move(right));
  rel->exprs = std::move(conjuncts);
  return rel;
}

namespace {

void visit_call(AggregateCall& call, const std::function<void(ExprPtr&)>& visit) {
  for (ExprPtr& arg : call.args) visit(arg);
  if (call.filter) visit(call.filter);
  for (SortKey& key : call.order_by) visit(key.expr);
}

}  // namespace

void for_each_expr(Rel& rel, const std::function<void(ExprPtr&)>& visit) {
  for (ExprPtr& e : rel.exprs) visit(e);
  for (auto& row : rel.rows) {
    for (ExprPtr& e : row) visit(e);
  }
  for (AggregateCall& call : rel.aggregates) visit_call(call, visit);
  for (SortKey& key : rel.sort_keys) visit(key.expr);
  if (rel.limit) visit(rel.limit);
  if (rel.offset) visit(rel.offset);
  for (WindowCall& call : rel.calls) {
    visit_call(call.aggregate, visit);
    for (ExprPtr& arg : call.args) visit(arg);
    if (call.start_offset) visit(call.start_offset);
    if (call.end_offset) visit(call.end_offset);
  }
}

namespace {

void add_available(const Rel& rel, ColumnSet* out) {
  out->add(rel.columns);
  switch (rel.kind) {
    case RelKind::kFilter:
    case RelKind::kProject:
    case RelKind::kDistinct:
    case RelKind::kSort:
    case RelKind::kLimit:
    case RelKind::kWindow:
      add_available(*rel.inputs[0], out);
      break;
    case RelKind::kJoin:
      add_available(*rel.inputs[0], out);
      if (rel.join_type != JoinType::kSemi && rel.join_type != JoinType::kAnti &&
          rel.join_type != JoinType::kNullAwareAnti) {
        add_available(*rel.inputs[1], out);
      }
      break;
    case RelKind::kScan:
    case RelKind::kValues:
    case RelKind::kSeries:
    case RelKind::kCte:
    case RelKind::kAggregate:
    case RelKind::kSet:
    case RelKind::kRecursive:
      break;
  }
}

void add_made_and_read(const PlanContext& context, const Rel& rel, ColumnSet* made,
                       ColumnSet* read) {
  made->add(rel.columns);
  for (ColumnId id : rel.keys) read->add(id);
  // The visitor only hands out slots; nothing is changed here.
  for_each_expr(const_cast<Rel&>(rel),
                [&](ExprPtr& e) { add_columns_read(context, *e, read); });
  for (const RelPtr& input : rel.inputs) add_made_and_read(context, *input, made, read);
}

}  // namespace

ColumnSet available_columns(const Rel& rel) {
  ColumnSet out;
  add_available(rel, &out);
  return out;
}

void add_columns_read(const PlanContext& context, const Expr& e, ColumnSet* out) {
  if (e.kind == ExprKind::kColumn) out->add(e.index);
  if (e.kind == ExprKind::kSubquery) out->add(context.subqueries[e.index].free);
  for (const ExprPtr& arg : e.args) add_columns_read(context, *arg, out);
}

ColumnSet columns_read(const PlanContext& context, const Expr& e) {
  ColumnSet out;
  add_columns_read(context, e, &out);
  return out;
}

ColumnSet free_columns(const PlanContext& context, const Rel& rel) {
  ColumnSet made, read;
  add_made_and_read(context, rel, &made, &read);
  read.remove(made);
  return read;
}

bool is_volatile(const PlanContext& context, const Expr& e) {
  if (e.kind == ExprKind::kFunction &&
      e.function->volatility == expr::Volatility::kVolatile) {
    return true;
  }
  return std::any_of(e.args.begin(), e.args.end(),
                     [&](const ExprPtr& arg) { return is_volatile(context, *arg); });
}

bool has_subquery(const Expr& e) {
  if (e.kind == ExprKind::kSubquery) return true;
  return std::any_of(e.args.begin(), e.args.end(),
                     [](const ExprPtr& arg) { return has_subquery(*arg); });
}

void find_free_columns(PlanContext& context, uint32_t subquery) {
  Subquery& entry = context.subqueries[subquery];
  ColumnSet made, read;
  if (entry.rel) add_made_and_read(context, *entry.rel, &made, &read);
  for (const Cte& cte : context.ctes) {
    if (cte.owner == subquery + 1 && cte.rel) add_made_and_read(context, *cte.rel, &made, &read);
  }
  read.remove(made);
  entry.free = std::move(read);
}

namespace {

void substitute_in_subquery(PlanContext& context, const ColumnMap& map, uint32_t index) {
  if (context.subqueries[index].rel) {
    substitute(context, map, context.subqueries[index].rel.get());
  }
  for (Cte& cte : context.ctes) {
    if (cte.owner == index + 1 && cte.rel) substitute(context, map, cte.rel.get());
  }
  find_free_columns(context, index);
}

}  // namespace

void substitute(PlanContext& context, const ColumnMap& map, ExprPtr* e) {
  if ((*e)->kind == ExprKind::kColumn) {
    for (const auto& [id, with] : map) {
      if (id == (*e)->index) {
        *e = expr::clone(*with);
        return;
      }
    }
    return;
  }
  if ((*e)->kind == ExprKind::kSubquery) {
    uint32_t index = (*e)->index;
    const ColumnSet& free = context.subqueries[index].free;
    bool touched = std::any_of(map.begin(), map.end(),
                               [&](const auto& entry) { return free.has(entry.first); });
    if (touched) substitute_in_subquery(context, map, index);
  }
  for (ExprPtr& arg : (*e)->args) substitute(context, map, &arg);
}

void substitute(PlanContext& context, const ColumnMap& map, Rel* rel) {
  for_each_expr(*rel, [&](ExprPtr& e) { substitute(context, map, &e); });
  for (RelPtr& input : rel->inputs) substitute(context, map, input.get());
}

}  // namespace orrery::plan
