#include "cli/ask.h"

#include <unistd.h>

#include <cstdio>

#include "cli/command.h"

namespace orrery::cli {

Status ask_yes(const std::string& question, const std::string& instead) {
  if (isatty(STDIN_FILENO) == 0) {
    return usage_error("this wants a yes: " + question + "\nIn scripts: " + instead);
  }
  std::fprintf(stderr, "%s [y/N] ", question.c_str());
  std::fflush(stderr);
  std::string answer;
  int c = 0;
  while ((c = std::getchar()) != EOF && c != '\n') answer.push_back(static_cast<char>(c));
  if (c == EOF) std::fputc('\n', stderr);
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return failed_error("not done");
}

}  // namespace orrery::cli
