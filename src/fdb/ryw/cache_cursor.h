// CacheCursor: walks the segments of a SnapshotCache: single rows, ranges known to be empty, unknown ranges.
//
// Every key below "\xff\xff" is in exactly one segment; behind the last one is an empty segment that begins at
// "\xff\xff". An insert into the cache voids the cursor until it seeks again. Thread-safety: none.
#pragma once

#include <cstdint>
#include <span>

#include "fdb/ryw/edge.h"
#include "fdb/ryw/snapshot_cache.h"

namespace orrery::fdb::ryw {

enum class SegmentKind : uint8_t { kUnknown, kEmpty, kRow };

class CacheCursor {
 public:
  explicit CacheCursor(const SnapshotCache& cache) : cache_(&cache) {}

  void seek(const Edge& key);
  void next();
  void prev();

  const Edge& begin() const { return begin_; }
  const Edge& end() const { return end_; }
  SegmentKind kind() const { return kind_; }

  const SnapshotCache& cache() const { return *cache_; }
  /// The entry and the index of the row; only where kind() is kRow.
  const CacheEntry& entry() const { return view_.at(position_); }
  uint32_t row_index() const { return part_ / 2; }
  const Row& row() const { return entry().rows[row_index()]; }
  /// Moves to another row of the same entry.
  void move_to_row(uint32_t index) {
    part_ = index * 2 + 1;
    settle();
  }

 private:
  void settle();
  uint32_t parts() const { return position_.none() ? 0 : entry().row_count * 2 + 2; }

  const SnapshotCache* cache_;
  SnapshotCache::View view_;
  ChunkedMap<CacheEntry>::Position position_;
  // Of an entry with n rows: 2i is the gap before row i (2n: the last gap), 2i + 1 is row i, and 2n + 1 the unknown
  // range behind the entry. Without entry: the unknown range before the first.
  uint32_t part_ = 0;
  bool at_end_ = false;
  SegmentKind kind_ = SegmentKind::kUnknown;
  Edge begin_;
  Edge end_;
};

}  // namespace orrery::fdb::ryw
