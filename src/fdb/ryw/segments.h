// Segments: what a transaction sees of the database: its own writes over what it has read, segment by segment.
//
// A segment is a row, a range known to be empty, or unknown until the database is read. Walks both ways. An insert into
// the cache voids the walk until it seeks again; the writes are those of a view that stays. Thread-safety: none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/arena.h"
#include "fdb/error.h"
#include "fdb/ryw/cache_cursor.h"
#include "fdb/ryw/write_cursor.h"

namespace orrery::fdb::ryw {

class Segments {
 public:
  Segments(const SnapshotCache& cache, WriteView writes) : cache_(cache), writes_(writes) {}

  /// Moves to the segment that holds `key`.
  void seek(const Edge& key) {
    cache_.seek(key);
    writes_.seek(key);
  }
  /// Moves to the next segment (the one before); there is one.
  void next();
  void prev();

  const Edge& begin() const {
    return cache_.begin() < writes_.begin() ? writes_.begin() : cache_.begin();
  }
  const Edge& end() const { return cache_.end() < writes_.end() ? cache_.end() : writes_.end(); }
  /// What it is, apart from whether it may be read.
  SegmentKind kind() const;
  /// A versionstamp that is not known yet may lie here.
  bool unreadable() const { return writes_.unreadable(); }
  /// Readable and not unknown.
  bool known() const { return !unreadable() && kind() != SegmentKind::kUnknown; }
  bool is(SegmentKind wanted) const { return !unreadable() && kind() == wanted; }
  bool same_place(const Segments& other) const { return begin() == other.begin(); }

  const WriteCursor& writes() const { return writes_; }
  const CacheCursor& cached() const { return cache_; }
  /// The row is the database's own: nothing was written to it.
  bool is_database_row() const { return writes_.kind() == WriteKind::kUnmodified; }
  /// The value of a row that was written; nothing where the operations left none. Only where kind() is kRow and
  /// is_database_row() is false.
  Result<Value> written_value(Arena& arena) const;
  /// True where a segment of kind kRow has a value. operation_failed as above.
  Result<bool> has_value(Arena& arena) const;

  /// A run of the database's rows: from this row on up to `limit` (reverse: down to `limit`), at least this one.
  /// Moves to the farthest of them. Only at a row of the database.
  struct Run {
    const CacheEntry* entry;
    uint32_t first;
    uint32_t count;
  };
  Run run_forward(const Edge& limit);
  Run run_backward(const Edge& limit);

 private:
  CacheCursor cache_;
  WriteCursor writes_;
};

}  // namespace orrery::fdb::ryw
