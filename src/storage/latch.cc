#include "storage/latch.h"

namespace orrery::storage {
namespace {
[[maybe_unused]] constexpr int kSpins = 200;
[[maybe_unused]] constexpr int kYields = 30;
/// A reader gives a waiting writer this many yields before it goes ahead.
[[maybe_unused]] constexpr int kReaderPatience = 20;
}  // namespace

#if defined(__wasi__)
void RwLatch::lock_shared_slow() {
  ORRERY_ASSERT((state_.load() & kWriter) == 0);
  state_.fetch_add(1);
}
void RwLatch::lock_slow() { ORRERY_ASSERT(false); }
void RwLatch::wake() {}
void RwLatch::park(uint32_t) {}
void SpinLatch::lock_slow() { ORRERY_ASSERT(false); }
#else
void RwLatch::wake() {
  state_.fetch_and(~kParked, std::memory_order_relaxed);
  state_.notify_all();
}

void RwLatch::park(uint32_t seen) {
  if ((seen & kParked) == 0) {
    if (!state_.compare_exchange_strong(seen, seen | kParked, std::memory_order_relaxed)) return;
    seen |= kParked;
  }
  state_.wait(seen, std::memory_order_relaxed);
}

void RwLatch::lock_shared_slow() {
  for (int round = 0;; ++round) {
    uint32_t state = state_.load(std::memory_order_relaxed);
    bool patient = round < kSpins + kReaderPatience;
    if ((state & kWriter) == 0 && ((state & kWaiting) == 0 || !patient)) {
      if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
        return;
      }
      continue;
    }
    if (round < kSpins) {
      spin_pause();
    } else if (round < kSpins + kYields) {
      std::this_thread::yield();
    } else if ((state & kWriter) != 0) {
      park(state);
    }
  }
}

void RwLatch::lock_slow() {
  for (int round = 0;; ++round) {
    uint32_t state = state_.load(std::memory_order_relaxed);
    if ((state & (kWriter | kReaders)) == 0) {
      if (state_.compare_exchange_weak(state, (state & kParked) | kWriter,
                                       std::memory_order_acquire, std::memory_order_relaxed)) {
        return;
      }
      continue;
    }
    if ((state & kWaiting) == 0) {
      state_.compare_exchange_weak(state, state | kWaiting, std::memory_order_relaxed);
    }
    if (round < kSpins) {
      spin_pause();
    } else if (round < kSpins + kYields) {
      std::this_thread::yield();
    } else {
      park(state);
    }
  }
}

void SpinLatch::lock_slow() {
  for (int round = 0; held_.exchange(true, std::memory_order_acquire); ++round) {
    if (round < kSpins) {
      spin_pause();
    } else {
      std::this_thread::yield();
    }
  }
}
#endif

}  // namespace orrery::storage
