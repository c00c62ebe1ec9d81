#include "plan/lower.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "plan/construct.h"
#include "plan/lower_node.h"

namespace orrery::plan {

uint64_t row_goal(double goal) {
  constexpr double kMeansAll = 1e15;
  return goal < kMeansAll ? static_cast<uint64_t>(std::ceil(goal)) : 0;
}

using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;
using types::TypeId;

void Lowering::set_output(PlanNode* node, const std::vector<ColumnId>& layout) const {
  node->output.clear();
  node->output.reserve(layout.size());
  for (ColumnId id : layout) {
    const ColumnInfo& c = context_.columns[id];
    OutputColumn& column = node->output.emplace_back();
    bool qualified = context_.scan_count > 1 && !c.alias.empty();
    if (qualified) column.name.append(c.alias).append(".");
    column.name.append(c.name);
    column.type = c.type;
    column.nullable = c.nullable;
  }
}

void Lowering::note_table(const std::shared_ptr<storage::Table>& table) {
  for (const PlannedTable& known : tables_) {
    if (known.table == table) return;
  }
  tables_.push_back({table, table->approximate_row_count()});
}

void Lowering::finish(PlannedStatement* statement) {
  statement->node_count = next_id_;
  statement->tables = std::move(tables_);
  statement->catalog_version =
      context_.input.catalog == nullptr ? 0 : context_.input.catalog->version();
  statement->parameter_types.assign(context_.input.parameters.begin(),
                                    context_.input.parameters.end());
}

Result<Lowered> Lowering::lower(Rel& rel, Want want) {
  switch (rel.kind) {
    case RelKind::kScan:
      return lower_scan(rel, want);
    case RelKind::kValues:
      return lower_values(rel);
    case RelKind::kSeries:
      return lower_series(rel);
    case RelKind::kCte:
      return lower_cte(rel);
    case RelKind::kFilter:
      return lower_filter(rel, std::move(want));
    case RelKind::kProject:
      return lower_project(rel, std::move(want));
    case RelKind::kJoin:
      return lower_join(rel, want);
    case RelKind::kAggregate:
      return lower_aggregate(rel, want);
    case RelKind::kDistinct:
      return lower_distinct(rel, std::move(want));
    case RelKind::kSort:
      return lower_sort(rel, std::move(want));
    case RelKind::kLimit:
      return lower_limit(rel, std::move(want));
    case RelKind::kWindow:
      return lower_window(rel, std::move(want));
    case RelKind::kSet:
      return lower_set(rel, want);
    case RelKind::kRecursive:
      return lower_recursive(rel);
  }
  return Error(ErrorCode::kInternal, "unknown relation");
}

/// No rows at all, with the wanted columns.
Lowered Lowering::lower_nothing(const ColumnSet& need) {
  Lowered out;
  auto node = make_node<ValuesNode>();
  out.layout = need.ids();
  set_output(node.get(), out.layout);
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_filter(Rel& rel, Want want) {
  for (const ExprPtr& e : rel.exprs) {
    if (is_never_true(*e)) return lower_nothing(want.need);
  }
  double share = std::max(estimator_.selectivity(rel.exprs), 0.001);
  for (const ExprPtr& e : rel.exprs) add_columns_read(context_, *e, &want.need);
  // Columns of enclosing queries are not for the input to give.
  if (want.goal > 0) want.goal /= share;
  want.hard_limit = nullptr;
  ORRERY_TRY_ASSIGN(Lowered out, lower(*rel.inputs[0], std::move(want)));
  auto node = make_node<FilterNode>();
  ORRERY_TRY(lower_exprs(&rel.exprs, out.layout));
  node->condition = expr::make_and(std::move(rel.exprs));
  node->output = out.node->output;
  node->estimated_rows = out.node->estimated_rows * share;
  node->estimated_cost = out.node->estimated_cost + out.node->estimated_rows * cost::kTest;
  node->children.push_back(std::move(out.node));
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_project(Rel& rel, Want want) {
  std::vector<size_t> wanted;
  ColumnSet made;
  made.add(rel.columns);
  for (size_t i = 0; i < rel.columns.size(); ++i) {
    if (want.need.has(rel.columns[i])) wanted.push_back(i);
  }
  ColumnSet passed = want.need;
  passed.remove(made);
  Want below;
  below.need = passed;
  below.goal = want.goal;
  for (size_t i : wanted) add_columns_read(context_, *rel.exprs[i], &below.need);
  for (const Ordering& key : want.order) {
    if (made.has(key.column)) break;
    below.order.push_back(key);
  }
  below.hard_limit = want.hard_limit;
  if (below.order.size() != want.order.size()) {
    below.goal = 0;
    below.hard_limit = nullptr;  // which rows come first is not known below
  }
  below.any_order = want.any_order;
  below.stream = want.stream && below.goal == want.goal;
  below.adjacent = want.adjacent;
  ORRERY_TRY_ASSIGN(Lowered in, lower(*rel.inputs[0], std::move(below)));
  if (wanted.empty()) return in;
  Lowered out;
  auto node = make_node<ProjectNode>();
  for (size_t i = 0; i < in.layout.size(); ++i) {
    if (!passed.has(in.layout[i])) continue;
    const OutputColumn& column = in.node->output[i];
    out.layout.push_back(in.layout[i]);
    node->exprs.push_back(
        expr::make_column(static_cast<uint32_t>(i), column.type, column.nullable));
  }
  for (size_t i : wanted) {
    ORRERY_TRY(lower_expr(&rel.exprs[i], in.layout));
    out.layout.push_back(rel.columns[i]);
    node->exprs.push_back(std::move(rel.exprs[i]));
  }
  set_output(node.get(), out.layout);
  node->estimated_rows = in.node->estimated_rows;
  node->estimated_cost = in.node->estimated_cost + in.node->estimated_rows * cost::kEmit;
  node->children.push_back(std::move(in.node));
  out.node = std::move(node);
  out.order = std::move(in.order);
  out.contiguous = std::move(in.contiguous);
  return out;
}

Result<Lowered> Lowering::lower_values(Rel& rel) {
  Lowered out;
  auto node = make_node<ValuesNode>();
  for (auto& row : rel.rows) ORRERY_TRY(lower_exprs(&row, {}));
  node->rows = std::move(rel.rows);
  node->estimated_rows = static_cast<double>(node->rows.size());
  out.layout = rel.columns;
  set_output(node.get(), out.layout);
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_series(Rel& rel) {
  Lowered out;
  auto node = make_node<GenerateSeriesNode>();
  ORRERY_TRY(lower_exprs(&rel.exprs, {}));
  node->arguments = std::move(rel.exprs);
  node->estimated_rows = kAssumedRows;
  out.layout = rel.columns;
  set_output(node.get(), out.layout);
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_cte(Rel& rel) {
  Lowered out;
  auto node = make_node<CteScanNode>();
  const Cte& cte = context_.ctes[rel.number];
  node->cte = rel.number;
  node->name = std::string(rel.alias);
  if (cte.owner == kNeverShare && !frames_.empty()) frames_.back().reads_working_table = true;
  node->estimated_rows = std::max(cte.rows, 1.0);
  node->estimated_cost = node->estimated_rows * cost::kSeqRow;
  out.layout = rel.columns;
  set_output(node.get(), out.layout);
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_set(Rel& rel, const Want& want) {
  Lowered out;
  auto node = make_node<SetOperationNode>();
  node->op = rel.set_op;
  std::vector<size_t> kept;
  for (size_t i = 0; i < rel.columns.size(); ++i) {
    bool needed = rel.set_op != SetOperation::kUnionAll || want.need.has(rel.columns[i]);
    if (needed) kept.push_back(i);
  }
  for (size_t i : kept) out.layout.push_back(rel.columns[i]);
  for (size_t k = 0; k < rel.inputs.size(); ++k) {
    std::vector<ColumnId> columns;
    for (size_t i : kept) columns.push_back(rel.input_columns[k][i]);
    double goal = rel.set_op == SetOperation::kUnionAll && want.order.empty() ? want.goal : 0;
    ORRERY_TRY_ASSIGN(PlanNodePtr child, lower_exact(*rel.inputs[k], columns, goal));
    node->estimated_rows += child->estimated_rows;
    node->estimated_cost += child->estimated_cost;
    node->children.push_back(std::move(child));
  }
  set_output(node.get(), out.layout);
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_recursive(Rel& rel) {
  Lowered out;
  auto node = make_node<RecursiveNode>();
  node->cte = rel.number;
  node->distinct = rel.distinct;
  for (size_t k = 0; k < 2; ++k) {
    ORRERY_TRY_ASSIGN(PlanNodePtr child,
                      lower_exact(*rel.inputs[k], rel.input_columns[k], 0));
    if (k == 0) context_.ctes[rel.number].rows = child->estimated_rows;
    node->estimated_rows += child->estimated_rows * (k == 0 ? 1 : 10);
    node->estimated_cost += child->estimated_cost * (k == 0 ? 1 : 10);
    node->children.push_back(std::move(child));
  }
  out.layout = rel.columns;
  set_output(node.get(), out.layout);
  out.node = std::move(node);
  return out;
}

/// Makes the layout exactly `columns`, within the projection on top if there is one.
Result<PlanNodePtr> Lowering::project_exact(Lowered lowered,
                                            const std::vector<ColumnId>& columns) {
  if (lowered.layout == columns) return std::move(lowered.node);
  std::vector<ExprPtr> exprs;
  for (ColumnId id : columns) {
    ExprPtr e = context_.column_ref(id);
    ORRERY_TRY(lower_expr(&e, lowered.layout));
    exprs.push_back(std::move(e));
  }
  if (lowered.node->kind == NodeKind::kProject) {
    auto* below = static_cast<ProjectNode*>(lowered.node.get());
    std::vector<ExprPtr> merged;
    for (const ExprPtr& e : exprs) {
      if (e->kind != ExprKind::kColumn) {
        merged.clear();
        break;
      }
      merged.push_back(expr::clone(*below->exprs[e->index]));
    }
    if (merged.size() == exprs.size()) {
      below->exprs = std::move(merged);
      set_output(below, columns);
      return std::move(lowered.node);
    }
  }
  auto node = make_node<ProjectNode>();
  node->exprs = std::move(exprs);
  set_output(node.get(), columns);
  node->estimated_rows = lowered.node->estimated_rows;
  node->estimated_cost = lowered.node->estimated_cost;
  node->children.push_back(std::move(lowered.node));
  return node;
}

Result<PlanNodePtr> Lowering::lower_exact(Rel& rel, const std::vector<ColumnId>& columns,
                                          double goal) {
  Want want;
  want.need.add(columns);
  want.goal = goal;
  ORRERY_TRY_ASSIGN(Lowered lowered, lower(rel, std::move(want)));
  return project_exact(std::move(lowered), columns);
}

}  // namespace orrery::plan
