// Executor: work that goes on beside the callers.
//
// Where there are no threads (wasi) nothing starts by itself: run_now() is then the only way, and
// owners of tasks call it from their own entry points. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace orrery::env {

class BackgroundTask {
 public:
  /// Stops the task; waits for a pass that is under way. Not from within the task.
  virtual ~BackgroundTask() = default;
  /// Asks for a pass soon, on the task's own thread. Without threads: does nothing.
  virtual void trigger() = 0;
  /// Makes a pass on the caller's thread. Passes of one task never overlap; not from within one.
  virtual void run_now() = 0;
  /// The time between passes from now on, as in Executor::start(). Without threads: does nothing.
  virtual void set_interval(int64_t interval_nanos) = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;
  /// `pass` runs every `interval_nanos` and when triggered; interval 0 means only when triggered.
  virtual std::unique_ptr<BackgroundTask> start(int64_t interval_nanos,
                                                std::function<void()> pass) = 0;
  /// True where tasks run by themselves.
  virtual bool runs_by_itself() const = 0;
};

}  // namespace orrery::env
