// WriteMap: everything that a transaction wrote and has not committed, by key.
//
// Sorted entries tell of a key and of the interval up to the next entry: operations, cleared, makes conflicts,
// unreadable (a versionstamp unknown before the commit may lie there). Ownership: keys, values and entries lie in the
// arena, which outlives the map and its snapshots; arguments are copied. Errors: none; arguments have been checked
// (key_rules.h, versionstamp.h). Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "fdb/ryw/chunked.h"
#include "fdb/ryw/write_entry.h"

namespace orrery::fdb::ryw {

using WriteView = ChunkedMap<WriteEntry>::View;
using WriteSnapshot = ChunkedMap<WriteEntry>::Snapshot;

class WriteMap {
 public:
  explicit WriteMap(Arena& arena) : arena_(&arena), entries_(arena) {}

  bool empty() const { return entries_.empty(); }
  WriteView view() const { return entries_.view(); }
  /// Keeps the writes as they are now: what a read sees that began now, whatever is written before it ends.
  WriteSnapshot snapshot() { return entries_.snapshot(); }

  /// Sets a key or does an atomic operation on it. A write without conflict leaves one that is there.
  void mutate(std::string_view key, MutationType type, std::string_view operand, WriteConflict conflict);
  void clear(KeyRange range, WriteConflict conflict);
  /// Adds a write conflict without a write.
  void add_conflict_range(KeyRange range);
  /// Forgets what was written to the range, which must have been exported, and makes it unreadable.
  void forget_and_make_unreadable(KeyRange range);

  /// Appends the writes of the keys in `range` in the order of a commit: all clears, then the operations key by key;
  /// and the write conflicts, joined where they touch.
  void append_to(WriteSet& set, KeyRange range) const;
  /// Appends the write conflicts of the keys in `range`, joined where they touch.
  void append_conflicts(std::vector<KeyRange>& out, KeyRange range) const;

  /// Forgets everything; no snapshot is left and the arena is about to be reset.
  void reset() { entries_.reset(); }

 private:
  using Position = ChunkedMap<WriteEntry>::Position;

  /// An entry for `edge` that carries on what the interval around it says.
  WriteEntry continuation(Position before, std::string_view key) const;
  /// Makes an entry begin at `key`, so that the interval before it ends there.
  void split_at(std::string_view key);
  Position last_before(std::string_view key);
  /// Erases the entries in the range; what is behind it stays as it was. Returns the last entry before it.
  Position erase(KeyRange range);
  void clear_keeping_conflicts(KeyRange range);
  /// Drops the entry at `key` where the interval before it says the same.
  void join_at(std::string_view key);

  Arena* arena_;
  ChunkedMap<WriteEntry> entries_;
};

}  // namespace orrery::fdb::ryw
