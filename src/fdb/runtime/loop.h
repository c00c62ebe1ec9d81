// Loop: an event loop that any thread may enter. Sockets, timers and tasks of the client live in
// one.
//
// A loop is a monitor. Its state, and all code of the client that runs "inside" it, is behind one
// mutex:
//
//   { auto inside = loop.enter(); ... }    // from any thread; what it made ready runs when the
//   guard ends
//
// Somebody has to wait for sockets and timers: the *driver*. That is the thread of run(), or, where
// nothing is awaited by callback, whichever thread blocks in wait(): its own reply then reaches it
// without another thread being woken. User code (callbacks, coroutines of the user) runs outside
// the mutex and only on the thread of run().
//
// Ownership: tasks, timers, watches and events that belong to a loop go before it does. Errors:
// what the system refuses (no more descriptors) ends construction with ok() false. Thread-safety:
// the members of the first group from any thread; the rest inside.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/sync.h"
#include "env/clock.h"
#include "fdb/runtime/event.h"
#include "fdb/runtime/list.h"
#include "fdb/runtime/task.h"
#include "fdb/runtime/timer.h"

namespace orrery::fdb {

inline constexpr int64_t kMicro = 1'000;
inline constexpr int64_t kMilli = 1'000'000;
inline constexpr int64_t kSecond = 1'000'000'000;

/// A descriptor that a loop watches. Unwatched when destroyed; the descriptor must still be open
/// then.
class FdWatch {
 public:
  explicit FdWatch(Loop& loop) : loop_(loop) {}
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  static constexpr uint32_t kReadable = 1;
  static constexpr uint32_t kWritable = 2;
  /// Called inside the loop with what is possible now; errors and hang-ups count as both.
  virtual void on_ready(uint32_t what) = 0;
  /// Watches `fd` for these of kReadable and kWritable from now on (level-triggered); false where
  /// the system refuses.
  bool watch(int fd, uint32_t what);
  void unwatch();

 protected:
  ~FdWatch() { unwatch(); }

 private:
  friend class Loop;
  Loop& loop_;
  int fd_ = -1;
  uint32_t what_ = 0;
  uint32_t slot_ = 0;
};

/// Something with output that waits to be written once the running tasks are through.
class Flushable : public ListNode {
 public:
  virtual void flush() = 0;

 protected:
  ~Flushable() = default;
};

/// User code to be run on the thread of run(), outside the mutex. Its object lives until then.
class UserCall : public ListNode {
 public:
  virtual void call() = 0;

 protected:
  ~UserCall() = default;
};

/// What a thread can block for. Settled once, inside the loop.
class Settlement {
 public:
  bool settled() const { return settled_.load(std::memory_order_acquire); }

 private:
  friend class Loop;
  struct Parked;
  // A parked thread is in two lists, by two members.
  struct ParkedFor : ListNode {
    Parked* self;
  };
  struct ParkedIn : ListNode {
    Parked* self;
  };
  std::atomic<bool> settled_{false};
  List<ParkedFor> waiters_;
};

class Loop {
 public:
  explicit Loop(env::Clock& clock);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  bool ok() const { return epoll_ >= 0 && wake_fd_ >= 0; }

  // --- from any thread, outside the loop
  class Inside {
   public:
    explicit Inside(Loop& loop) : loop_(loop), lock_(loop.mutex_) { loop.entered(); }
    ~Inside() { loop_.leave(lock_); }
    Inside(const Inside&) = delete;

   private:
    Loop& loop_;
    UniqueLock<Mutex> lock_;
  };
  [[nodiscard]] Inside enter() { return Inside(*this); }
  /// Drives the loop, and runs user code, until stop(). One thread at a time.
  void run();
  /// Ends run(), or the next one where none has begun yet.
  void stop();
  /// Blocks until `what` is settled. Never from inside, nor from user code that run() calls (that
  /// would wait for itself: false is returned at once where it is not settled).
  bool wait(Settlement& what);
  /// Whether the calling thread is in run().
  bool is_own_thread() const;
  /// Lets the loop take what is there, without blocking, unless somebody drives it.
  void poll();

  // --- inside
  /// Nanoseconds of the monotonic clock, read when the loop was entered or woke.
  int64_t now() const { return now_; }
  env::Clock& clock() const { return clock_; }
  TimerHeap& timers() { return timers_; }
  void settle(Settlement& what);
  /// Has `call` run later on the thread of run().
  void call_later(UserCall& call);
  /// Somebody waits for `more` (or, negative, less) results by callback: then the thread of run()
  /// drives.
  void expect_calls(int more);
  void make_ready(Waiter& waiter) { ready_.push_back(waiter); }
  /// Has `what.flush()` called before the loop waits or is left.
  void flush_later(Flushable& what) {
    if (!what.linked()) unflushed_.push_back(what);
  }
  /// Runs a task until its end, or until the loop goes; nobody learns of its result.
  void spawn(Task<Done> task);
  /// Ends every spawned task. For whoever is about to destroy what they use.
  void end_spawned();
  class Sleep;
  /// co_await loop.sleep(10 * kMilli);
  Sleep sleep(int64_t nanos);

 private:
  friend class FdWatch;
  friend class Inside;
  enum class Driver : uint8_t { kNone, kOwnThread, kWaiter };
  struct Slot {
    FdWatch* watch = nullptr;
    uint32_t generation = 0;
  };
  class Spawned;
  struct SpawnedIn : ListNode {
    Spawned* self;
  };

  void entered();
  void leave(UniqueLock<Mutex>& lock);
  void run_inside();
  void drive_once(UniqueLock<Mutex>& lock, int64_t no_later_than = TimerHeap::kNever);
  int wait_for_events(int64_t until, void* events, int capacity);
  void hand_over();
  void nudge_driver();
  void wake();
  bool own_thread_is_needed() const { return expected_calls_ > 0 || !user_calls_.empty(); }
  void run_user_calls(UniqueLock<Mutex>& lock);

  env::Clock& clock_;
  int epoll_ = -1;
  int wake_fd_ = -1;
  Mutex mutex_;
  int64_t now_ = 0;
  TimerHeap timers_;
  List<Waiter> ready_;
  List<Flushable> unflushed_;
  List<UserCall> user_calls_;
  List<SpawnedIn> spawned_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;

  // Who drives.
  Driver driver_ = Driver::kNone;
  const Settlement* driver_waits_for_ = nullptr;
  bool asleep_ = false;  ///< the driver is in the system's wait
  int64_t asleep_until_ = 0;
  bool takeover_ = false;  ///< a blocked thread asks the thread of run() for the driving
  int expected_calls_ = 0;
  List<Settlement::ParkedIn> parked_;  ///< threads that block while another drives
  ConditionVariable own_thread_;
  bool has_own_thread_ = false;
  bool own_thread_parked_ = false;  ///< without a time limit: who leaves must wake it
  bool stopping_ = false;
  uint64_t turns_ = 0;  ///< of waiters that drove; tells run() that one still comes by
};

class Loop::Sleep : private Timer, private Waiter {
 public:
  Sleep(Loop& loop, int64_t at)
      : Timer(loop.timers(), &Sleep::due), Waiter(&Sleep::resume), loop_(loop), at_(at) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    caller_ = caller;
    start(at_);
  }
  void await_resume() const noexcept {}

 private:
  static void due(Timer& self) {
    Sleep& sleep = static_cast<Sleep&>(self);
    sleep.loop_.make_ready(sleep);
  }
  static void resume(Waiter& self) { static_cast<Sleep&>(self).caller_.resume(); }
  Loop& loop_;
  int64_t at_;
  std::coroutine_handle<> caller_;
};

inline Loop::Sleep Loop::sleep(int64_t nanos) {
  return Sleep(*this, now_ + nanos);
}

/// Notifies `wake` at a time; see event.h.
class Alarm : private Timer {
 public:
  Alarm(Event& wake, int64_t at) : Timer(wake.loop().timers(), &Alarm::due), wake_(wake) {
    start(at);
  }
  bool fired() const { return fired_; }
  /// Sets the alarm anew.
  void set(int64_t at) {
    fired_ = false;
    start(at);
  }

 private:
  static void due(Timer& self) {
    Alarm& alarm = static_cast<Alarm&>(self);
    alarm.fired_ = true;
    alarm.wake_.notify_all();
  }
  Event& wake_;
  bool fired_ = false;
};

}  // namespace orrery::fdb
