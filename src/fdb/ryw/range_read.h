// RangeRead: one getRange or getKey of a transaction over its own writes, as a machine without input or output.
//
// advance() answers, or says which range of the database has to be read first (as a snapshot read, at the read version);
// what was read is given to supply(), and advance() goes on. The read sees the writes of the moment it was made, and
// whatever the cache has learnt meanwhile. Ownership: borrows cache, arena and the selectors' keys, which outlive it; the
// result holds its own buffers. Errors: accessed_unreadable, operation_failed. Thread-safety: none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "fdb/error.h"
#include "fdb/ryw/rows.h"
#include "fdb/ryw/segments.h"
#include "fdb/ryw/selector.h"
#include "fdb/ryw/snapshot_cache.h"
#include "fdb/ryw/write_map.h"

namespace orrery::fdb::ryw {

/// What reads work on.
struct ReadContext {
  SnapshotCache* cache = nullptr;
  /// For keys and values that are made; the transaction's.
  Arena* arena = nullptr;
  /// The writes that the read sees; empty where it shall see none.
  WriteSnapshot writes;
  /// One past the last key that may be read; outlives the read.
  std::string_view key_end;
};

/// A read of the database below.
struct NativeRange {
  KeySelector begin;
  KeySelector end;
  RangeLimits limits;
  Direction direction = Direction::kForward;
};

class RangeRead {
 public:
  enum class Step : uint8_t { kDone, kReadRange };

  RangeRead(ReadContext context, const Selector& begin, const Selector& end, RangeLimits limits,
            Direction direction);
  RangeRead(const RangeRead&) = delete;
  RangeRead& operator=(const RangeRead&) = delete;

  Result<Step> advance();
  /// What to read; valid until supply().
  NativeRange wanted();
  /// The rows of a reverse read come in descending order.
  void supply(RangeResult&& reply);
  RangeResult take_result() { return std::move(result_); }
  const RangeResult& result() const { return result_; }
  const ReadContext& context() const { return context_; }

 private:
  enum class State : uint8_t { kStart, kResolveAtStart, kStarted, kScan, kResolveAtEnd, kDone };
  enum class Outcome : uint8_t { kGoOn, kWait, kFinish, kFinishEmpty, kFinishWithFlags, kResolveLast };

  struct Want {
    Selector begin;
    Selector end;
    RangeLimits limits;
  };

  // Of both directions (range_read.cc).
  Status resolve(Selector& selector, Segments& at, int& remaining_offset);
  Status resolve_both();
  Result<Outcome> start();
  Outcome after_start_resolved();
  Result<Outcome> scan();
  void finish(Outcome outcome);
  void begin_resolving(const Selector& selector);
  Result<bool> resolving();
  void set_request_limits(int offset);
  bool both_left_end(const RangeResult& reply) const;
  void append_run(const Segments::Run& run);
  Status append_written(const Segments& at, bool* present);
  void append_copy(std::string_view key, std::string_view value);
  Edge key_end() const { return Edge(context_.key_end); }
  int clear_limit() const { return request_count_ == 0 ? 0 : 1 << std::min(request_count_, 20); }

  // Of one direction (range_read_forward.cc, range_read_reverse.cc).
  Result<Outcome> scan_forward();
  Result<Outcome> scan_reverse();
  void prepare_forward();
  void prepare_reverse();
  void learn_forward(RangeResult&& reply);
  void learn_reverse(RangeResult&& reply);
  Status collect_forward();
  Status collect_reverse();
  void trim_forward();
  void trim_reverse();

  ReadContext context_;
  Selector begin_;
  Selector end_;
  RangeLimits limits_;
  Direction direction_;
  State state_ = State::kStart;
  bool read_to_begin_ = false;
  bool read_through_end_ = false;
  // The offsets that were left where the selectors left known data, before they were cut at the database's ends.
  int begin_offset_left_;
  int end_offset_left_;
  int request_count_ = 0;
  int64_t rows_past_ = 0;  // rows seen behind the limit, which count for the far selector's offset
  int64_t additional_rows_ = 0;
  Segments at_;
  Segments far_;  // where the selector at which the scan ends points
  Want want_;
  std::string want_begin_bytes_;
  std::string want_end_bytes_;
  std::unique_ptr<RangeRead> resolver_;  // of the far selector, as a read of one row
  Edge resolved_;
  BufferRef copies_;
  size_t copies_used_ = 0;
  RangeResult result_;
};

/// The rows of a range that was read with one of the directions below: how far from `at` unknown keys go, skipping
/// single known keys, at most `steps` segments. Returns how many single empty keys were skipped.
int skip_unknown_forward(Segments& at, const Segments& far, int steps);
int skip_unknown_backward(Segments& at, const Segments& far, int steps);
/// How many single empty keys lie between the unknown ranges that follow (precede) `at`, at most `count_max`.
int count_empty_forward(Segments at, const Edge& key_end, int count_max);
int count_empty_backward(Segments at, int count_max);

/// The key that a read of one row from a selector resolves to.
std::string_view resolved_key(const RangeResult& result, int offset, std::string_view key_end);
/// Begin and end of the read of one row that resolves a selector, and its direction.
struct ResolvingRange {
  Selector begin;
  Selector end;
  Direction direction;
};
ResolvingRange resolving_range(const Selector& selector, std::string_view key_end);

}  // namespace orrery::fdb::ryw
