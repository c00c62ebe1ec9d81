#include "capi/handle_table.h"

#include <cstdlib>
#include <new>

namespace orrery::capi {

HandleTable& HandleTable::instance() {
  // Never destroyed: handles may be closed while the process ends.
  static HandleTable* table = new HandleTable;
  return *table;
}

uint32_t HandleTable::shard_of_thread() {
#if defined(__wasi__)
  return 0;
#else
  static std::atomic<uint32_t> next{0};
  thread_local const uint32_t mine = next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return mine;
#endif
}

void HandleTable::give(Shard& shard, Cell* cell) {
  if (shard.count == shard.free.size()) {
    // The ring is full: lay it out anew with more room.
    std::vector<Cell*> larger(shard.free.size() * 2 + kQuarantineCells);
    for (size_t i = 0; i < shard.count; ++i) {
      larger[i] = shard.free[(shard.head + i) % shard.free.size()];
    }
    shard.free.swap(larger);
    shard.head = 0;
  }
  shard.free[(shard.head + shard.count) % shard.free.size()] = cell;
  ++shard.count;
}

bool HandleTable::grow(Shard& shard, uint32_t number) {
  LockGuard<Mutex> lock(slabs_mutex_);
  if (slab_count_ == kSlabsMax) return false;
  void* memory = std::aligned_alloc(kSlabBytes, kSlabBytes);
  if (memory == nullptr) return false;
  for (size_t offset = 0; offset < kSlabBytes; offset += kCellBytes) {
    Cell* cell = new (static_cast<char*>(memory) + offset) Cell;
    cell->shard = number;
    give(shard, cell);
  }
  const auto base = reinterpret_cast<uintptr_t>(memory);
  size_t at = slot_of(base);
  while (slabs_[at].load(std::memory_order_relaxed) != 0) at = (at + 1) % slabs_.size();
  slabs_[at].store(base, std::memory_order_release);  // pairs with has_slab()
  ++slab_count_;
  return true;
}

void* HandleTable::add(HandleKind kind, void* object) {
  const uint32_t number = shard_of_thread();
  Shard& shard = shards_[number];
  Cell* cell = nullptr;
  {
    LockGuard<Mutex> lock(shard.mutex);
    if (shard.count <= kQuarantineCells && !grow(shard, number) && shard.count == 0) {
      return nullptr;
    }
    cell = shard.free[shard.head];
    shard.head = (shard.head + 1) % shard.free.size();
    --shard.count;
  }
  cell->object = object;
  cell->kind.store(kind, std::memory_order_release);  // pairs with find() and remove()
  return cell;
}

void* HandleTable::remove(HandleKind kind, void* handle) {
  Cell* cell = const_cast<Cell*>(checked(handle));
  if (cell == nullptr) return nullptr;
  HandleKind expected = kind;
  if (!cell->kind.compare_exchange_strong(expected, HandleKind::kNone, std::memory_order_acq_rel)) {
    return nullptr;
  }
  void* object = cell->object;
  Shard& shard = shards_[cell->shard];
  LockGuard<Mutex> lock(shard.mutex);
  give(shard, cell);
  return object;
}

}  // namespace orrery::capi
