// Runs other programs (compilers), with their output kept. POSIX.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/progress.h"

namespace orrery::cli {

struct ChildRequest {
  std::vector<std::string> words;  ///< the program, found by PATH, and its arguments
  std::string folder;              ///< to run it in; "": here
  std::vector<std::pair<std::string, std::string>> environment;  ///< set over ours
  enum class Errors : uint8_t { kKept, kShown } errors = Errors::kKept;
};
struct ChildResult {
  int status = 0;      ///< exit code, 128 + signal; 127: there is no such program
  std::string output;  ///< standard output, and the error output where it is kept
};

/// Blocks. Ctrl-C goes to the child too; then the error is kCancelled.
Result<ChildResult> run_child(const ChildRequest& request, ProgressLine* line);
/// True where PATH leads to a program of that name.
bool is_program(const std::string& name);

}  // namespace orrery::cli
