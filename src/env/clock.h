// Clock: the only source of time.
//
// Thread-safe. Nanoseconds everywhere.
#pragma once

#include <cstdint>

namespace orrery::env {

inline constexpr int64_t kNanosPerMilli = 1'000'000;
inline constexpr int64_t kNanosPerSecond = 1'000'000'000;

class Clock {
 public:
  virtual ~Clock() = default;
  /// Since 1970-01-01 UTC; may jump.
  virtual int64_t wall_nanos() = 0;
  /// Since an arbitrary start; never goes back.
  virtual int64_t monotonic_nanos() = 0;
  virtual void sleep_nanos(int64_t duration) = 0;
};

}  // namespace orrery::env
