// Event: something that tasks of one loop wait for, and the pieces to wait for several at once.
//
// An Event has no memory: notify_all() wakes who waits now. Whoever waits checks its condition
// first, and again after waking; nothing happens in between, because a loop runs one task at a
// time. To wait for the first of several things, point all of them at one Event of your own:
//
//   Event wake(loop);
//   Running<Answer> first(wake, ask(a)), second(wake, ask(b));
//   Alarm alarm(wake, loop.now() + 10 * kMilli);
//   Link changed(database.proxies_changed(), wake);
//   while (!first.done() && !second.done() && !alarm.fired()) co_await wake.wait();
//
// What goes out of scope is ended. Inside one loop only.
#pragma once

#include <coroutine>

#include "fdb/runtime/list.h"
#include "fdb/runtime/task.h"

namespace orrery::fdb {

class Loop;

/// Something that an Event wakes.
class Waiter : public ListNode {
 public:
  using Fire = void (*)(Waiter&);
  explicit Waiter(Fire fire) : fire_(fire) {}
  void fire() { fire_(*this); }

 private:
  friend class Event;
  Fire fire_;
};

class Event {
 public:
  explicit Event(Loop& loop) : loop_(loop) {}
  Loop& loop() const { return loop_; }
  /// Wakes everybody who waits now; they run when the caller is through, never inside this call.
  void notify_all();
  /// Calls `waiter.fire()` at the next notification, unless it is unlinked before.
  void add(Waiter& waiter) { waiters_.push_back(waiter); }

  class Awaiter : public Waiter {
   public:
    explicit Awaiter(Event& event) : Waiter(&Awaiter::woken), event_(event) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
      caller_ = caller;
      event_.add(*this);
    }
    void await_resume() const noexcept {}

   private:
    // First fired by the event, then by the loop, which runs what is ready one after another.
    static void woken(Waiter& self);
    static void resumed(Waiter& self);
    Event& event_;
    std::coroutine_handle<> caller_;
  };
  /// co_await event.wait();
  Awaiter wait() { return Awaiter(*this); }

 private:
  Loop& loop_;
  List<Waiter> waiters_;
};

/// While it lives, every notification of `source` is one of `target`, too.
class Link : public Waiter {
 public:
  Link(Event& source, Event& target) : Waiter(&Link::woken), source_(source), target_(target) {
    source_.add(*this);
  }

 private:
  static void woken(Waiter& self);
  Event& source_;
  Event& target_;
};

/// A task that runs beside its starter; `wake` is notified at its end. Ended when it goes out of
/// scope.
template <class T>
class Running final : private TaskListener {
 public:
  Running(Event& wake, Task<T> task) : wake_(wake), task_(std::move(task)) { task_.start(*this); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  bool done() const { return task_.done(); }
  /// The result, once, when it is done.
  T take() { return task_.take(); }

 private:
  void task_ended() override { wake_.notify_all(); }
  Event& wake_;
  Task<T> task_;
};

}  // namespace orrery::fdb
