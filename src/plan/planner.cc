#include "plan/planner.h"

#include <algorithm>

#include "plan/binder.h"
#include "plan/construct.h"
#include "plan/lower.h"
#include "plan/plan_write.h"
#include "plan/rewrite.h"
#include "sql/parser.h"

namespace orrery::plan {

using expr::ExprPtr;

namespace {

Result<std::unique_ptr<PlannedStatement>> finish_read(PlanContext& context, BoundQuery query) {
  auto out = std::make_unique<PlannedStatement>();
  std::vector<ColumnId> columns;
  for (const ScopeColumn& output : query.outputs) {
    columns.push_back(output.id);
    const ColumnInfo& column = context.columns[output.id];
    OutputColumn& header = out->columns.emplace_back();
    header.name = output.label;
    header.type = column.type;
    header.nullable = output.nullable;
    if (column.table != nullptr) {
      header.column_type = column.table->def().columns[column.table_column].type;
    }
  }
  query.rel = optimize(context, std::move(query.rel));
  for (Cte& cte : context.ctes) {
    if (cte.owner == 0 && cte.rel) cte.rel = optimize(context, std::move(cte.rel));
  }
  Lowering lowering(context);
  ORRERY_TRY(lowering.lower_ctes(0, &out->ctes));
  ORRERY_TRY_ASSIGN(out->root, lowering.lower_exact(*query.rel, columns, 0));
  lowering.finish(out.get());
  return out;
}

Result<std::unique_ptr<PlannedStatement>> plan_expression(PlanContext& context,
                                                          const sql::Expr& e) {
  Binder binder(context);
  Scope scope;
  ExprContext in{scope};
  auto values = std::make_unique<Rel>(RelKind::kValues);
  values->rows.emplace_back();
  ORRERY_TRY_ASSIGN(ExprPtr value, binder.bind(e, in));
  values->rows[0].push_back(std::move(value));
  return finish_read(context, binder.finish_values(std::move(values)));
}

}  // namespace

Result<std::unique_ptr<PlannedStatement>> plan_query(const sql::Query& query,
                                                     const PlannerInput& input) {
  PlanContext context(input);
  Binder binder(context);
  ORRERY_TRY_ASSIGN(BoundQuery bound, binder.bind_query(query, nullptr, nullptr, 0));
  return finish_read(context, std::move(bound));
}

Result<std::unique_ptr<PlannedStatement>> plan_statement(const sql::Statement& statement,
                                                         const PlannerInput& input) {
  PlanContext context(input);
  switch (statement.kind) {
    case sql::StatementKind::kSelect:
      return plan_query(*sql::as<sql::SelectStatement>(statement).query, input);
    case sql::StatementKind::kInsert:
      return plan_insert(context, sql::as<sql::InsertStatement>(statement));
    case sql::StatementKind::kUpdate:
      return plan_update(context, sql::as<sql::UpdateStatement>(statement));
    case sql::StatementKind::kDelete:
      return plan_delete(context, sql::as<sql::DeleteStatement>(statement));
    case sql::StatementKind::kExpression:
      return plan_expression(context, *sql::as<sql::ExpressionStatement>(statement).expr);
    default:
      return Error(ErrorCode::kInternal, "the statement has no plan");
  }
}

bool plan_is_outdated(const PlannedStatement& statement) {
  constexpr uint64_t kFactor = 4;
  constexpr uint64_t kSmall = 1000;  // sizes below this are planned alike
  return std::any_of(statement.tables.begin(), statement.tables.end(), [=](const PlannedTable& t) {
    uint64_t then = std::max(t.rows, kSmall);
    uint64_t now = std::max(t.table->approximate_row_count(), kSmall);
    return now > then * kFactor || then > now * kFactor;
  });
}

namespace {

Result<ExprPtr> bind_alone(const sql::Expr& e, Scope& scope, PlanContext& context) {
  Binder binder(context);
  ExprContext in{scope};
  ORRERY_TRY_ASSIGN(ExprPtr bound, binder.bind(e, in));
  if (has_subquery(*bound)) {
    return Error(ErrorCode::kNotSupported, "not supported: a subquery cannot stand here",
                 e.position);
  }
  return bound;
}

}  // namespace

Result<ExprPtr> bind_constant(const sql::Expr& e, const PlannerInput& input) {
  PlanContext context(input);
  Scope nothing;
  return bind_alone(e, nothing, context);
}

Result<ExprPtr> bind_check(std::string_view sql, const storage::TableDef& table) {
  ORRERY_TRY_ASSIGN(sql::ExprPtr parsed, sql::parse_expression(sql));
  PlannerInput input;
  PlanContext context(input);
  Scope scope;
  for (const storage::ColumnDef& column : table.columns) {
    ColumnId id = context.new_column(column.name, column.sql_type(), column.nullable());
    scope.columns.push_back({table.name, column.name, {}, id, column.nullable(), false});
  }
  scope.tables.push_back(table.name);
  ORRERY_TRY_ASSIGN(ExprPtr bound, bind_alone(*parsed, scope, context));
  return to_boolean(std::move(bound));
}

Result<ExprPtr> bind_default(std::string_view sql) {
  if (sql.empty()) return null_constant();
  ORRERY_TRY_ASSIGN(sql::ExprPtr parsed, sql::parse_expression(sql));
  PlannerInput input;
  return bind_constant(*parsed, input);
}

}  // namespace orrery::plan
