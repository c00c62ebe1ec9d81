#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "base/sync.h"
#include "env/environment.h"
#include "env/unix_files.h"

namespace orrery::env {
namespace {

int64_t read_clock(clockid_t id) {
  timespec now;
  ORRERY_ASSERT(::clock_gettime(id, &now) == 0);
  return static_cast<int64_t>(now.tv_sec) * kNanosPerSecond + now.tv_nsec;
}

class PosixClock final : public Clock {
 public:
  int64_t wall_nanos() override { return read_clock(CLOCK_REALTIME); }
  int64_t monotonic_nanos() override { return read_clock(CLOCK_MONOTONIC); }
  void sleep_nanos(int64_t duration) override {
    timespec left{.tv_sec = static_cast<time_t>(duration / kNanosPerSecond),
                  .tv_nsec = static_cast<long>(duration % kNanosPerSecond)};
    while (duration > 0 && ::nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
  }
};

class PosixRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override {
    constexpr size_t kEntropyMax = 256;  // of one call
    while (!out.empty()) {
      const size_t n = std::min(out.size(), kEntropyMax);
      ORRERY_ASSERT(::getentropy(out.data(), n) == 0);
      out = out.subspan(n);
    }
  }
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(int fd) : fd_(fd) {}
  ~PosixFileLock() override { ::close(fd_); }

 private:
  int fd_;
};

class PosixFileSystem final : public UnixFileSystem {
 public:
  Result<std::unique_ptr<FileLock>> lock_file(std::string_view path) override {
    const int fd = unix_open(std::string(path).c_str(), O_RDWR | O_CREAT);
    if (fd < 0) return unix_error("open", path, errno);
    auto lock = std::make_unique<PosixFileLock>(fd);
    int rc;
    do {
      rc = ::flock(fd, LOCK_EX | LOCK_NB);
    } while (rc != 0 && errno == EINTR);
    if (rc == 0) return std::unique_ptr<FileLock>(std::move(lock));
    if (errno != EWOULDBLOCK) return unix_error("lock", path, errno);
    return Error(ErrorCode::kDbLocked, "'" + std::string(path) + "' is locked");
  }

  Result<uint64_t> available_space(std::string_view path) override {
    struct statvfs info;
    if (::statvfs(std::string(path).c_str(), &info) != 0) {
      return unix_error("examine the disk of", path, errno);
    }
    return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  }
};

// One thread per task: a long checkpoint must not hold up the log's sync.
class ThreadTask final : public BackgroundTask {
 public:
  ThreadTask(int64_t interval_nanos, std::function<void()> pass)
      : pass_(std::move(pass)), interval_(interval_nanos), thread_([this] { run(); }) {}
  ~ThreadTask() override {
    {
      LockGuard<Mutex> guard(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  void trigger() override {
    {
      LockGuard<Mutex> guard(mutex_);
      triggered_ = true;
    }
    wake_.notify_all();
  }
  void run_now() override {
    LockGuard<Mutex> guard(pass_mutex_);
    pass_();
  }
  void set_interval(int64_t interval_nanos) override {
    {
      LockGuard<Mutex> guard(mutex_);
      interval_ = std::chrono::nanoseconds(interval_nanos);
      rescheduled_ = true;
    }
    wake_.notify_all();
  }

 private:
  void run() {
    std::unique_lock<Mutex> lock(mutex_);
    const auto due = [this] { return stopping_ || triggered_ || rescheduled_; };
    while (!stopping_) {
      if (interval_.count() > 0) {
        wake_.wait_for(lock, interval_, due);
      } else {
        wake_.wait(lock, due);
      }
      if (stopping_) return;
      if (std::exchange(rescheduled_, false) && !triggered_) continue;
      triggered_ = false;
      lock.unlock();
      run_now();
      lock.lock();
    }
  }

  const std::function<void()> pass_;
  Mutex pass_mutex_;
  Mutex mutex_;  ///< guards the interval and the flags
  ConditionVariable wake_;
  std::chrono::nanoseconds interval_;
  bool stopping_ = false;
  bool triggered_ = false;
  bool rescheduled_ = false;
  Thread thread_;
};

class ThreadExecutor final : public Executor {
 public:
  std::unique_ptr<BackgroundTask> start(int64_t interval_nanos,
                                        std::function<void()> pass) override {
    return std::make_unique<ThreadTask>(interval_nanos, std::move(pass));
  }
  bool runs_by_itself() const override { return true; }
};

}  // namespace

const Environment& posix_environment() {
  // Never destroyed: databases may be closed by destructors of static objects.
  static const Environment* const environment = new Environment{.clock = new PosixClock,
                                                                .random = new PosixRandom,
                                                                .files = new PosixFileSystem,
                                                                .executor = new ThreadExecutor};
  return *environment;
}

const Environment& system_environment() {
  return posix_environment();
}

}  // namespace orrery::env
