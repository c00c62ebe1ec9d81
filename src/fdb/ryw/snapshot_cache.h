// SnapshotCache: what a transaction has read of the database at its read version, and what it knows to be empty.
//
// Sorted entries of known ranges; keys between the rows of an entry are known to be absent, all outside is unknown.
// Ownership: entries and keys of single reads lie in the arena, rows stay in the buffers they came in, which the cache
// holds until it is reset. Rows taken out stay valid until then. Thread-safety: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "fdb/ryw/chunked.h"
#include "fdb/ryw/rows.h"
#include "fdb/shared_bytes.h"

namespace orrery::fdb::ryw {

/// A range whose rows are all known.
struct CacheEntry {
  static constexpr uint32_t kNoSource = UINT32_MAX;
  const char* begin_data = nullptr;
  const char* end_data = nullptr;
  const Row* rows = nullptr;
  uint32_t begin_size = 0;
  uint32_t end_size = 0;
  uint32_t end_zeros = 0;
  uint32_t row_count = 0;
  uint32_t source = kNoSource;  // where the buffers of the rows are held

  std::string_view key() const { return {begin_data, begin_size}; }
  Edge end() const { return {std::string_view(end_data, end_size), end_zeros}; }
  void set_end(const Edge& edge) {
    end_data = edge.base.data();
    end_size = static_cast<uint32_t>(edge.base.size());
    end_zeros = edge.zeros;
  }
};

class SnapshotCache {
 public:
  using View = ChunkedMap<CacheEntry>::View;

  explicit SnapshotCache(Arena& arena) : arena_(&arena), entries_(arena) {}

  bool empty() const { return entries_.empty(); }
  View view() const { return entries_.view(); }

  /// Notes the value that a key has in the database. What was known stays.
  void insert(std::string_view key, const std::optional<SharedBytes>& value);
  /// Notes that the range holds these rows, in ascending order, and no others. What was known stays.
  void insert(const Edge& begin, const Edge& end, Rows&& rows);
  /// The first row of `entry` at or behind `key`; its row count where there is none.
  static uint32_t row_at_or_after(const CacheEntry& entry, const Edge& key);
  /// Calls visit(rows, buffer) for each run of rows [from, from + count) of `entry` that lies in one buffer.
  template <class Visit>
  void for_each_run(const CacheEntry& entry, uint32_t from, uint32_t count, Visit visit) const;
  /// The bytes of a row's value, with what holds them.
  SharedBytes value(const CacheEntry& entry, uint32_t row) const;

  /// Forgets everything; the arena is about to be reset.
  void reset();

 private:
  static constexpr uint32_t kRangeSource = 0x80000000u;

  const Rows& range_of(const CacheEntry& entry) const {
    return ranges_[entry.source & ~kRangeSource];
  }
  uint32_t first_row(const CacheEntry& entry) const {
    return static_cast<uint32_t>(entry.rows - range_of(entry).list().data());
  }

  Arena* arena_;
  ChunkedMap<CacheEntry> entries_;
  std::vector<Rows> ranges_;
  std::vector<BufferRef> values_;
};

template <class Visit>
void SnapshotCache::for_each_run(const CacheEntry& entry, uint32_t from, uint32_t count,
                                 Visit visit) const {
  if ((entry.source & kRangeSource) == 0) {
    visit(std::span<const Row>(entry.rows + from, count), values_[entry.source]);
    return;
  }
  const uint32_t first = first_row(entry) + from;
  range_of(entry).for_each_run(first, first + count, visit);
}

}  // namespace orrery::fdb::ryw
