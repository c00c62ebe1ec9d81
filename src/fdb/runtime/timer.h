// Timer: a call at a time of the loop's clock; TimerHeap: all timers of a loop, the earliest first.
//
// A timer that is destroyed does not fire. Inside one loop only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace orrery::fdb {

class TimerHeap;

class Timer {
 public:
  using Fire = void (*)(Timer&);
  Timer(TimerHeap& heap, Fire fire) : heap_(heap), fire_(fire) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { stop(); }

  /// Fires at `at` (nanoseconds of the loop's clock) in place of any earlier setting.
  void start(int64_t at);
  void stop();
  bool pending() const { return index_ != kNone; }
  int64_t at() const { return at_; }

 private:
  friend class TimerHeap;
  static constexpr size_t kNone = ~size_t{0};
  TimerHeap& heap_;
  Fire fire_;
  int64_t at_ = 0;
  size_t index_ = kNone;
};

class TimerHeap {
 public:
  static constexpr int64_t kNever = INT64_MAX;
  /// When the earliest timer fires, or kNever.
  int64_t earliest() const { return heap_.empty() ? kNever : heap_.front()->at_; }
  /// Fires every timer that is due at `now`; a timer that one of them starts anew waits for the
  /// next call.
  void fire_due(int64_t now);

 private:
  friend class Timer;
  void insert(Timer& timer);
  void remove(Timer& timer);
  void place(size_t index, Timer* timer) {
    heap_[index] = timer;
    timer->index_ = index;
  }
  void sift_up(size_t index);
  void sift_down(size_t index);
  std::vector<Timer*> heap_;
};

}  // namespace orrery::fdb
