// QuickClock: the monotonic time of a Clock for who reads it very often.
//
// Where the clock is the system's and the processor has an even counter, time since the clock itself
// was read, at most a millisecond ago, is told from the counter: a third of the price. The rate is
// measured again at every reading of the clock and used only where two measurements in a row agree,
// so a machine that slept, or moved to another one, costs a few readings of the clock. Never goes
// back; off by less than a microsecond. One thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "env/clock.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace orrery::env {

/// 0 where the processor has none.
inline uint64_t processor_counter() {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  uint64_t out;
  asm volatile("mrs %0, cntvct_el0" : "=r"(out));
  return out;
#else
  return 0;
#endif
}

class QuickClock {
 public:
  enum class Counter : uint8_t { kNone, kEven };
  explicit QuickClock(Clock& clock) : QuickClock(clock, counter_beside(clock)) {}
  QuickClock(Clock& clock, Counter counter)
      : clock_(clock), has_counter_(counter == Counter::kEven) {}

  int64_t monotonic_nanos() {
    if (!has_counter_) return clock_.monotonic_nanos();
    const uint64_t passed = processor_counter() - base_counter_;
    if (passed >= window_) [[unlikely]] return read_clock();
    const auto nanos = static_cast<int64_t>((passed * rate_) >> kRateBits);
    last_ = std::max(last_, base_nanos_ + nanos);
    return last_;
  }

 private:
  static constexpr int kRateBits = 32;
  static constexpr int64_t kWindowNanos = kNanosPerMilli;
  static Counter counter_beside(const Clock& clock);
  int64_t read_clock();

  Clock& clock_;
  const bool has_counter_;
  uint64_t base_counter_ = 0;
  int64_t base_nanos_ = 0;
  uint64_t window_ = 0;  ///< in steps of the counter; 0: its rate is not known
  uint64_t rate_ = 0;    ///< nanoseconds per step, times 2^kRateBits
  int64_t last_ = 0;
};

}  // namespace orrery::env
