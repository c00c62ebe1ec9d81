#include "server/worker_pool.h"

#include <utility>

namespace orrery::server {

WorkerPool::WorkerPool(uint32_t threads, size_t tasks_max) : tasks_max_(tasks_max) {
  for (uint32_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() {
  stop();
}

WorkerPool::Posted WorkerPool::post(std::function<void()> task) {
  {
    LockGuard<Mutex> guard(mutex_);
    if (stopping_) return Posted::kStopped;
    if (tasks_.size() >= tasks_max_) return Posted::kFull;
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
  return Posted::kTaken;
}

void WorkerPool::stop() {
  {
    LockGuard<Mutex> guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (Thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::run() {
  while (true) {
    std::function<void()> task;
    {
      UniqueLock<Mutex> lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace orrery::server
