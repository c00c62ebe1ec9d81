// timed_wait(): waiting for a condition variable, but not for ever. Native builds only.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/sync.h"

namespace orrery::env {

/// Returns when notified, after so long, or for no reason. The lock is held again then.
inline void timed_wait(ConditionVariable& condition, UniqueLock<Mutex>& lock, int64_t nanos) {
  condition.wait_for(lock, std::chrono::nanoseconds(nanos));
}

}  // namespace orrery::env
