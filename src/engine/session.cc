#include "engine/session.h"

#include <string>
#include <utility>

#include "engine/dispatch.h"

namespace orrery::engine {
namespace {

/// Locks a transaction, where there is one, and keeps it alive meanwhile.
class ScopeLock {
 public:
  explicit ScopeLock(std::shared_ptr<TransactionScope> scope) : scope_(std::move(scope)) {
    if (scope_ != nullptr) scope_->mutex().lock();
  }
  ~ScopeLock() {
    if (scope_ != nullptr) scope_->mutex().unlock();
  }
  ScopeLock(const ScopeLock&) = delete;
  ScopeLock& operator=(const ScopeLock&) = delete;

 private:
  std::shared_ptr<TransactionScope> scope_;
};

void begin_call(SessionState& state) {
  state.cancel->cancelled.store(false, std::memory_order_relaxed);
  if (state.scope == nullptr && state.open->epoch != state.database().store_epoch()) {
    state.open = hold_store(state.open->database);
  }
}

Status check_parameter_count(const StatementText& text, const Parameters& parameters) {
  if (parameters.by_name || parameters.positional.size() >= text.parameter_count()) return {};
  return Error(ErrorCode::kInvalidArgument,
               "Query requires " + std::to_string(text.parameter_count()) +
                   " parameters but only " + std::to_string(parameters.positional.size()) +
                   " provided");
}

/// Statement `index` of a text, run without giving out rows.
Result<uint64_t> execute_one(SessionState& state, StatementText& text, size_t index,
                             const Parameters& parameters) {
  const sql::Statement& statement = text.statement(index);
  std::vector<types::Datum> storage;
  std::span<const types::Datum> values =
      bind_parameters(parameters, statement.parameter_names, &storage);
  ScopeLock lock(state.scope);
  if (!StatementText::is_plannable(statement.kind)) {
    ORRERY_TRY_ASSIGN(Rows rows, run_command({state, values}, statement));
    return rows.rows_affected();
  }
  return run_to_end(state.target(), {text, index, values});
}

Result<Rows> query_one(SessionState& state, StatementText& text, size_t index,
                       const Parameters& parameters) {
  const sql::Statement& statement = text.statement(index);
  std::vector<types::Datum> storage;
  std::span<const types::Datum> values =
      bind_parameters(parameters, statement.parameter_names, &storage);
  ScopeLock lock(state.scope);
  if (!StatementText::is_plannable(statement.kind)) {
    return run_command({state, values}, statement);
  }
  return run_query(state.target(), {text, index, values});
}

}  // namespace

Session::Session(std::shared_ptr<Database> database) {
  state_.random_state = database->environment().random->next_u64();
  state_.cancel = std::make_shared<CancelToken>();
  state_.open = hold_store(std::move(database));
}

std::shared_ptr<Session> Session::clone() const {
  return std::make_shared<Session>(database());
}

void Session::drop_handle() {
  if (handles_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  LockGuard<Mutex> lock(mutex_);
  if (state_.scope == nullptr) return;
  ScopeLock scope_lock(state_.scope);
  if (state_.scope->transaction() != nullptr) state_.scope->rollback();
  state_.scope.reset();
}

Result<uint64_t> Session::execute_text(StatementText& text, const Parameters& parameters) {
  begin_call(state_);
  uint64_t affected = 0;
  for (size_t i = 0; i < text.statement_count(); ++i) {
    ORRERY_TRY_ASSIGN(affected, execute_one(state_, text, i, parameters));
  }
  return affected;
}

Result<Rows> Session::query_text(StatementText& text, const Parameters& parameters) {
  begin_call(state_);
  const size_t count = text.statement_count();
  if (count == 0) return Rows();
  for (size_t i = 0; i + 1 < count; ++i) {
    ORRERY_TRY_ASSIGN([[maybe_unused]] uint64_t affected, execute_one(state_, text, i, parameters));
  }
  return query_one(state_, text, count - 1, parameters);
}

Result<uint64_t> Session::execute(std::string_view sql, const Parameters& parameters) {
  LockGuard<Mutex> lock(mutex_);
  ORRERY_TRY_ASSIGN(std::shared_ptr<StatementText> text, state_.cache.get(sql));
  return execute_text(*text, parameters);
}

Result<Rows> Session::query(std::string_view sql, const Parameters& parameters) {
  auto begin = [&]() -> Result<Rows> {
    LockGuard<Mutex> lock(mutex_);
    ORRERY_TRY_ASSIGN(std::shared_ptr<StatementText> text, state_.cache.get(sql));
    return query_text(*text, parameters);
  };
  ORRERY_TRY_ASSIGN(Rows rows, begin());
  ORRERY_TRY(rows.prefetch());
  return rows;
}

Result<std::shared_ptr<Statement>> Session::prepare(std::string_view sql) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<StatementText> text,
                    StatementText::parse(sql, sql::UnknownStatement::kError));
  return std::shared_ptr<Statement>(new Statement(shared_from_this(), std::move(text)));
}

Result<uint64_t> Session::execute(Statement& statement, const Parameters& parameters) {
  ORRERY_TRY(check_parameter_count(*statement.text_, parameters));
  LockGuard<Mutex> lock(mutex_);
  return execute_text(*statement.text_, parameters);
}

Result<Rows> Session::query(Statement& statement, const Parameters& parameters) {
  ORRERY_TRY(check_parameter_count(*statement.text_, parameters));
  auto begin = [&]() -> Result<Rows> {
    LockGuard<Mutex> lock(mutex_);
    return query_text(*statement.text_, parameters);
  };
  ORRERY_TRY_ASSIGN(Rows rows, begin());
  ORRERY_TRY(rows.prefetch());
  return rows;
}

Result<std::unique_ptr<ApiTransaction>> Session::begin(
    std::optional<storage::Isolation> isolation) {
  LockGuard<Mutex> lock(mutex_);
  std::shared_ptr<const OpenStore> open = state_.open;
  if (open->epoch != state_.database().store_epoch()) open = hold_store(open->database);
  return std::unique_ptr<ApiTransaction>(
      new ApiTransaction(shared_from_this(), std::move(open), state_.cancel,
                         isolation.value_or(state_.isolation), state_.next_random()));
}

size_t Session::table_count() const {
  LockGuard<Mutex> lock(mutex_);
  ScopeLock scope_lock(state_.scope);
  return state_.catalog()->tables().size();
}

bool Session::in_transaction() const {
  LockGuard<Mutex> lock(mutex_);
  return state_.scope != nullptr;
}

}  // namespace orrery::engine
