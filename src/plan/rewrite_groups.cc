// GROUP BY of costly expressions over one column of few values: group by the column first, and
// compute the expressions once per value rather than once per row.
#include <algorithm>

#include "plan/construct.h"
#include "plan/estimate.h"
#include "plan/rewrite.h"
#include "types/unicode.h"

namespace orrery::plan {

using expr::AggregateKind;
using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;

namespace {

constexpr double kRowsPerValue = 16;  ///< fewer rows than this share a value: not worth a level

bool is_costly(const Expr& e) {
  if (e.kind == ExprKind::kCase || e.kind == ExprKind::kCast) return true;
  // Operators are functions too, named by their signs; those take no longer than to hash a cell.
  if (e.kind == ExprKind::kFunction &&
      types::is_letter(static_cast<uint8_t>(e.function->name[0]))) {
    return true;
  }
  return std::any_of(e.args.begin(), e.args.end(),
                     [](const ExprPtr& arg) { return is_costly(*arg); });
}

/// Can the aggregate of the whole be had from the aggregates of the parts?
bool is_composable(const AggregateCall& call) {
  bool kind = call.kind == AggregateKind::kCountStar || call.kind == AggregateKind::kCount ||
              call.kind == AggregateKind::kMin || call.kind == AggregateKind::kMax;
  return kind && !call.distinct && !call.filter;
}

/// Values that are equal are the same: an expression over either gives the same.
bool is_plain(types::TypeId type) {
  return type == types::TypeId::kInteger || type == types::TypeId::kBoolean ||
         type == types::TypeId::kText || type == types::TypeId::kTimestamp;
}

/// The one column that all of them read, or kNoColumn.
ColumnId single_column(const PlanContext& context, const std::vector<ExprPtr>& exprs) {
  ColumnSet read;
  for (const ExprPtr& e : exprs) {
    if (has_subquery(*e) || is_volatile(context, *e)) return kNoColumn;
    add_columns_read(context, *e, &read);
  }
  std::vector<ColumnId> ids = read.ids();
  return ids.size() == 1 ? ids[0] : kNoColumn;
}

AggregateCall outer_call(const AggregateCall& inner, ExprPtr part) {
  AggregateCall call;
  bool counts = inner.kind == AggregateKind::kCountStar || inner.kind == AggregateKind::kCount;
  call.kind = counts ? AggregateKind::kSum : inner.kind;
  call.type = inner.type;
  call.args.push_back(std::move(part));
  return call;
}

}  // namespace

RelPtr group_in_two_levels(PlanContext& context, RelPtr rel) {
  for (RelPtr& input : rel->inputs) input = group_in_two_levels(context, std::move(input));
  if (rel->kind != RelKind::kAggregate || rel->exprs.empty() || !rel->grouping_sets.empty()) {
    return rel;
  }
  // A derived table's select list may hold the expressions.
  Rel* project = rel->inputs[0]->kind == RelKind::kProject ? rel->inputs[0].get() : nullptr;
  std::vector<ExprPtr> groups;
  ColumnMap map;
  for (size_t i = 0; project != nullptr && i < project->columns.size(); ++i) {
    map.emplace_back(project->columns[i], project->exprs[i].get());
  }
  for (const ExprPtr& e : rel->exprs) {
    groups.push_back(expr::clone(*e));
    substitute(context, map, &groups.back());
  }
  ColumnId column = single_column(context, groups);
  bool costly =
      std::any_of(groups.begin(), groups.end(), [](const ExprPtr& e) { return is_costly(*e); });
  if (column == kNoColumn || !costly || context.columns[column].table == nullptr ||
      !is_plain(context.columns[column].type) ||
      !std::all_of(rel->aggregates.begin(), rel->aggregates.end(), is_composable)) {
    return rel;
  }
  Estimator estimator(context);
  double rows = estimator.estimate(*rel->inputs[0]).rows;
  double values = estimator.known_distinct(column);
  if (values == 0 || rows < values * kRowsPerValue) return rel;

  auto inner = std::make_unique<Rel>(RelKind::kAggregate);
  const ColumnInfo& info = context.columns[column];
  ColumnId value = context.new_column(info.name, info.type, info.nullable);
  inner->columns.push_back(value);
  inner->exprs.push_back(context.column_ref(column));
  ExprPtr value_ref = context.column_ref(value);
  ColumnMap to_value = {{column, value_ref.get()}};
  for (ExprPtr& e : groups) substitute(context, to_value, &e);
  for (AggregateCall& call : rel->aggregates) {
    bool counts = call.kind == AggregateKind::kCountStar || call.kind == AggregateKind::kCount;
    ColumnId part = context.new_column("part", call.type, !counts);
    AggregateCall outer = outer_call(call, context.column_ref(part));
    inner->columns.push_back(part);
    inner->aggregates.push_back(std::move(call));
    call = std::move(outer);
  }
  inner->inputs.push_back(std::move(rel->inputs[0]));
  rel->inputs[0] = std::move(inner);
  rel->exprs = std::move(groups);
  return rel;
}

}  // namespace orrery::plan
