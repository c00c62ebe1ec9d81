// The one door to synchronisation. Native builds get the standard types; the wasm32-wasi build has
// no threads, so there a mutex is a flag that asserts it is not taken twice.
#pragma once

#if defined(__wasi__)
#include "base/assert.h"
namespace orrery {
class Mutex {
 public:
  void lock() {
    ORRERY_ASSERT(!held_);
    held_ = true;
  }
  bool try_lock() {
    if (held_) return false;
    held_ = true;
    return true;
  }
  void unlock() { held_ = false; }

 private:
  bool held_ = false;
};
class SharedMutex {
 public:
  void lock() {
    ORRERY_ASSERT(readers_ == 0 && !held_);
    held_ = true;
  }
  bool try_lock() {
    if (readers_ != 0 || held_) return false;
    held_ = true;
    return true;
  }
  void unlock() { held_ = false; }
  void lock_shared() {
    ORRERY_ASSERT(!held_);
    ++readers_;
  }
  bool try_lock_shared() {
    if (held_) return false;
    ++readers_;
    return true;
  }
  void unlock_shared() { --readers_; }

 private:
  int readers_ = 0;
  bool held_ = false;
};
template <class M>
class LockGuard {
 public:
  explicit LockGuard(M& m) : m_(m) { m_.lock(); }
  ~LockGuard() { m_.unlock(); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  M& m_;
};
template <class M>
class SharedLockGuard {
 public:
  explicit SharedLockGuard(M& m) : m_(m) { m_.lock_shared(); }
  ~SharedLockGuard() { m_.unlock_shared(); }
  SharedLockGuard(const SharedLockGuard&) = delete;
  SharedLockGuard& operator=(const SharedLockGuard&) = delete;

 private:
  M& m_;
};
template <class M>
class UniqueLock {
 public:
  explicit UniqueLock(M& m) : m_(m) { lock(); }
  ~UniqueLock() {
    if (owns_) m_.unlock();
  }
  UniqueLock(const UniqueLock&) = delete;
  UniqueLock& operator=(const UniqueLock&) = delete;
  void lock() {
    m_.lock();
    owns_ = true;
  }
  void unlock() {
    m_.unlock();
    owns_ = false;
  }

 private:
  M& m_;
  bool owns_ = false;
};
/// Nobody else could ever make a condition true, so waiting is a bug.
class ConditionVariable {
 public:
  void notify_one() {}
  void notify_all() {}
  template <class Lock>
  void wait(Lock&) {
    ORRERY_ASSERT(false);
  }
};
inline constexpr bool kHasThreads = false;
}  // namespace orrery
#else
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>
namespace orrery {
using Mutex = std::mutex;
using SharedMutex = std::shared_mutex;
template <class M>
using LockGuard = std::lock_guard<M>;
template <class M>
using SharedLockGuard = std::shared_lock<M>;
template <class M>
using UniqueLock = std::unique_lock<M>;
template <class M>
using UniqueLock = std::unique_lock<M>;
using ConditionVariable = std::condition_variable;
using Thread = std::thread;
inline constexpr bool kHasThreads = true;
}  // namespace orrery
#endif
