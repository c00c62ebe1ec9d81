// The command line of `orrery shell`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orrery::cli {

enum class OutputFormat : uint8_t { kTable, kCsv, kJson, kMarkdown };
Result<OutputFormat> parse_output_format(std::string_view name);

/// Exit codes of the program; stable.
inline constexpr int kExitOk = 0;
inline constexpr int kExitStatementFailed = 1;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitCannotOpen = 3;  ///< a database, or a server that does not answer
inline constexpr int kExitNotAllowed = 4;
inline constexpr int kExitNotFound = 5;
inline constexpr int kExitInterrupted = 130;

enum class Switch : uint8_t { kOff, kOn };

/// One -e or -f, in the order given.
struct Script {
  enum class Kind : uint8_t { kText, kFile } kind = Kind::kText;
  std::string value;
};

struct ShellOptions {
  std::string dsn = "memory://";
  std::vector<Script> scripts;
  OutputFormat format = OutputFormat::kTable;
  bool format_given = false;
  Switch header = Switch::kOn;
  Switch echo = Switch::kOff;
  Switch timing = Switch::kOff;
  Switch keep_going = Switch::kOff;  ///< after a failed statement of a script
  bool help = false;
};

/// `arguments` without the program and command names. kInvalidArgument says what is wrong with
/// them.
Result<ShellOptions> parse_shell_options(const std::vector<std::string>& arguments);
extern const char* const kShellHelp;

}  // namespace orrery::cli
