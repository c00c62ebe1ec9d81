// LogRecord: one thing that a module or the host says. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace orrery::host {

/// The numbers are those of the ABI.
enum class LogLevel : uint8_t {
  kError = 0,
  kWarn = 1,
  kInfo = 2,
  kDebug = 3,
  kTrace = 4,
  kPanic = 101,
};
/// Unknown numbers are kDebug.
LogLevel log_level_of(uint32_t number);
std::string_view log_level_name(LogLevel level);

/// Borrows; good during the call only.
struct LogRecord {
  LogLevel level = LogLevel::kInfo;
  std::string_view message;
  std::optional<std::string_view> target;
  std::optional<std::string_view> filename;
  std::optional<uint32_t> line;
  std::string_view function;   ///< the running reducer, view, ...; may be empty
  std::string_view backtrace;  ///< of a trap, a frame per line; may be empty
};

}  // namespace orrery::host
