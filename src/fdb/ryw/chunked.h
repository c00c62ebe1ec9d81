// ChunkedMap: entries in the order of their keys, in chunks of up to 32, with cheap snapshots.
//
// Made for the maps of one transaction: they are built, read in order and dropped as a whole, so all memory is the
// arena's and an empty map is one pointer. A snapshot shares the chunks; a write beside a snapshot copies the list of
// chunks once and each chunk that it changes. Ownership: the arena outlives the map and its snapshots; what entries
// point to is the caller's. Errors: none. Thread-safety: none.
//
// Entry: trivially copyable, with `std::string_view key() const`.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/arena.h"
#include "base/assert.h"
#include "fdb/ryw/edge.h"

namespace orrery::fdb::ryw {

template <class Entry>
class ChunkedMap {
  static_assert(std::is_trivially_copyable_v<Entry>);
  static constexpr uint32_t kChunkEntriesMax = 32;
  static constexpr uint32_t kChunkEntriesMin = 4;

  struct Chunk {
    uint32_t references;
    uint16_t count;
    uint16_t capacity;
    Chunk* next_free;
    Entry* entries() { return reinterpret_cast<Entry*>(this + 1); }
    const Entry* entries() const { return reinterpret_cast<const Entry*>(this + 1); }
  };
  struct Root {
    uint32_t references;
    uint32_t count;
    uint32_t capacity;
    Root* next_free;
    Chunk** chunks() { return reinterpret_cast<Chunk**>(this + 1); }
    Chunk* const* chunks() const { return reinterpret_cast<Chunk* const*>(this + 1); }
  };

 public:
  /// The place of an entry; `slot` < 0: before the first.
  struct Position {
    uint32_t chunk = 0;
    int32_t slot = -1;
    bool none() const { return slot < 0; }
    friend bool operator==(const Position&, const Position&) = default;
  };

  /// The entries as they are at one moment. Borrowed from the map or from a Snapshot.
  class View {
   public:
    View() = default;
    bool empty() const { return root_ == nullptr || root_->count == 0; }
    const Entry& at(Position p) const { return root_->chunks()[p.chunk]->entries()[p.slot]; }
    /// The last entry whose key is not behind `key`.
    Position at_or_before(const Edge& key, uint32_t hint = UINT32_MAX) const;
    /// The entry behind `p`; null at the end.
    const Entry* after(Position p) const {
      return advance(&p) ? &at(p) : nullptr;
    }
    /// Moves to the next entry; false, leaving `p`, at the end.
    bool advance(Position* p) const {
      if (empty()) return false;
      if (p->none()) {
        *p = {0, 0};
        return true;
      }
      if (static_cast<uint32_t>(p->slot) + 1 < root_->chunks()[p->chunk]->count) {
        p->slot++;
        return true;
      }
      if (p->chunk + 1 >= root_->count) return false;
      *p = {p->chunk + 1, 0};
      return true;
    }
    /// Moves to the entry before, which is "none" from the first.
    void retreat(Position* p) const {
      if (p->slot > 0 || p->chunk == 0) {
        p->slot--;
        return;
      }
      p->chunk--;
      p->slot = root_->chunks()[p->chunk]->count - 1;
    }
    /// The last entry, or none.
    Position last() const {
      if (empty()) return {};
      const uint32_t chunk = root_->count - 1;
      return {chunk, root_->chunks()[chunk]->count - 1};
    }

   private:
    friend class ChunkedMap;
    explicit View(const Root* root) : root_(root) {}
    const Root* root_ = nullptr;
  };

  /// Keeps the entries as they were when it was taken.
  class Snapshot {
   public:
    Snapshot() = default;
    Snapshot(const Snapshot& other) : map_(other.map_), root_(other.root_) {
      if (root_ != nullptr) root_->references++;
    }
    Snapshot(Snapshot&& other) noexcept
        : map_(other.map_), root_(std::exchange(other.root_, nullptr)) {}
    Snapshot& operator=(Snapshot other) noexcept {
      std::swap(map_, other.map_);
      std::swap(root_, other.root_);
      return *this;
    }
    ~Snapshot() {
      if (root_ != nullptr) map_->drop(root_);
    }
    View view() const { return View(root_); }

   private:
    friend class ChunkedMap;
    Snapshot(ChunkedMap* map, Root* root) : map_(map), root_(root) {
      if (root_ != nullptr) root_->references++;
    }
    ChunkedMap* map_ = nullptr;
    Root* root_ = nullptr;
  };

  explicit ChunkedMap(Arena& arena) : arena_(&arena) {}
  ChunkedMap(const ChunkedMap&) = delete;
  ChunkedMap& operator=(const ChunkedMap&) = delete;

  bool empty() const { return view().empty(); }
  View view() const { return View(root_); }
  Snapshot snapshot() { return Snapshot(this, root_); }
  Position at_or_before(const Edge& key) {
    const Position p = view().at_or_before(key, hint_);
    hint_ = p.chunk;
    return p;
  }
  /// The entry, to be changed; its key must stay. Positions stay valid.
  Entry& change(Position p) {
    own_root();
    return own_chunk(p.chunk)->entries()[p.slot];
  }
  /// Inserts behind `p`; returns the new entry's position. Other positions are void.
  Position insert_after(Position p, const Entry& entry);
  /// Erases the entries behind `from` up to and including `to`. Positions behind `from` are void.
  void erase_after(Position from, Position to);
  /// Forgets everything; no snapshot is left and the arena is about to be reset.
  void reset() {
    root_ = nullptr;
    free_chunks_ = nullptr;
    free_roots_ = nullptr;
    hint_ = 0;
  }

 private:
  Chunk* new_chunk(uint32_t capacity) {
    if (capacity == kChunkEntriesMax && free_chunks_ != nullptr) {
      Chunk* chunk = std::exchange(free_chunks_, free_chunks_->next_free);
      chunk->references = 1;
      chunk->count = 0;
      return chunk;
    }
    void* memory = arena_->allocate(sizeof(Chunk) + capacity * sizeof(Entry));
    return new (memory) Chunk{1, 0, static_cast<uint16_t>(capacity), nullptr};
  }
  Root* new_root(uint32_t capacity) {
    if (free_roots_ != nullptr && free_roots_->capacity >= capacity) {
      Root* root = std::exchange(free_roots_, free_roots_->next_free);
      root->references = 1;
      root->count = 0;
      return root;
    }
    void* memory = arena_->allocate(sizeof(Root) + capacity * sizeof(Chunk*));
    return new (memory) Root{1, 0, capacity, nullptr};
  }
  void drop(Chunk* chunk) {
    if (--chunk->references > 0 || chunk->capacity != kChunkEntriesMax) return;
    chunk->next_free = std::exchange(free_chunks_, chunk);
  }
  void drop(Root* root) {
    if (--root->references > 0) return;
    for (uint32_t i = 0; i < root->count; i++) drop(root->chunks()[i]);
    root->next_free = std::exchange(free_roots_, root);
  }
  /// Makes the list of chunks this map's own.
  void own_root() {
    if (root_ == nullptr || root_->references == 1) return;
    Root* copy = new_root(root_->capacity);
    copy->count = root_->count;
    std::memcpy(copy->chunks(), root_->chunks(), root_->count * sizeof(Chunk*));
    for (uint32_t i = 0; i < root_->count; i++) root_->chunks()[i]->references++;
    root_->references--;
    root_ = copy;
  }
  /// Makes a chunk this map's own, of at least `capacity` entries; the root is.
  Chunk* own_chunk(uint32_t index, uint32_t capacity = 0) {
    Chunk* chunk = root_->chunks()[index];
    if (chunk->references == 1 && chunk->capacity >= capacity) return chunk;
    Chunk* copy = new_chunk(capacity > chunk->capacity ? capacity : chunk->capacity);
    copy->count = chunk->count;
    std::memcpy(static_cast<void*>(copy->entries()), chunk->entries(),
                chunk->count * sizeof(Entry));
    root_->chunks()[index] = copy;
    drop(chunk);
    return copy;
  }
  /// Puts a chunk at `index` of the root's list.
  void add_chunk(uint32_t index, Chunk* chunk) {
    if (root_->count == root_->capacity) {
      Root* grown = new_root(root_->capacity * 2);
      grown->count = root_->count;
      std::memcpy(grown->chunks(), root_->chunks(), root_->count * sizeof(Chunk*));
      root_ = grown;  // the old list, which nobody shares, is left to the arena
    }
    Chunk** chunks = root_->chunks();
    std::memmove(chunks + index + 1, chunks + index, (root_->count - index) * sizeof(Chunk*));
    chunks[index] = chunk;
    root_->count++;
  }
  Position make_room(Position p);

  Arena* arena_;
  Root* root_ = nullptr;
  Chunk* free_chunks_ = nullptr;
  Root* free_roots_ = nullptr;
  uint32_t hint_ = 0;
};

template <class Entry>
typename ChunkedMap<Entry>::Position ChunkedMap<Entry>::View::at_or_before(const Edge& key,
                                                                           uint32_t hint) const {
  if (empty()) return {};
  Chunk* const* chunks = root_->chunks();
  const auto begins_behind = [&](uint32_t chunk) {
    return compare(Edge(chunks[chunk]->entries()[0].key()), key) > 0;
  };
  uint32_t low = 0;
  uint32_t high = root_->count;  // the chunk is in [low, high)
  if (hint < high) {             // keys are often written in order, or near each other
    if (begins_behind(hint)) {
      high = hint;
    } else {
      low = hint;
      if (hint + 1 < high && begins_behind(hint + 1)) high = hint + 1;
    }
  }
  if (high == 0) return {};
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    (begins_behind(middle) ? high : low) = middle;
  }
  const Chunk* chunk = chunks[low];
  int32_t begin = -1;
  int32_t end = chunk->count;  // the slot is in [begin, end)
  while (end - begin > 1) {
    const int32_t middle = begin + (end - begin) / 2;
    (compare(Edge(chunk->entries()[middle].key()), key) > 0 ? end : begin) = middle;
  }
  return {low, begin};
}

/// Sees to it that the chunk where an entry behind `p` goes has room; returns `p`, or where its entry now is.
template <class Entry>
typename ChunkedMap<Entry>::Position ChunkedMap<Entry>::make_room(Position p) {
  Chunk* full = root_->chunks()[p.chunk];
  if (full->count < full->capacity) return p;
  if (full->capacity < kChunkEntriesMax) {
    own_chunk(p.chunk, full->capacity * 2u);
    return p;
  }
  Chunk* behind = new_chunk(kChunkEntriesMax);
  if (p.chunk + 1 == root_->count && p.slot + 1 == full->count) {
    add_chunk(p.chunk + 1, behind);  // written in order: chunks stay full
    return {p.chunk + 1, -1};
  }
  full = own_chunk(p.chunk);
  const uint16_t kept = kChunkEntriesMax / 2;
  behind->count = kChunkEntriesMax - kept;
  std::memcpy(static_cast<void*>(behind->entries()), full->entries() + kept,
              behind->count * sizeof(Entry));
  full->count = kept;
  add_chunk(p.chunk + 1, behind);
  if (p.slot < kept) return p;
  return {p.chunk + 1, p.slot - kept};
}

template <class Entry>
typename ChunkedMap<Entry>::Position ChunkedMap<Entry>::insert_after(Position p,
                                                                     const Entry& entry) {
  if (root_ == nullptr) root_ = new_root(4);
  own_root();
  if (root_->count == 0) {
    add_chunk(0, new_chunk(kChunkEntriesMin));
    p = {0, -1};
  }
  p = make_room(p);
  Chunk* chunk = own_chunk(p.chunk);
  const int32_t slot = p.slot + 1;
  Entry* entries = chunk->entries();
  std::memmove(static_cast<void*>(entries + slot + 1), entries + slot,
               static_cast<size_t>(chunk->count - slot) * sizeof(Entry));
  entries[slot] = entry;
  chunk->count++;
  return {p.chunk, slot};
}

template <class Entry>
void ChunkedMap<Entry>::erase_after(Position from, Position to) {
  if (from == to || to.none()) return;
  own_root();
  Position first = from;
  const bool any = view().advance(&first);
  ORRERY_ASSERT(any);
  const auto cut = [this](uint32_t index, int32_t begin, int32_t end) {
    Chunk* chunk = own_chunk(index);
    Entry* entries = chunk->entries();
    std::memmove(static_cast<void*>(entries + begin), entries + end,
                 static_cast<size_t>(chunk->count - end) * sizeof(Entry));
    chunk->count = static_cast<uint16_t>(chunk->count - (end - begin));
  };
  if (first.chunk == to.chunk) {
    cut(first.chunk, first.slot, to.slot + 1);
  } else {
    cut(to.chunk, 0, to.slot + 1);
    cut(first.chunk, first.slot, root_->chunks()[first.chunk]->count);
  }
  uint32_t kept = first.chunk;
  for (uint32_t i = first.chunk; i < root_->count; i++) {
    Chunk* chunk = root_->chunks()[i];
    const bool between = i > first.chunk && i < to.chunk;
    if (between || chunk->count == 0) {
      drop(chunk);
    } else {
      root_->chunks()[kept++] = chunk;
    }
  }
  root_->count = kept;
  if (hint_ >= kept) hint_ = 0;
}

}  // namespace orrery::fdb::ryw
