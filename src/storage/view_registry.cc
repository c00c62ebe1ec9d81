#include "storage/view_registry.h"

#include <algorithm>

namespace orrery::storage {
namespace {
std::atomic<uint32_t> thread_count{0};
}

ViewRegistry::~ViewRegistry() {
  Block* block = first_.next.load(std::memory_order_relaxed);
  while (block != nullptr) {
    Block* next = block->next.load(std::memory_order_relaxed);
    delete block;
    block = next;
  }
}

void ViewRegistry::note_use(uint32_t index) {
  uint32_t used = used_.load();
  while (used <= index && !used_.compare_exchange_weak(used, index + 1)) {
  }
}

uint32_t ViewRegistry::thread_hint() {
  static thread_local uint32_t hint =
      thread_count.fetch_add(1, std::memory_order_relaxed) % (kBlockSlots / 2);
  if (used_.load(std::memory_order_relaxed) <= hint) note_use(hint);
  return hint;
}

ViewRegistry::Slot* ViewRegistry::acquire_slow(uint64_t epoch) {
  note_use(kBlockSlots - 1);
  Block* block = &first_;
  for (;;) {
    for (Slot& slot : block->slots) {
      uint64_t free = 0;
      if (slot.epoch.load(std::memory_order_relaxed) == 0 &&
          slot.epoch.compare_exchange_strong(free, epoch)) {
        return &slot;
      }
    }
    Block* next = block->next.load();
    if (next == nullptr) {
      auto* added = new Block;
      if (block->next.compare_exchange_strong(next, added)) {
        next = added;
      } else {
        delete added;
      }
    }
    block = next;
  }
}

uint64_t ViewRegistry::oldest() const {
  uint64_t oldest = kNone;
  uint32_t used = used_.load();
  for (uint32_t i = 0; i < used; ++i) {
    uint64_t epoch = first_.slots[i].epoch.load();
    if (epoch != 0) oldest = std::min(oldest, epoch);
  }
  for (const Block* b = first_.next.load(); b != nullptr; b = b->next.load()) {
    for (const Slot& slot : b->slots) {
      uint64_t epoch = slot.epoch.load();
      if (epoch != 0) oldest = std::min(oldest, epoch);
    }
  }
  return oldest;
}

}  // namespace orrery::storage
