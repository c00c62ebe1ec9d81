// HandleTable: what stands between the pointers that callers hold and the objects behind them.
//
// A handle is the address of a 16-byte cell in a slab that is never freed, so that any pointer can
// be checked without being trusted: it must lie in a slab, at a cell, and the cell must hold an
// object of the kind asked for. A freed cell is used again only after kQuarantineCells others, so
// that a handle used just after its end is an error and not somebody else's object. Thread-safe;
// what a handle leads to is the caller's to guard.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/sync.h"

namespace orrery::capi {

enum class HandleKind : uint32_t {
  kNone = 0,  ///< a free cell
  kDatabase = 0x0db11e01,
  kStatement = 0x057a7e02,
  kTransaction = 0x07a25a03,
  kRows = 0x00405504,
};

class HandleTable {
 public:
  static HandleTable& instance();

  /// nullptr where all cells are in use.
  void* add(HandleKind kind, void* object);
  /// The object behind a handle; nullptr where the handle is none of that kind.
  void* find(HandleKind kind, const void* handle) const {
    const Cell* cell = checked(handle);
    if (cell == nullptr || cell->kind.load(std::memory_order_acquire) != kind) return nullptr;
    return cell->object;
  }
  /// The same, and ends the handle: of two calls at once, one gets the object.
  void* remove(HandleKind kind, void* handle);

 private:
  struct Cell {
    std::atomic<HandleKind> kind{HandleKind::kNone};
    uint32_t shard = 0;
    void* object = nullptr;
  };
  static_assert(sizeof(Cell) <= 16);
  static constexpr size_t kSlabBytes = 64 << 10;
  static constexpr size_t kCellBytes = 16;
  static constexpr size_t kSlabsMax = 1024;
  static constexpr size_t kShards = 16;
  static constexpr size_t kQuarantineCells = 256;

  /// Cells are handed out shard by shard, so that threads seldom meet.
  struct alignas(64) Shard {
    Mutex mutex;
    std::vector<Cell*> free;  ///< a ring: taken at head_, given back at its other end
    size_t head = 0;
    size_t count = 0;
  };

  const Cell* checked(const void* handle) const {
    const auto address = reinterpret_cast<uintptr_t>(handle);
    if (address == 0 || address % kCellBytes != 0) return nullptr;
    return has_slab(address & ~(kSlabBytes - 1)) ? static_cast<const Cell*>(handle) : nullptr;
  }
  bool has_slab(uintptr_t base) const {
    for (size_t at = slot_of(base);; at = (at + 1) % slabs_.size()) {
      const uintptr_t slab = slabs_[at].load(std::memory_order_acquire);
      // In this order: an address below the first slab's size has the base 0, as a free slot has.
      if (slab == 0) return false;
      if (slab == base) return true;
    }
  }
  static size_t slot_of(uintptr_t base) { return (base / kSlabBytes) % (2 * kSlabsMax); }
  static uint32_t shard_of_thread();
  bool grow(Shard& shard, uint32_t number);
  static void give(Shard& shard, Cell* cell);

  std::array<std::atomic<uintptr_t>, 2 * kSlabsMax> slabs_{};  ///< a hash set of slab addresses
  Mutex slabs_mutex_;
  size_t slab_count_ = 0;
  std::array<Shard, kShards> shards_;
};

}  // namespace orrery::capi
