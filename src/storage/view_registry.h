// ViewRegistry: the views that are in use, each by the epoch at which it was taken.
//
// The epoch counts the moments at which something became unreachable for new views: a commit that
// was published, a rollback that took strings away. What became unreachable at epoch e may be
// reclaimed when no registered view is older than e. acquire() registers before the caller reads the
// last commit, oldest() is called after that commit was published: with sequential consistency, a
// view that oldest() misses sees the commit. Thread-safe, lock-free.
#pragma once

#include <atomic>
#include <cstdint>

namespace orrery::storage {

class ViewRegistry {
 public:
  static constexpr uint64_t kNone = UINT64_MAX;
  struct alignas(64) Slot {
    std::atomic<uint64_t> epoch{0};  ///< 0 = free
  };

  ViewRegistry() = default;
  ~ViewRegistry();
  ViewRegistry(const ViewRegistry&) = delete;
  ViewRegistry& operator=(const ViewRegistry&) = delete;

  Slot* acquire(uint64_t epoch) {
    Slot* slot = &first_.slots[thread_hint()];
    uint64_t free = 0;
    if (slot->epoch.load(std::memory_order_relaxed) == 0 &&
        slot->epoch.compare_exchange_strong(free, epoch)) {
      return slot;
    }
    return acquire_slow(epoch);
  }
  /// The view of `slot` is taken anew; the caller reads the last commit afterwards.
  static void renew(Slot* slot, uint64_t epoch) { slot->epoch.store(epoch); }
  static void release(Slot* slot) { slot->epoch.store(0, std::memory_order_release); }
  /// The epoch of the oldest registered view, or kNone.
  uint64_t oldest() const;

 private:
  static constexpr uint32_t kBlockSlots = 32;
  struct Block {
    Slot slots[kBlockSlots];
    std::atomic<Block*> next{nullptr};
  };
  /// A place to begin looking: different threads get different ones, the first the first.
  uint32_t thread_hint();
  Slot* acquire_slow(uint64_t epoch);
  void note_use(uint32_t index);

  Block first_;
  std::atomic<uint32_t> used_{0};  ///< slots of the first block that were ever used, from the front
};

}  // namespace orrery::storage
