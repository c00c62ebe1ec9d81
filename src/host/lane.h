// Lane: one thread that runs tasks in the order in which they were posted, and timers.
//
// post() costs one allocation and a few atomic operations; it waits where the queue is full, unless
// it is called on the lane itself, where a full queue grows. Tasks run between two timers; a timer
// is late by what runs before it. After stop() began, new tasks are refused (post() gives false and
// destroys the task); those queued before run; timers that are not due are dropped. Thread-safe; the
// destructor stops, and must not run on the lane.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/sync.h"
#include "env/clock.h"
#include "env/quick_clock.h"

namespace orrery::host {

class Lane {
 public:
  Lane(env::Clock& clock, uint32_t tasks_max);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// `task` is anything that can be called once without arguments; it need not be copyable.
  template <class Task>
  bool post(Task&& task) {
    return push(new TaskOf<std::decay_t<Task>>(std::forward<Task>(task)));
  }
  /// The same with a Task made where it stays, of these.
  template <class Task, class... From>
  bool post_new(From&&... from) {
    return push(new TaskOf<Task>(InPlace(), std::forward<From>(from)...));
  }
  /// Posts and waits until it has run; on the lane it runs at once. False where it was refused.
  template <class Task>
  bool run(Task&& task);

  struct TimerId {
    int64_t at_nanos = 0;
    uint64_t number = 0;  ///< in the order in which they were set
    friend auto operator<=>(const TimerId&, const TimerId&) = default;
  };
  /// On the lane: runs `task` when the clock's monotonic time is `at_nanos` or later.
  template <class Task>
  TimerId at(int64_t at_nanos, Task&& task) {
    return add_timer(at_nanos, new TaskOf<std::decay_t<Task>>(std::forward<Task>(task)));
  }
  /// On the lane. The task is destroyed; fine where the timer has gone off.
  void cancel(TimerId id);
  /// Timers that are set. On the lane.
  size_t timer_count() const { return timers_.size(); }

  /// On the lane: runs `task` at once, or, while many short tasks are queued, behind some hundreds of
  /// them: for what is cheaper done seldom.
  template <class Task>
  void at_pause(Task&& task) {
    if (!hurries_) return task();
    pauses_.push_back(std::unique_ptr<Node>(new TaskOf<std::decay_t<Task>>(std::forward<Task>(task))));
  }
  /// On the lane: what waits for a pause runs now; before the lane stands still.
  void run_pauses();
  /// On the lane: the task that runs does the work of one more, so timers and pauses come as often
  /// as if it had been posted.
  void count_task() { ++counted_; }

  bool on_lane() const { return thread_id_.load(std::memory_order_relaxed) == this_thread(); }
  /// On the lane: another task stands right behind the one that runs.
  bool is_followed() const { return head_->next.load(std::memory_order_acquire) != nullptr; }
  /// On the lane: of the task or timer that runs; the next one has the next number.
  uint64_t task_number() const { return task_number_; }
  /// Runs what is queued, ends the thread. Not on the lane. A second call waits for the first.
  void stop();

 private:
  struct Node {
    virtual ~Node() = default;
    virtual void run() = 0;
    std::atomic<Node*> next{nullptr};
    bool counted = false;  ///< in queued_
  };
  struct InPlace {};
  template <class Task>
  struct TaskOf final : Node {
    template <class From>
    explicit TaskOf(From&& from) : task(std::forward<From>(from)) {}
    template <class... From>
    explicit TaskOf(InPlace, From&&... from) : task{std::forward<From>(from)...} {}
    void run() override { task(); }
    Task task;
  };
  struct Stub final : Node {
    void run() override {}
  };
  /// Something to wait for once.
  class Signal {
   public:
    void set();
    void wait();

   private:
    Mutex mutex_;
    ConditionVariable changed_;
    bool set_ = false;
  };

  static constexpr uint32_t kRoundTasks = 64;  ///< between two looks at the timers

  static uint64_t this_thread();
  bool push(Node* node);
  void link(Node* node);
  Node* dequeue();
  void loop();
  void sleep_until_work();
  bool run_timers();
  uint32_t run_round();
  void note_round(uint32_t ran);
  TimerId add_timer(int64_t at_nanos, Node* task);

  env::Clock& clock_;
  env::QuickClock quick_clock_;  ///< the lane's own
  const uint32_t tasks_max_;
  // A queue of many writers and one reader; the reader owns head_, whose node has been run.
  std::atomic<Node*> tail_;
  Node* head_;
  std::atomic<uint64_t> queued_{0};  ///< by other threads
  std::atomic<uint32_t> posting_{0};  ///< calls of push() under way, for stop()
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<uint32_t> waiting_for_room_{0};
  Mutex mutex_;
  ConditionVariable work_;
  ConditionVariable room_;
  std::map<TimerId, std::unique_ptr<Node>> timers_;
  std::vector<std::unique_ptr<Node>> pauses_;
  uint32_t counted_ = 0;          ///< by the task that runs, beyond itself
  bool hurries_ = false;          ///< the last rounds were full of short tasks
  uint32_t rounds_in_hurry_ = 0;  ///< since the last pause
  int64_t round_started_ = 0;
  uint64_t next_timer_ = 1;
  uint64_t task_number_ = 0;
  std::atomic<uint64_t> thread_id_{0};
  Mutex stop_mutex_;
  Thread thread_;
};

template <class Task>
bool Lane::run(Task&& task) {
  if (on_lane()) {
    task();
    return true;
  }
  Signal done;
  // The lane runs every task that it took.
  if (!post([&] {
        task();
        done.set();
      })) {
    return false;
  }
  done.wait();
  return true;
}

}  // namespace orrery::host
