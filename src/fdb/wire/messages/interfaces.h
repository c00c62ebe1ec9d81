// The interfaces of the servers that a client talks to. Each travels with the endpoint of its first method; the others
// are RequestStream::endpoint.adjusted(method). See message.h for lifetimes.
#pragma once

#include <optional>
#include <string_view>

#include "fdb/wire/message.h"

namespace orrery::fdb::wire {

enum class StorageMethod : uint32_t {
  kGetValue = 0,
  kGetKey = 1,
  kGetKeyValues = 2,
  kWaitMetrics = 4,
  kSplitMetrics = 5,
  kGetStorageMetrics = 6,
  kWatchValue = 10,
  kGetReadHotRanges = 11,
  kGetRangeSplitPoints = 12,
  kGetKeyValuesStream = 13,
  kGetMappedKeyValues = 14,
};

enum class CommitProxyMethod : uint32_t {
  kCommit = 0,
  kGetKeyServerLocations = 2,
  kProxySnap = 7,
  kExclusionSafetyCheck = 8,
  kGetDdMetrics = 9,
  kExpireIdempotencyId = 10,
  kGetTenantId = 11,
};

enum class GrvProxyMethod : uint32_t {
  kGetReadVersion = 0,
  kGetHealthMetrics = 2,
  kRefreshGlobalConfig = 3,
};

struct StorageServerInterface {
  static constexpr uint32_t kFileId = 15302073;
  static constexpr bool kOutOfLine = true;

  Uid id;
  Locality locality;
  RequestStream get_value;
  /// Of a testing storage server only: the server that it is compared with.
  std::optional<Uid> tss_pair_id;
  bool accepting_requests = true;

  Endpoint endpoint(StorageMethod method) const {
    return get_value.endpoint.adjusted(static_cast<uint32_t>(method));
  }

  using WireFields = Fields<&StorageServerInterface::id, &StorageServerInterface::locality,
                            &StorageServerInterface::get_value, &StorageServerInterface::tss_pair_id,
                            &StorageServerInterface::accepting_requests>;
  friend bool operator==(const StorageServerInterface&, const StorageServerInterface&) = default;
};

struct CommitProxyInterface {
  static constexpr uint32_t kFileId = 8954922;
  static constexpr bool kOutOfLine = true;

  std::optional<std::string_view> process_id;
  /// Only for transactions that ask for provisional proxies.
  bool provisional = false;
  RequestStream commit;

  Endpoint endpoint(CommitProxyMethod method) const {
    return commit.endpoint.adjusted(static_cast<uint32_t>(method));
  }

  using WireFields = Fields<&CommitProxyInterface::process_id, &CommitProxyInterface::provisional,
                            &CommitProxyInterface::commit>;
  friend bool operator==(const CommitProxyInterface&, const CommitProxyInterface&) = default;
};

struct GrvProxyInterface {
  static constexpr uint32_t kFileId = 8743216;
  static constexpr bool kOutOfLine = true;

  std::optional<std::string_view> process_id;
  bool provisional = false;
  RequestStream get_read_version;

  Endpoint endpoint(GrvProxyMethod method) const {
    return get_read_version.endpoint.adjusted(static_cast<uint32_t>(method));
  }

  using WireFields = Fields<&GrvProxyInterface::process_id, &GrvProxyInterface::provisional,
                            &GrvProxyInterface::get_read_version>;
  friend bool operator==(const GrvProxyInterface&, const GrvProxyInterface&) = default;
};

}  // namespace orrery::fdb::wire
