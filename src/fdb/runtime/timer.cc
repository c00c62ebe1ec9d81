#include "fdb/runtime/timer.h"

namespace orrery::fdb {

void Timer::start(int64_t at) {
  if (pending()) heap_.remove(*this);
  at_ = at;
  heap_.insert(*this);
}

void Timer::stop() {
  if (pending()) heap_.remove(*this);
}

void TimerHeap::fire_due(int64_t now) {
  // What is started while others fire is not due at an earlier time than now, so it could fire for
  // ever: a round fires no more timers than there were.
  for (size_t left = heap_.size(); left > 0 && earliest() <= now; --left) {
    Timer& due = *heap_.front();
    remove(due);
    due.fire_(due);
  }
}

void TimerHeap::insert(Timer& timer) {
  heap_.push_back(&timer);
  timer.index_ = heap_.size() - 1;
  sift_up(timer.index_);
}

void TimerHeap::remove(Timer& timer) {
  const size_t hole = timer.index_;
  timer.index_ = Timer::kNone;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  place(hole, last);
  sift_up(hole);
  sift_down(last->index_);
}

void TimerHeap::sift_up(size_t index) {
  Timer* timer = heap_[index];
  while (index > 0) {
    const size_t parent = (index - 1) / 2;
    if (heap_[parent]->at_ <= timer->at_) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, timer);
}

void TimerHeap::sift_down(size_t index) {
  Timer* timer = heap_[index];
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->at_ < heap_[child]->at_) ++child;
    if (timer->at_ <= heap_[child]->at_) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, timer);
}

}  // namespace orrery::fdb
