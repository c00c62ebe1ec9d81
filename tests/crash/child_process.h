// A child process (this program again, with --child) that reports acknowledgements through a pipe
// until it is killed.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "env/environment.h"

namespace orrery::storage::testing {

struct Acknowledgement {
  uint64_t thread;
  uint64_t serial;
};

inline bool report(int pipe_fd, const Acknowledgement& ack) {
  return ::write(pipe_fd, &ack, sizeof(ack)) == sizeof(ack);
}

class ChildProcess {
 public:
  ChildProcess(const std::string& program, const std::string& folder, uint64_t seed) {
    std::array<int, 2> ends;
    if (::pipe(ends.data()) != 0) std::abort();
    const std::string seed_text = std::to_string(seed);
    const std::string fd_text = std::to_string(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      ::execl(program.c_str(), program.c_str(), "--child", folder.c_str(), seed_text.c_str(),
              fd_text.c_str(), nullptr);
      std::_Exit(127);
    }
    ::close(ends[1]);
    pipe_fd_ = ends[0];
  }
  ~ChildProcess() { ::close(pipe_fd_); }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  bool next(Acknowledgement* ack) { return ::read(pipe_fd_, ack, sizeof(*ack)) == sizeof(*ack); }

  /// False where the child had ended by itself.
  bool kill() {
    ::kill(pid_, SIGKILL);
    int status = 0;
    return ::waitpid(pid_, &status, 0) == pid_ && WIFSIGNALED(status);
  }

  /// Lets it work, kills it; every acknowledgement goes to `take`.
  bool run_and_kill(int64_t nanos, const std::function<void(const Acknowledgement&)>& take) {
    // Beside the child, which would wait for room in the pipe otherwise.
    std::thread reader([&] {
      Acknowledgement ack;
      while (next(&ack)) take(ack);
    });
    env::posix_environment().clock->sleep_nanos(nanos);
    const bool killed = kill();
    reader.join();
    return killed;
  }

 private:
  pid_t pid_ = -1;
  int pipe_fd_ = -1;
};

/// A folder of its own under /tmp, removed at the end.
class ScratchFolder {
 public:
  ScratchFolder() {
    char name[] = "/tmp/orrery_crash_XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace orrery::storage::testing
