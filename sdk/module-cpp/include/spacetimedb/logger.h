// The module's log: LOG_INFO(text) and its siblings, printf forms with _F, LOG_PANIC and LOG_FATAL which also trap, and
// LogStopwatch. STDB_LOG_LEVEL, defined before the include, drops lower levels at compile time.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace SpacetimeDB {

using LogLevel = uint8_t;
struct LogLevelValue {
  static constexpr LogLevel ERROR = 0;
  static constexpr LogLevel WARN = 1;
  static constexpr LogLevel INFO = 2;
  static constexpr LogLevel DEBUG = 3;
  static constexpr LogLevel TRACE = 4;
  static constexpr LogLevel PANIC = 101;
};

void log_with_caller_info(LogLevel level, std::string_view message, std::string_view target = {},
                          std::string_view file = {}, uint32_t line = 0);
inline void log(LogLevel level, std::string_view message) { log_with_caller_info(level, message); }
inline void log_error(std::string_view message) { log(LogLevelValue::ERROR, message); }
inline void log_warn(std::string_view message) { log(LogLevelValue::WARN, message); }
inline void log_info(std::string_view message) { log(LogLevelValue::INFO, message); }
inline void log_debug(std::string_view message) { log(LogLevelValue::DEBUG, message); }
inline void log_trace(std::string_view message) { log(LogLevelValue::TRACE, message); }
inline void log_panic(std::string_view message) { log(LogLevelValue::ERROR, message); }

namespace detail {

constexpr const char* file_name(const char* path) {
  const char* file = path;
  for (; *path != 0; ++path) {
    if (*path == '/' || *path == '\\') file = path + 1;
  }
  return file;
}
template <class... A>
std::string format(const char* text, A... args) {
  std::string out;
  const int size = std::snprintf(nullptr, 0, text, args...);
  if (size <= 0) return out;
  out.resize(static_cast<size_t>(size) + 1);
  std::snprintf(out.data(), out.size(), text, args...);
  out.pop_back();
  return out;
}

}  // namespace detail

/// Logs at Info, when it ends, how long it lasted by the host's clock.
class LogStopwatch {
 public:
  explicit LogStopwatch(std::string_view name);
  LogStopwatch(LogStopwatch&& other) noexcept : timer_(other.timer_) { other.timer_ = 0; }
  LogStopwatch& operator=(LogStopwatch&&) = delete;
  ~LogStopwatch() { end(); }
  void end();

 private:
  uint32_t timer_;
};

}  // namespace SpacetimeDB

#ifndef STDB_LOG_LEVEL
#ifdef NDEBUG
#define STDB_LOG_LEVEL ::SpacetimeDB::LogLevelValue::INFO
#else
#define STDB_LOG_LEVEL ::SpacetimeDB::LogLevelValue::DEBUG
#endif
#endif

#define ORRERY_LOG(level, message)                                                                                 \
  do {                                                                                                             \
    if constexpr (STDB_LOG_LEVEL >= ::SpacetimeDB::LogLevelValue::level) {                                         \
      ::SpacetimeDB::log_with_caller_info(::SpacetimeDB::LogLevelValue::level, (message), __func__,                \
                                          ::SpacetimeDB::detail::file_name(__FILE__), __LINE__);                   \
    }                                                                                                              \
  } while (0)
#define LOG_ERROR(message) ORRERY_LOG(ERROR, message)
#define LOG_WARN(message) ORRERY_LOG(WARN, message)
#define LOG_INFO(message) ORRERY_LOG(INFO, message)
#define LOG_DEBUG(message) ORRERY_LOG(DEBUG, message)
#define LOG_TRACE(message) ORRERY_LOG(TRACE, message)
#define LOG_ERROR_F(...) ORRERY_LOG(ERROR, ::SpacetimeDB::detail::format(__VA_ARGS__))
#define LOG_WARN_F(...) ORRERY_LOG(WARN, ::SpacetimeDB::detail::format(__VA_ARGS__))
#define LOG_INFO_F(...) ORRERY_LOG(INFO, ::SpacetimeDB::detail::format(__VA_ARGS__))
#define LOG_DEBUG_F(...) ORRERY_LOG(DEBUG, ::SpacetimeDB::detail::format(__VA_ARGS__))
#define LOG_TRACE_F(...) ORRERY_LOG(TRACE, ::SpacetimeDB::detail::format(__VA_ARGS__))
#define LOG_FATAL(message)                                                                             \
  do {                                                                                                 \
    ::SpacetimeDB::log_with_caller_info(::SpacetimeDB::LogLevelValue::ERROR, (message), __func__,      \
                                        ::SpacetimeDB::detail::file_name(__FILE__), __LINE__);         \
    __builtin_trap();                                                                                  \
  } while (0)
#define LOG_PANIC(message) LOG_FATAL(message)
