#include "fdb/ryw/transaction_data.h"

#include <algorithm>

#include "fdb/ryw/versionstamp.h"

namespace orrery::fdb::ryw {
namespace {

// What a mutation and a conflict range weigh beside their bytes in the size that the official client tells.
constexpr int64_t kMutationBytes = 44;
constexpr int64_t kRangeBytes = 24;

constexpr size_t kFirstBlockBytes = 1024;

}  // namespace

TransactionData::TransactionData(const KeyAccess& access, int snapshot_ryw)
    : access_(access),
      snapshot_ryw_(snapshot_ryw),
      arena_(kFirstBlockBytes),
      writes_(arena_),
      cache_(arena_),
      reads_(arena_) {}

void TransactionData::reset(const KeyAccess& access, int snapshot_ryw) {
  access_ = access;
  snapshot_ryw_ = snapshot_ryw;
  read_your_writes_ = true;
  flushed_ = false;
  unreadable_ = Unreadable::kFails;
  next_conflict_ = WriteConflict::kAdd;
  written_bytes_ = 0;
  writes_.reset();
  cache_.reset();
  reads_.reset();
  native_.mutations.clear();
  native_.conflicts.clear();
  versionstamped_keys_.clear();
  arena_.reset();
}

Status TransactionData::disable_read_your_writes(int reads_in_flight) {
  if (reads_in_flight > 0 || !cache_.empty() || !writes_.empty()) {
    return fail(error::client_invalid_operation);
  }
  read_your_writes_ = false;
  return {};
}

WriteConflict TransactionData::take_conflict() {
  const WriteConflict conflict = next_conflict_;
  next_conflict_ = WriteConflict::kAdd;
  return conflict;
}

KeyRange TransactionData::single(std::string_view key) {
  const std::string_view end = Edge(key, 1).in(arena_);
  return {end.substr(0, key.size()), end};
}

void TransactionData::count_mutation(size_t bytes, size_t conflict_bytes, WriteConflict conflict) {
  written_bytes_ += static_cast<int64_t>(bytes) + kMutationBytes;
  if (conflict == WriteConflict::kAdd) {
    written_bytes_ += static_cast<int64_t>(conflict_bytes) + kRangeBytes;
  }
}

void TransactionData::write(MutationType type, std::string_view key, std::string_view operand,
                            WriteConflict conflict) {
  if (read_your_writes_) return writes_.mutate(key, type, operand, conflict);
  const KeyRange keys = single(key);
  native_.mutations.push_back({type, keys.begin, copy(operand)});
  if (conflict == WriteConflict::kAdd) native_.conflicts.push_back(keys);
}

Status TransactionData::set(std::string_view key, std::string_view value) {
  if (key == kMetadataVersionKey) return fail(error::client_invalid_operation);
  const WriteConflict conflict = take_conflict();
  FDB_TRY(check_set(key, value, access_));
  count_mutation(key.size() + value.size(), 2 * key.size() + 1, conflict);
  write(MutationType::kSetValue, key, value, conflict);
  return {};
}

void TransactionData::clear_checked(KeyRange range, WriteConflict conflict) {
  if (read_your_writes_) return writes_.clear(range, conflict);
  const KeyRange own{copy(range.begin), copy(range.end)};
  native_.mutations.push_back({MutationType::kClearRange, own.begin, own.end});
  if (conflict == WriteConflict::kAdd) native_.conflicts.push_back(own);
}

Status TransactionData::clear(std::string_view key) {
  const WriteConflict conflict = take_conflict();
  FDB_TRY(check_clear_key(key, access_));
  if (exceeds_database(key)) return {};
  const KeyRange range = single(key);
  if (read_your_writes_) {
    const int64_t bytes = static_cast<int64_t>(2 * key.size() + 1) + kRangeBytes;
    written_bytes_ += conflict == WriteConflict::kAdd ? 2 * bytes : bytes;
  }
  clear_checked(range, conflict);
  return {};
}

Status TransactionData::clear_range(KeyRange range) {
  const WriteConflict conflict = take_conflict();
  FDB_TRY(check_clear(range, access_));
  const size_t bytes = range.begin.size() + range.end.size();
  count_mutation(bytes, bytes, conflict);
  range = {cut_key(range.begin), cut_key(range.end)};
  if (!range.empty()) clear_checked(range, conflict);
  return {};
}

/// The key may become any of a range: what was written there so far goes to the commit before it, and no key of the
/// range can be read until then.
Status TransactionData::write_versionstamped_key(std::string_view operand, std::string_view value,
                                                 int64_t read_version) {
  const auto range = versionstamp_key_range(operand, read_version, access_.read_end(), arena_);
  if (!range) return fail(range.error());
  const auto key = with_least_versionstamp(operand, read_version, arena_);
  if (!key) return fail(key.error());
  versionstamped_keys_.push_back(operand);
  if (read_your_writes_) {
    writes_.append_to(native_, *range);
    writes_.forget_and_make_unreadable(*range);
  }
  count_mutation(key->size() + value.size(), 0, WriteConflict::kNone);
  write(MutationType::kSetVersionstampedKey, *key, value, WriteConflict::kNone);
  return {};
}

Status TransactionData::atomic(uint32_t code, std::string_view key, std::string_view operand,
                               int64_t read_version) {
  const WriteConflict conflict = take_conflict();
  const auto type = check_atomic(code, key, operand, access_);
  if (!type) return fail(type.error());
  if (*type == MutationType::kSetVersionstampedKey) {
    const std::string_view stamped = versionstamp_operand(*type, key, access_.api_version, arena_);
    return write_versionstamped_key(stamped, operand, read_version);
  }
  if (*type == MutationType::kSetVersionstampedValue) {
    operand = versionstamp_operand(*type, operand, access_.api_version, arena_);
    if (const auto offset = versionstamp_offset(operand); !offset) return fail(offset.error());
  }
  count_mutation(key.size() + operand.size(), 2 * key.size() + 1, conflict);
  write(*type, key, operand, conflict);
  return {};
}

Status TransactionData::add_read_conflict(KeyRange range) {
  FDB_TRY(check_read_conflict(range, access_));
  range = {cut_key(range.begin), cut_key(range.end)};
  if (range.empty()) return {};
  const WriteView writes = read_your_writes_ ? writes_.view() : WriteView();
  reads_.add_unwritten(Edge(range.begin), Edge(range.end), writes);
  return {};
}

Status TransactionData::add_write_conflict(KeyRange range) {
  FDB_TRY(check_write_conflict(range, access_));
  range = {cut_key(range.begin), cut_key(range.end)};
  if (range.empty()) return {};
  written_bytes_ += static_cast<int64_t>(range.begin.size() + range.end.size()) + kRangeBytes;
  if (read_your_writes_) {
    writes_.add_conflict_range(range);
  } else {
    native_.conflicts.push_back({copy(range.begin), copy(range.end)});
  }
  return {};
}

ReadContext TransactionData::context(ReadMode mode) {
  ReadContext context;
  context.cache = &cache_;
  context.arena = &arena_;
  context.key_end = access_.read_end();
  const bool sees_writes = mode == ReadMode::kSerializable || snapshot_ryw_ > 0;
  if (sees_writes) context.writes = writes_.snapshot();
  return context;
}

void TransactionData::add_conflict(const Selector& begin, const Selector& end, const RangeRead& read,
                                   Direction direction) {
  const ReadContext& context = read.context();
  const EdgeRange range = range_conflict(begin, end, direction, read.result(), context.key_end);
  reads_.add_unwritten(range.begin, range.end, context.writes.view());
}

const WriteSet& TransactionData::commit_writes() {
  if (!flushed_) writes_.append_to(native_, {"", kAllKeysEnd});
  flushed_ = true;
  return native_;
}

}  // namespace orrery::fdb::ryw
