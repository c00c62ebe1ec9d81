// orrery logs.
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/project_config.h"
#include "cli/server_client.h"
#include "types/algebraic_text.h"
#include "types/json.h"

namespace orrery::cli {
using types::JsonKind;
using types::JsonValue;

namespace {

constexpr std::string_view kFollowedLines = "10";
/// In place of a file or function: what the server itself wrote.
constexpr std::string_view kServersOwn = "__spacetimedb__";

constexpr Option kOptions[] = {
    kServerOption,
    {.name = "num-lines",
     .letter = 'n',
     .takes = Option::Takes::kValue,
     .value = "N",
     .help = "the last N lines (default: all; 10 with --follow)"},
    {.name = "follow", .letter = 'f', .help = "go on with what comes, until Ctrl-C"},
    kFormatOption,
    kJsonOption,
    {.name = "level",
     .letter = 'l',
     .takes = Option::Takes::kValue,
     .value = "LEVEL",
     .help = "of this level and above: trace, debug, info, warn, error, panic",
     .choices = "trace debug info warn error panic"},
    {.name = "level-exact", .help = "of the level of --level alone"},
    kNoConfigOption,
    kYesOption,
    kHelpOption,
};

struct Level {
  std::string_view name;   ///< of the option
  std::string_view title;  ///< as records have it
  const char* shown;
  const char* color;
};
constexpr Level kLevels[] = {
    {"trace", "Trace", "TRACE", "\033[2m"},  {"debug", "Debug", "DEBUG", "\033[1;2m"},
    {"info", "Info", "INFO", "\033[34m"},    {"warn", "Warn", "WARN", "\033[33m"},
    {"error", "Error", "ERROR", "\033[31m"}, {"panic", "Panic", "PANIC", "\033[1;31m"},
};
constexpr int kInfo = 2;

std::string text_of(const JsonValue& record, std::string_view key) {
  const JsonValue* value = record.find(key);
  return value != nullptr && value->is(JsonKind::kString) ? value->as_string() : "";
}

int level_of(const JsonValue& record) {
  std::string title = text_of(record, "level");
  for (size_t i = 0; i < std::size(kLevels); ++i) {
    if (kLevels[i].title == title) return static_cast<int>(i);
  }
  return kInfo;
}

/// Takes the answer's bytes as they come, prints record by record.
class LogPrinter {
 public:
  explicit LogPrinter(const Arguments& arguments)
      : json_(arguments.has("json") || arguments.value_or("format", "text") == "json"),
        exact_(arguments.has("level-exact")),
        color_(isatty(STDOUT_FILENO) != 0 && getenv("NO_COLOR") == nullptr) {
    std::string wanted = arguments.value_or("level", "");
    for (size_t i = 0; i < std::size(kLevels); ++i) {
      if (kLevels[i].name == wanted) level_ = static_cast<int>(i);
    }
  }

  void take(std::string_view bytes) {
    kept_ += bytes;
    size_t start = 0;
    for (size_t end; (end = kept_.find('\n', start)) != std::string::npos; start = end + 1) {
      line(std::string_view(kept_).substr(start, end - start));
    }
    kept_.erase(0, start);
    std::fflush(stdout);
  }
  void finish() {
    if (!kept_.empty()) take("\n");
  }

 private:
  void line(std::string_view text) {
    if (text.empty()) return;
    auto record = JsonValue::parse(text);
    int level = record ? level_of(*record) : kInfo;
    if (level_ >= 0 && (exact_ ? level != level_ : level < level_)) return;
    if (json_ || !record) {
      std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
      return;
    }
    print(*record, kLevels[level]);
  }

  void print(const JsonValue& record, const Level& level) {
    std::string out;
    const JsonValue* time = record.find("ts");
    if (time != nullptr && time->as_int64()) {
      out += dim(types::timestamp_micros_to_text(*time->as_int64())) + " ";
    }
    out += color_ ? std::string(level.color) + level.shown + "\033[0m: "
                  : std::string(level.shown) + ": ";
    std::string place = text_of(record, "function");
    if (place == kServersOwn) place.clear();
    std::string file = text_of(record, "filename");
    if (file == kServersOwn) file.clear();
    const JsonValue* number = record.find("line_number");
    if (!file.empty() && number != nullptr && number->as_int64()) {
      file += ":" + std::to_string(*number->as_int64());
    }
    if (!place.empty() && !file.empty()) place += " ";
    place += file;
    if (!place.empty()) out += dim(place) + ": ";
    out += text_of(record, "message");
    std::printf("%s\n", out.c_str());
    const JsonValue* trace = record.find("trace");
    if (trace == nullptr || !trace->is(JsonKind::kArray)) return;
    for (const JsonValue& frame : trace->items()) {
      std::printf("    in %s\n", dim(text_of(frame, "func_name")).c_str());
    }
  }

  std::string dim(const std::string& text) const {
    return color_ ? "\033[2m" + text + "\033[0m" : text;
  }

  const bool json_;
  const bool exact_;
  const bool color_;
  int level_ = -1;  ///< every one
  std::string kept_;
};

Result<int> run(const Arguments& arguments) {
  ORRERY_TRY_ASSIGN(DatabaseWords words, take_database(arguments, Rest::kExactly, 0, ""));
  bool follow = arguments.has("follow");
  std::string path = database_path(words.database, "/logs?follow=");
  path += follow ? "true" : "false";
  std::string lines = arguments.value_or("num-lines", follow ? kFollowedLines : "");
  if (!lines.empty()) {
    uint32_t number = 0;
    auto [end, error] = std::from_chars(lines.data(), lines.data() + lines.size(), number);
    if (error != std::errc() || end != lines.data() + lines.size()) {
      return usage_error("--num-lines wants a number, not '" + lines + "'");
    }
    path += "&num_lines=" + lines;
  }
  ORRERY_TRY_ASSIGN(ServerClient client,
                    ServerClient::open(arguments, words.server, Login::kRequired));
  LogPrinter printer(arguments);
  auto answer = client.send({.path = path,
                             .what = follow ? "" : "reading the log",
                             .on_body = [&](std::string_view bytes) { printer.take(bytes); },
                             .timeout_micros = 0});
  printer.finish();
  if (!answer) {
    // Following has no other end.
    if (follow && answer.error().code() == ErrorCode::kCancelled) return kExitOk;
    return std::move(answer).error();
  }
  ORRERY_TRY(client.check(*answer, "'" + words.database + "'"));
  if (follow) std::fprintf(stderr, "orrery: the server ended the log\n");
  return kExitOk;
}

}  // namespace

constexpr Command kLogsCommand = {
    .name = "logs",
    .summary = "read what a database's module has logged",
    .usage = "[DATABASE] [options]",
    .about =
        "Prints the log of a database's module, which its owner alone may read. With\n"
        "--format json a record is one line of JSON, as the server keeps it.\n",
    .options = kOptions,
    .examples =
        "  orrery logs chat -n 20\n"
        "  orrery logs chat -f --level warn\n"
        "  orrery logs chat --json | jq -r .message\n",
    .run = run,
};

}  // namespace orrery::cli
