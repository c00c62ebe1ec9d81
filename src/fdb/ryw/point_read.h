// ValueRead and KeyRead: get and getKey of a transaction over its own writes, as machines without input or output.
//
// Like RangeRead: advance() answers or says what has to be read of the database first, supply() takes it in. They see
// the writes of the moment they were made. Ownership: borrow cache, arena and the key they were given. Errors:
// accessed_unreadable, operation_failed. Thread-safety: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "fdb/error.h"
#include "fdb/ryw/conflict_ranges.h"
#include "fdb/ryw/range_read.h"
#include "fdb/ryw/selector.h"
#include "fdb/shared_bytes.h"

namespace orrery::fdb::ryw {

/// Whether keys that a versionstamp makes unreadable may be read, as they are before it (option 1100).
enum class Unreadable : uint8_t { kFails, kIsRead };

class ValueRead {
 public:
  enum class Step : uint8_t { kDone, kReadValue };

  ValueRead(ReadContext context, std::string_view key, Unreadable unreadable)
      : context_(std::move(context)), key_(key), unreadable_(unreadable) {}

  /// kReadValue: the value of key() is to be read.
  Result<Step> advance();
  std::string_view key() const { return key_; }
  void supply(std::optional<SharedBytes>&& value);
  std::optional<SharedBytes> take_result() { return std::move(result_); }
  /// Adds what the read depends on; of a finished read that is not a snapshot read.
  void add_conflict(ConflictRanges& conflicts) const {
    if (depends_on_database_) conflicts.add_key(key_);
  }

 private:
  ReadContext context_;
  std::string_view key_;
  Unreadable unreadable_;
  bool supplied_ = false;
  bool dependent_ = false;
  bool depends_on_database_ = false;
  std::optional<SharedBytes> result_;
};

class KeyRead {
 public:
  using Step = RangeRead::Step;

  KeyRead(ReadContext context, const KeySelector& selector);

  Result<Step> advance() { return read_.advance(); }
  NativeRange wanted() { return read_.wanted(); }
  void supply(RangeResult&& reply) { read_.supply(std::move(reply)); }
  /// The key; valid as long as this.
  std::string_view key() const {
    return resolved_key(read_.result(), selector_.offset, read_.context().key_end);
  }
  void add_conflict(ConflictRanges& conflicts) const;

 private:
  KeyRead(ReadContext context, const Selector& selector, const ResolvingRange& range);

  Selector selector_;
  RangeRead read_;
};

}  // namespace orrery::fdb::ryw
