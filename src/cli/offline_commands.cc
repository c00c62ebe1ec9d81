// The descriptions of shell, start and version, which need no server.
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/module_build.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/shell.h"
#include "cli/start.h"
#include "engine/registry.h"

namespace orrery::cli {
namespace {

int run_shell(const std::vector<std::string>& arguments) {
  auto options = parse_shell_options(arguments);
  if (!options) {
    std::fprintf(stderr, "orrery: %s\nTry: orrery shell --help\n",
                 options.error().message().c_str());
    return kExitUsage;
  }
  if (options->help) {
    std::fputs(kShellHelp, stdout);
    return kExitOk;
  }
  // The database keeps the listener, but the line is ours.
  auto line = std::make_shared<ProgressLine>("opening " + options->dsn, true);
  auto session =
      engine::open_session(options->dsn, env::system_environment(),
                           [line = std::weak_ptr(line)](const storage::RecoveryProgress& p) {
                             if (auto shown = line.lock())
                               shown->update(p.bytes_done, p.bytes_total, 0);
                           });
  line.reset();
  if (!session) {
    std::fprintf(stderr, "orrery: cannot open %s: %s\n", options->dsn.c_str(),
                 session.error().message().c_str());
    return kExitCannotOpen;
  }
  Shell shell(std::move(*options), *session);
  return shell.run();
}

// For completion alone; parse_shell_options() and parse_start_options() read them.
constexpr Option kShellOptions[] = {
    {.name = "execute", .letter = 'e', .takes = Option::Takes::kValue},
    {.name = "file",
     .letter = 'f',
     .takes = Option::Takes::kValue,
     .completes = Option::Completes::kFile},
    {.name = "format", .takes = Option::Takes::kValue, .choices = "table csv json markdown"},
    {.name = "json"},
    {.name = "no-header"},
    {.name = "echo"},
    {.name = "timing"},
    {.name = "keep-going"},
    kHelpOption,
};
constexpr Option kStartOptions[] = {
    {.name = "listen-addr", .letter = 'l', .takes = Option::Takes::kValue},
    {.name = "data-dir", .takes = Option::Takes::kValue, .completes = Option::Completes::kFolder},
    {.name = "in-memory"},
    {.name = "jwt-key-dir",
     .takes = Option::Takes::kValue,
     .completes = Option::Completes::kFolder},
    {.name = "jwt-pub-key-path",
     .takes = Option::Takes::kValue,
     .completes = Option::Completes::kFile},
    {.name = "jwt-priv-key-path",
     .takes = Option::Takes::kValue,
     .completes = Option::Completes::kFile},
    {.name = "allow-http", .takes = Option::Takes::kValue},
    {.name = "issuer", .takes = Option::Takes::kValue},
    {.name = "any-issuer"},
    {.name = "non-interactive"},
    kHelpOption,
};
constexpr Option kVersionOptions[] = {kJsonOption, kHelpOption};

Result<int> run_version(const Arguments& arguments) {
  if (arguments.has("json")) {
    std::printf("{\"version\":\"%s\"}\n", ORRERY_VERSION);
  } else {
    std::printf("orrery %s\n", ORRERY_VERSION);
  }
  return kExitOk;
}

}  // namespace

constexpr Command kShellCommand = {
    .name = "shell",
    .summary = "open a database in a folder or in memory and run SQL",
    .usage = "[DSN] [options]",
    .about = "",
    .options = kShellOptions,
    .examples = "",
    .run_words = run_shell,
};
constexpr Command kStartCommand = {
    .name = "start",
    .summary = "run a server",
    .usage = "[options]",
    .about = "",
    .options = kStartOptions,
    .examples = "",
    .run_words = run_start,
};
constexpr Command kVersionCommand = {
    .name = "version",
    .summary = "print the version",
    .usage = "[--json]",
    .about = "Prints the version of this program.\n",
    .options = kVersionOptions,
    .examples = "  orrery version --json\n",
    .run = run_version,
};

}  // namespace orrery::cli
