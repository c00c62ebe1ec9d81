#include "cli/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "cli/command.h"
#include "cli/shell.h"

namespace orrery::cli {
namespace {

constexpr int kNoProgram = 127;
constexpr int kTurnMillis = 100;

/// In the child: only what is allowed between fork and exec.
[[noreturn]] void become(const ChildRequest& request, char* const* words, int output) {
  dup2(output, STDOUT_FILENO);
  if (request.errors == ChildRequest::Errors::kKept) dup2(output, STDERR_FILENO);
  int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  if (!request.folder.empty() && chdir(request.folder.c_str()) != 0) _exit(kNoProgram);
  execvp(words[0], words);
  _exit(kNoProgram);
}

/// Reads until the child closes its output. True where Ctrl-C came.
bool drain(int from, pid_t child, std::string* output, ProgressLine* line) {
  bool interrupted = false;
  char block[16384];
  while (true) {
    if (line != nullptr) line->update(0, 0, 0);
    if (!interrupted && interrupt_flag().load(std::memory_order_relaxed)) {
      interrupted = true;
      kill(child, SIGINT);
    }
    pollfd ready{from, POLLIN, 0};
    if (poll(&ready, 1, kTurnMillis) <= 0) continue;
    ssize_t n = read(from, block, sizeof(block));
    if (n > 0) output->append(block, static_cast<size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR)) return interrupted;
  }
}

}  // namespace

Result<ChildResult> run_child(const ChildRequest& request, ProgressLine* line) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return failed_error("no pipe: " + std::string(strerror(errno)));
  std::vector<char*> words;
  for (const std::string& word : request.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  // One thread only, so that the environment may be changed around the fork.
  for (const auto& [name, value] : request.environment) setenv(name.c_str(), value.c_str(), 1);
  pid_t child = fork();
  if (child == 0) become(request, words.data(), ends[1]);
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return failed_error("no process: " + std::string(strerror(errno)));
  }
  ChildResult out;
  bool interrupted = drain(ends[0], child, &out.output, line);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (interrupted) return Error(ErrorCode::kCancelled, "interrupted");
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return out;
}

bool is_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view left = path == nullptr ? "" : path;
  while (true) {
    size_t end = left.find(':');
    std::string candidate = std::string(left.substr(0, end)) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return true;
    if (end == std::string_view::npos) return false;
    left.remove_prefix(end + 1);
  }
}

}  // namespace orrery::cli
