// Values that FoundationDB keeps in the database or puts into strings: a protocol version, then a message or packed
// values (packed.h). Which of the two is a matter of the key, not of the version's flag.
//
// Errors: error::serialization_failed for what is malformed, error::incompatible_protocol_version for what a later
// version wrote. Decoded strings refer to the value. Thread-safety: free functions and values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fdb/error.h"
#include "fdb/wire/message.h"
#include "fdb/wire/messages/cluster.h"

namespace orrery::fdb::wire {

inline constexpr uint64_t kProtocolVersion = 0x0FDB00B073000000;
/// Says in a version that messages follow; no part of the version.
inline constexpr uint64_t kObjectFlag = 0x1000000000000000;

/// A value behind its version.
struct Versioned {
  uint64_t version = 0;
  std::string_view value;
};

/// Takes the version off; `version` comes without the flag.
Result<Versioned> split_version(std::string_view value);

/// LeaderInfo::serialized_info (ClusterControllerClientInterface), \xff/serverList/ (StorageServerInterface),
/// \xff/tenant/map/ (TenantMapEntry).
template <class M>
Result<M> decode_versioned(std::string_view value) {
  Result<Versioned> versioned = split_version(value);
  if (!versioned) return fail(versioned.error());
  return decode<M>(versioned->value);
}

/// Appends a version and a message; `flag` is kObjectFlag where the key has it so, else 0.
template <class M>
void encode_versioned(const M& message, OutBuffer& out, uint64_t flag = 0) {
  size_t start = out.size();
  encode(message, out, sizeof kProtocolVersion);
  internal::store(out.data() + start, kProtocolVersion | flag);
}

struct TenantMapEntry {
  static constexpr uint32_t kFileId = 7054389;
  enum class LockState : uint8_t { kUnlocked = 0, kReadOnly = 1, kLocked = 2 };

  int64_t id = -1;
  std::string_view name;
  LockState lock_state = LockState::kUnlocked;
  std::optional<Uid> lock_id;
  std::optional<std::string_view> group;
  int64_t configuration_sequence = 0;

  using WireFields = Fields<&TenantMapEntry::id, &TenantMapEntry::name, &TenantMapEntry::lock_state,
                            &TenantMapEntry::lock_id, &TenantMapEntry::group,
                            &TenantMapEntry::configuration_sequence>;
  friend bool operator==(const TenantMapEntry&, const TenantMapEntry&) = default;
};

/// How a storage server fares.
struct StorageHealth {
  int64_t queue = 0;
  int64_t durability_lag = 0;
  double disk_usage = 0;
  double cpu_usage = 0;
  friend bool operator==(const StorageHealth&, const StorageHealth&) = default;
};

/// What GetHealthMetricsReply::serialized holds.
struct HealthMetrics {
  int64_t worst_storage_queue = 0;
  int64_t worst_storage_durability_lag = 0;
  int64_t worst_tlog_queue = 0;
  double tps_limit = 0;
  bool batch_limited = false;
  std::vector<std::pair<Uid, StorageHealth>> storage;
  std::vector<std::pair<Uid, int64_t>> tlog_queue;
  int64_t limiting_storage_queue = 0;
  int64_t limiting_storage_durability_lag = 0;

  static Result<HealthMetrics> parse(std::string_view serialized);
  std::string serialize() const;
  friend bool operator==(const HealthMetrics&, const HealthMetrics&) = default;
};

/// A value of \xff/keyServers/: which servers have the shard that begins at the key. Servers are named by their ids or,
/// in values of 6.3 to 7.1, by the tags that \xff/serverTag/ gives them.
struct KeyServers {
  std::vector<Uid> source;
  std::vector<Uid> destination;
  std::vector<Tag> source_tags;
  std::vector<Tag> destination_tags;
  Uid source_id;
  Uid destination_id;

  static Result<KeyServers> parse(std::string_view value);
  friend bool operator==(const KeyServers&, const KeyServers&) = default;
};

/// A value of \xff/serverTag/.
Result<Tag> parse_server_tag(std::string_view value);

/// A row of \xff\x02/idmp/: commits by their idempotency ids.
struct IdempotencyRow {
  struct Id {
    std::string_view id;
    uint8_t batch_index_low_byte = 0;
    friend bool operator==(const Id&, const Id&) = default;
  };
  int64_t timestamp = 0;
  std::vector<Id> ids;

  static Result<IdempotencyRow> parse(std::string_view value);
  /// The batch index of the commit with that id, where the row's key ends with `batch_index_high_byte`.
  std::optional<uint16_t> find(std::string_view id, uint8_t batch_index_high_byte) const;
  friend bool operator==(const IdempotencyRow&, const IdempotencyRow&) = default;
};

/// The value of \xff/dbLocked: who locked the database. Nothing for a value of another form.
std::optional<Uid> parse_lock(std::string_view value);

/// A value of \xff\xff/worker_interfaces/, which clients make and read: the three streams of a worker, packed.
std::string pack_worker(const ClientWorkerInterface& worker);
Result<ClientWorkerInterface> unpack_worker(std::string_view value);

}  // namespace orrery::fdb::wire
