#include "host/lane_hold.h"

#include "base/assert.h"
#include "env/timed_wait.h"

namespace orrery::host {

void LaneHold::serve(Lending how) {
  lane_.run_pauses();
  const int64_t until = clock_.monotonic_nanos() + kStartNanos;
  UniqueLock<Mutex> lock(mutex_);
  // What was offered may have been given back already.
  if (how == Lending::kKept) lending_ = how;
  changed_.notify_all();
  while (lending_ != Lending::kNo) {
    if (task_ != nullptr) {
      const std::function<void()>* task = task_;
      lock.unlock();
      (*task)();
      lock.lock();
      task_ = nullptr;
      changed_.notify_all();
    } else if (kept_ || lending_ == Lending::kKept) {
      changed_.wait(lock);
    } else {
      const int64_t left = until - clock_.monotonic_nanos();
      if (left <= 0) {
        lending_ = Lending::kNo;
        break;
      }
      env::timed_wait(changed_, lock, left);
    }
  }
}

void LaneHold::offer() {
  ORRERY_ASSERT(lane_.on_lane());
  LockGuard<Mutex> lock(mutex_);
  lending_ = Lending::kAtStart;
}

void LaneHold::lend_at_start() {
  ORRERY_ASSERT(lane_.on_lane());
  serve(Lending::kAtStart);
}

void LaneHold::withdraw() {
  ORRERY_ASSERT(lane_.on_lane());
  {
    LockGuard<Mutex> lock(mutex_);
    if (!kept_) {
      lending_ = Lending::kNo;
      return;
    }
  }
  serve(Lending::kAtStart);
}

Status LaneHold::keep() {
  UniqueLock<Mutex> lock(mutex_);
  ORRERY_ASSERT(!kept_);
  if (lending_ != Lending::kNo) {
    kept_ = true;
    return {};
  }
  lock.unlock();
  if (!lane_.post([self = shared_from_this()] { self->serve(Lending::kKept); })) {
    return Error(ErrorCode::kCancelled, "the database is shutting down");
  }
  lock.lock();
  changed_.wait(lock, [this] { return lending_ != Lending::kNo; });
  kept_ = true;
  return {};
}

void LaneHold::call(const std::function<void()>& task) {
  UniqueLock<Mutex> lock(mutex_);
  ORRERY_ASSERT(kept_ && task_ == nullptr);
  task_ = &task;
  changed_.notify_all();
  changed_.wait(lock, [this] { return task_ == nullptr; });
}

void LaneHold::unkeep() {
  LockGuard<Mutex> lock(mutex_);
  kept_ = false;
  if (lending_ == Lending::kKept) lending_ = Lending::kNo;
  changed_.notify_all();
}

void LaneHold::release() {
  LockGuard<Mutex> lock(mutex_);
  kept_ = false;
  lending_ = Lending::kNo;
  changed_.notify_all();
}

}  // namespace orrery::host
