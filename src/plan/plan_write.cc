#include "plan/plan_write.h"

#include <algorithm>
#include <string>

#include "plan/binder.h"
#include "plan/construct.h"
#include "plan/lower.h"
#include "plan/lower_node.h"
#include "plan/rewrite.h"
#include "sql/parser.h"
#include "sql/to_sql.h"

namespace orrery::plan {

using expr::ExprPtr;
using types::TypeId;

namespace {

/// What the three statements share: the target, its columns as names, CTEs, RETURNING.
class Writer {
 public:
  explicit Writer(PlanContext& context) : context_(context), binder_(context), lowering_(context) {}

  Status open(const sql::Name& name, std::string_view alias, const sql::WithClause& with) {
    table_ = context_.input.catalog->find_table(name.text);
    if (table_ == nullptr || table_->def().system) {
      return Error(ErrorCode::kTableNotFound, "table '" + name.text + "' not found", name.position);
    }
    alias_ = alias.empty() ? std::string_view(name.text) : alias;
    scope_.ctes = binder_.declare_ctes(with, nullptr, nullptr, nullptr, 0);
    ORRERY_TRY_ASSIGN(scan_, binder_.scan_table(table_, alias_, scope_));
    row_columns_ = scan_->columns;
    return {};
  }

  const storage::TableDef& def() const { return table_->def(); }

  Result<uint16_t> column_index(const sql::Name& name) const {
    int32_t index = def().find_column(name.text);
    if (index < 0) {
      return Error(ErrorCode::kColumnNotFound, "column '" + name.text + "' not found",
                   name.position);
    }
    return static_cast<uint16_t>(index);
  }

  /// The column of an assignment, which may be assigned once.
  enum class KeyUpdate : uint8_t { kRefused, kAllowed };
  Result<uint16_t> assigned_column(const sql::Assignment& a, const std::vector<uint16_t>& before,
                                   KeyUpdate key) {
    ORRERY_TRY_ASSIGN(uint16_t column, column_index(a.column));
    if (def().primary_key == column && key == KeyUpdate::kRefused) {
      return Error(ErrorCode::kInvalidArgument,
                   "invalid argument: cannot UPDATE primary key column '" +
                       def().columns[column].name + "'. Use DELETE + INSERT instead",
                   a.column.position);
    }
    if (std::find(before.begin(), before.end(), column) != before.end()) {
      return Error(ErrorCode::kBind, "column '" + a.column.text + "' is assigned twice",
                   a.column.position);
    }
    return column;
  }

  Result<ExprPtr> bind_value(const sql::Expr& e, uint16_t column, Scope& scope) {
    if (e.kind == sql::ExprKind::kDefault) return bind_default(def().columns[column].default_sql);
    ExprContext in{scope};
    return binder_.bind(e, in);
  }

  Status add_checks(std::vector<CheckConstraint>* out) const {
    for (const storage::ColumnDef& column : def().columns) {
      if (column.check_sql.empty()) continue;
      ORRERY_TRY(add_check(column.check_sql, "column " + column.name, out));
    }
    for (const std::string& check : def().checks) {
      ORRERY_TRY(add_check(check, "table " + def().name, out));
    }
    return {};
  }

  Status bind_returning(const std::vector<sql::SelectItem>& items, ReturningList* out,
                        std::vector<OutputColumn>* header) {
    ExprContext in{scope_};
    for (const sql::SelectItem& item : items) {
      if (item.kind != sql::SelectItem::Kind::kExpr) {
        for (const ScopeColumn& column : scope_.columns) {
          if (column.hidden) continue;
          out->exprs.push_back(context_.column_ref(column.id));
          header->push_back({std::string(column.name), out->exprs.back()->type, column.nullable});
        }
        continue;
      }
      std::string label = "column_" + std::to_string(out->exprs.size());
      if (item.expr->kind == sql::ExprKind::kColumn) {
        label = sql::as<sql::ColumnExpr>(*item.expr).name.text;
      }
      if (!item.alias.empty()) label = item.alias.text;
      ORRERY_TRY_ASSIGN(ExprPtr e, binder_.bind(*item.expr, in));
      header->push_back({std::move(label), e->type, e->nullable});
      out->exprs.push_back(std::move(e));
    }
    for (ExprPtr& e : out->exprs) ORRERY_TRY(lowering_.lower_expr(&e, row_columns_));
    return {};
  }

  /// The plan of what feeds the write, and of the CTEs.
  Status add_source(RelPtr rel, const std::vector<ColumnId>& columns, PlanNode* node,
                    PlannedStatement* statement) {
    rel = optimize(context_, std::move(rel));
    for (Cte& cte : context_.ctes) {
      if (cte.owner == 0 && cte.rel) cte.rel = optimize(context_, std::move(cte.rel));
    }
    ORRERY_TRY(lowering_.lower_ctes(0, &statement->ctes));
    ORRERY_TRY_ASSIGN(PlanNodePtr child, lowering_.lower_exact(*rel, columns, 0));
    node->estimated_rows = child->estimated_rows;
    node->estimated_cost = child->estimated_cost;
    node->children.push_back(std::move(child));
    return {};
  }

  std::unique_ptr<PlannedStatement> finish(PlanNodePtr node,
                                           std::unique_ptr<PlannedStatement> statement) {
    node->output = statement->columns;
    statement->root = std::move(node);
    statement->writes = true;
    lowering_.finish(statement.get());
    return statement;
  }

  PlanContext& context_;
  Binder binder_;
  Lowering lowering_;
  std::shared_ptr<storage::Table> table_;
  std::string_view alias_;
  Scope scope_;                        ///< the table's columns
  RelPtr scan_;
  std::vector<ColumnId> row_columns_;  ///< one per table column

 private:
  Status add_check(const std::string& sql, const std::string& where,
                   std::vector<CheckConstraint>* out) const {
    CheckConstraint check;
    ORRERY_TRY_ASSIGN(check.condition, bind_check(sql, def()));
    ORRERY_TRY_ASSIGN(sql::ExprPtr parsed, sql::parse_expression(sql));
    check.error = "CHECK constraint failed for " + where + ": " + sql::enclosed_text(*parsed);
    out->push_back(std::move(check));
    return {};
  }
};

class Inserter {
 public:
  Inserter(PlanContext& context, const sql::InsertStatement& statement)
      : context_(context), statement_(statement), writer_(context) {}

  Result<std::unique_ptr<PlannedStatement>> plan() {
    ORRERY_TRY(writer_.open(statement_.table, {}, statement_.with));
    ORRERY_TRY(bind_columns());
    source_scope_.ctes = writer_.scope_.ctes;
    auto out = std::make_unique<PlannedStatement>();
    auto node = writer_.lowering_.make_node<InsertNode>();
    node->table = writer_.table_;
    const auto& columns = writer_.def().columns;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].auto_increment) node->auto_increment = static_cast<int32_t>(i);
    }
    ORRERY_TRY(writer_.add_checks(&node->checks));
    ORRERY_TRY(bind_conflict(node.get()));
    RelPtr source;
    std::vector<ColumnId> cells;
    if (statement_.query) {
      ORRERY_TRY(bind_query(&source, &cells));
    } else {
      ORRERY_TRY(bind_rows(&source, &cells));
    }
    ORRERY_TRY(writer_.add_source(std::move(source), cells, node.get(), out.get()));
    ORRERY_TRY(writer_.bind_returning(statement_.returning, &node->returning, &out->columns));
    return writer_.finish(std::move(node), std::move(out));
  }

 private:
  Status bind_columns() {
    size_t count = writer_.def().columns.size();
    if (statement_.columns.empty()) {
      for (size_t i = 0; i < count; ++i) targets_.push_back(static_cast<uint16_t>(i));
    }
    for (const sql::Name& name : statement_.columns) {
      ORRERY_TRY_ASSIGN(uint16_t column, writer_.column_index(name));
      if (std::find(targets_.begin(), targets_.end(), column) != targets_.end()) {
        return Error(ErrorCode::kBind, "column '" + name.text + "' is named twice", name.position);
      }
      targets_.push_back(column);
    }
    source_of_.assign(count, SIZE_MAX);
    for (size_t i = 0; i < targets_.size(); ++i) source_of_[targets_[i]] = i;
    defaults_.resize(count);
    return {};
  }

  Result<ExprPtr> default_of(size_t column) {
    if (!defaults_[column]) {
      ORRERY_TRY_ASSIGN(defaults_[column],
                        bind_default(writer_.def().columns[column].default_sql));
    }
    return expr::clone(*defaults_[column]);
  }

  Status bind_rows(RelPtr* source, std::vector<ColumnId>* cells) {
    auto values = std::make_unique<Rel>(RelKind::kValues);
    size_t width = source_of_.size();
    size_t count = statement_.default_values ? 1 : statement_.rows.size();
    ExprContext in{source_scope_};
    for (size_t r = 0; r < count; ++r) {
      const sql::ExprList* row = statement_.default_values ? nullptr : &statement_.rows[r];
      if (row != nullptr && row->size() != targets_.size()) {
        return Error(ErrorCode::kInvalidArgument,
                     "invalid argument: INSERT has " + std::to_string(targets_.size()) +
                         " columns but " + std::to_string(row->size()) + " values provided",
                     statement_.position);
      }
      std::vector<ExprPtr> out(width);
      for (size_t i = 0; i < width; ++i) {
        const sql::Expr* cell =
            row == nullptr || source_of_[i] == SIZE_MAX ? nullptr : (*row)[source_of_[i]].get();
        if (cell == nullptr || cell->kind == sql::ExprKind::kDefault) {
          ORRERY_TRY_ASSIGN(out[i], default_of(i));
        } else {
          ORRERY_TRY_ASSIGN(out[i], writer_.binder_.bind(*cell, in));
        }
      }
      values->rows.push_back(std::move(out));
    }
    BoundQuery bound = writer_.binder_.finish_values(std::move(values));
    for (const ScopeColumn& column : bound.outputs) cells->push_back(column.id);
    *source = std::move(bound.rel);
    return {};
  }

  Status bind_query(RelPtr* source, std::vector<ColumnId>* cells) {
    ORRERY_TRY_ASSIGN(BoundQuery bound,
                      writer_.binder_.bind_query(*statement_.query, nullptr,
                                                 source_scope_.ctes, 0));
    if (bound.outputs.size() != targets_.size()) {
      return Error(ErrorCode::kInvalidArgument,
                   "invalid argument: INSERT has " + std::to_string(targets_.size()) +
                       " columns but SELECT returns " + std::to_string(bound.outputs.size()) +
                       " columns",
                   statement_.position);
    }
    auto project = std::make_unique<Rel>(RelKind::kProject);
    for (size_t i = 0; i < source_of_.size(); ++i) {
      if (source_of_[i] != SIZE_MAX) {
        cells->push_back(bound.outputs[source_of_[i]].id);
        continue;
      }
      ORRERY_TRY_ASSIGN(ExprPtr value, default_of(i));
      ColumnId id = context_.new_column(writer_.def().columns[i].name, value->type,
                                        value->nullable);
      project->columns.push_back(id);
      project->exprs.push_back(std::move(value));
      cells->push_back(id);
    }
    *source = std::move(bound.rel);
    if (project->columns.empty()) return {};
    project->inputs.push_back(std::move(*source));
    *source = std::move(project);
    return {};
  }

  void find_conflict_indexes(InsertNode* node) const {
    std::vector<int32_t> wanted;
    for (const sql::Name& name : statement_.conflict_columns) {
      wanted.push_back(writer_.def().find_column(name.text));
    }
    std::sort(wanted.begin(), wanted.end());
    for (const auto& index : writer_.table_->indexes()) {
      const storage::IndexDef& def = index->def();
      if (!def.unique) continue;
      std::vector<int32_t> columns(def.columns.begin(), def.columns.end());
      std::sort(columns.begin(), columns.end());
      if (wanted.empty() || columns == wanted) node->conflict_indexes.push_back(def.id);
    }
  }

  Status bind_conflict(InsertNode* node) {
    switch (statement_.on_conflict) {
      case sql::ConflictAction::kError:
        return {};
      case sql::ConflictAction::kDoNothing:
        node->on_conflict = ConflictAction::kDoNothing;
        find_conflict_indexes(node);
        return {};
      case sql::ConflictAction::kDoUpdate:
        node->on_conflict = ConflictAction::kDoUpdate;
        find_conflict_indexes(node);
        break;
    }
    Scope scope = writer_.scope_;
    std::vector<ColumnId> layout = writer_.row_columns_;
    for (const storage::ColumnDef& column : writer_.def().columns) {
      ColumnId id = context_.new_column(column.name, column.sql_type(), true);
      layout.push_back(id);
      scope.columns.push_back({"excluded", column.name, {}, id, true, true});
    }
    scope.tables.push_back("excluded");
    for (const sql::Assignment& a : statement_.conflict_assignments) {
      ORRERY_TRY_ASSIGN(uint16_t column, writer_.assigned_column(a, node->update_columns,
                                                                 Writer::KeyUpdate::kAllowed));
      ORRERY_TRY_ASSIGN(ExprPtr value, writer_.bind_value(*a.value, column, scope));
      ORRERY_TRY(writer_.lowering_.lower_expr(&value, layout));
      node->update_columns.push_back(column);
      node->update_values.push_back(std::move(value));
    }
    if (!statement_.conflict_where) return {};
    ExprContext in{scope, Clause::kWhere};
    ORRERY_TRY_ASSIGN(node->update_where,
                      writer_.binder_.bind_condition(*statement_.conflict_where, in));
    return writer_.lowering_.lower_expr(&node->update_where, layout);
  }

  PlanContext& context_;
  const sql::InsertStatement& statement_;
  Writer writer_;
  Scope source_scope_;
  std::vector<uint16_t> targets_;   ///< table column of each value
  std::vector<size_t> source_of_;   ///< value of each table column, or SIZE_MAX
  std::vector<ExprPtr> defaults_;
};

/// The target's rows that WHERE picks, with their ids.
Result<RelPtr> target_rows(Writer& writer, const sql::Expr* where, ColumnId* row_id) {
  *row_id = writer.context_.new_column("row id", TypeId::kInteger, false);
  writer.scan_->columns.push_back(*row_id);
  writer.scan_->table_columns.push_back(kRowIdColumn);
  std::vector<ExprPtr> conjuncts;
  ExprContext in{writer.scope_, Clause::kWhere};
  ORRERY_TRY(bind_where(writer.binder_, where, in, &conjuncts));
  return make_filter(std::move(writer.scan_), std::move(conjuncts));
}

}  // namespace

Result<std::unique_ptr<PlannedStatement>> plan_insert(PlanContext& context,
                                                      const sql::InsertStatement& statement) {
  return Inserter(context, statement).plan();
}

Result<std::unique_ptr<PlannedStatement>> plan_update(PlanContext& context,
                                                      const sql::UpdateStatement& statement) {
  Writer writer(context);
  ORRERY_TRY(writer.open(statement.table, {}, statement.with));
  auto out = std::make_unique<PlannedStatement>();
  auto node = writer.lowering_.make_node<UpdateNode>();
  node->table = writer.table_;
  auto project = std::make_unique<Rel>(RelKind::kProject);
  std::vector<ColumnId> cells(1);
  for (const sql::Assignment& a : statement.assignments) {
    ORRERY_TRY_ASSIGN(uint16_t column, writer.assigned_column(a, node->columns,
                                                              Writer::KeyUpdate::kRefused));
    ORRERY_TRY_ASSIGN(ExprPtr value, writer.bind_value(*a.value, column, writer.scope_));
    node->columns.push_back(column);
    ColumnId id = context.new_column(writer.def().columns[column].name, value->type,
                                     value->nullable);
    project->columns.push_back(id);
    project->exprs.push_back(std::move(value));
    cells.push_back(id);
  }
  ORRERY_TRY_ASSIGN(RelPtr rows, target_rows(writer, statement.where.get(), &cells[0]));
  project->inputs.push_back(std::move(rows));
  ORRERY_TRY(writer.add_checks(&node->checks));
  ORRERY_TRY(writer.add_source(std::move(project), cells, node.get(), out.get()));
  ORRERY_TRY(writer.bind_returning(statement.returning, &node->returning, &out->columns));
  return writer.finish(std::move(node), std::move(out));
}

Result<std::unique_ptr<PlannedStatement>> plan_delete(PlanContext& context,
                                                      const sql::DeleteStatement& statement) {
  Writer writer(context);
  ORRERY_TRY(writer.open(statement.table, statement.alias.text, statement.with));
  auto out = std::make_unique<PlannedStatement>();
  auto node = writer.lowering_.make_node<DeleteNode>();
  node->table = writer.table_;
  std::vector<ColumnId> cells(1);
  ORRERY_TRY_ASSIGN(RelPtr rows, target_rows(writer, statement.where.get(), &cells[0]));
  ORRERY_TRY(writer.add_source(std::move(rows), cells, node.get(), out.get()));
  ORRERY_TRY(writer.bind_returning(statement.returning, &node->returning, &out->columns));
  return writer.finish(std::move(node), std::move(out));
}

}  // namespace orrery::plan
