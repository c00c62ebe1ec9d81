// Entry points of Orrery's own C interface (include/orrery/orrery.h).
#include "orrery/orrery.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "capi/cells.h"
#include "capi/handles.h"
#include "engine/registry.h"
#include "env/environment.h"
#include "types/cast.h"

#define ORRERY_API extern "C" __attribute__((visibility("default")))

struct orrery_error {
  orrery::capi::ErrorSlot slot;
};

namespace orrery::capi {
namespace {

// The public numbers are those of the engine.
static_assert(static_cast<int>(ErrorCode::kFunctionNotFound) == ORRERY_FUNCTION_NOT_FOUND);
static_assert(static_cast<int>(ErrorCode::kReopenRequired) == ORRERY_REOPEN_REQUIRED);

int32_t fail(const Error& error, orrery_error** out) {
  if (out != nullptr) {
    *out = new orrery_error;
    (*out)->slot.set(error);
  }
  return static_cast<int32_t>(error.code());
}

int32_t fail_handle(orrery_error** out) {
  return fail(Error(ErrorCode::kInvalidArgument, "the handle is closed or was never one"), out);
}

int32_t done(const Status& status, orrery_error** out) {
  return status ? ORRERY_OK : fail(status.error(), out);
}

int32_t give_affected(const Result<uint64_t>& affected, uint64_t* out, orrery_error** out_error) {
  if (!affected) return fail(affected.error(), out_error);
  if (out != nullptr) *out = *affected;
  return ORRERY_OK;
}

template <class Handle, class Pointer>
int32_t give(std::unique_ptr<Handle> object, Pointer** out, orrery_error** out_error) {
  void* handle = give_handle(std::move(object));
  if (handle == nullptr) {
    return fail(Error(ErrorCode::kLimit, "too many open handles"), out_error);
  }
  *out = static_cast<Pointer*>(handle);
  return ORRERY_OK;
}

int32_t give_rows(Result<engine::Rows> rows, orrery_rows** out, orrery_error** out_error) {
  if (!rows) return fail(rows.error(), out_error);
  return give(std::make_unique<RowsHandle>(*std::move(rows)), out, out_error);
}

/// The text of an argument, or an error.
Result<std::string_view> read_sql(const char* sql, int64_t size) {
  if (sql == nullptr || size < ORRERY_TERMINATED) {
    return Error(ErrorCode::kInvalidArgument, "SQL string is NULL");
  }
  return std::string_view(sql,
                          size == ORRERY_TERMINATED ? std::strlen(sql) : static_cast<size_t>(size));
}

Result<types::Datum> bytes_datum(const orrery_value& value) {
  const int64_t size = value.as.bytes.size;
  if (size < 0 || size > INT32_MAX || (value.as.bytes.data == nullptr && size > 0)) {
    return Error(ErrorCode::kInvalidArgument, "parameter bytes are NULL or too long");
  }
  std::string_view bytes(size == 0 ? "" : value.as.bytes.data, static_cast<size_t>(size));
  const auto type = static_cast<types::TypeId>(value.type);
  const bool text = type == types::TypeId::kText || type == types::TypeId::kJson;
  if (text && !utf8_valid(bytes)) {
    return Error(ErrorCode::kInvalidArgument, "parameter text is not UTF-8");
  }
  if (type == types::TypeId::kJson && !types::is_valid_json(bytes)) {
    return Error(ErrorCode::kInvalidArgument, "parameter is not JSON");
  }
  if (type == types::TypeId::kVector && size % 4 != 0) {
    return Error(ErrorCode::kInvalidArgument, "vector parameter is not a whole number of floats");
  }
  if (type == types::TypeId::kUuid && size != 16) {
    return Error(ErrorCode::kInvalidArgument, "UUID parameter has not 16 bytes");
  }
  return types::Datum::string(type, types::StringRef(bytes));
}

Result<types::Datum> to_datum(const orrery_value& value) {
  switch (value.type) {
    case ORRERY_TYPE_NULL:
      return types::Datum();
    case ORRERY_TYPE_INTEGER:
      return types::Datum::integer(value.as.integer);
    case ORRERY_TYPE_FLOAT:
      return types::Datum::floating(value.as.real);
    case ORRERY_TYPE_BOOLEAN:
      return types::Datum::boolean(value.as.integer != 0);
    case ORRERY_TYPE_TIMESTAMP:
      return types::Datum::timestamp(value.as.integer);
    case ORRERY_TYPE_TEXT:
    case ORRERY_TYPE_JSON:
    case ORRERY_TYPE_VECTOR:
    case ORRERY_TYPE_BLOB:
    case ORRERY_TYPE_UUID:
    case ORRERY_TYPE_ALGEBRAIC:
      return bytes_datum(value);
    default:
      return Error(ErrorCode::kInvalidArgument, "unknown parameter type");
  }
}

Result<std::vector<types::Datum>> to_datums(const orrery_value* values, int32_t count) {
  std::vector<types::Datum> out;
  if (count < 0 || (values == nullptr && count > 0)) {
    return Error(ErrorCode::kInvalidArgument, "parameters are NULL");
  }
  out.reserve(static_cast<size_t>(count));
  for (int32_t i = 0; i < count; ++i) {
    ORRERY_TRY_ASSIGN(types::Datum value, to_datum(values[i]));
    out.push_back(value);
  }
  return out;
}

/// `run(text, parameters)` with checked arguments.
template <class Run>
auto with_sql(const char* sql, int64_t size, const orrery_value* values, int32_t count, Run&& run)
    -> decltype(run(std::string_view(), engine::Parameters())) {
  ORRERY_TRY_ASSIGN(std::string_view text, read_sql(sql, size));
  ORRERY_TRY_ASSIGN(std::vector<types::Datum> datums, to_datums(values, count));
  return run(text, engine::Parameters(datums));
}
template <class Run>
auto with_values(const orrery_value* values, int32_t count, Run&& run)
    -> decltype(run(engine::Parameters())) {
  ORRERY_TRY_ASSIGN(std::vector<types::Datum> datums, to_datums(values, count));
  return run(engine::Parameters(datums));
}

int32_t give_database(Result<std::shared_ptr<engine::Session>> session, orrery_db** out,
                      orrery_error** out_error) {
  if (!session) return fail(session.error(), out_error);
  auto database = std::make_unique<DatabaseHandle>();
  database->session = *std::move(session);
  std::shared_ptr<engine::Session> kept = database->session;
  kept->add_handle();
  const int32_t code = give(std::move(database), out, out_error);
  if (code != ORRERY_OK) kept->drop_handle();
  return code;
}

/// Clears the out parameters; false where a handle would have nowhere to go.
template <class T>
bool begin_out(T** out, orrery_error** out_error) {
  if (out_error != nullptr) *out_error = nullptr;
  if (out == nullptr) return false;
  *out = nullptr;
  return true;
}

enum class SavepointCall : uint8_t { kSet, kRelease, kRollback };

int32_t savepoint(orrery_tx* tx, const char* name, SavepointCall call, orrery_error** out_error) {
  if (out_error != nullptr) *out_error = nullptr;
  auto* handle = find_handle<TransactionHandle>(tx);
  if (handle == nullptr) return fail_handle(out_error);
  if (name == nullptr || name[0] == '\0' || !utf8_valid(name)) {
    return fail(Error(ErrorCode::kInvalidArgument, "savepoint name is not a name"), out_error);
  }
  engine::ApiTransaction& transaction = *handle->transaction;
  return done(call == SavepointCall::kSet       ? transaction.savepoint(name)
              : call == SavepointCall::kRelease ? transaction.release(name)
                                                : transaction.rollback_to(name),
              out_error);
}

orrery_value to_value(const types::Datum& cell) {
  orrery_value value{};
  value.type = types::is_wide(cell.type()) ? ORRERY_TYPE_ALGEBRAIC
                                           : static_cast<int32_t>(cell.type());
  switch (types::layout_of(cell.type())) {
    case types::Layout::kInt64:
    case types::Layout::kBool:
      value.as.integer = cell.as_int64();
      break;
    case types::Layout::kDouble:
      value.as.real = cell.as_double();
      break;
    case types::Layout::kString:
    case types::Layout::kDatum:
      break;
  }
  return value;
}

bool find_cell(RowsHandle* handle, int32_t column, types::Datum* cell) {
  if (handle == nullptr || !handle->rows.on_row() || column < 0 ||
      static_cast<size_t>(column) >= handle->rows.columns().size()) {
    return false;
  }
  *cell = handle->rows.cell(static_cast<uint32_t>(column));
  return true;
}

}  // namespace
}  // namespace orrery::capi

namespace capi = orrery::capi;      // NOLINT: entry points live outside of the namespace
namespace engine = orrery::engine;  // NOLINT
namespace types = orrery::types;    // NOLINT

ORRERY_API const char* orrery_version(void) {
  return ORRERY_VERSION;
}

ORRERY_API int32_t orrery_error_code(const orrery_error* error) {
  return error == nullptr ? ORRERY_OK : static_cast<int32_t>(error->slot.code());
}
ORRERY_API const char* orrery_error_message(const orrery_error* error) {
  return error == nullptr ? "" : error->slot.message();
}
ORRERY_API const char* orrery_error_sqlstate(const orrery_error* error) {
  return error == nullptr ? "00000" : orrery::error_sqlstate(error->slot.code()).data();
}
ORRERY_API uint32_t orrery_error_line(const orrery_error* error) {
  return error == nullptr ? 0 : error->slot.position().line;
}
ORRERY_API uint32_t orrery_error_column(const orrery_error* error) {
  return error == nullptr ? 0 : error->slot.position().column;
}
ORRERY_API int32_t orrery_error_is_retryable(const orrery_error* error) {
  return error != nullptr && orrery::error_is_retryable(error->slot.code()) ? 1 : 0;
}
ORRERY_API void orrery_error_free(orrery_error* error) {
  delete error;
}

ORRERY_API int32_t orrery_open(const char* dsn, orrery_db** out_db, orrery_error** out_error) {
  if (!capi::begin_out(out_db, out_error)) return ORRERY_INVALID_ARGUMENT;
  if (dsn == nullptr) {
    return capi::fail(orrery::Error(orrery::ErrorCode::kInvalidArgument, "DSN string is NULL"),
                      out_error);
  }
  return capi::give_database(engine::open_session(dsn, orrery::env::system_environment()), out_db,
                             out_error);
}

ORRERY_API int32_t orrery_clone(orrery_db* db, orrery_db** out_db, orrery_error** out_error) {
  if (!capi::begin_out(out_db, out_error)) return ORRERY_INVALID_ARGUMENT;
  auto* handle = capi::find_handle<capi::DatabaseHandle>(db);
  if (handle == nullptr) return capi::fail_handle(out_error);
  return capi::give_database(handle->session->clone(), out_db, out_error);
}

ORRERY_API int32_t orrery_close(orrery_db* db) {
  auto handle = capi::take_handle<capi::DatabaseHandle>(db);
  if (handle == nullptr) return db == nullptr ? ORRERY_OK : ORRERY_INVALID_ARGUMENT;
  handle->session->drop_handle();
  return ORRERY_OK;
}

ORRERY_API int32_t orrery_cancel(orrery_db* db) {
  auto* handle = capi::find_handle<capi::DatabaseHandle>(db);
  if (handle == nullptr) return ORRERY_INVALID_ARGUMENT;
  handle->session->cancel();
  return ORRERY_OK;
}

ORRERY_API int32_t orrery_exec(orrery_db* db, const char* sql, int64_t sql_size,
                               const orrery_value* values, int32_t value_count,
                               uint64_t* out_affected, orrery_error** out_error) {
  if (out_error != nullptr) *out_error = nullptr;
  auto* handle = capi::find_handle<capi::DatabaseHandle>(db);
  if (handle == nullptr) return capi::fail_handle(out_error);
  return capi::give_affected(
      capi::with_sql(sql, sql_size, values, value_count,
                     [&](std::string_view text, const engine::Parameters& parameters) {
                       return handle->session->execute(text, parameters);
                     }),
      out_affected, out_error);
}

ORRERY_API int32_t orrery_query(orrery_db* db, const char* sql, int64_t sql_size,
                                const orrery_value* values, int32_t value_count,
                                orrery_rows** out_rows, orrery_error** out_error) {
  if (!capi::begin_out(out_rows, out_error)) return ORRERY_INVALID_ARGUMENT;
  auto* handle = capi::find_handle<capi::DatabaseHandle>(db);
  if (handle == nullptr) return capi::fail_handle(out_error);
  return capi::give_rows(
      capi::with_sql(sql, sql_size, values, value_count,
                     [&](std::string_view text, const engine::Parameters& parameters) {
                       return handle->session->query(text, parameters);
                     }),
      out_rows, out_error);
}

ORRERY_API int32_t orrery_prepare(orrery_db* db, const char* sql, int64_t sql_size,
                                  orrery_stmt** out_stmt, orrery_error** out_error) {
  if (!capi::begin_out(out_stmt, out_error)) return ORRERY_INVALID_ARGUMENT;
  auto* handle = capi::find_handle<capi::DatabaseHandle>(db);
  if (handle == nullptr) return capi::fail_handle(out_error);
  auto text = capi::read_sql(sql, sql_size);
  if (!text) return capi::fail(text.error(), out_error);
  auto prepared = handle->session->prepare(*text);
  if (!prepared) return capi::fail(prepared.error(), out_error);
  auto statement = std::make_unique<capi::StatementHandle>();
  statement->statement = *std::move(prepared);
  return capi::give(std::move(statement), out_stmt, out_error);
}

ORRERY_API int32_t orrery_stmt_parameter_count(const orrery_stmt* stmt) {
  auto* handle = capi::find_handle<capi::StatementHandle>(stmt);
  return handle == nullptr ? 0 : static_cast<int32_t>(handle->statement->parameter_count());
}

ORRERY_API int32_t orrery_stmt_exec(orrery_stmt* stmt, const orrery_value* values,
                                    int32_t value_count, uint64_t* out_affected,
                                    orrery_error** out_error) {
  if (out_error != nullptr) *out_error = nullptr;
  auto* handle = capi::find_handle<capi::StatementHandle>(stmt);
  if (handle == nullptr) return capi::fail_handle(out_error);
  engine::Statement& statement = *handle->statement;
  return capi::give_affected(capi::with_values(values, value_count,
                                               [&](const engine::Parameters& parameters) {
                                                 return statement.session()->execute(statement,
                                                                                     parameters);
                                               }),
                             out_affected, out_error);
}

ORRERY_API int32_t orrery_stmt_query(orrery_stmt* stmt, const orrery_value* values,
                                     int32_t value_count, orrery_rows** out_rows,
                                     orrery_error** out_error) {
  if (!capi::begin_out(out_rows, out_error)) return ORRERY_INVALID_ARGUMENT;
  auto* handle = capi::find_handle<capi::StatementHandle>(stmt);
  if (handle == nullptr) return capi::fail_handle(out_error);
  engine::Statement& statement = *handle->statement;
  return capi::give_rows(capi::with_values(values, value_count,
                                           [&](const engine::Parameters& parameters) {
                                             return statement.session()->query(statement,
                                                                               parameters);
                                           }),
                         out_rows, out_error);
}

ORRERY_API int32_t orrery_stmt_free(orrery_stmt* stmt) {
  const bool ended = capi::take_handle<capi::StatementHandle>(stmt) != nullptr;
  return ended || stmt == nullptr ? ORRERY_OK : ORRERY_INVALID_ARGUMENT;
}

ORRERY_API int32_t orrery_begin(orrery_db* db, int32_t isolation, orrery_tx** out_tx,
                                orrery_error** out_error) {
  if (!capi::begin_out(out_tx, out_error)) return ORRERY_INVALID_ARGUMENT;
  auto* handle = capi::find_handle<capi::DatabaseHandle>(db);
  if (handle == nullptr) return capi::fail_handle(out_error);
  if (isolation != ORRERY_READ_COMMITTED && isolation != ORRERY_SNAPSHOT) {
    return capi::fail(orrery::Error(orrery::ErrorCode::kInvalidArgument, "invalid isolation level"),
                      out_error);
  }
  auto begun = handle->session->begin(static_cast<orrery::storage::Isolation>(isolation));
  if (!begun) return capi::fail(begun.error(), out_error);
  auto transaction = std::make_unique<capi::TransactionHandle>();
  transaction->transaction = *std::move(begun);
  return capi::give(std::move(transaction), out_tx, out_error);
}

ORRERY_API int32_t orrery_tx_exec(orrery_tx* tx, const char* sql, int64_t sql_size,
                                  const orrery_value* values, int32_t value_count,
                                  uint64_t* out_affected, orrery_error** out_error) {
  if (out_error != nullptr) *out_error = nullptr;
  auto* handle = capi::find_handle<capi::TransactionHandle>(tx);
  if (handle == nullptr) return capi::fail_handle(out_error);
  return capi::give_affected(
      capi::with_sql(sql, sql_size, values, value_count,
                     [&](std::string_view text, const engine::Parameters& parameters) {
                       return handle->transaction->execute(text, parameters);
                     }),
      out_affected, out_error);
}

ORRERY_API int32_t orrery_tx_query(orrery_tx* tx, const char* sql, int64_t sql_size,
                                   const orrery_value* values, int32_t value_count,
                                   orrery_rows** out_rows, orrery_error** out_error) {
  if (!capi::begin_out(out_rows, out_error)) return ORRERY_INVALID_ARGUMENT;
  auto* handle = capi::find_handle<capi::TransactionHandle>(tx);
  if (handle == nullptr) return capi::fail_handle(out_error);
  return capi::give_rows(
      capi::with_sql(sql, sql_size, values, value_count,
                     [&](std::string_view text, const engine::Parameters& parameters) {
                       return handle->transaction->query(text, parameters);
                     }),
      out_rows, out_error);
}

ORRERY_API int32_t orrery_tx_stmt_exec(orrery_tx* tx, orrery_stmt* stmt, const orrery_value* values,
                                       int32_t value_count, uint64_t* out_affected,
                                       orrery_error** out_error) {
  if (out_error != nullptr) *out_error = nullptr;
  auto* handle = capi::find_handle<capi::TransactionHandle>(tx);
  auto* statement = capi::find_handle<capi::StatementHandle>(stmt);
  if (handle == nullptr || statement == nullptr) return capi::fail_handle(out_error);
  return capi::give_affected(capi::with_values(values, value_count,
                                               [&](const engine::Parameters& parameters) {
                                                 return handle->transaction->execute(
                                                     *statement->statement, parameters);
                                               }),
                             out_affected, out_error);
}

ORRERY_API int32_t orrery_tx_stmt_query(orrery_tx* tx, orrery_stmt* stmt,
                                        const orrery_value* values, int32_t value_count,
                                        orrery_rows** out_rows, orrery_error** out_error) {
  if (!capi::begin_out(out_rows, out_error)) return ORRERY_INVALID_ARGUMENT;
  auto* handle = capi::find_handle<capi::TransactionHandle>(tx);
  auto* statement = capi::find_handle<capi::StatementHandle>(stmt);
  if (handle == nullptr || statement == nullptr) return capi::fail_handle(out_error);
  return capi::give_rows(capi::with_values(values, value_count,
                                           [&](const engine::Parameters& parameters) {
                                             return handle->transaction->query(
                                                 *statement->statement, parameters);
                                           }),
                         out_rows, out_error);
}

ORRERY_API int32_t orrery_tx_savepoint(orrery_tx* tx, const char* name, orrery_error** out_error) {
  return capi::savepoint(tx, name, capi::SavepointCall::kSet, out_error);
}
ORRERY_API int32_t orrery_tx_rollback_to(orrery_tx* tx, const char* name,
                                         orrery_error** out_error) {
  return capi::savepoint(tx, name, capi::SavepointCall::kRollback, out_error);
}
ORRERY_API int32_t orrery_tx_release(orrery_tx* tx, const char* name, orrery_error** out_error) {
  return capi::savepoint(tx, name, capi::SavepointCall::kRelease, out_error);
}

ORRERY_API int32_t orrery_tx_commit(orrery_tx* tx, orrery_error** out_error) {
  if (out_error != nullptr) *out_error = nullptr;
  auto handle = capi::take_handle<capi::TransactionHandle>(tx);
  if (handle == nullptr) return capi::fail_handle(out_error);
  return capi::done(handle->transaction->commit(), out_error);
}

ORRERY_API int32_t orrery_tx_rollback(orrery_tx* tx, orrery_error** out_error) {
  if (out_error != nullptr) *out_error = nullptr;
  auto handle = capi::take_handle<capi::TransactionHandle>(tx);
  if (handle == nullptr) return capi::fail_handle(out_error);
  return capi::done(handle->transaction->rollback(), out_error);
}

ORRERY_API int32_t orrery_rows_next(orrery_rows* rows, int32_t* out_has_row,
                                    orrery_error** out_error) {
  if (out_error != nullptr) *out_error = nullptr;
  if (out_has_row != nullptr) *out_has_row = 0;
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  if (handle == nullptr || out_has_row == nullptr) return capi::fail_handle(out_error);
  handle->texts.reset();
  orrery::Result<bool> more = handle->rows.next();
  if (!more) return capi::fail(more.error(), out_error);
  *out_has_row = *more ? 1 : 0;
  return ORRERY_OK;
}

ORRERY_API int32_t orrery_rows_column_count(const orrery_rows* rows) {
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  return handle == nullptr ? 0 : static_cast<int32_t>(handle->rows.columns().size());
}

ORRERY_API const char* orrery_rows_column_name(const orrery_rows* rows, int32_t column) {
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  if (handle == nullptr || column < 0) return nullptr;
  auto columns = handle->rows.columns();
  return static_cast<size_t>(column) < columns.size() ? columns[column].name.c_str() : nullptr;
}

ORRERY_API int32_t orrery_rows_cell(orrery_rows* rows, int32_t column, orrery_value* out_value) {
  if (out_value == nullptr) return ORRERY_INVALID_ARGUMENT;
  *out_value = {};
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  types::Datum cell;
  if (!capi::find_cell(handle, column, &cell)) return ORRERY_INVALID_ARGUMENT;
  *out_value = capi::to_value(cell);
  if (types::layout_of(cell.type()) == types::Layout::kString && !cell.is_null()) {
    // Short cells live inside the Datum, so the bytes get a place of their own.
    std::string_view copy = handle->texts.copy(cell.view());
    out_value->as.bytes.data = copy.data();
    out_value->as.bytes.size = static_cast<int64_t>(copy.size());
  }
  return ORRERY_OK;
}

ORRERY_API const char* orrery_rows_text(orrery_rows* rows, int32_t column, int64_t* out_size) {
  if (out_size != nullptr) *out_size = 0;
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  types::Datum cell;
  if (!capi::find_cell(handle, column, &cell) || cell.is_null()) return nullptr;
  std::string_view text = capi::cell_text(cell, handle->texts);
  if (out_size != nullptr) *out_size = static_cast<int64_t>(text.size());
  return text.data();
}

ORRERY_API uint64_t orrery_rows_affected(const orrery_rows* rows) {
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  return handle == nullptr ? 0 : handle->rows.rows_affected();
}

ORRERY_API int32_t orrery_rows_close(orrery_rows* rows) {
  const bool ended = capi::take_handle<capi::RowsHandle>(rows) != nullptr;
  return ended || rows == nullptr ? ORRERY_OK : ORRERY_INVALID_ARGUMENT;
}
