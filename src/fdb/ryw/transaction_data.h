// TransactionData: what a transaction has written and read, and what of it goes into the commit.
//
// The calls that write check their arguments, count sizes and keep the writes; reads are made by the machines of
// point_read.h and range_read.h on a context() of this. Ownership: copies what it is given; views that it hands out are
// valid until reset(). Reads are destroyed before reset(). Errors: those of key_rules.h and versionstamp.h; a write that
// fails changes nothing but the armed "no write conflict". Thread-safety: none.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "fdb/error.h"
#include "fdb/ryw/conflict_ranges.h"
#include "fdb/ryw/key_rules.h"
#include "fdb/ryw/mutation.h"
#include "fdb/ryw/point_read.h"
#include "fdb/ryw/range_read.h"
#include "fdb/ryw/read_conflicts.h"
#include "fdb/ryw/snapshot_cache.h"
#include "fdb/ryw/write_map.h"

namespace orrery::fdb::ryw {

enum class ReadMode : uint8_t { kSerializable, kSnapshot };

class TransactionData {
 public:
  /// `snapshot_ryw`: how often the database's options say that snapshot reads see own writes; 1 at first from API
  /// version 300 on, else 0.
  TransactionData(const KeyAccess& access, int snapshot_ryw);
  TransactionData(const TransactionData&) = delete;
  TransactionData& operator=(const TransactionData&) = delete;
  /// Forgets everything but the arena's largest block; no read is left.
  void reset(const KeyAccess& access, int snapshot_ryw);

  // Options.
  KeyAccess& access() { return access_; }
  const KeyAccess& access() const { return access_; }
  void change_snapshot_ryw(int by) { snapshot_ryw_ += by; }
  void allow_unreadable() { unreadable_ = Unreadable::kIsRead; }
  void no_conflict_for_next_write() { next_conflict_ = WriteConflict::kNone; }
  /// client_invalid_operation where something was written or read, or is being read (`reads_in_flight`).
  Status disable_read_your_writes(int reads_in_flight);
  bool read_your_writes() const { return read_your_writes_; }
  Unreadable unreadable() const { return unreadable_; }

  // Writes.
  Status set(std::string_view key, std::string_view value);
  Status clear(std::string_view key);
  Status clear_range(KeyRange range);
  /// `read_version`: the transaction's where it is known, else 0.
  Status atomic(uint32_t code, std::string_view key, std::string_view operand, int64_t read_version);
  Status add_read_conflict(KeyRange range);
  Status add_write_conflict(KeyRange range);

  // Reads. Keys that are too long for the database are absent: no read is needed.
  bool exceeds_database(std::string_view key) const { return key.size() > read_key_size_max(key); }
  ReadContext context(ReadMode mode);
  ConflictRanges& read_conflicts() { return reads_; }
  /// Notes what a finished getRange depends on.
  void add_conflict(const Selector& begin, const Selector& end, const RangeRead& read, Direction direction);
  /// Notes what a finished getMappedRange depends on, key by key; it must not have been written to.
  Status add_mapped_conflict(const EdgeRange& range) {
    return reads_.add_unmodified(range.begin, range.end, writes_.view());
  }
  /// Notes a conflict of a read without read-your-writes.
  void add_native_conflict(const EdgeRange& range) { reads_.add(range.begin, range.end); }

  // Commit.
  /// All mutations in order, with the write conflicts. Nothing is written behind it.
  const WriteSet& commit_writes();
  std::span<const KeyRange> commit_reads() { return reads_.ranges(); }
  bool writes_nothing() const { return writes_.empty() && native_.mutations.empty() && native_.conflicts.empty(); }
  int64_t approximate_size() const { return written_bytes_ + reads_.counted_bytes(); }

  // What the special keys show.
  const WriteMap& writes() const { return writes_; }
  const WriteSet& flushed() const { return native_; }
  /// The operands of versionstamped keys; versionstamp.h tells the ranges that they stand for.
  std::span<const std::string_view> versionstamped_keys() const { return versionstamped_keys_; }

 private:
  WriteConflict take_conflict();
  std::string_view copy(std::string_view bytes) { return arena_.copy(bytes); }
  KeyRange single(std::string_view key);
  void count_mutation(size_t bytes, size_t conflict_bytes, WriteConflict conflict);
  Status write_versionstamped_key(std::string_view operand, std::string_view value, int64_t read_version);
  void write(MutationType type, std::string_view key, std::string_view operand, WriteConflict conflict);
  void clear_checked(KeyRange range, WriteConflict conflict);

  KeyAccess access_;
  int snapshot_ryw_;
  bool read_your_writes_ = true;
  bool flushed_ = false;
  Unreadable unreadable_ = Unreadable::kFails;
  WriteConflict next_conflict_ = WriteConflict::kAdd;
  int64_t written_bytes_ = 0;
  Arena arena_;
  WriteMap writes_;
  SnapshotCache cache_;
  ConflictRanges reads_;
  WriteSet native_;
  std::vector<std::string_view> versionstamped_keys_;
};

}  // namespace orrery::fdb::ryw
