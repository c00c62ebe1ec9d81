// orrery completion bash|zsh|fish.
#include <cstdio>

#include "cli/command.h"
#include "cli/options.h"

namespace orrery::cli {
namespace {

constexpr Option kOptions[] = {kHelpOption};

std::string words_of_server() {
  return "list add remove set-default edit ping fingerprint clear";
}

/// What may stand where no option is expected.
std::string positional_choices(const Command& command) {
  if (command.name == "server") return words_of_server();
  if (command.name == "completion") return "bash zsh fish";
  if (command.name == "login") return "show";
  return "";
}

std::string command_names() {
  std::string out;
  for (const Command* command : all_commands()) {
    out += (out.empty() ? "" : " ") + std::string(command->name);
  }
  return out + " help";
}

std::string bash_values(const Option& option) {
  if (!option.choices.empty()) {
    return "COMPREPLY=($(compgen -W \"" + std::string(option.choices) + "\" -- \"$word\"))";
  }
  if (option.name == "server")
    return "COMPREPLY=($(compgen -W \"$(_orrery_servers)\" -- \"$word\"))";
  if (option.completes == Option::Completes::kFolder) {
    return "COMPREPLY=($(compgen -d -- \"$word\"))";
  }
  return "COMPREPLY=($(compgen -f -- \"$word\"))";
}

/// One case of the script: the options, their values, and what stands without one.
std::string bash_case(const Command& command) {
  std::string options;
  std::string values;
  for (const Option& option : command.options) {
    options += (options.empty() ? "--" : " --") + std::string(option.name);
    if (option.takes != Option::Takes::kValue) continue;
    std::string names = "--" + std::string(option.name);
    if (option.letter != 0) names += std::string("|-") + option.letter;
    values += "        " + names + ") " + bash_values(option) + "; return;;\n";
  }
  std::string name(command.name);
  std::string others = positional_choices(command);
  std::string out = "    " + name + ")\n";
  if (!values.empty()) out += "      case $before in\n" + values + "      esac\n";
  out += "      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"" + options +
         "\" -- \"$word\"))\n";
  if (!others.empty()) {
    out += "      else COMPREPLY=($(compgen -W \"" + others + "\" -- \"$word\"))\n";
  } else {
    out +=
        "      else COMPREPLY=($(compgen -W \"$(_orrery_databases)\" -- \"$word\") "
        "$(compgen -f -- \"$word\"))\n";
  }
  return out + "      fi;;\n";
}

std::string bash_script() {
  std::string out =
      "# bash completion for orrery. In ~/.bashrc:  source <(orrery completion bash)\n"
      "_orrery_servers() { orrery server list 2>/dev/null | awk '{ sub(/^[* ] /, \"\"); print $1 "
      "}'; }\n"
      // The project's own databases: no server is asked while somebody types.
      "_orrery_databases() { sed -n 's/.*\"database\": *\"\\([^\"]*\\)\".*/\\1/p' spacetime.json "
      "2>/dev/null; }\n"
      "_orrery() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
      "command=${COMP_WORDS[1]}\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"" +
      command_names() +
      "\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case $command in\n";
  for (const Command* command : all_commands()) out += bash_case(*command);
  out += "    help) COMPREPLY=($(compgen -W \"" + command_names() +
         "\" -- \"$word\"));;\n"
         "  esac\n"
         "}\n"
         "complete -F _orrery orrery\n";
  return out;
}

/// In single quotes of zsh and fish.
std::string quoted(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out;
}

/// _arguments takes these for its own.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (char c : quoted(text)) {
    if (c == '[' || c == ']' || c == ':') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_value(const Option& option) {
  if (!option.choices.empty()) return ":value:(" + std::string(option.choices) + ")";
  if (option.completes == Option::Completes::kFolder) return ":folder:_files -/";
  if (option.completes == Option::Completes::kFile) return ":file:_files";
  return ":" + std::string(option.value.empty() ? "value" : option.value) + ": ";
}

std::string zsh_script() {
  std::string out =
      "#compdef orrery\n"
      "# zsh completion for orrery. In ~/.zshrc, after compinit:  source <(orrery completion zsh)\n"
      "_orrery() {\n"
      "  local -a commands\n"
      "  commands=(\n";
  for (const Command* command : all_commands()) {
    out += "    '" + std::string(command->name) + ":" + quoted(command->summary) + "'\n";
  }
  out +=
      "  )\n"
      "  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
      "  local command=$words[2]\n"
      "  shift words; (( CURRENT-- ))\n"
      "  case $command in\n";
  for (const Command* command : all_commands()) {
    out += "    " + std::string(command->name) + ") _arguments -s";
    for (const Option& option : command->options) {
      std::string rest = "[" + zsh_text(option.help) + "]";
      std::string value = option.takes == Option::Takes::kValue ? zsh_value(option) : "";
      std::string equals = option.takes == Option::Takes::kValue ? "=" : "";
      out += " '--" + std::string(option.name) + equals + rest + value + "'";
      if (option.letter != 0) out += std::string(" '-") + option.letter + rest + value + "'";
    }
    std::string others = positional_choices(*command);
    out += others.empty() ? " '*: :_files'" : " '1: :(" + others + ")'";
    out += ";;\n";
  }
  return out + "  esac\n}\ncompdef _orrery orrery\n";
}

std::string fish_script() {
  std::string out =
      "# fish completion for orrery:  orrery completion fish > "
      "~/.config/fish/completions/orrery.fish\n";
  for (const Command* command : all_commands()) {
    std::string name(command->name);
    out += "complete -c orrery -n __fish_use_subcommand -f -a " + name + " -d '" +
           quoted(command->summary) + "'\n";
    std::string seen = "complete -c orrery -n '__fish_seen_subcommand_from " + name + "'";
    if (std::string others = positional_choices(*command); !others.empty()) {
      out += seen + " -f -a '" + others + "'\n";
    }
    for (const Option& option : command->options) {
      out += seen + " -l " + std::string(option.name);
      if (option.letter != 0) out += std::string(" -s ") + option.letter;
      if (option.takes == Option::Takes::kValue) out += " -r";
      if (!option.choices.empty()) out += " -f -a '" + std::string(option.choices) + "'";
      if (!option.help.empty()) out += " -d '" + quoted(option.help) + "'";
      out += "\n";
    }
  }
  return out;
}

Result<int> run(const Arguments& arguments) {
  std::string shell = arguments.positional().empty() ? "" : arguments.positional()[0];
  if (shell == "bash") {
    std::fputs(bash_script().c_str(), stdout);
  } else if (shell == "zsh") {
    std::fputs(zsh_script().c_str(), stdout);
  } else if (shell == "fish") {
    std::fputs(fish_script().c_str(), stdout);
  } else {
    return usage_error("completion wants bash, zsh or fish");
  }
  return kExitOk;
}

}  // namespace

constexpr Command kCompletionCommand = {
    .name = "completion",
    .summary = "print the script by which a shell completes these commands",
    .usage = "bash|zsh|fish",
    .about =
        "Prints a script for a shell. It completes commands, options, their values, nicknames\n"
        "of servers and the databases of a spacetime.json.\n",
    .options = kOptions,
    .examples =
        "  source <(orrery completion bash)      in ~/.bashrc\n"
        "  source <(orrery completion zsh)       in ~/.zshrc, after compinit\n"
        "  orrery completion fish > ~/.config/fish/completions/orrery.fish\n",
    .run = run,
};

}  // namespace orrery::cli
