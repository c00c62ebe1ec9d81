// The `orrery` program.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/progress.h"
#include "cli/shell.h"
#include "cli/start.h"
#include "engine/registry.h"

namespace {

const char* const kHelp =
    R"(usage: orrery COMMAND [arguments]

  shell [DSN] [options]   open a database and run SQL; orrery shell --help says more
  start [options]         run a server; orrery start --help says more
  version                 print the version
  help                    this text

Examples
  orrery shell                                  a database in memory
  orrery shell ./shop                           a database in the folder ./shop, made if it is not there
  orrery shell ./shop -e 'SELECT 1' --json      one statement, one JSON object per row
  orrery shell ./shop -e '.import items.csv items'
)";

int run_shell(const std::vector<std::string>& arguments) {
  namespace cli = orrery::cli;
  auto options = cli::parse_shell_options(arguments);
  if (!options) {
    std::fprintf(stderr, "orrery: %s\nTry: orrery shell --help\n",
                 options.error().message().c_str());
    return cli::kExitUsage;
  }
  if (options->help) {
    std::fputs(cli::kShellHelp, stdout);
    return cli::kExitOk;
  }
  // The database keeps the listener, but the line is ours.
  auto line = std::make_shared<cli::ProgressLine>("opening " + options->dsn, true);
  auto session = orrery::engine::open_session(
      options->dsn, orrery::env::system_environment(),
      [line = std::weak_ptr(line)](const orrery::storage::RecoveryProgress& p) {
        if (auto shown = line.lock()) shown->update(p.bytes_done, p.bytes_total, 0);
      });
  line.reset();
  if (!session) {
    std::fprintf(stderr, "orrery: cannot open %s: %s\n", options->dsn.c_str(),
                 session.error().message().c_str());
    return cli::kExitCannotOpen;
  }
  cli::Shell shell(std::move(*options), *session);
  return shell.run();
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    std::fputs(kHelp, stderr);
    return orrery::cli::kExitUsage;
  }
  std::string command = arguments[0];
  arguments.erase(arguments.begin());
  if (command == "shell") return run_shell(arguments);
  if (command == "start") return orrery::cli::run_start(arguments);
  if (command == "version" || command == "--version") {
    std::printf("orrery %s\n", ORRERY_VERSION);
    return 0;
  }
  if (command == "help" || command == "--help" || command == "-h") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  std::fprintf(stderr, "orrery: no command is called '%s'\n%s", command.c_str(), kHelp);
  return orrery::cli::kExitUsage;
}
