// Future<T>: what a user holds of an operation that runs in a loop. The public face of the client
// hands these out.
//
//   Result<Value> now = future.get();          // blocks this thread
//   Result<Value> later = co_await future;     // resumes on the loop's own thread (the one in
//   Loop::run) future.on_ready([] { ... });               // called once, there, too
//
// Ownership: a Future that is destroyed before its operation has ended cancels it; it keeps the
// loop. Errors: operation_cancelled after cancel(); blocked_from_network_thread where get() would
// wait for the thread it is called on. Thread-safety: one Future is used by one thread at a time;
// the loop's side is synchronised.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "fdb/error.h"
#include "fdb/runtime/loop.h"

namespace orrery::fdb {

/// The part of an operation that does not depend on its result. Counted: by the user's Future and,
/// while it runs, by the loop.
class OperationBase : private TaskListener, private Waiter, public UserCall {
 public:
  Loop& loop() const { return loop_; }
  Settlement& settlement() { return settlement_; }
  bool settled() const { return settlement_.settled(); }
  void ref() { references_.fetch_add(1, std::memory_order_relaxed); }
  void unref() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  // --- inside the loop
  /// For the list of whoever has to end its operations before it ends itself. Left when the
  /// operation ends.
  struct Membership : ListNode {
    OperationBase* self;
  };
  Membership& membership() { return membership_; }
  /// Ends it now with `error`, unless it has ended. Never from code that runs in the operation
  /// itself.
  void end_with(Error error);
  /// Has `ready` called once the operation has ended; false, and nothing is kept, where it has.
  bool call_when_settled(std::function<void()> ready);
  /// Forgets what call_when_settled was given, unless it is already being called.
  void forget_call();

 protected:
  explicit OperationBase(Loop& loop) : Waiter(&OperationBase::reap), loop_(loop) {
    membership_.self = this;
  }
  virtual ~OperationBase() = default;
  TaskListener& listener() { return *this; }
  virtual void take_result() = 0;
  virtual void set_failure(Error error) = 0;
  /// Frees the frame and everything it held.
  virtual void drop_task() = 0;

 private:
  void task_ended() final;
  void call() final;
  void settle();
  static void reap(Waiter& self);

  Loop& loop_;
  Membership membership_;
  Settlement settlement_;
  std::function<void()> ready_;
  std::atomic<int> references_{1};
};

template <class T>
class Operation final : public OperationBase {
 public:
  /// Inside the loop. Returns with one reference; the loop has another until the operation ended.
  static Operation* start(Loop& loop, Task<Result<T>> task, List<Membership>* members = nullptr) {
    auto* operation = new Operation(loop, std::move(task));
    operation->ref();
    operation->task_.start(operation->listener());
    // Only now: what the task does at once may end all members, and a task cannot be ended while it
    // runs.
    if (members != nullptr && !operation->settled()) members->push_back(operation->membership());
    return operation;
  }
  /// Of a settled operation.
  Result<T>& result() { return *result_; }

 private:
  Operation(Loop& loop, Task<Result<T>> task) : OperationBase(loop), task_(std::move(task)) {}
  void take_result() override { result_.emplace(task_.take()); }
  void set_failure(Error error) override { result_.emplace(fail(error)); }
  void drop_task() override { task_ = {}; }

  Task<Result<T>> task_;
  std::optional<Result<T>> result_;
};

template <class T>
class [[nodiscard]] Future {
 public:
  Future() = default;
  /// Takes over the reference that the caller holds. `owner` keeps the loop.
  Future(Operation<T>* operation, std::shared_ptr<void> owner)
      : operation_(operation), owner_(std::move(owner)) {}
  Future(Future&& other) noexcept
      : operation_(std::exchange(other.operation_, nullptr)), owner_(std::move(other.owner_)) {}
  Future& operator=(Future&& other) noexcept {
    if (this != &other) {
      drop();
      operation_ = std::exchange(other.operation_, nullptr);
      owner_ = std::move(other.owner_);
    }
    return *this;
  }
  ~Future() { drop(); }

  bool valid() const { return operation_ != nullptr; }
  bool is_ready() const { return operation_->settled(); }
  /// Waits for the end and returns the result; once.
  Result<T> get() {
    if (!operation_->loop().wait(operation_->settlement())) {
      return fail(error::blocked_from_network_thread);
    }
    return std::move(operation_->result());
  }
  /// Ends the operation with operation_cancelled, unless it has ended.
  void cancel() {
    auto inside = operation_->loop().enter();
    operation_->end_with(error::operation_cancelled);
  }
  /// Calls `ready` once the operation has ended: on the loop's thread, or at once where it has
  /// ended already.
  void on_ready(std::function<void()> ready) {
    {
      auto inside = operation_->loop().enter();
      if (operation_->call_when_settled(ready)) return;
    }
    ready();
  }

  // co_await future
  bool await_ready() const noexcept { return operation_->settled(); }
  bool await_suspend(std::coroutine_handle<> caller) {
    auto inside = operation_->loop().enter();
    return operation_->call_when_settled([caller] { caller.resume(); });
  }
  Result<T> await_resume() { return std::move(operation_->result()); }

 private:
  void drop() {
    if (operation_ == nullptr) return;
    if (!operation_->settled()) {
      auto inside = operation_->loop().enter();
      operation_->forget_call();
      operation_->end_with(error::operation_cancelled);
    }
    std::exchange(operation_, nullptr)->unref();
  }
  Operation<T>* operation_ = nullptr;
  std::shared_ptr<void> owner_;
};

}  // namespace orrery::fdb
