// Requests that GRV proxies take. See message.h for lifetimes.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "fdb/wire/message.h"
#include "fdb/wire/messages/interfaces.h"
#include "fdb/wire/messages/range.h"

namespace orrery::fdb::wire {

/// How a transaction that a server throttles by its tag may go on.
struct ClientTagThrottleLimits {
  double tps_rate = 0;
  /// In seconds from now.
  double duration = 0;

  using WireFields = Fields<&ClientTagThrottleLimits::tps_rate, &ClientTagThrottleLimits::duration>;
  friend bool operator==(const ClientTagThrottleLimits&, const ClientTagThrottleLimits&) = default;
};

struct GetReadVersionReply {
  static constexpr uint32_t kFileId = 15709388;

  int32_t process_busy_time = 0;
  int64_t version = 0;
  bool locked = false;
  /// The value of \xff/metadataVersion at that version.
  std::optional<std::string_view> metadata_version;
  Vector<std::pair<std::string_view, ClientTagThrottleLimits>> tag_throttle_info;
  int64_t mid_shard_size = 0;
  bool default_throttled = false;
  bool batch_throttled = false;
  VersionVector version_vector_delta;
  Uid proxy_id;
  double proxy_tag_throttled_duration = 0;

  using WireFields =
      Fields<&GetReadVersionReply::process_busy_time, &GetReadVersionReply::version,
             &GetReadVersionReply::locked, &GetReadVersionReply::metadata_version,
             &GetReadVersionReply::tag_throttle_info, &GetReadVersionReply::mid_shard_size,
             &GetReadVersionReply::default_throttled, &GetReadVersionReply::batch_throttled,
             &GetReadVersionReply::version_vector_delta, &GetReadVersionReply::proxy_id,
             &GetReadVersionReply::proxy_tag_throttled_duration>;
  friend bool operator==(const GetReadVersionReply&, const GetReadVersionReply&) = default;
};

/// One for all the transactions that wait for a read version now.
struct GetReadVersionRequest {
  static constexpr uint32_t kFileId = 838566;
  static constexpr GrvProxyMethod kMethod = GrvProxyMethod::kGetReadVersion;
  using Reply = GetReadVersionReply;

  enum Priority : uint32_t {
    kPriorityBatch = 0x01000000,
    kPriorityDefault = 0x08000000,
    kPrioritySystemImmediate = 0x0F000000,
    kPriorityMask = 0x0F000000,
  };
  enum Flag : uint32_t {
    kCausalReadRisky = 1,
    kUseProvisionalProxies = 2,
    kUseMinKnownCommittedVersion = 4,
  };

  uint32_t transaction_count = 1;
  uint32_t flags = kPriorityDefault;
  /// Transaction tags and how many of the transactions have them.
  Vector<std::pair<std::string_view, uint32_t>> tags;
  std::optional<Uid> debug_id;
  ReplyPromise reply;
  SpanContext span_context;
  /// The highest version that the client has seen.
  int64_t max_version = -1;

  using WireFields =
      Fields<&GetReadVersionRequest::transaction_count, &GetReadVersionRequest::flags,
             &GetReadVersionRequest::tags, &GetReadVersionRequest::debug_id,
             &GetReadVersionRequest::reply, &GetReadVersionRequest::span_context,
             &GetReadVersionRequest::max_version>;
  friend bool operator==(const GetReadVersionRequest&, const GetReadVersionRequest&) = default;
};

struct GetHealthMetricsReply {
  static constexpr uint32_t kFileId = 11544290;

  /// For HealthMetrics::parse (stored_values.h).
  std::string_view serialized;

  using WireFields = Fields<&GetHealthMetricsReply::serialized>;
  friend bool operator==(const GetHealthMetricsReply&, const GetHealthMetricsReply&) = default;
};

struct GetHealthMetricsRequest {
  static constexpr uint32_t kFileId = 11403900;
  static constexpr GrvProxyMethod kMethod = GrvProxyMethod::kGetHealthMetrics;
  using Reply = GetHealthMetricsReply;

  ReplyPromise reply;
  bool detailed = false;

  using WireFields = Fields<&GetHealthMetricsRequest::reply, &GetHealthMetricsRequest::detailed>;
  friend bool operator==(const GetHealthMetricsRequest&, const GetHealthMetricsRequest&) = default;
};

struct GlobalConfigRefreshReply {
  static constexpr uint32_t kFileId = 12680327;

  RangeResult result;
  int64_t version = 0;

  using WireFields = Fields<&GlobalConfigRefreshReply::result, &GlobalConfigRefreshReply::version>;
  friend bool operator==(const GlobalConfigRefreshReply&, const GlobalConfigRefreshReply&) = default;
};

struct GlobalConfigRefreshRequest {
  static constexpr uint32_t kFileId = 2828131;
  static constexpr GrvProxyMethod kMethod = GrvProxyMethod::kRefreshGlobalConfig;
  using Reply = GlobalConfigRefreshReply;

  int64_t last_known = 0;
  ReplyPromise reply;

  using WireFields = Fields<&GlobalConfigRefreshRequest::last_known, &GlobalConfigRefreshRequest::reply>;
  friend bool operator==(const GlobalConfigRefreshRequest&, const GlobalConfigRefreshRequest&) = default;
};

}  // namespace orrery::fdb::wire
