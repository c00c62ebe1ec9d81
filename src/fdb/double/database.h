// Database: what the test double's cluster holds and how it commits, without servers or messages.
//
// Part of the test double (see cluster.h). Versions follow the clock, a million per second. Reads
// are answered between `oldest()` and `latest()`. Thread-safety: the caller's mutex.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "env/clock.h"
#include "fdb/double/versioned_map.h"
#include "fdb/double/write_history.h"
#include "fdb/error.h"
#include "fdb/wire/messages/commit.h"

namespace orrery::fdb::test_double {

inline constexpr std::string_view kEndOfKeys{"\xff\xff", 2};
inline constexpr std::string_view kMetadataVersionKey{"\xff/metadataVersion", 17};
inline constexpr std::string_view kLockKey{"\xff/dbLocked", 10};

struct Committed {
  int64_t version = 0;
  uint16_t batch_id = 0;
  /// Filled where the commit was refused: indices of read conflict ranges.
  std::vector<int32_t> conflicts;
};

class Database {
 public:
  Database(env::Clock& clock, int64_t window) : clock_(clock), window_(window) {}

  /// The newest version that can be read; moves on with the clock.
  int64_t latest();
  int64_t oldest() { return latest() - window_; }
  /// As if the clock had gone on that far.
  void advance(int64_t versions) { skipped_ += versions; }

  /// Whether a read at `version` can be answered: transaction_too_old, future_version.
  Status check(int64_t version);
  const VersionedMap& rows() const { return rows_; }
  VersionedMap::Value now(std::string_view key) { return rows_.get(key, latest()); }

  /// not_committed for conflicts: their indices are in the result where they were asked for.
  Result<Committed> commit(const wire::CommitTransactionRequest& request);
  /// The test's own writes.
  int64_t apply(const std::vector<wire::Mutation>& mutations);

  bool locked() { return now(kLockKey).has_value(); }
  /// Called for each key that a commit writes or clears, with its value then.
  std::function<void(std::string_view key, VersionedMap::Value, int64_t version)> on_write;
  /// Called behind each commit that wrote something.
  std::function<void(int64_t version)> on_commit;

 private:
  int64_t next_version();
  std::vector<int32_t> conflicts_of(const wire::CommitTransaction& transaction) const;
  void run(const wire::Mutation& mutation, int64_t version, uint16_t batch_id);
  void write(std::string_view key, std::optional<std::string> value, int64_t version);
  void clear(std::string_view begin, std::string_view end, int64_t version);
  void remember_idempotency_id(std::string_view id, int64_t version, uint16_t batch_id);
  void forget();

  env::Clock& clock_;
  const int64_t window_;
  int64_t skipped_ = 0;
  int64_t latest_ = 0;
  int64_t last_forgotten_ = 0;
  VersionedMap rows_;
  WriteHistory writes_;
  Arena arena_;
};

/// `key` with the stamp of (version, batch_id) where its last four bytes say, which fall away; as
/// it is, without them, where they say no place.
std::string with_versionstamp(std::string_view key, int64_t version, uint16_t batch_id);
/// Eight bytes, the highest first.
std::string big_endian(uint64_t number);

}  // namespace orrery::fdb::test_double
