// ConflictRanges: the ranges that a transaction has read, joined where they touch or overlap.
//
// Adding is an append; the ranges are sorted and joined now and then, and when they are asked for. Ownership: keys are
// copied into the arena. Errors: none. Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "fdb/error.h"
#include "fdb/ryw/edge.h"
#include "fdb/ryw/mutation.h"
#include "fdb/ryw/write_cursor.h"

namespace orrery::fdb::ryw {

class ConflictRanges {
 public:
  explicit ConflictRanges(Arena& arena) : arena_(&arena) {}

  bool empty() const { return ranges_.empty(); }
  void add_key(std::string_view key);
  /// Nothing where the range is empty.
  void add(const Edge& begin, const Edge& end);
  /// Adds what of the range depends on the database, given the transaction's writes: neither cleared nor set keys.
  void add_unwritten(const Edge& begin, const Edge& end, WriteView writes);
  /// Adds the range, which must have been left alone by the writes: get_mapped_range_reads_your_writes.
  Status add_unmodified(const Edge& begin, const Edge& end, WriteView writes);

  /// The ranges: in order, none touching another.
  std::span<const KeyRange> ranges();
  /// What the ranges add to a transaction's size as the official client counts it.
  int64_t counted_bytes() const { return counted_bytes_; }
  /// Forgets everything; the arena is about to be reset.
  void reset();

 private:
  void push(KeyRange range);
  void push_copy(const Edge& begin, const Edge& end);
  void join();

  Arena* arena_;
  std::vector<KeyRange> ranges_;
  size_t joined_ = 0;  // the first ones, which are sorted and do not touch
  int64_t counted_bytes_ = 0;
};

}  // namespace orrery::fdb::ryw
