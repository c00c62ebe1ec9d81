// Entry points that take a rows handle.
#include <cstdlib>
#include <utility>

#include "capi/cells.h"
#include "capi/packed_rows.h"
#include "capi/stoolap_calls.h"

namespace orrery::capi {
namespace {

/// The cell of the current row; false where there is no such cell or it is NULL.
bool find_cell(const void* rows, int32_t index, types::Datum* cell) {
  auto* handle = find_handle<RowsHandle>(rows);
  if (handle == nullptr || !handle->rows.on_row() || index < 0 ||
      static_cast<size_t>(index) >= handle->rows.columns().size()) {
    return false;
  }
  *cell = handle->rows.cell(static_cast<uint32_t>(index));
  return !cell->is_null();
}

}  // namespace
}  // namespace orrery::capi

namespace capi = orrery::capi;    // NOLINT: entry points live outside of the namespace
namespace types = orrery::types;  // NOLINT

STOOLAP_API int32_t stoolap_rows_next(StoolapRows* rows) {
  auto* handle = capi::begin_call<capi::RowsHandle>(rows);
  if (handle == nullptr) return STOOLAP_ERROR;
  if (!handle->cells.empty()) {
    handle->cells.clear();
    handle->texts.reset();
  }
  orrery::Result<bool> more = handle->rows.next();
  if (!more) return capi::fail(handle->error, more.error());
  return *more ? STOOLAP_ROW : STOOLAP_DONE;
}

STOOLAP_API int32_t stoolap_rows_column_count(const StoolapRows* rows) {
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  return handle == nullptr ? 0 : static_cast<int32_t>(handle->rows.columns().size());
}

STOOLAP_API const char* stoolap_rows_column_name(const StoolapRows* rows, int32_t index) {
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  if (handle == nullptr || index < 0) return nullptr;
  auto columns = handle->rows.columns();
  return static_cast<size_t>(index) < columns.size() ? columns[index].name.c_str() : nullptr;
}

STOOLAP_API int32_t stoolap_rows_column_type(const StoolapRows* rows, int32_t index) {
  types::Datum cell;
  return capi::find_cell(rows, index, &cell) ? capi::stoolap_type(cell.type()) : STOOLAP_TYPE_NULL;
}

STOOLAP_API int64_t stoolap_rows_column_int64(const StoolapRows* rows, int32_t index) {
  types::Datum cell;
  return capi::find_cell(rows, index, &cell) ? capi::cell_int64(cell) : 0;
}

STOOLAP_API double stoolap_rows_column_double(const StoolapRows* rows, int32_t index) {
  types::Datum cell;
  return capi::find_cell(rows, index, &cell) ? capi::cell_double(cell) : 0;
}

STOOLAP_API const char* stoolap_rows_column_text(StoolapRows* rows, int32_t index,
                                                 int64_t* out_len) {
  types::Datum cell;
  if (!capi::find_cell(rows, index, &cell)) return nullptr;
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  std::string_view text = capi::cell_text(cell, handle->texts);
  handle->cells.push_back(text.data());
  if (out_len != nullptr) *out_len = static_cast<int64_t>(text.size());
  return text.data();
}

STOOLAP_API int32_t stoolap_rows_column_bool(const StoolapRows* rows, int32_t index) {
  types::Datum cell;
  return capi::find_cell(rows, index, &cell) && capi::cell_bool(cell) ? 1 : 0;
}

STOOLAP_API int64_t stoolap_rows_column_timestamp(const StoolapRows* rows, int32_t index) {
  types::Datum cell;
  const bool found = capi::find_cell(rows, index, &cell);
  return found && cell.type() == types::TypeId::kTimestamp ? cell.as_int64() : 0;
}

STOOLAP_API const uint8_t* stoolap_rows_column_blob(const StoolapRows* rows, int32_t index,
                                                    int64_t* out_len) {
  if (out_len != nullptr) *out_len = 0;
  types::Datum cell;
  if (!capi::find_cell(rows, index, &cell)) return nullptr;
  if (cell.type() != types::TypeId::kVector && cell.type() != types::TypeId::kBlob) return nullptr;
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  // A copy: short cells are held inside the Datum, and open rows may move into memory of their own.
  std::string_view view = cell.view();
  auto* bytes = static_cast<uint8_t*>(handle->texts.allocate(view.size() + 1));
  if (!view.empty()) std::memcpy(bytes, view.data(), view.size());
  handle->cells.push_back(reinterpret_cast<const char*>(bytes));
  if (out_len != nullptr) *out_len = static_cast<int64_t>(view.size());
  return bytes;
}

STOOLAP_API int32_t stoolap_rows_column_is_null(const StoolapRows* rows, int32_t index) {
  types::Datum cell;
  return capi::find_cell(rows, index, &cell) ? 0 : 1;
}

STOOLAP_API int64_t stoolap_rows_affected(const StoolapRows* rows) {
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  return handle == nullptr ? 0 : static_cast<int64_t>(handle->rows.rows_affected());
}

STOOLAP_API void stoolap_rows_close(StoolapRows* rows) {
  if (rows != nullptr) capi::take_handle<capi::RowsHandle>(rows);
}

STOOLAP_API const char* stoolap_rows_errmsg(const StoolapRows* rows) {
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  return handle == nullptr ? "" : handle->error.message();
}

STOOLAP_API int32_t stoolap_rows_errcode(const StoolapRows* rows) {
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  return handle == nullptr ? STOOLAP_ERR_INVALID_ARGUMENT
                           : capi::stoolap_code(handle->error.code());
}

STOOLAP_API int32_t stoolap_rows_errdetails(const StoolapRows* rows, StoolapErrorDetails* out) {
  auto* handle = capi::find_handle<capi::RowsHandle>(rows);
  return handle == nullptr ? STOOLAP_ERROR : capi::fill_details(handle->error, out);
}

STOOLAP_API int32_t stoolap_rows_fetch_all(StoolapRows* rows, uint8_t** out_buffer,
                                           int64_t* out_len) {
  if (out_buffer != nullptr) *out_buffer = nullptr;
  if (out_len != nullptr) *out_len = 0;
  auto* handle = capi::begin_call<capi::RowsHandle>(rows);
  if (handle == nullptr || out_buffer == nullptr || out_len == nullptr) return STOOLAP_ERROR;
  auto packed = capi::pack_rows(handle->rows);
  if (!packed) return capi::fail(handle->error, packed.error());
  *out_buffer = packed->bytes;
  *out_len = static_cast<int64_t>(packed->size);
  return STOOLAP_OK;
}

STOOLAP_API void stoolap_buffer_free(uint8_t* buffer, int64_t) {
  std::free(buffer);
}

STOOLAP_API void stoolap_string_free(char* text) {
  std::free(text);
}
