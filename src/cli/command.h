// What the commands of `orrery` are made of: a description, from which parsing, --help and shell
// completion follow, and a function that runs it.
//
// Plain values. Errors of commands are ordinary Errors; exit_code_of() says which exit code each
// has, and the message says what to do next.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orrery::cli {

struct Option {
  enum class Takes : uint8_t {
    kNothing,
    kValue,          ///< --name VALUE or --name=VALUE
    kOptionalValue,  ///< --name or --name=VALUE
  };
  std::string_view name;  ///< without hyphens
  char letter = 0;        ///< 0: none
  Takes takes = Takes::kNothing;
  std::string_view value = "";  ///< what help calls its value
  std::string_view help = "";
  std::string_view choices = "";  ///< of the value, apart by blanks; "": anything
  enum class Completes : uint8_t { kNothing, kFile, kFolder } completes = Completes::kNothing;
};

/// A parsed command line.
class Arguments {
 public:
  bool has(std::string_view option) const { return values_.contains(option); }
  /// The last value given; nothing where the option is missing or stands without one.
  std::optional<std::string> value(std::string_view option) const;
  std::string value_or(std::string_view option, std::string_view fallback) const;
  /// Every value in the order given.
  std::vector<std::string> all(std::string_view option) const;
  const std::vector<std::string>& positional() const { return positional_; }

 private:
  friend Result<Arguments> parse_arguments(std::span<const Option> options,
                                           const std::vector<std::string>& words);
  std::multimap<std::string, std::optional<std::string>, std::less<>> values_;
  std::vector<std::string> positional_;
};

/// kInvalidArgument says what is wrong. A word that begins like a negative number is no option.
Result<Arguments> parse_arguments(std::span<const Option> options,
                                  const std::vector<std::string>& words);

struct Command {
  std::string_view name;
  std::string_view summary;  ///< one line for the list of commands
  std::string_view usage;    ///< what stands behind "orrery NAME"
  std::string_view about;    ///< paragraphs under the usage
  std::span<const Option> options;
  std::string_view examples;  ///< lines, each ends with \n
  /// Gives the exit code.
  Result<int> (*run)(const Arguments& arguments) = nullptr;
  /// In place of `run`, for commands that read their words themselves.
  int (*run_words)(const std::vector<std::string>& words) = nullptr;
};

/// In the order in which help lists them.
std::span<const Command* const> all_commands();
std::string help_of(const Command& command);
std::string help_of_program();
/// The name nearest to a mistyped one; "" where none is near.
std::string_view nearest_name(std::string_view wrong, std::span<const std::string_view> names);

// --- exit codes; stable, see docs/CLI.md ------------------------------------------------------
int exit_code_of(const Error& error);

// Errors in the terms of exit codes.
Error usage_error(std::string message);        ///< 2
Error unreachable_error(std::string message);  ///< 3
Error not_allowed_error(std::string message);  ///< 4
Error not_found_error(std::string message);    ///< 5
Error failed_error(std::string message);       ///< 1

// Options that several commands have.
inline constexpr Option kHelpOption = {.name = "help", .letter = 'h', .help = "this text"};
inline constexpr Option kServerOption = {
    .name = "server",
    .letter = 's',
    .takes = Option::Takes::kValue,
    .value = "SERVER",
    .help = "nickname, host or URL (default: the one of spacetime.json, or `orrery server list`)"};
inline constexpr Option kAnonymousOption = {.name = "anonymous",
                                            .help = "with no token, as somebody new"};
inline constexpr Option kYesOption = {.name = "yes", .letter = 'y', .help = "do not ask"};
inline constexpr Option kNoConfigOption = {.name = "no-config", .help = "pass spacetime.json over"};
inline constexpr Option kJsonOption = {.name = "json", .help = "for scripts: print JSON"};
inline constexpr Option kConfirmedOption = {.name = "confirmed",
                                            .takes = Option::Takes::kValue,
                                            .value = "BOOL",
                                            .help = "only what is on disk (default true)",
                                            .choices = "true false"};
inline constexpr Option kFormatOption = {.name = "format",
                                         .takes = Option::Takes::kValue,
                                         .value = "FORMAT",
                                         .help = "text or json (default text)",
                                         .choices = "text json"};

// Every command's description; each in the file of its name.
extern const Command kShellCommand;
extern const Command kStartCommand;
extern const Command kInitCommand;
extern const Command kBuildCommand;
extern const Command kPublishCommand;
extern const Command kCallCommand;
extern const Command kSqlCommand;
extern const Command kSubscribeCommand;
extern const Command kLogsCommand;
extern const Command kDescribeCommand;
extern const Command kListCommand;
extern const Command kDeleteCommand;
extern const Command kRenameCommand;
extern const Command kLockCommand;
extern const Command kUnlockCommand;
extern const Command kLoginCommand;
extern const Command kLogoutCommand;
extern const Command kServerCommand;
extern const Command kCompletionCommand;
extern const Command kVersionCommand;

}  // namespace orrery::cli
