// What the entry points of the Stoolap interface share: checked arguments in, codes and handles
// out.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "capi/handles.h"
#include "capi/values.h"
#include "orrery/stoolap.h"

// Entry points: visible from outside, whatever the default is.
#define STOOLAP_API extern "C" __attribute__((visibility("default")))

namespace orrery::capi {

/// The code of the C interface for an engine's code.
int32_t stoolap_code(ErrorCode code);
int32_t fill_details(const ErrorSlot& error, StoolapErrorDetails* out);

inline int32_t fail(ErrorSlot& slot, const Error& error) {
  slot.set(error);
  return STOOLAP_ERROR;
}
inline int32_t fail(ErrorSlot& slot, ErrorCode code, std::string_view message) {
  slot.set(code, message);
  return STOOLAP_ERROR;
}

/// A handle that may be used, with its error cleared; nullptr otherwise. What went wrong with a
/// handle that is not NULL is left to the thread.
template <class Handle>
Handle* begin_call(const void* pointer) {
  Handle* handle = find_handle<Handle>(pointer);
  if (handle != nullptr) {
    handle->error.clear();
  } else if (pointer != nullptr) {
    thread_error().set(ErrorCode::kInvalidArgument, "the handle is closed or was never one");
  }
  return handle;
}

/// True for SQL text that can be read; else the slot is set.
inline bool check_sql(const char* sql, ErrorSlot& slot) {
  if (sql != nullptr) return true;
  slot.set(ErrorCode::kInvalidArgument, "SQL string is NULL");
  return false;
}

inline int32_t give_affected(Result<uint64_t> affected, ErrorSlot& slot, int64_t* out) {
  if (!affected) return fail(slot, affected.error());
  if (out != nullptr) *out = static_cast<int64_t>(*affected);
  return STOOLAP_OK;
}

int32_t give_rows(Result<engine::Rows> rows, ErrorSlot& slot, StoolapRows** out);

}  // namespace orrery::capi
