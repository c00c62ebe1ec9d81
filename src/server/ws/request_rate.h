// RequestRate: whether a client sends more requests in a second than it may. One thread.
#pragma once

#include <cstdint>

#include "env/environment.h"

namespace orrery::server::ws {

class RequestRate {
 public:
  /// 0: as many as it likes.
  explicit RequestRate(uint32_t per_second_max) : per_second_max_(per_second_max) {}

  /// Counts one request; false where it is one too many.
  bool take() {
    if (per_second_max_ == 0) return true;
    const int64_t now = env::system_environment().clock->monotonic_nanos() / env::kNanosPerSecond;
    if (now != second_) {
      second_ = now;
      taken_ = 0;
    }
    return ++taken_ <= per_second_max_;
  }

 private:
  const uint32_t per_second_max_;
  int64_t second_ = 0;
  uint32_t taken_ = 0;
};

}  // namespace orrery::server::ws
