// Entry points that take a database handle.
#include <cstring>
#include <utility>

#include "capi/stoolap_calls.h"
#include "engine/registry.h"
#include "env/environment.h"
#include "storage/catalog.h"

namespace orrery::capi {

int32_t stoolap_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kCorruption:
    case ErrorCode::kDiskFull:
      return STOOLAP_ERR_IO;
    case ErrorCode::kOutOfMemory:
      return STOOLAP_ERR_GENERIC;
    case ErrorCode::kConflict:
      return STOOLAP_ERR_TX_ABORTED;
    case ErrorCode::kLimit:
    case ErrorCode::kDecode:
    case ErrorCode::kBind:
    case ErrorCode::kFunctionNotFound:
      return STOOLAP_ERR_INVALID_ARGUMENT;
    case ErrorCode::kOverflow:
      return STOOLAP_ERR_TYPE_MISMATCH;
    default:
      return static_cast<int32_t>(code);
  }
}

int32_t fill_details(const ErrorSlot& error, StoolapErrorDetails* out) {
  if (out == nullptr) return STOOLAP_ERROR;
  *out = {};
  out->code = stoolap_code(error.code());
  out->message = error.message();
  return STOOLAP_OK;
}

int32_t give_rows(Result<engine::Rows> rows, ErrorSlot& slot, StoolapRows** out) {
  if (!rows) return fail(slot, rows.error());
  void* handle = give_handle(std::make_unique<RowsHandle>(*std::move(rows)));
  if (handle == nullptr) return fail(slot, ErrorCode::kLimit, "too many open handles");
  *out = static_cast<StoolapRows*>(handle);
  return STOOLAP_OK;
}

namespace {

int32_t give_database(Result<std::shared_ptr<engine::Session>> session, StoolapDB** out) {
  if (!session) return fail(thread_error(), session.error());
  auto database = std::make_unique<DatabaseHandle>();
  database->session = *std::move(session);
  database->session->add_handle();
  std::shared_ptr<engine::Session> kept = database->session;
  void* handle = give_handle(std::move(database));
  if (handle == nullptr) {
    kept->drop_handle();
    return fail(thread_error(), ErrorCode::kLimit, "too many open handles");
  }
  *out = static_cast<StoolapDB*>(handle);
  return STOOLAP_OK;
}

int32_t execute(StoolapDB* db, const char* sql, const engine::Parameters& parameters,
                int64_t* affected) {
  auto* handle = begin_call<DatabaseHandle>(db);
  if (handle == nullptr || !check_sql(sql, handle->error)) return STOOLAP_ERROR;
  return give_affected(handle->session->execute(sql, parameters), handle->error, affected);
}

int32_t query(StoolapDB* db, const char* sql, const engine::Parameters& parameters,
              StoolapRows** out) {
  if (out != nullptr) *out = nullptr;
  auto* handle = begin_call<DatabaseHandle>(db);
  if (handle == nullptr || out == nullptr || !check_sql(sql, handle->error)) return STOOLAP_ERROR;
  return give_rows(handle->session->query(sql, parameters), handle->error, out);
}

}  // namespace
}  // namespace orrery::capi

using orrery::ErrorCode;            // NOLINT: entry points live outside of the namespace
namespace capi = orrery::capi;      // NOLINT
namespace engine = orrery::engine;  // NOLINT

STOOLAP_API const char* stoolap_version(void) {
  return "0.4.0";
}

STOOLAP_API int32_t stoolap_open(const char* dsn, StoolapDB** out_db) {
  capi::thread_error().clear();
  if (out_db == nullptr) return STOOLAP_ERROR;
  *out_db = nullptr;
  if (dsn == nullptr) {
    return capi::fail(capi::thread_error(), ErrorCode::kInvalidArgument, "DSN string is NULL");
  }
  return capi::give_database(engine::open_session(dsn, orrery::env::system_environment()), out_db);
}

STOOLAP_API int32_t stoolap_open_in_memory(StoolapDB** out_db) {
  capi::thread_error().clear();
  if (out_db == nullptr) return STOOLAP_ERROR;
  *out_db = nullptr;
  return capi::give_database(engine::open_memory_session(orrery::env::system_environment()),
                             out_db);
}

STOOLAP_API int32_t stoolap_clone(const StoolapDB* db, StoolapDB** out_db) {
  capi::thread_error().clear();
  if (out_db == nullptr) return STOOLAP_ERROR;
  *out_db = nullptr;
  auto* handle = capi::find_handle<capi::DatabaseHandle>(db);
  if (handle == nullptr) {
    return capi::fail(capi::thread_error(), ErrorCode::kInvalidArgument,
                      "database handle is NULL or closed");
  }
  return capi::give_database(handle->session->clone(), out_db);
}

STOOLAP_API int32_t stoolap_close(StoolapDB* db) {
  if (db == nullptr) return STOOLAP_OK;
  auto handle = capi::take_handle<capi::DatabaseHandle>(db);
  if (handle == nullptr) {
    return capi::fail(capi::thread_error(), ErrorCode::kInvalidArgument,
                      "the handle is closed or was never one");
  }
  handle->session->drop_handle();
  return STOOLAP_OK;
}

STOOLAP_API const char* stoolap_errmsg(const StoolapDB* db) {
  if (db == nullptr) return capi::thread_error().message();
  auto* handle = capi::find_handle<capi::DatabaseHandle>(db);
  return handle == nullptr ? "" : handle->error.message();
}

STOOLAP_API int32_t stoolap_errcode(const StoolapDB* db) {
  if (db == nullptr) return capi::stoolap_code(capi::thread_error().code());
  auto* handle = capi::find_handle<capi::DatabaseHandle>(db);
  return handle == nullptr ? STOOLAP_ERR_INVALID_ARGUMENT
                           : capi::stoolap_code(handle->error.code());
}

STOOLAP_API int32_t stoolap_errdetails(const StoolapDB* db, StoolapErrorDetails* out) {
  if (db == nullptr) return capi::fill_details(capi::thread_error(), out);
  auto* handle = capi::find_handle<capi::DatabaseHandle>(db);
  return handle == nullptr ? STOOLAP_ERROR : capi::fill_details(handle->error, out);
}

STOOLAP_API int32_t stoolap_cancel(const StoolapDB* db) {
  auto* handle = capi::find_handle<capi::DatabaseHandle>(db);
  if (handle == nullptr) return STOOLAP_ERROR;
  handle->session->cancel();
  return STOOLAP_OK;
}

STOOLAP_API int64_t stoolap_table_count(StoolapDB* db) {
  auto* handle = capi::begin_call<capi::DatabaseHandle>(db);
  if (handle == nullptr) return -1;
  return static_cast<int64_t>(handle->session->table_count());
}

STOOLAP_API int32_t stoolap_exec(StoolapDB* db, const char* sql, int64_t* rows_affected) {
  return capi::execute(db, sql, {}, rows_affected);
}

STOOLAP_API int32_t stoolap_exec_params(StoolapDB* db, const char* sql, const StoolapValue* params,
                                        int32_t params_len, int64_t* rows_affected) {
  capi::BoundValues values(params, params_len);
  return capi::execute(db, sql, values.values(), rows_affected);
}

STOOLAP_API int32_t stoolap_exec_named(StoolapDB* db, const char* sql,
                                       const StoolapNamedParam* params, int32_t params_len,
                                       int64_t* rows_affected) {
  auto values = capi::to_named_values(params, params_len);
  return capi::execute(db, sql, engine::Parameters::of_names(values), rows_affected);
}

STOOLAP_API int32_t stoolap_query(StoolapDB* db, const char* sql, StoolapRows** out_rows) {
  return capi::query(db, sql, {}, out_rows);
}

STOOLAP_API int32_t stoolap_query_params(StoolapDB* db, const char* sql, const StoolapValue* params,
                                         int32_t params_len, StoolapRows** out_rows) {
  capi::BoundValues values(params, params_len);
  return capi::query(db, sql, values.values(), out_rows);
}

STOOLAP_API int32_t stoolap_query_named(StoolapDB* db, const char* sql,
                                        const StoolapNamedParam* params, int32_t params_len,
                                        StoolapRows** out_rows) {
  auto values = capi::to_named_values(params, params_len);
  return capi::query(db, sql, engine::Parameters::of_names(values), out_rows);
}
