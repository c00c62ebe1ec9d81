#include "engine/api_transaction.h"

#include <string>
#include <utility>
#include <vector>

#include "engine/session.h"

namespace orrery::engine {

namespace {

Status check_plannable(const StatementText& text, size_t index) {
  if (StatementText::is_plannable(text.statement(index).kind)) return {};
  return Error(ErrorCode::kNotSupported,
               "not supported: Only DML statements are supported in transactions");
}

}  // namespace

ApiTransaction::ApiTransaction(std::shared_ptr<Session> session,
                               std::shared_ptr<const OpenStore> open,
                               std::shared_ptr<CancelToken> cancel, storage::Isolation isolation,
                               uint64_t random_seed)
    : session_(std::move(session)),
      open_(std::move(open)),
      cancel_(std::move(cancel)),
      scope_(std::make_shared<TransactionScope>(open_, isolation)),
      isolation_(isolation),
      random_state_(random_seed) {}

ApiTransaction::~ApiTransaction() {
  LockGuard<Mutex> lock(scope_->mutex());
  if (scope_->transaction() != nullptr) scope_->rollback();
}

Status ApiTransaction::check_open() const {
  if (scope_->transaction() != nullptr) return {};
  return Error(ErrorCode::kTxnClosed, "transaction already ended");
}

Result<std::shared_ptr<StatementText>> ApiTransaction::cached(std::string_view sql) {
  LockGuard<Mutex> lock(session_->mutex_);
  return session_->state_.cache.get(sql);
}

Result<uint64_t> ApiTransaction::execute_text(OwnedText text, const Parameters& parameters) {
  cancel_->cancelled.store(false, std::memory_order_relaxed);
  LockGuard<Mutex> lock(scope_->mutex());
  ORRERY_TRY(check_open());
  uint64_t affected = 0;
  std::vector<types::Datum> storage;
  for (size_t i = 0; i < text.text.statement_count(); ++i) {
    ORRERY_TRY(check_plannable(text.text, i));
    std::span<const types::Datum> values =
        bind_parameters(parameters, text.text.statement(i).parameter_names, &storage);
    RunTarget target{open_, scope_, cancel_, isolation_, ++random_state_};
    ORRERY_TRY_ASSIGN(affected, run_to_end(target, {text.text, i, values, &text.owner.mutex_}));
  }
  return affected;
}

Result<Rows> ApiTransaction::query_text(OwnedText text, const Parameters& parameters) {
  cancel_->cancelled.store(false, std::memory_order_relaxed);
  LockGuard<Mutex> lock(scope_->mutex());
  ORRERY_TRY(check_open());
  const size_t count = text.text.statement_count();
  std::vector<types::Datum> storage;
  for (size_t i = 0; i < count; ++i) {
    ORRERY_TRY(check_plannable(text.text, i));
    std::span<const types::Datum> values =
        bind_parameters(parameters, text.text.statement(i).parameter_names, &storage);
    RunTarget target{open_, scope_, cancel_, isolation_, ++random_state_};
    PlanRequest request{text.text, i, values, &text.owner.mutex_};
    if (i + 1 == count) return run_query(target, request);
    ORRERY_TRY_ASSIGN([[maybe_unused]] uint64_t affected, run_to_end(target, request));
  }
  return Rows();
}

Result<uint64_t> ApiTransaction::execute(std::string_view sql, const Parameters& parameters) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<StatementText> text, cached(sql));
  return execute_text({*session_, *text}, parameters);
}

Result<Rows> ApiTransaction::query(std::string_view sql, const Parameters& parameters) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<StatementText> text, cached(sql));
  ORRERY_TRY_ASSIGN(Rows rows, query_text({*session_, *text}, parameters));
  ORRERY_TRY(rows.prefetch());
  return rows;
}

Result<uint64_t> ApiTransaction::execute(Statement& statement, const Parameters& parameters) {
  return execute_text({*statement.session_, *statement.text_}, parameters);
}

Result<Rows> ApiTransaction::query(Statement& statement, const Parameters& parameters) {
  ORRERY_TRY_ASSIGN(Rows rows, query_text({*statement.session_, *statement.text_}, parameters));
  ORRERY_TRY(rows.prefetch());
  return rows;
}

Status ApiTransaction::savepoint(std::string_view name) {
  LockGuard<Mutex> lock(scope_->mutex());
  ORRERY_TRY(check_open());
  scope_->savepoint(name);
  return {};
}

Status ApiTransaction::rollback_to(std::string_view name) {
  LockGuard<Mutex> lock(scope_->mutex());
  ORRERY_TRY(check_open());
  return scope_->rollback_to(name);
}

Status ApiTransaction::release(std::string_view name) {
  LockGuard<Mutex> lock(scope_->mutex());
  ORRERY_TRY(check_open());
  return scope_->release(name);
}

Status ApiTransaction::commit() {
  LockGuard<Mutex> lock(scope_->mutex());
  ORRERY_TRY(check_open());
  return scope_->commit();
}

Status ApiTransaction::rollback() {
  LockGuard<Mutex> lock(scope_->mutex());
  ORRERY_TRY(check_open());
  scope_->rollback();
  return {};
}

size_t ApiTransaction::table_count() const {
  LockGuard<Mutex> lock(scope_->mutex());
  return scope_->transaction() == nullptr ? 0 : scope_->transaction()->catalog()->tables().size();
}

uint64_t ApiTransaction::id() const {
  LockGuard<Mutex> lock(scope_->mutex());
  return scope_->transaction() == nullptr ? 0 : scope_->transaction()->id();
}

}  // namespace orrery::engine
