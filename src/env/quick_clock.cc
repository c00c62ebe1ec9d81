#include "env/quick_clock.h"

#include "env/environment.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace orrery::env {
namespace {

/// Whether the processor promises a counter whose rate never changes.
bool processor_counter_is_even() {
#if defined(__x86_64__)
  constexpr unsigned kPowerLeaf = 0x80000007, kInvariantCounter = 1u << 8;
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(kPowerLeaf, &a, &b, &c, &d) != 0 && (d & kInvariantCounter) != 0;
#elif defined(__aarch64__)
  return true;  // the architecture does
#else
  return false;
#endif
}

}  // namespace

QuickClock::Counter QuickClock::counter_beside(const Clock& clock) {
  const bool even = &clock == system_environment().clock && processor_counter_is_even();
  return even ? Counter::kEven : Counter::kNone;
}

int64_t QuickClock::read_clock() {
  constexpr int kTries = 3;
  // A thread that was stopped between the readings took them of different moments.
  constexpr int64_t kApartNanosMax = 1'000;
  constexpr uint64_t kAgreeing = 2048;  // rates that differ by less than the 2048th part
  constexpr int64_t kMeasuredNanosMax = kNanosPerSecond;
  int64_t before = 0, after = 0;
  uint64_t counter = 0;
  for (int i = 0; i < kTries; ++i) {
    before = clock_.monotonic_nanos();
    counter = processor_counter();
    after = clock_.monotonic_nanos();
    if (after - before < kApartNanosMax) break;
  }
  last_ = std::max(last_, after);
  window_ = 0;
  if (after - before >= kApartNanosMax) {
    base_nanos_ = 0;
    return last_;
  }
  const uint64_t steps = counter - base_counter_;
  const int64_t nanos = after - base_nanos_;
  const bool first = base_nanos_ == 0;
  if (!first && nanos < kWindowNanos / 2) return last_;  // too short to measure
  base_counter_ = counter;
  base_nanos_ = after;
  if (first || nanos > kMeasuredNanosMax || steps == 0) return last_;
  const uint64_t rate = (static_cast<uint64_t>(nanos) << kRateBits) / steps;
  const uint64_t apart = rate > rate_ ? rate - rate_ : rate_ - rate;
  rate_ = rate;
  if (rate != 0 && apart < rate / kAgreeing) {
    window_ = (static_cast<uint64_t>(kWindowNanos) << kRateBits) / rate;
  }
  return last_;
}

}  // namespace orrery::env
