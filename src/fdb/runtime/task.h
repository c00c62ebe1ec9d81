// Task<T>: an asynchronous computation as a coroutine, and the ways to run one.
//
//   Task<Result<int>> twice(Loop& loop) { co_await loop.sleep(kMilli); co_return 2; }
//
// A Task is lazy: it starts where it is awaited (co_await task, once) or given to Running or
// Loop::spawn. It owns its frame: destroying a Task ends the computation where it stands, with
// everything it awaits in turn. That is how things are cancelled, so whatever a task must give back
// is given back by destructors.
//
// Everything here happens inside one loop (see loop.h), under its mutex. Not thread-safe otherwise.
#pragma once

#include <coroutine>
#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "fdb/runtime/frame_pool.h"

namespace orrery::fdb {

/// Told when a task that nobody awaits has ended. The frame is at its end but still there.
class TaskListener {
 public:
  virtual void task_ended() = 0;

 protected:
  ~TaskListener() = default;
};

class TaskPromiseBase {
 public:
  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      TaskPromiseBase& promise = ended.promise();
      if (promise.continuation) return promise.continuation;
      if (promise.listener != nullptr) promise.listener->task_ended();
      return std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };

  static void* operator new(size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, size_t size) { free_frame(frame, size); }
  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { std::abort(); }

  std::coroutine_handle<> continuation;
  TaskListener* listener = nullptr;
};

template <class T>
class [[nodiscard]] Task {
 public:
  struct promise_type : TaskPromiseBase {
    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    template <class U>
    void return_value(U&& result) {
      value.emplace(std::forward<U>(result));
    }
    std::optional<T> value;
  };

  Task() = default;
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~Task() { destroy(); }

  explicit operator bool() const { return frame_ != nullptr; }
  bool done() const { return frame_ != nullptr && frame_.done(); }
  /// The result of a task that is done; once.
  T take() {
    ORRERY_ASSERT(done());
    return std::move(*frame_.promise().value);
  }
  /// Starts a task that nobody awaits; `listener` outlives it.
  void start(TaskListener& listener) {
    frame_.promise().listener = &listener;
    frame_.resume();
  }

  struct Awaiter {
    std::coroutine_handle<promise_type> frame;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
      frame.promise().continuation = caller;
      return frame;
    }
    T await_resume() { return std::move(*frame.promise().value); }
  };
  Awaiter operator co_await() const& { return Awaiter{frame_}; }
  Awaiter operator co_await() const&& { return Awaiter{frame_}; }

 private:
  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  void destroy() {
    if (frame_ != nullptr) std::exchange(frame_, nullptr).destroy();
  }
  std::coroutine_handle<promise_type> frame_;
};

/// What a task without a result returns: co_return Done{}.
struct Done {};

}  // namespace orrery::fdb
