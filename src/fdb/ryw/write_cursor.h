// WriteCursor: walks the segments of a WriteMap: single keys with operations, cleared ranges, unmodified ranges.
//
// Every key below "\xff\xff" is in exactly one segment; behind the last one is an unmodified segment that begins at
// "\xff\xff". Borrows the view's entries. Thread-safety: none.
#pragma once

#include <cstdint>
#include <string_view>

#include "fdb/ryw/edge.h"
#include "fdb/ryw/write_map.h"

namespace orrery::fdb::ryw {

enum class WriteKind : uint8_t { kUnmodified, kCleared, kIndependent, kDependent };

class WriteCursor {
 public:
  explicit WriteCursor(WriteView view) : view_(view) { seek(Edge()); }

  /// Moves to the segment that holds `key`.
  void seek(const Edge& key);
  /// Moves to the next segment; there is one.
  void next();
  /// Moves to the segment before; there is one.
  void prev();

  const Edge& begin() const { return begin_; }
  const Edge& end() const { return end_; }
  WriteKind kind() const;
  bool is_operation() const { return on_key_; }
  bool makes_conflict() const;
  bool unreadable() const;
  /// Reads of the segment depend on the database, so they conflict with others' writes.
  bool depends_on_database() const {
    return kind() == WriteKind::kUnmodified || kind() == WriteKind::kDependent;
  }
  /// The entry of the key's operations; only where is_operation().
  const WriteEntry& entry() const { return view_.at(position_); }

 private:
  void settle();
  Edge next_key() const;

  WriteView view_;
  ChunkedMap<WriteEntry>::Position position_;
  bool on_key_ = false;
  bool at_end_ = false;
  Edge begin_;
  Edge end_;
};

}  // namespace orrery::fdb::ryw
