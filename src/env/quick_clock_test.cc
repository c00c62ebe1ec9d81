#include "env/quick_clock.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "env/environment.h"

namespace orrery::env {
namespace {

/// Stands still until it is moved.
class HandClock final : public Clock {
 public:
  int64_t wall_nanos() override { return now; }
  int64_t monotonic_nanos() override {
    ++readings;
    return now;
  }
  void sleep_nanos(int64_t duration) override { now += duration; }

  int64_t now = 5'000'000;
  int readings = 0;
};

TEST(QuickClock, WithoutCounterAsksTheClockEveryTime) {
  HandClock clock;
  QuickClock quick(clock);
  for (int i = 0; i < 5; ++i) {
    clock.now += 10;
    EXPECT_EQ(quick.monotonic_nanos(), clock.now);
  }
  EXPECT_EQ(clock.readings, 5);
}

/// The counter runs though the clock does not: their rate is never the same twice.
TEST(QuickClock, ClockThatDisagreesWithTheCounterIsBelieved) {
  HandClock clock;
  QuickClock quick(clock, QuickClock::Counter::kEven);
  EXPECT_EQ(quick.monotonic_nanos(), clock.now);
  for (int64_t step : std::initializer_list<int64_t>{100, 600'000, 2'000'000, 9'000'000'000,
                                                     700'000, 5'000'000}) {
    clock.now += step;
    EXPECT_EQ(quick.monotonic_nanos(), clock.now) << step;
  }
  clock.now -= 1000;
  EXPECT_EQ(quick.monotonic_nanos(), clock.now + 1000) << "it went back";
}

TEST(QuickClock, StaysBesideTheSystemsClock) {
  constexpr int64_t kOffMax = 5'000;
  Clock& clock = *system_environment().clock;
  QuickClock quick(clock);
  const int64_t end = clock.monotonic_nanos() + 30 * kNanosPerMilli;
  int64_t last = 0;
  for (int64_t now = 0; now < end;) {
    const int64_t before = clock.monotonic_nanos();
    const int64_t told = quick.monotonic_nanos();
    now = clock.monotonic_nanos();
    ASSERT_GE(told, before - kOffMax);
    ASSERT_LE(told, now + kOffMax);
    ASSERT_GE(told, last);
    last = told;
  }
}

}  // namespace
}  // namespace orrery::env
