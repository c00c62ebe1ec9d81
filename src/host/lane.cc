#include "host/lane.h"

#include <functional>
#include <utility>

#include "base/assert.h"
#include "env/timed_wait.h"

namespace orrery::host {

void Lane::Signal::set() {
  LockGuard<Mutex> lock(mutex_);
  set_ = true;
  changed_.notify_all();
}

void Lane::Signal::wait() {
  UniqueLock<Mutex> lock(mutex_);
  changed_.wait(lock, [this] { return set_; });
}

uint64_t Lane::this_thread() {
  // The address of a thread's own variable is different for every living thread.
  static thread_local char own;
  return reinterpret_cast<uint64_t>(&own);
}

Lane::Lane(env::Clock& clock, uint32_t tasks_max)
    : clock_(clock), quick_clock_(clock), tasks_max_(tasks_max), head_(new Stub) {
  tail_.store(head_, std::memory_order_relaxed);
  thread_ = Thread([this] { loop(); });
}

Lane::~Lane() {
  stop();
  delete head_;
}

bool Lane::push(Node* node) {
  if (on_lane()) {
    // It runs, so it neither ends nor sleeps before it has seen this, and need not count it.
    link(node);
    return true;
  }
  // stop() waits until nobody is between these two, so a task is either refused or run.
  posting_.fetch_add(1, std::memory_order_seq_cst);
  if (stopping_.load(std::memory_order_seq_cst)) {
    posting_.fetch_sub(1, std::memory_order_release);
    delete node;
    return false;
  }
  if (queued_.load(std::memory_order_relaxed) >= tasks_max_) {
    UniqueLock<Mutex> lock(mutex_);
    // Pairs with loop(): either this sees the room made, or the lane sees somebody waiting.
    waiting_for_room_.fetch_add(1, std::memory_order_seq_cst);
    room_.wait(lock, [this] { return queued_.load(std::memory_order_seq_cst) < tasks_max_; });
    waiting_for_room_.fetch_sub(1, std::memory_order_relaxed);
  }
  node->counted = true;
  queued_.fetch_add(1, std::memory_order_seq_cst);
  link(node);
  // Pairs with sleep_until_work(): either this sees the lane asleep, or the lane sees the task.
  if (sleeping_.load(std::memory_order_seq_cst)) {
    LockGuard<Mutex> lock(mutex_);
    work_.notify_one();
  }
  posting_.fetch_sub(1, std::memory_order_release);
  return true;
}

void Lane::link(Node* node) {
  Node* before = tail_.exchange(node, std::memory_order_acq_rel);
  before->next.store(node, std::memory_order_release);
}

/// The next task, which stays the queue's: it is freed when the one after it is taken.
Lane::Node* Lane::dequeue() {
  Node* next = head_->next.load(std::memory_order_acquire);
  if (next == nullptr) return nullptr;
  delete head_;
  head_ = next;
  return next;
}

bool Lane::run_timers() {
  bool any = false;
  // Those that timers set for at once wait until tasks had their turn.
  for (size_t left = timers_.size(); left > 0 && !timers_.empty(); --left) {
    auto first = timers_.begin();
    if (first->first.at_nanos > quick_clock_.monotonic_nanos()) break;
    const std::unique_ptr<Node> task = std::move(first->second);
    timers_.erase(first);
    ++task_number_;
    task->run();
    any = true;
  }
  return any;
}

Lane::TimerId Lane::add_timer(int64_t at_nanos, Node* task) {
  ORRERY_ASSERT(on_lane());
  const TimerId id{at_nanos, next_timer_++};
  timers_.emplace(id, task);
  return id;
}

void Lane::cancel(TimerId id) {
  ORRERY_ASSERT(on_lane());
  timers_.erase(id);
}

void Lane::sleep_until_work() {
  UniqueLock<Mutex> lock(mutex_);
  sleeping_.store(true, std::memory_order_seq_cst);
  // A writer that has counted its task but not linked it yet is waited for by turning around.
  if (queued_.load(std::memory_order_seq_cst) == 0 && !stopping_.load(std::memory_order_seq_cst)) {
    if (timers_.empty()) {
      work_.wait(lock);
    } else {
      const int64_t nanos = timers_.begin()->first.at_nanos - clock_.monotonic_nanos();
      if (nanos > 0) env::timed_wait(work_, lock, nanos);
    }
  }
  sleeping_.store(false, std::memory_order_seq_cst);
}

void Lane::run_pauses() {
  rounds_in_hurry_ = 0;
  // One may ask for another.
  for (size_t i = 0; i < pauses_.size(); ++i) {
    const std::unique_ptr<Node> task = std::move(pauses_[i]);
    ++task_number_;
    task->run();
  }
  pauses_.clear();
}

/// Some of the tasks that are queued; how many.
uint32_t Lane::run_round() {
  uint64_t counted_late = 0;
  auto count = [&] {
    if (counted_late == 0) return;
    queued_.fetch_sub(counted_late, std::memory_order_seq_cst);
    counted_late = 0;
    if (waiting_for_room_.load(std::memory_order_seq_cst) > 0) {
      LockGuard<Mutex> lock(mutex_);
      room_.notify_all();
    }
  };
  uint32_t ran = 0;
  while (ran < kRoundTasks) {
    Node* task = dequeue();
    if (task == nullptr) break;
    counted_late += task->counted ? 1 : 0;
    ++task_number_;
    task->run();
    ran += 1 + std::exchange(counted_, 0);
    // Those who wait for room need to know at once; for others at the end will do.
    if (waiting_for_room_.load(std::memory_order_relaxed) > 0) count();
  }
  if (ran > 0) count();
  return ran;
}

/// Whether it hurries: it does where a round was full of tasks that took no time.
void Lane::note_round(uint32_t ran) {
  constexpr int64_t kShortNanos = 20'000;
  constexpr uint32_t kRoundsMax = 4;
  if (ran < kRoundTasks) {
    hurries_ = false;
    round_started_ = 0;
  } else {
    const int64_t now = quick_clock_.monotonic_nanos();
    hurries_ = round_started_ != 0 && now - round_started_ < kShortNanos * kRoundTasks;
    round_started_ = now;
    ++rounds_in_hurry_;
  }
  if (!pauses_.empty() && (!hurries_ || rounds_in_hurry_ >= kRoundsMax)) run_pauses();
}

void Lane::loop() {
  thread_id_.store(this_thread(), std::memory_order_relaxed);
  for (;;) {
    const uint32_t ran = run_round();
    note_round(ran);
    const bool stopping = stopping_.load(std::memory_order_seq_cst);
    if (!stopping && run_timers()) continue;
    // Pauses, too, may have posted something.
    if (ran > 0 || is_followed()) continue;
    if (stopping && posting_.load(std::memory_order_seq_cst) == 0 &&
        queued_.load(std::memory_order_seq_cst) == 0) {
      return;
    }
    sleep_until_work();
  }
}

void Lane::stop() {
  ORRERY_ASSERT(!on_lane());
  LockGuard<Mutex> once(stop_mutex_);
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_seq_cst);
  {
    LockGuard<Mutex> lock(mutex_);
    work_.notify_one();
  }
  thread_.join();
  timers_.clear();
}

}  // namespace orrery::host
