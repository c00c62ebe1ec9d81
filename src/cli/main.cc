// The `orrery` program.
#include <cstdio>
#include <cstdlib>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/user_config.h"

namespace orrery::cli {
namespace {

const Command* find_command(std::string_view name) {
  for (const Command* command : all_commands()) {
    if (command->name == name) return command;
  }
  return nullptr;
}

int fail(const Command& command, const Error& error) {
  std::fflush(stdout);
  int code = exit_code_of(error);
  // Ctrl-C says enough by itself.
  if (code == kExitInterrupted) return code;
  std::fprintf(stderr, "orrery: %s\n", error.message().c_str());
  if (code == kExitUsage) {
    std::fprintf(stderr, "See: orrery %.*s --help\n", static_cast<int>(command.name.size()),
                 command.name.data());
  }
  return code;
}

int run_command(const Command& command, const std::vector<std::string>& words) {
  if (command.run_words != nullptr) return command.run_words(words);
  auto arguments = parse_arguments(command.options, words);
  if (!arguments) return fail(command, arguments.error());
  if (arguments->has("help")) {
    std::fputs(help_of(command).c_str(), stdout);
    return kExitOk;
  }
  auto code = command.run(*arguments);
  if (!code) return fail(command, code.error());
  return std::fflush(stdout) == 0 ? *code : kExitFailed;
}

int unknown_command(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Command* command : all_commands()) names.push_back(command->name);
  std::string_view near = nearest_name(name, names);
  std::fprintf(stderr, "orrery: no command is called '%s'", name.c_str());
  if (!near.empty()) {
    std::fprintf(stderr, "; did you mean %.*s?", static_cast<int>(near.size()), near.data());
  }
  std::fprintf(stderr, "\nSee: orrery --help\n");
  return kExitUsage;
}

/// `--config-path FILE` in front of the command; false where its value is missing.
bool take_global_options(std::vector<std::string>& words) {
  while (!words.empty() && words[0].starts_with("--config-path")) {
    if (words[0].starts_with("--config-path=")) {
      set_config_path(words[0].substr(words[0].find('=') + 1));
      words.erase(words.begin());
      continue;
    }
    if (words.size() < 2) return false;
    set_config_path(words[1]);
    words.erase(words.begin(), words.begin() + 2);
  }
  return true;
}

int run(std::vector<std::string> words) {
  if (!take_global_options(words)) {
    std::fprintf(stderr, "orrery: --config-path wants a file\n");
    return kExitUsage;
  }
  if (words.empty()) {
    std::fputs(help_of_program().c_str(), stderr);
    return kExitUsage;
  }
  std::string name = words[0];
  words.erase(words.begin());
  if (name == "--version" || name == "-V") name = "version";
  if (name == "help" && !words.empty()) {
    name = words[0];
    words = {"--help"};
  }
  if (name == "help" || name == "--help" || name == "-h") {
    std::fputs(help_of_program().c_str(), stdout);
    return kExitOk;
  }
  const Command* command = find_command(name);
  return command == nullptr ? unknown_command(name) : run_command(*command, words);
}

}  // namespace
}  // namespace orrery::cli

int main(int argc, char** argv) {
  return orrery::cli::run(std::vector<std::string>(argv + 1, argv + argc));
}
