// The module's log, and what the C++ runtime does when it gives up.
#include "spacetimedb/logger.h"

#include "spacetimedb/abi.h"
#include "spacetimedb/fail.h"

namespace SpacetimeDB {

namespace host = detail::host;

void log_with_caller_info(LogLevel level, std::string_view message, std::string_view target, std::string_view file,
                          uint32_t line) {
  constexpr uint32_t kNoLine = UINT32_MAX;
  host::console_log(level, target.empty() ? nullptr : target.data(), target.size(), file.empty() ? nullptr : file.data(),
                    file.size(), line == 0 ? kNoLine : line, message.data(), message.size());
}

LogStopwatch::LogStopwatch(std::string_view name) : timer_(host::console_timer_start(name.data(), name.size())) {}

void LogStopwatch::end() {
  if (timer_ != 0) host::console_timer_end(timer_);
  timer_ = 0;
}

}  // namespace SpacetimeDB

#if defined(_LIBCPP_VERSION) && defined(__wasi__)
// libc++ would print with printf, which is a third of a small module.
_LIBCPP_BEGIN_NAMESPACE_STD
[[noreturn]] void __libcpp_verbose_abort(const char* format, ...) {
  SpacetimeDB::detail::fail("the C++ library stopped the module", format);
}
_LIBCPP_END_NAMESPACE_STD
#endif
