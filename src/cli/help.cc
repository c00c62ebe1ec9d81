#include <algorithm>

#include "cli/command.h"
#include "cli/options.h"

namespace orrery::cli {
namespace {

constexpr size_t kColumn = 28;  ///< where the explanations of options begin
constexpr size_t kWidth = 100;

std::string option_words(const Option& option) {
  std::string out = option.letter != 0 ? std::string("-") + option.letter + ", " : "    ";
  out += "--" + std::string(option.name);
  if (option.takes == Option::Takes::kValue) out += " " + std::string(option.value);
  if (option.takes == Option::Takes::kOptionalValue) out += "[=" + std::string(option.value) + "]";
  return out;
}

/// Breaks the text at blanks; every line but the first is indented.
void append_wrapped(std::string_view text, size_t indent, std::string* out) {
  size_t room = kWidth - indent;
  while (text.size() > room) {
    size_t cut = text.rfind(' ', room);
    if (cut == std::string_view::npos || cut == 0) break;
    out->append(text.substr(0, cut));
    out->append("\n").append(indent, ' ');
    text.remove_prefix(cut + 1);
  }
  out->append(text).append("\n");
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view wrong, std::span<const std::string_view> names) {
  std::string_view best;
  size_t best_distance = std::max<size_t>(1, wrong.size() / 3) + 1;
  for (std::string_view name : names) {
    size_t distance = edit_distance(wrong, name);
    if (distance >= best_distance) continue;
    best = name;
    best_distance = distance;
  }
  return best;
}

std::string help_of(const Command& command) {
  std::string out = "usage: orrery " + std::string(command.name);
  if (!command.usage.empty()) out += " " + std::string(command.usage);
  out += "\n\n" + std::string(command.about) + "\n";
  for (const Option& option : command.options) {
    std::string words = "  " + option_words(option);
    if (words.size() + 1 < kColumn) {
      words.resize(kColumn, ' ');
    } else {
      words += "\n" + std::string(kColumn, ' ');
    }
    out += words;
    append_wrapped(option.help, kColumn, &out);
  }
  if (!command.examples.empty()) {
    out += "\nExamples\n";
    out += command.examples;
  }
  return out;
}

std::string help_of_program() {
  std::string out =
      "usage: orrery COMMAND [arguments]       orrery COMMAND --help says more of each\n\n";
  for (const Command* command : all_commands()) {
    std::string words = "  " + std::string(command->name);
    words.resize(14, ' ');
    out += words + std::string(command->summary) + "\n";
  }
  out += R"(
  --config-path FILE   before the command: your settings and tokens (default
                       ~/.config/orrery/cli.toml; also by the environment: ORRERY_CONFIG)

Examples
  orrery shell ./shop -e 'SELECT 1' --json      SQL on a database in a folder, without a server
  orrery start &                                a server, on port 3000
  orrery init chat --template chat-cpp          a module to begin with
  orrery publish chat -p chat                   build it and run it in the server
  orrery call chat send_message '"hello"'
  orrery sql chat 'SELECT * FROM message'
)";
  return out;
}

Error usage_error(std::string message) {
  return Error(ErrorCode::kInvalidArgument, std::move(message));
}
Error unreachable_error(std::string message) {
  return Error(ErrorCode::kIo, std::move(message));
}
Error not_allowed_error(std::string message) {
  return Error(ErrorCode::kReadOnly, std::move(message));
}
Error not_found_error(std::string message) {
  return Error(ErrorCode::kTableNotFound, std::move(message));
}
Error failed_error(std::string message) {
  return Error(ErrorCode::kGeneric, std::move(message));
}

int exit_code_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
      return kExitUsage;
    case ErrorCode::kIo:
      return kExitCannotOpen;
    case ErrorCode::kReadOnly:
      return kExitNotAllowed;
    case ErrorCode::kTableNotFound:
      return kExitNotFound;
    case ErrorCode::kCancelled:
      return kExitInterrupted;
    default:
      return kExitFailed;
  }
}

}  // namespace orrery::cli
