// WorkerPool: threads for work that blocks (publishing, asking an issuer for its keys, making the
// rows of large subscriptions), so that io threads and lanes never do. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "base/sync.h"

namespace orrery::server {

class WorkerPool {
 public:
  WorkerPool(uint32_t threads, size_t tasks_max);
  /// As stop().
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  enum class Posted : uint8_t { kTaken, kFull, kStopped };
  Posted post(std::function<void()> task);
  /// Runs what is queued, then ends the threads. Not from a task.
  void stop();

 private:
  void run();

  const size_t tasks_max_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<Thread> threads_;
};

}  // namespace orrery::server
