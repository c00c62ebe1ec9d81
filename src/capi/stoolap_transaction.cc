// Entry points that take a transaction handle.
#include <cstring>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "capi/stoolap_calls.h"

namespace orrery::capi {
namespace {

int32_t begin(DatabaseHandle& database, std::optional<storage::Isolation> isolation,
              StoolapTx** out) {
  auto begun = database.session->begin(isolation);
  if (!begun) return fail(database.error, begun.error());
  auto transaction = std::make_unique<TransactionHandle>();
  transaction->transaction = *std::move(begun);
  void* handle = give_handle(std::move(transaction));
  if (handle == nullptr) return fail(database.error, ErrorCode::kLimit, "too many open handles");
  *out = static_cast<StoolapTx*>(handle);
  return STOOLAP_OK;
}

int32_t execute(StoolapTx* tx, const char* sql, const engine::Parameters& parameters,
                int64_t* affected) {
  auto* handle = begin_call<TransactionHandle>(tx);
  if (handle == nullptr || !check_sql(sql, handle->error)) return STOOLAP_ERROR;
  return give_affected(handle->transaction->execute(sql, parameters), handle->error, affected);
}

int32_t query(StoolapTx* tx, const char* sql, const engine::Parameters& parameters,
              StoolapRows** out) {
  if (out != nullptr) *out = nullptr;
  auto* handle = begin_call<TransactionHandle>(tx);
  if (handle == nullptr || out == nullptr || !check_sql(sql, handle->error)) return STOOLAP_ERROR;
  return give_rows(handle->transaction->query(sql, parameters), handle->error, out);
}

/// The statement to run; where it is none, the transaction's error is set.
engine::Statement* statement_of(const StoolapStmt* stmt, ErrorSlot& slot) {
  auto* handle = find_handle<StatementHandle>(stmt);
  if (handle != nullptr) return handle->statement.get();
  slot.set(ErrorCode::kInvalidArgument, "statement handle is NULL");
  return nullptr;
}

int32_t execute_statement(StoolapTx* tx, const StoolapStmt* stmt,
                          const engine::Parameters& parameters, int64_t* affected) {
  auto* handle = begin_call<TransactionHandle>(tx);
  if (handle == nullptr) return STOOLAP_ERROR;
  engine::Statement* statement = statement_of(stmt, handle->error);
  if (statement == nullptr) return STOOLAP_ERROR;
  return give_affected(handle->transaction->execute(*statement, parameters), handle->error,
                       affected);
}

int32_t query_statement(StoolapTx* tx, const StoolapStmt* stmt,
                        const engine::Parameters& parameters, StoolapRows** out) {
  if (out != nullptr) *out = nullptr;
  auto* handle = begin_call<TransactionHandle>(tx);
  if (handle == nullptr || out == nullptr) return STOOLAP_ERROR;
  engine::Statement* statement = statement_of(stmt, handle->error);
  if (statement == nullptr) return STOOLAP_ERROR;
  return give_rows(handle->transaction->query(*statement, parameters), handle->error, out);
}

enum class End : uint8_t { kCommit, kRollback };

/// The handle is gone afterwards, so its error stays with the thread.
int32_t end_transaction(StoolapTx* tx, End end) {
  thread_error().clear();
  auto handle = take_handle<TransactionHandle>(tx);
  if (handle == nullptr) {
    return fail(thread_error(), ErrorCode::kTxnClosed, "transaction already ended");
  }
  Status status =
      end == End::kCommit ? handle->transaction->commit() : handle->transaction->rollback();
  return status ? STOOLAP_OK : fail(thread_error(), status.error());
}

enum class SavepointCall : uint8_t { kSet, kRelease, kRollback };

int32_t savepoint(StoolapTx* tx, const char* name, int64_t name_len, SavepointCall call) {
  auto* handle = begin_call<TransactionHandle>(tx);
  if (handle == nullptr) return STOOLAP_ERROR;
  if (name == nullptr || name_len < -1) {
    return fail(handle->error, ErrorCode::kInvalidArgument, "savepoint name is NULL");
  }
  std::string_view view(name, name_len < 0 ? std::strlen(name) : static_cast<size_t>(name_len));
  if (view.empty() || !utf8_valid(view)) {
    return fail(handle->error, ErrorCode::kInvalidArgument, "savepoint name is not a name");
  }
  engine::ApiTransaction& transaction = *handle->transaction;
  Status status = call == SavepointCall::kSet       ? transaction.savepoint(view)
                  : call == SavepointCall::kRelease ? transaction.release(view)
                                                    : transaction.rollback_to(view);
  return status ? STOOLAP_OK : fail(handle->error, status.error());
}

}  // namespace
}  // namespace orrery::capi

namespace capi = orrery::capi;      // NOLINT: entry points live outside of the namespace
namespace engine = orrery::engine;  // NOLINT

STOOLAP_API int32_t stoolap_begin(StoolapDB* db, StoolapTx** out_tx) {
  if (out_tx != nullptr) *out_tx = nullptr;
  auto* handle = capi::begin_call<capi::DatabaseHandle>(db);
  if (handle == nullptr || out_tx == nullptr) return STOOLAP_ERROR;
  return capi::begin(*handle, std::nullopt, out_tx);
}

STOOLAP_API int32_t stoolap_begin_with_isolation(StoolapDB* db, int32_t isolation,
                                                 StoolapTx** out_tx) {
  if (out_tx != nullptr) *out_tx = nullptr;
  auto* handle = capi::begin_call<capi::DatabaseHandle>(db);
  if (handle == nullptr) {
    return capi::fail(capi::thread_error(), orrery::ErrorCode::kInvalidArgument,
                      "database handle is NULL or closed");
  }
  if (out_tx == nullptr) return STOOLAP_ERROR;
  switch (isolation) {
    case STOOLAP_ISOLATION_READ_COMMITTED:
      return capi::begin(*handle, orrery::storage::Isolation::kReadCommitted, out_tx);
    case STOOLAP_ISOLATION_SNAPSHOT:
      return capi::begin(*handle, orrery::storage::Isolation::kSnapshot, out_tx);
    default:
      return capi::fail(handle->error, orrery::ErrorCode::kInvalidArgument,
                        "invalid isolation level");
  }
}

STOOLAP_API int32_t stoolap_tx_exec(StoolapTx* tx, const char* sql, int64_t* rows_affected) {
  return capi::execute(tx, sql, {}, rows_affected);
}

STOOLAP_API int32_t stoolap_tx_exec_params(StoolapTx* tx, const char* sql,
                                           const StoolapValue* params, int32_t params_len,
                                           int64_t* rows_affected) {
  capi::BoundValues values(params, params_len);
  return capi::execute(tx, sql, values.values(), rows_affected);
}

STOOLAP_API int32_t stoolap_tx_exec_named(StoolapTx* tx, const char* sql,
                                          const StoolapNamedParam* params, int32_t params_len,
                                          int64_t* rows_affected) {
  auto values = capi::to_named_values(params, params_len);
  return capi::execute(tx, sql, engine::Parameters::of_names(values), rows_affected);
}

STOOLAP_API int32_t stoolap_tx_query(StoolapTx* tx, const char* sql, StoolapRows** out_rows) {
  return capi::query(tx, sql, {}, out_rows);
}

STOOLAP_API int32_t stoolap_tx_query_params(StoolapTx* tx, const char* sql,
                                            const StoolapValue* params, int32_t params_len,
                                            StoolapRows** out_rows) {
  capi::BoundValues values(params, params_len);
  return capi::query(tx, sql, values.values(), out_rows);
}

STOOLAP_API int32_t stoolap_tx_query_named(StoolapTx* tx, const char* sql,
                                           const StoolapNamedParam* params, int32_t params_len,
                                           StoolapRows** out_rows) {
  auto values = capi::to_named_values(params, params_len);
  return capi::query(tx, sql, engine::Parameters::of_names(values), out_rows);
}

STOOLAP_API int32_t stoolap_tx_stmt_exec(StoolapTx* tx, const StoolapStmt* stmt,
                                         const StoolapValue* params, int32_t params_len,
                                         int64_t* rows_affected) {
  capi::BoundValues values(params, params_len);
  return capi::execute_statement(tx, stmt, values.values(), rows_affected);
}

STOOLAP_API int32_t stoolap_tx_stmt_exec_named(StoolapTx* tx, const StoolapStmt* stmt,
                                               const StoolapNamedParam* params, int32_t params_len,
                                               int64_t* rows_affected) {
  auto values = capi::to_named_values(params, params_len);
  return capi::execute_statement(tx, stmt, engine::Parameters::of_names(values), rows_affected);
}

STOOLAP_API int32_t stoolap_tx_stmt_query(StoolapTx* tx, const StoolapStmt* stmt,
                                          const StoolapValue* params, int32_t params_len,
                                          StoolapRows** out_rows) {
  capi::BoundValues values(params, params_len);
  return capi::query_statement(tx, stmt, values.values(), out_rows);
}

STOOLAP_API int32_t stoolap_tx_stmt_query_named(StoolapTx* tx, const StoolapStmt* stmt,
                                                const StoolapNamedParam* params, int32_t params_len,
                                                StoolapRows** out_rows) {
  auto values = capi::to_named_values(params, params_len);
  return capi::query_statement(tx, stmt, engine::Parameters::of_names(values), out_rows);
}

STOOLAP_API int32_t stoolap_tx_savepoint(StoolapTx* tx, const char* name, int64_t name_len) {
  return capi::savepoint(tx, name, name_len, capi::SavepointCall::kSet);
}

STOOLAP_API int32_t stoolap_tx_release_savepoint(StoolapTx* tx, const char* name,
                                                 int64_t name_len) {
  return capi::savepoint(tx, name, name_len, capi::SavepointCall::kRelease);
}

STOOLAP_API int32_t stoolap_tx_rollback_to_savepoint(StoolapTx* tx, const char* name,
                                                     int64_t name_len) {
  return capi::savepoint(tx, name, name_len, capi::SavepointCall::kRollback);
}

STOOLAP_API int32_t stoolap_tx_commit(StoolapTx* tx) {
  return capi::end_transaction(tx, capi::End::kCommit);
}

STOOLAP_API int32_t stoolap_tx_rollback(StoolapTx* tx) {
  return capi::end_transaction(tx, capi::End::kRollback);
}

STOOLAP_API int64_t stoolap_tx_table_count(StoolapTx* tx) {
  auto* handle = capi::begin_call<capi::TransactionHandle>(tx);
  return handle == nullptr ? -1 : static_cast<int64_t>(handle->transaction->table_count());
}

STOOLAP_API const char* stoolap_tx_errmsg(const StoolapTx* tx) {
  auto* handle = capi::find_handle<capi::TransactionHandle>(tx);
  return handle == nullptr ? "" : handle->error.message();
}

STOOLAP_API int32_t stoolap_tx_errcode(const StoolapTx* tx) {
  auto* handle = capi::find_handle<capi::TransactionHandle>(tx);
  return handle == nullptr ? STOOLAP_ERR_TX_CLOSED : capi::stoolap_code(handle->error.code());
}

STOOLAP_API int32_t stoolap_tx_errdetails(const StoolapTx* tx, StoolapErrorDetails* out) {
  auto* handle = capi::find_handle<capi::TransactionHandle>(tx);
  return handle == nullptr ? STOOLAP_ERROR : capi::fill_details(handle->error, out);
}
