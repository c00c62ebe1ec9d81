// A simulated machine: seeded randomness, a virtual clock, tasks that run when time is moved on,
// and a file system in memory that forgets what a power loss would make a disk forget. Native
// builds only; for tests.
//
// One seed and one sequence of calls give the same run. SimFileSystem and SimClock are thread-safe
// (but then the order of calls, and with it the run, is up to the scheduler), and tasks may be
// triggered from anywhere; the rest is for one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.h"
#include "env/environment.h"

namespace orrery::env {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  void fill(std::span<uint8_t> out) override;
  uint64_t next();
  /// In [0, bound); 0 where bound is 0.
  uint64_t below(uint64_t bound);

 private:
  uint64_t state_;
};

class SimClock final : public Clock {
 public:
  int64_t wall_nanos() override { return kStartWall + now_; }
  /// Every look costs a microsecond, so that loops that wait for time to pass end.
  int64_t monotonic_nanos() override { return now_ += 1000; }
  void sleep_nanos(int64_t duration) override { now_ += duration > 0 ? duration : 0; }

  int64_t now() const { return now_; }
  void set_now(int64_t now) { now_ = now; }

 private:
  static constexpr int64_t kStartWall = 1'700'000'000 * kNanosPerSecond;
  std::atomic<int64_t> now_{0};
};

/// What a call does when its turn to fail has come.
enum class SimFault : uint8_t {
  kOnce,     ///< fails with kIo, part of a write may be done; a failed sync forgets what it had
  kForever,  ///< and so does every later call
  kCrash,    ///< the machine stops: every call fails until restart()
};

class SimFileSystem final : public FileSystem {
 public:
  explicit SimFileSystem(uint64_t seed);
  ~SimFileSystem() override;

  Result<std::unique_ptr<File>> open(std::string_view path, OpenMode mode) override;
  Status rename(std::string_view from, std::string_view to) override;
  Status remove(std::string_view path) override;
  Result<std::vector<DirEntry>> list_dir(std::string_view path) override;
  Status create_dirs(std::string_view path) override;
  Status sync_dir(std::string_view path) override;
  bool exists(std::string_view path) override;
  Result<std::unique_ptr<FileLock>> lock_file(std::string_view path) override;
  Result<uint64_t> available_space(std::string_view path) override;

  /// Calls that can fail so far: all but exists and close.
  uint64_t calls() const;
  /// The n-th such call from now on (1 = the next) is hit; n = 0 takes a pending fault back.
  void fail_at(uint64_t n, SimFault fault);
  bool fault_happened() const;
  /// Bytes that all files together may have from now on.
  void set_capacity(uint64_t bytes);
  uint64_t bytes_used() const;
  /// From now on every call fails, until one of the next two.
  void stop();
  /// Power off and on again: what was not synced is lost, kept, torn at sectors of 512 bytes or
  /// applied in another order, as the seed has it. Open files and locks are gone.
  void restart();
  /// Kills the process only: open files and locks are gone, all written bytes stay.
  void kill_process();

  /// Every file by path.
  std::map<std::string, std::string> contents() const;
  /// Replaces everything; all of it counts as synced.
  void load(const std::map<std::string, std::string>& files);

 private:
  friend class SimFile;
  friend class SimFileLock;
  struct Node;
  struct State;

  Status check_call(std::string_view action, std::string_view path);
  Result<std::shared_ptr<Node>> find_dir(std::string_view path);
  Result<std::shared_ptr<Node>> parent_of(std::string_view path, std::string* name);

  mutable Mutex mutex_;
  std::unique_ptr<State> state_;
};

/// Tasks run inside advance() and run_triggered(), never by themselves.
class SimExecutor final : public Executor {
 public:
  explicit SimExecutor(SimClock* clock) : clock_(clock) {}
  std::unique_ptr<BackgroundTask> start(int64_t interval_nanos,
                                        std::function<void()> pass) override;
  bool runs_by_itself() const override { return true; }

  /// Moves the clock on, stopping at every task's time to run it.
  void advance(int64_t nanos);
  void run_triggered();

 private:
  friend class SimTask;
  SimClock* clock_;
  std::vector<class SimTask*> tasks_;
};

class SimEnvironment {
 public:
  explicit SimEnvironment(uint64_t seed)
      : random(seed), files(seed ^ 0x9e3779b97f4a7c15ULL), executor(&clock) {}

  SimClock clock;
  SeededRandom random;
  SimFileSystem files;
  SimExecutor executor;

  Environment environment() {
    return {.clock = &clock, .random = &random, .files = &files, .executor = &executor};
  }
};

}  // namespace orrery::env
