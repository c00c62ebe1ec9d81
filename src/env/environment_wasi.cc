#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
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

class WasiClock final : public Clock {
 public:
  int64_t wall_nanos() override { return read_clock(CLOCK_REALTIME); }
  int64_t monotonic_nanos() override { return read_clock(CLOCK_MONOTONIC); }
  void sleep_nanos(int64_t duration) override {
    timespec left{.tv_sec = static_cast<time_t>(duration / kNanosPerSecond),
                  .tv_nsec = static_cast<long>(duration % kNanosPerSecond)};
    if (duration > 0) ::nanosleep(&left, nullptr);
  }
};

class WasiRandom final : public Random {
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

// wasi has no file locks: a second opener in the same instance is refused, other instances are the
// host's business.
using FileIdentity = std::pair<uint64_t, uint64_t>;  // device, inode

std::set<FileIdentity>& held_locks() {
  static auto* const held = new std::set<FileIdentity>;
  return *held;
}

class WasiFileLock final : public FileLock {
 public:
  explicit WasiFileLock(FileIdentity identity) : identity_(identity) {}
  ~WasiFileLock() override { held_locks().erase(identity_); }

 private:
  FileIdentity identity_;
};

class WasiFileSystem final : public UnixFileSystem {
 public:
  Result<std::unique_ptr<FileLock>> lock_file(std::string_view path) override {
    const int fd = unix_open(std::string(path).c_str(), O_RDWR | O_CREAT);
    if (fd < 0) return unix_error("open", path, errno);
    struct stat info;
    const int rc = ::fstat(fd, &info);
    const int stat_errno = errno;
    ::close(fd);
    if (rc != 0) return unix_error("examine", path, stat_errno);
    const FileIdentity identity{info.st_dev, info.st_ino};
    if (!held_locks().insert(identity).second) {
      return Error(ErrorCode::kDbLocked, "'" + std::string(path) + "' is locked");
    }
    return std::unique_ptr<FileLock>(std::make_unique<WasiFileLock>(identity));
  }

  Result<uint64_t> available_space(std::string_view path) override {
    return Error(ErrorCode::kNotSupported,
                 "wasi cannot tell the free space of '" + std::string(path) + "'");
  }
};

class CallerTask final : public BackgroundTask {
 public:
  explicit CallerTask(std::function<void()> pass) : pass_(std::move(pass)) {}
  void trigger() override {}
  void run_now() override { pass_(); }
  void set_interval(int64_t) override {}

 private:
  const std::function<void()> pass_;
};

class CallerExecutor final : public Executor {
 public:
  std::unique_ptr<BackgroundTask> start(int64_t, std::function<void()> pass) override {
    return std::make_unique<CallerTask>(std::move(pass));
  }
  bool runs_by_itself() const override { return false; }
};

}  // namespace

const Environment& wasi_environment() {
  static const Environment* const environment = new Environment{.clock = new WasiClock,
                                                                .random = new WasiRandom,
                                                                .files = new WasiFileSystem,
                                                                .executor = new CallerExecutor};
  return *environment;
}

const Environment& system_environment() {
  return wasi_environment();
}

}  // namespace orrery::env
