#include "fdb/runtime/future.h"

namespace orrery::fdb {

void OperationBase::task_ended() {
  take_result();
  settle();
  // The frame is being left right now: the loop frees it on its next turn.
  loop_.make_ready(*this);
}

void OperationBase::reap(Waiter& self) {
  auto& operation = static_cast<OperationBase&>(self);
  operation.drop_task();
  operation.unref();
}

void OperationBase::end_with(Error error) {
  if (settled()) return;
  drop_task();
  set_failure(error);
  settle();
  loop_.make_ready(*this);
}

void OperationBase::settle() {
  membership_.unlink();
  loop_.settle(settlement_);
  if (ready_) loop_.call_later(*this);
}

bool OperationBase::call_when_settled(std::function<void()> ready) {
  if (settled()) return false;
  ref();  // until the call
  ready_ = std::move(ready);
  loop_.expect_calls(1);
  return true;
}

void OperationBase::forget_call() {
  // While linked it waits for its turn; not linked and settled, it is running or has run.
  if (!ready_ || (settled() && !UserCall::linked())) return;
  UserCall::unlink();
  ready_ = nullptr;
  loop_.expect_calls(-1);
  unref();
}

void OperationBase::call() {
  std::function<void()> ready;
  {
    auto inside = loop_.enter();
    ready = std::exchange(ready_, nullptr);
    loop_.expect_calls(-1);
  }
  ready();
  unref();
}

}  // namespace orrery::fdb
