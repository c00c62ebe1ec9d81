#include "capi/handles.h"

namespace orrery::capi {

void ErrorSlot::reset() {
  code_ = ErrorCode::kOk;
  position_ = {};
  message_.clear();
}

void ErrorSlot::set(ErrorCode code, std::string_view message) {
  code_ = code;
  position_ = {};
  message_.clear();
  for (char c : message) {
    if (c == '\0') {
      message_ += "\\0";
    } else {
      message_.push_back(c);
    }
  }
}

void ErrorSlot::set(const Error& error) {
  set(error.code(), error.message());
  position_ = error.position();
}

ErrorSlot& thread_error() {
#if defined(__wasi__)
  static ErrorSlot* slot = new ErrorSlot;
  return *slot;
#else
  thread_local ErrorSlot slot;
  return slot;
#endif
}

}  // namespace orrery::capi
