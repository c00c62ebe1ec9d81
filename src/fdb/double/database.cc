#include "fdb/double/database.h"

#include <algorithm>
#include <cstring>

#include "fdb/ryw/atomic.h"

namespace orrery::fdb::test_double {
namespace {

using wire::MutationType;

/// So that every version is a number that real clusters use, far from 0.
constexpr int64_t kFirstVersion = 50'000'000;
constexpr std::string_view kIdempotencyIds{"\xff\x02/idmp/", 8};

std::string key_after(std::string_view key) {
  return std::string(key) + '\0';
}

bool is_computed(MutationType type) {
  return ryw::is_atomic(static_cast<uint32_t>(type)) &&
         type != MutationType::kSetVersionstampedKey &&
         type != MutationType::kSetVersionstampedValue;
}

}  // namespace

std::string big_endian(uint64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
  return bytes;
}

std::string with_versionstamp(std::string_view key, int64_t version, uint16_t batch_id) {
  uint32_t offset = 0;
  if (key.size() < sizeof offset) return std::string(key);
  std::string stamped(key.substr(0, key.size() - sizeof offset));
  std::memcpy(&offset, key.data() + stamped.size(), sizeof offset);
  std::string stamp = big_endian(static_cast<uint64_t>(version));
  stamp.push_back(static_cast<char>(batch_id >> 8));
  stamp.push_back(static_cast<char>(batch_id));
  if (stamped.size() >= stamp.size() && offset <= stamped.size() - stamp.size()) {
    stamped.replace(offset, stamp.size(), stamp);
  }
  return stamped;
}

int64_t Database::latest() {
  int64_t by_clock = kFirstVersion + skipped_ + clock_.monotonic_nanos() / 1000;
  latest_ = std::max(latest_, by_clock);
  return latest_;
}

int64_t Database::next_version() {
  // Above everything that was ever read, so that what was read stays true.
  int64_t before = latest_;
  latest_ = std::max(before + 1, latest());
  return latest_;
}

Status Database::check(int64_t version) {
  if (version < oldest()) return fail(error::transaction_too_old);
  if (version > latest_) return fail(error::future_version);
  return {};
}

std::vector<int32_t> Database::conflicts_of(const wire::CommitTransaction& transaction) const {
  std::vector<int32_t> found;
  int32_t index = 0;
  for (const wire::KeyRange& range : transaction.read_conflict_ranges) {
    if (writes_.written_after(range.begin, range.end, transaction.read_snapshot)) {
      found.push_back(index);
    }
    ++index;
  }
  return found;
}

Result<Committed> Database::commit(const wire::CommitTransactionRequest& request) {
  const wire::CommitTransaction& transaction = request.transaction;
  if (locked() && (request.flags & wire::CommitTransactionRequest::kLockAware) == 0) {
    return fail(error::not_committed);
  }
  if (!transaction.read_conflict_ranges.empty() && transaction.read_snapshot < oldest()) {
    return fail(error::transaction_too_old);
  }
  Committed result;
  result.conflicts = conflicts_of(transaction);
  if (!result.conflicts.empty()) {
    if (!transaction.report_conflicting_keys) return fail(error::not_committed);
    result.version = wire::CommitId::kConflict;
    return result;
  }
  result.version = next_version();
  for (const wire::KeyRange& range : transaction.write_conflict_ranges) {
    writes_.add(range.begin, range.end, result.version);
  }
  for (const wire::Mutation& mutation : transaction.mutations) {
    run(mutation, result.version, result.batch_id);
  }
  if (!request.idempotency_id.empty()) {
    remember_idempotency_id(request.idempotency_id, result.version, result.batch_id);
  }
  forget();
  if (on_commit) on_commit(result.version);
  return result;
}

int64_t Database::apply(const std::vector<wire::Mutation>& mutations) {
  int64_t version = next_version();
  for (const wire::Mutation& mutation : mutations) {
    bool is_clear = mutation.type == MutationType::kClearRange;
    std::string end = is_clear ? std::string(mutation.param2) : key_after(mutation.param1);
    writes_.add(mutation.param1, end, version);
    run(mutation, version, 0);
  }
  forget();
  if (on_commit) on_commit(version);
  return version;
}

void Database::run(const wire::Mutation& mutation, int64_t version, uint16_t batch_id) {
  if (mutation.type == MutationType::kClearRange) {
    clear(mutation.param1, mutation.param2, version);
  } else if (mutation.type == MutationType::kSetValue) {
    write(mutation.param1, std::string(mutation.param2), version);
  } else if (mutation.type == MutationType::kSetVersionstampedKey) {
    std::string key = with_versionstamp(mutation.param1, version, batch_id);
    writes_.add(key, key_after(key), version);
    write(key, std::string(mutation.param2), version);
  } else if (mutation.type == MutationType::kSetVersionstampedValue) {
    write(mutation.param1, with_versionstamp(mutation.param2, version, batch_id), version);
  } else if (is_computed(mutation.type)) {
    arena_.reset();
    auto type = static_cast<ryw::MutationType>(mutation.type);
    ryw::Value value =
        ryw::apply_atomic(type, rows_.get(mutation.param1, version), mutation.param2, arena_);
    std::optional<std::string> written;
    if (value) written = std::string(*value);
    write(mutation.param1, std::move(written), version);
  }
}

void Database::write(std::string_view key, std::optional<std::string> value, int64_t version) {
  rows_.write(key, std::move(value), version);
  if (on_write) on_write(key, rows_.get(key, version), version);
}

void Database::clear(std::string_view begin, std::string_view end, int64_t version) {
  std::vector<std::string> keys;
  rows_.scan(begin, end, version, [&](VersionedMap::Row row) {
    keys.emplace_back(row.first);
    return true;
  });
  for (const std::string& key : keys) write(key, std::nullopt, version);
}

/// A header (a protocol version), when it was, and each id with the low byte of its place in the
/// batch.
void Database::remember_idempotency_id(std::string_view id, int64_t version, uint16_t batch_id) {
  std::string key = std::string(kIdempotencyIds) + big_endian(static_cast<uint64_t>(version));
  key.push_back(static_cast<char>(batch_id >> 8));
  std::string value("\x00\x00\x00\x73\xb0\x00\xdb\x0f", 8);
  int64_t seconds = clock_.wall_nanos() / env::kNanosPerSecond;
  value.append(reinterpret_cast<const char*>(&seconds), sizeof seconds);
  value.push_back(static_cast<char>(id.size()));
  value.append(id);
  value.push_back(static_cast<char>(batch_id));
  write(key, std::move(value), version);
}

void Database::forget() {
  // Not at every commit: each time costs as much as there are ranges.
  int64_t oldest_now = oldest();
  if (oldest_now - last_forgotten_ < window_ / 4) return;
  last_forgotten_ = oldest_now;
  rows_.forget_before(oldest_now);
  writes_.forget_before(oldest_now);
}

}  // namespace orrery::fdb::test_double
