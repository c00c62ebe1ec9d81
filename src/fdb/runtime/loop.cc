#include "fdb/runtime/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "env/timed_wait.h"

namespace orrery::fdb {
namespace {

constexpr uint64_t kWakeKey = ~uint64_t{0};
constexpr int kEventsPerTurn = 64;
/// How long the thread of run() leaves a loop undriven whose last driver was a blocked thread that
/// may come again.
constexpr int64_t kTakeBackAfter = 5 * kMilli;

thread_local const Loop* own_loop = nullptr;

uint32_t epoll_mask(uint32_t what) {
  return ((what & FdWatch::kReadable) != 0 ? uint32_t{EPOLLIN} : 0) |
         ((what & FdWatch::kWritable) != 0 ? uint32_t{EPOLLOUT} : 0);
}

}  // namespace

/// A thread that blocks while another one drives.
struct Settlement::Parked {
  ParkedFor for_what;
  ParkedIn in_loop;
  ConditionVariable wake;
};

class Loop::Spawned final : private TaskListener, private Waiter {
 public:
  Spawned(Loop& loop, Task<Done> task)
      : Waiter(&Spawned::reap), loop_(loop), task_(std::move(task)) {
    in_.self = this;
    loop_.spawned_.push_back(in_);
  }
  ~Spawned() = default;
  void start() { task_.start(*this); }

 private:
  // Its frame cannot be freed by what runs at its end, so the loop does it a little later.
  void task_ended() override { loop_.make_ready(*this); }
  static void reap(Waiter& self) { delete &static_cast<Spawned&>(self); }
  Loop& loop_;
  SpawnedIn in_;
  Task<Done> task_;
};

bool FdWatch::watch(int fd, uint32_t what) {
  if (fd == fd_ && what == what_) return true;
  if (fd_ >= 0 && fd != fd_) unwatch();
  const bool anew = fd_ < 0;
  if (anew) {
    if (loop_.free_slots_.empty()) {
      loop_.free_slots_.push_back(static_cast<uint32_t>(loop_.slots_.size()));
      loop_.slots_.emplace_back();
    }
    slot_ = loop_.free_slots_.back();
  }
  epoll_event event{};
  event.events = epoll_mask(what);
  event.data.u64 = slot_ | uint64_t{loop_.slots_[slot_].generation} << 32;
  if (epoll_ctl(loop_.epoll_, anew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) != 0) return false;
  if (anew) {
    loop_.free_slots_.pop_back();
    loop_.slots_[slot_].watch = this;
  }
  fd_ = fd;
  what_ = what;
  return true;
}

void FdWatch::unwatch() {
  if (fd_ < 0) return;
  epoll_event unused{};
  epoll_ctl(loop_.epoll_, EPOLL_CTL_DEL, fd_, &unused);
  // Events that another thread has fetched already find the slot empty, or of another generation.
  loop_.slots_[slot_].watch = nullptr;
  ++loop_.slots_[slot_].generation;
  loop_.free_slots_.push_back(slot_);
  fd_ = -1;
  what_ = 0;
}

Loop::Loop(env::Clock& clock)
    : clock_(clock),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  now_ = clock_.monotonic_nanos();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeKey;
  if (ok() && epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_fd_, &event) != 0) {
    close(epoll_);
    epoll_ = -1;
  }
}

Loop::~Loop() {
  ORRERY_ASSERT(driver_ == Driver::kNone && !has_own_thread_);
  end_spawned();
  if (epoll_ >= 0) close(epoll_);
  if (wake_fd_ >= 0) close(wake_fd_);
}

void Loop::entered() {
  now_ = clock_.monotonic_nanos();
}

void Loop::run_inside() {
  do {
    while (Waiter* waiter = ready_.pop_front()) waiter->fire();
    while (Flushable* output = unflushed_.pop_front()) output->flush();
  } while (!ready_.empty());
}

void Loop::leave(UniqueLock<Mutex>& lock) {
  const bool own = own_loop == this;
  if (own && driver_ != Driver::kWaiter) {
    // The thread of run() writes everything that its callers produced at once, before it waits.
    while (Waiter* waiter = ready_.pop_front()) waiter->fire();
  } else {
    run_inside();
    nudge_driver();
    if (driver_ != Driver::kOwnThread && own_thread_is_needed()) own_thread_.notify_one();
  }
  lock.unlock();
}

/// Wakes the driver where it sleeps longer than it should now.
void Loop::nudge_driver() {
  if (!asleep_) return;
  const bool calls = !user_calls_.empty() && driver_ == Driver::kOwnThread;
  const bool settled = driver_waits_for_ != nullptr && driver_waits_for_->settled();
  if (calls || settled || timers_.earliest() < asleep_until_) wake();
}

void Loop::wake() {
  const uint64_t one = 1;
  // Fails only where the counter is full, and then the driver wakes anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

int Loop::wait_for_events(int64_t until, void* events, int capacity) {
  auto* out = static_cast<epoll_event*>(events);
  if (until == TimerHeap::kNever) return epoll_wait(epoll_, out, capacity, -1);
  const int64_t left = std::max<int64_t>(0, until - clock_.monotonic_nanos());
  const timespec limit{static_cast<time_t>(left / kSecond), static_cast<long>(left % kSecond)};
  const int found = epoll_pwait2(epoll_, out, capacity, &limit, nullptr);
  if (found >= 0 || errno != ENOSYS) return found;
  return epoll_wait(epoll_, out, capacity,
                    static_cast<int>(std::min<int64_t>((left + kMilli - 1) / kMilli, 60'000)));
}

// The caller is the driver, and everything that could run has run.
void Loop::drive_once(UniqueLock<Mutex>& lock, int64_t no_later_than) {
  epoll_event events[kEventsPerTurn];
  const int64_t until = std::min(no_later_than, timers_.earliest());
  asleep_ = true;
  asleep_until_ = until;
  lock.unlock();
  const int found = wait_for_events(until, events, kEventsPerTurn);
  lock.lock();
  asleep_ = false;
  entered();
  for (int i = 0; i < found; ++i) {
    const uint64_t key = events[i].data.u64;
    if (key == kWakeKey) {
      uint64_t count = 0;
      [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &count, sizeof count);
      continue;
    }
    const Slot& slot = slots_[static_cast<uint32_t>(key)];
    if (slot.watch == nullptr || slot.generation != key >> 32) continue;
    const uint32_t what = events[i].events;
    const bool broken = (what & (EPOLLERR | EPOLLHUP)) != 0;
    slot.watch->on_ready(((what & EPOLLIN) != 0 || broken ? FdWatch::kReadable : 0) |
                         ((what & EPOLLOUT) != 0 || broken ? FdWatch::kWritable : 0));
  }
  timers_.fire_due(now_);
  run_inside();
}

void Loop::run() {
  UniqueLock<Mutex> lock(mutex_);
  ORRERY_ASSERT(!has_own_thread_);
  has_own_thread_ = true;
  own_loop = this;
  uint64_t seen = turns_;
  while (!stopping_) {
    if (!user_calls_.empty()) {
      run_user_calls(lock);
      // What they produced, where another thread drives by now.
      entered();
      run_inside();
      nudge_driver();
      continue;
    }
    if (driver_ == Driver::kNone && (own_thread_is_needed() || turns_ == seen)) {
      driver_ = Driver::kOwnThread;
      entered();
      run_inside();
      while (!stopping_ && user_calls_.empty() && !takeover_) drive_once(lock);
      driver_ = Driver::kNone;
      // A blocked thread may have the driving while nobody waits for calls from here.
      if (std::exchange(takeover_, false) && !own_thread_is_needed() && !parked_.empty()) {
        seen = turns_ - 1;
        parked_.front().self->wake.notify_one();
      }
      continue;
    }
    if (turns_ != seen) {
      seen = turns_;
      env::timed_wait(own_thread_, lock, kTakeBackAfter);
    } else {
      own_thread_parked_ = true;
      own_thread_.wait(lock);
      own_thread_parked_ = false;
    }
  }
  run_user_calls(lock);
  stopping_ = false;
  has_own_thread_ = false;
  own_loop = nullptr;
  hand_over();
}

void Loop::stop() {
  UniqueLock<Mutex> lock(mutex_);
  stopping_ = true;
  own_thread_.notify_all();
  wake();
}

void Loop::run_user_calls(UniqueLock<Mutex>& lock) {
  List<UserCall> calls;
  calls.take_all(user_calls_);
  // A call may end others that are in the list, from this thread only: they are taken out one at a
  // time under the mutex.
  while (UserCall* call = calls.pop_front()) {
    lock.unlock();
    call->call();
    lock.lock();
  }
}

void Loop::hand_over() {
  if (has_own_thread_ && own_thread_is_needed()) {
    own_thread_.notify_one();
  } else if (!parked_.empty()) {
    parked_.front().self->wake.notify_one();
  } else if (own_thread_parked_) {
    own_thread_.notify_one();
  }
}

bool Loop::wait(Settlement& what) {
  if (what.settled()) return true;
  if (own_loop == this) return false;
  UniqueLock<Mutex> lock(mutex_);
  entered();
  run_inside();
  Settlement::Parked me;
  me.for_what.self = me.in_loop.self = &me;
  while (!what.settled()) {
    if (driver_ == Driver::kNone) {
      driver_ = Driver::kWaiter;
      driver_waits_for_ = &what;
      while (!what.settled()) {
        drive_once(lock);
        if (!user_calls_.empty()) own_thread_.notify_one();
      }
      driver_waits_for_ = nullptr;
      driver_ = Driver::kNone;
      ++turns_;
      break;
    }
    if (driver_ == Driver::kOwnThread && !own_thread_is_needed() && !takeover_) {
      takeover_ = true;
      wake();
    }
    what.waiters_.push_back(me.for_what);
    parked_.push_back(me.in_loop);
    me.wake.wait(lock);
    me.for_what.unlink();
    me.in_loop.unlink();
  }
  if (driver_ == Driver::kNone) hand_over();
  return true;
}

void Loop::poll() {
  UniqueLock<Mutex> lock(mutex_);
  entered();
  run_inside();
  if (driver_ != Driver::kNone || own_loop == this) return;
  driver_ = Driver::kWaiter;
  drive_once(lock, 0);
  driver_ = Driver::kNone;
  hand_over();
}

bool Loop::is_own_thread() const { return own_loop == this; }

void Loop::settle(Settlement& what) {
  what.settled_.store(true, std::memory_order_release);
  while (Settlement::ParkedFor* waiter = what.waiters_.pop_front()) waiter->self->wake.notify_one();
}

void Loop::call_later(UserCall& call) {
  user_calls_.push_back(call);
}

void Loop::expect_calls(int more) {
  expected_calls_ += more;
}

void Loop::spawn(Task<Done> task) {
  auto* spawned = new Spawned(*this, std::move(task));
  spawned->start();
}

void Loop::end_spawned() {
  while (SpawnedIn* in = spawned_.pop_front()) delete in->self;
}

}  // namespace orrery::fdb
