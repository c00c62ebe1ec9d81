#include "engine/dispatch.h"

#include <memory>
#include <utility>

#include "expr/eval.h"
#include "plan/planner.h"

namespace orrery::engine {
namespace {

storage::Isolation isolation_of(sql::IsolationLevel level, storage::Isolation otherwise) {
  switch (level) {
    case sql::IsolationLevel::kUnspecified:
      return otherwise;
    case sql::IsolationLevel::kReadUncommitted:
    case sql::IsolationLevel::kReadCommitted:
      return storage::Isolation::kReadCommitted;
    case sql::IsolationLevel::kRepeatableRead:
    case sql::IsolationLevel::kSnapshot:
    case sql::IsolationLevel::kSerializable:
      return storage::Isolation::kSnapshot;
  }
  return otherwise;
}

/// BEGIN inside a transaction changes nothing.
Rows run_begin(SessionState& session, const sql::BeginStatement& statement) {
  if (session.scope == nullptr) {
    session.scope = std::make_shared<TransactionScope>(
        session.open, isolation_of(statement.isolation, session.isolation));
  }
  return Rows();
}

/// COMMIT and ROLLBACK without a transaction change nothing.
Result<Rows> run_commit(SessionState& session) {
  std::shared_ptr<TransactionScope> scope = std::move(session.scope);
  if (scope != nullptr) ORRERY_TRY(scope->commit());
  return Rows();
}

Rows run_rollback(SessionState& session) {
  std::shared_ptr<TransactionScope> scope = std::move(session.scope);
  if (scope != nullptr) scope->rollback();
  return Rows();
}

Error outside_transaction(std::string_view what) {
  return Error(ErrorCode::kTxnClosed, std::string(what) + " can only be used within a transaction");
}

Result<Rows> run_savepoint(SessionState& session, const sql::SavepointStatement& statement) {
  if (session.scope == nullptr) {
    return Error(ErrorCode::kTxnClosed,
                 "SAVEPOINT can only be used within a transaction (after BEGIN)");
  }
  session.scope->savepoint(statement.name.text);
  return Rows();
}

Result<Rows> run_rollback_to(SessionState& session, const sql::RollbackToStatement& statement) {
  if (session.scope == nullptr) return outside_transaction("ROLLBACK TO SAVEPOINT");
  ORRERY_TRY(session.scope->rollback_to(statement.name.text));
  return Rows();
}

Result<Rows> run_release(SessionState& session, const sql::ReleaseStatement& statement) {
  if (session.scope == nullptr) return outside_transaction("RELEASE SAVEPOINT");
  ORRERY_TRY(session.scope->release(statement.name.text));
  return Rows();
}

Result<Rows> run_drop(const StatementContext& context, const sql::DropStatement& statement) {
  switch (statement.drop) {
    case sql::DropKind::kTable:
      return run_drop_table(context, statement);
    case sql::DropKind::kIndex:
      return run_drop_index(context, statement);
    case sql::DropKind::kView:
      return run_drop_view(context, statement);
  }
  return Error(ErrorCode::kInternal, "unknown DROP");
}

}  // namespace

Result<Rows> run_command(const StatementContext& context, const sql::Statement& statement) {
  switch (statement.kind) {
    case sql::StatementKind::kTruncate:
      return run_truncate(context, sql::as<sql::TruncateStatement>(statement));
    case sql::StatementKind::kCopy:
      return run_copy(context, sql::as<sql::CopyStatement>(statement));
    case sql::StatementKind::kCreateTable: {
      const auto& create = sql::as<sql::CreateTableStatement>(statement);
      return create.query != nullptr ? run_create_table_as(context, create)
                                     : run_create_table(context, create);
    }
    case sql::StatementKind::kAlterTable:
      return run_alter_table(context, sql::as<sql::AlterTableStatement>(statement));
    case sql::StatementKind::kCreateIndex:
      return run_create_index(context, sql::as<sql::CreateIndexStatement>(statement));
    case sql::StatementKind::kCreateView:
      return run_create_view(context, sql::as<sql::CreateViewStatement>(statement));
    case sql::StatementKind::kDrop:
      return run_drop(context, sql::as<sql::DropStatement>(statement));
    case sql::StatementKind::kBegin:
      return run_begin(context.session, sql::as<sql::BeginStatement>(statement));
    case sql::StatementKind::kCommit:
      return run_commit(context.session);
    case sql::StatementKind::kRollback:
      return run_rollback(context.session);
    case sql::StatementKind::kSavepoint:
      return run_savepoint(context.session, sql::as<sql::SavepointStatement>(statement));
    case sql::StatementKind::kRollbackTo:
      return run_rollback_to(context.session, sql::as<sql::RollbackToStatement>(statement));
    case sql::StatementKind::kRelease:
      return run_release(context.session, sql::as<sql::ReleaseStatement>(statement));
    case sql::StatementKind::kSet:
      return run_set(context, sql::as<sql::SetStatement>(statement));
    case sql::StatementKind::kShow:
      return run_show(context, sql::as<sql::ShowStatement>(statement));
    case sql::StatementKind::kDescribe:
      return run_describe(context, sql::as<sql::DescribeStatement>(statement));
    case sql::StatementKind::kPragma:
      return run_pragma(context, sql::as<sql::PragmaStatement>(statement));
    case sql::StatementKind::kAnalyze:
      return run_analyze(context, sql::as<sql::AnalyzeStatement>(statement));
    case sql::StatementKind::kVacuum:
      return run_vacuum(context, sql::as<sql::VacuumStatement>(statement));
    case sql::StatementKind::kExplain:
      return run_explain(context, sql::as<sql::ExplainStatement>(statement));
    case sql::StatementKind::kSelect:
    case sql::StatementKind::kInsert:
    case sql::StatementKind::kUpdate:
    case sql::StatementKind::kDelete:
    case sql::StatementKind::kExpression:
      break;
  }
  return Error(ErrorCode::kInternal, "statement is to be planned");
}

Result<types::Value> setting_value(const StatementContext& context, const sql::Expr& value) {
  if (value.kind == sql::ExprKind::kColumn) {
    return types::Value::text(sql::as<sql::ColumnExpr>(value).name.text);
  }
  std::vector<types::TypeId> types;
  for (const types::Datum& parameter : context.parameters) types.push_back(parameter.type());
  plan::PlannerInput input;
  input.catalog = context.session.catalog();
  input.parameters = types;
  ORRERY_TRY_ASSIGN(expr::ExprPtr bound, plan::bind_constant(value, input));
  expr::EvalContext eval;
  eval.parameters = context.parameters;
  uint64_t random_state = context.session.next_random();
  eval.random_state = &random_state;
  eval.now_nanos = context.session.database().environment().clock->wall_nanos();
  return expr::evaluate_once(*bound, eval);
}

}  // namespace orrery::engine
