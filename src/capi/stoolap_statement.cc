// Entry points that take a statement handle.
#include <utility>

#include "capi/stoolap_calls.h"

using orrery::ErrorCode;            // NOLINT: entry points live outside of the namespace
namespace capi = orrery::capi;      // NOLINT
namespace engine = orrery::engine;  // NOLINT

STOOLAP_API int32_t stoolap_prepare(StoolapDB* db, const char* sql, StoolapStmt** out_stmt) {
  if (out_stmt != nullptr) *out_stmt = nullptr;
  auto* handle = capi::begin_call<capi::DatabaseHandle>(db);
  if (handle == nullptr || out_stmt == nullptr || !capi::check_sql(sql, handle->error)) {
    return STOOLAP_ERROR;
  }
  auto prepared = handle->session->prepare(sql);
  if (!prepared) return capi::fail(handle->error, prepared.error());
  auto statement = std::make_unique<capi::StatementHandle>();
  statement->statement = *std::move(prepared);
  void* pointer = capi::give_handle(std::move(statement));
  if (pointer == nullptr) {
    return capi::fail(handle->error, ErrorCode::kLimit, "too many open handles");
  }
  *out_stmt = static_cast<StoolapStmt*>(pointer);
  return STOOLAP_OK;
}

STOOLAP_API int32_t stoolap_stmt_exec(StoolapStmt* stmt, const StoolapValue* params,
                                      int32_t params_len, int64_t* rows_affected) {
  auto* handle = capi::begin_call<capi::StatementHandle>(stmt);
  if (handle == nullptr) return STOOLAP_ERROR;
  capi::BoundValues values(params, params_len);
  engine::Statement& statement = *handle->statement;
  return capi::give_affected(statement.session()->execute(statement, values.values()),
                             handle->error, rows_affected);
}

STOOLAP_API int32_t stoolap_stmt_query(StoolapStmt* stmt, const StoolapValue* params,
                                       int32_t params_len, StoolapRows** out_rows) {
  if (out_rows != nullptr) *out_rows = nullptr;
  auto* handle = capi::begin_call<capi::StatementHandle>(stmt);
  if (handle == nullptr || out_rows == nullptr) return STOOLAP_ERROR;
  capi::BoundValues values(params, params_len);
  engine::Statement& statement = *handle->statement;
  return capi::give_rows(statement.session()->query(statement, values.values()), handle->error,
                         out_rows);
}

namespace {

orrery::Result<uint64_t> run_batch(capi::DatabaseHandle& database, engine::Statement& statement,
                                   const StoolapValue* params, int32_t params_per_row,
                                   int32_t row_count) {
  ORRERY_TRY_ASSIGN(std::unique_ptr<engine::ApiTransaction> transaction, database.session->begin());
  const int64_t width = params == nullptr || params_per_row < 0 ? 0 : params_per_row;
  if (static_cast<uint64_t>(width) < statement.parameter_count()) {
    return orrery::Error(ErrorCode::kInvalidArgument,
                         "Query requires " + std::to_string(statement.parameter_count()) +
                             " parameters but only " + std::to_string(width) + " provided");
  }
  uint64_t total = 0;
  for (int64_t row = 0; row < row_count; ++row) {
    capi::BoundValues values(width == 0 ? nullptr : params + row * width, width);
    ORRERY_TRY_ASSIGN(uint64_t affected, transaction->execute(statement, values.values()));
    total += affected;
  }
  ORRERY_TRY(transaction->commit());
  return total;
}

}  // namespace

STOOLAP_API int32_t stoolap_stmt_exec_batch(StoolapDB* db, const StoolapStmt* stmt,
                                            const StoolapValue* params, int32_t params_per_row,
                                            int32_t row_count, int64_t* total_affected) {
  auto* database = capi::begin_call<capi::DatabaseHandle>(db);
  if (database == nullptr) {
    return capi::fail(capi::thread_error(), ErrorCode::kInvalidArgument,
                      "database handle is NULL or closed");
  }
  auto* statement = capi::find_handle<capi::StatementHandle>(stmt);
  if (statement == nullptr) {
    return capi::fail(database->error, ErrorCode::kInvalidArgument, "statement handle is NULL");
  }
  if (row_count <= 0) {
    if (total_affected != nullptr) *total_affected = 0;
    return STOOLAP_OK;
  }
  return capi::give_affected(
      run_batch(*database, *statement->statement, params, params_per_row, row_count),
      database->error, total_affected);
}

STOOLAP_API const char* stoolap_stmt_sql(const StoolapStmt* stmt) {
  auto* handle = capi::find_handle<capi::StatementHandle>(stmt);
  return handle == nullptr ? nullptr : handle->statement->sql().c_str();
}

STOOLAP_API void stoolap_stmt_finalize(StoolapStmt* stmt) {
  if (stmt != nullptr) capi::take_handle<capi::StatementHandle>(stmt);
}

STOOLAP_API const char* stoolap_stmt_errmsg(const StoolapStmt* stmt) {
  auto* handle = capi::find_handle<capi::StatementHandle>(stmt);
  return handle == nullptr ? "" : handle->error.message();
}

STOOLAP_API int32_t stoolap_stmt_errcode(const StoolapStmt* stmt) {
  auto* handle = capi::find_handle<capi::StatementHandle>(stmt);
  return handle == nullptr ? STOOLAP_ERR_INVALID_ARGUMENT
                           : capi::stoolap_code(handle->error.code());
}

STOOLAP_API int32_t stoolap_stmt_errdetails(const StoolapStmt* stmt, StoolapErrorDetails* out) {
  auto* handle = capi::find_handle<capi::StatementHandle>(stmt);
  return handle == nullptr ? STOOLAP_ERROR : capi::fill_details(handle->error, out);
}
