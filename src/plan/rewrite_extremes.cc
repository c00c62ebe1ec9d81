// MIN(c) and MAX(c) of an indexed column: the first row of a walk along the index.
#include <algorithm>

#include "plan/access_path.h"
#include "plan/construct.h"
#include "plan/rewrite.h"
#include "plan/scan_order.h"

namespace orrery::plan {

using expr::AggregateKind;
using expr::ExprKind;
using expr::ExprPtr;

namespace {

constexpr size_t kExtremesMax = 4;

/// An index whose columns before `column` are all fixed by the scan's conjuncts, of which there are
/// no others.
bool has_index_for(const PlanContext& context, const Rel& scan, uint32_t column) {
  std::vector<uint32_t> fixed;
  for (size_t i = 0; i < scan.exprs.size(); ++i) {
    std::vector<Sarg> sargs = find_sargs(context, scan, *scan.exprs[i], i);
    if (sargs.size() != 1 || sargs[0].kind != SargKind::kEqual) return false;
    fixed.push_back(sargs[0].column);
  }
  for (const auto& index : scan.table->indexes()) {
    const auto& columns = index->def().columns;
    if (!index->ordered() || columns.size() <= fixed.size()) continue;
    bool prefix = columns[fixed.size()] == column;
    for (size_t i = 0; i < fixed.size(); ++i) {
      prefix = prefix && std::find(fixed.begin(), fixed.end(), columns[i]) != fixed.end();
    }
    if (prefix) return true;
  }
  return false;
}

bool is_extreme(const PlanContext& context, const Rel& scan, const AggregateCall& call) {
  bool kind = call.kind == AggregateKind::kMin || call.kind == AggregateKind::kMax;
  if (!kind || call.filter || call.args[0]->kind != ExprKind::kColumn) return false;
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    if (scan.columns[i] == call.args[0]->index) {
      return has_index_for(context, scan, scan.table_columns[i]);
    }
  }
  return false;
}

/// The same scan with columns of its own; `map` says which became which.
RelPtr copy_scan(PlanContext& context, const Rel& scan, std::vector<ExprPtr>* owned,
                 ColumnMap* map) {
  auto copy = std::make_unique<Rel>(RelKind::kScan);
  copy->table = scan.table;
  copy->alias = scan.alias;
  copy->table_columns = scan.table_columns;
  ++context.scan_count;
  for (ColumnId id : scan.columns) {
    ColumnInfo info = context.columns[id];
    info.scan = context.scan_count;
    context.columns.push_back(info);
    copy->columns.push_back(static_cast<ColumnId>(context.columns.size() - 1));
    owned->push_back(context.column_ref(copy->columns.back()));
    map->emplace_back(id, owned->back().get());
  }
  for (const ExprPtr& e : scan.exprs) {
    copy->exprs.push_back(expr::clone(*e));
    substitute(context, *map, &copy->exprs.back());
  }
  return copy;
}

RelPtr first_row(PlanContext& context, RelPtr scan, AggregateCall call, ColumnId result) {
  const expr::Expr& column = *call.args[0];
  if (context.columns[column.index].nullable) {
    ExprPtr ref = expr::make_column(column.index, column.type, true);
    scan->exprs.push_back(is_null(std::move(ref), true));
  }
  auto sort = std::make_unique<Rel>(RelKind::kSort);
  SortKey key;
  key.expr = expr::clone(column);
  key.descending = key.nulls_first = call.kind == AggregateKind::kMax;
  sort->sort_keys.push_back(std::move(key));
  sort->inputs.push_back(std::move(scan));
  auto limit = std::make_unique<Rel>(RelKind::kLimit);
  limit->limit = integer_constant(1);
  limit->inputs.push_back(std::move(sort));
  auto aggregate = std::make_unique<Rel>(RelKind::kAggregate);
  aggregate->columns.push_back(result);
  aggregate->aggregates.push_back(std::move(call));
  aggregate->inputs.push_back(std::move(limit));
  return aggregate;
}

}  // namespace

RelPtr find_extremes(PlanContext& context, RelPtr rel) {
  for (RelPtr& input : rel->inputs) input = find_extremes(context, std::move(input));
  if (rel->kind != RelKind::kAggregate || !rel->exprs.empty() || !rel->grouping_sets.empty()) {
    return rel;
  }
  const Rel& scan = *rel->inputs[0];
  size_t count = rel->aggregates.size();
  if (scan.kind != RelKind::kScan || count == 0 || count > kExtremesMax) return rel;
  for (const AggregateCall& call : rel->aggregates) {
    if (!is_extreme(context, scan, call)) return rel;
  }
  RelPtr out;
  for (size_t i = 0; i < count; ++i) {
    std::vector<ExprPtr> owned;
    ColumnMap map;
    RelPtr source = i + 1 == count ? std::move(rel->inputs[0])
                                   : copy_scan(context, scan, &owned, &map);
    AggregateCall call = std::move(rel->aggregates[i]);
    substitute(context, map, &call.args[0]);
    RelPtr one = first_row(context, std::move(source), std::move(call), rel->columns[i]);
    out = out ? make_join(JoinType::kInner, std::move(out), std::move(one), {}) : std::move(one);
  }
  return out;
}

}  // namespace orrery::plan
