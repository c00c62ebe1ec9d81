// RwLatch: a small reader/writer lock for short holds; SpinLatch: mutual exclusion for a few
// instructions.
//
// An uncontended lock is one atomic operation. Who has to wait spins, then yields, then parks.
// Waiting writers hold new readers back, but only for a while: a thread that already reads may
// take the latch again for reading (a self-join does) without a deadlock. Not for writing: a
// writer must not take the latch twice. In a build without threads nothing ever waits.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/assert.h"
#include "base/sync.h"

namespace orrery::storage {

class RwLatch {
 public:
  RwLatch() = default;
  RwLatch(const RwLatch&) = delete;
  RwLatch& operator=(const RwLatch&) = delete;

  void lock_shared() {
    uint32_t state = state_.load(std::memory_order_relaxed);
    if ((state & (kWriter | kWaiting)) == 0 &&
        state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire,
                                     std::memory_order_relaxed)) {
      return;
    }
    lock_shared_slow();
  }
  void unlock_shared() {
    uint32_t before = state_.fetch_sub(1, std::memory_order_release);
    if ((before & kParked) != 0 && (before & kReaders) == 1) wake();
  }
  void lock() {
    uint32_t state = 0;
    if (state_.compare_exchange_strong(state, kWriter, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
      return;
    }
    lock_slow();
  }
  bool try_lock() {
    uint32_t state = 0;
    return state_.compare_exchange_strong(state, kWriter, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void unlock() {
    // A subtraction gives the value before by itself; a conjunction would be a loop.
    uint32_t before = state_.fetch_sub(kWriter, std::memory_order_release);
    if ((before & kParked) != 0) wake();
  }

 private:
  static constexpr uint32_t kWriter = 1u << 31;
  static constexpr uint32_t kWaiting = 1u << 30;  ///< a writer waits
  static constexpr uint32_t kParked = 1u << 29;   ///< someone sleeps
  static constexpr uint32_t kReaders = kParked - 1;

  void lock_shared_slow();
  void lock_slow();
  void wake();
  void park(uint32_t seen);

  std::atomic<uint32_t> state_{0};
};

class SpinLatch {
 public:
  void lock() {
    if (!held_.exchange(true, std::memory_order_acquire)) return;
    lock_slow();
  }
  bool try_lock() { return !held_.exchange(true, std::memory_order_acquire); }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  void lock_slow();
  std::atomic<bool> held_{false};
};

/// Tells the processor that this thread spins.
inline void spin_pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace orrery::storage
