// Sizes and loads of ranges, and where to split them. See message.h for lifetimes.
#pragma once

#include <optional>
#include <string_view>

#include "fdb/wire/message.h"
#include "fdb/wire/messages/interfaces.h"

namespace orrery::fdb::wire {

struct StorageMetrics {
  static constexpr uint32_t kFileId = 13622226;
  static constexpr bool kOutOfLine = true;

  int64_t bytes = 0;
  int64_t bytes_written_per_ksecond = 0;
  int64_t ios_per_ksecond = 0;
  int64_t bytes_read_per_ksecond = 0;
  int64_t ops_read_per_ksecond = 0;

  using WireFields = Fields<&StorageMetrics::bytes, &StorageMetrics::bytes_written_per_ksecond,
                            &StorageMetrics::ios_per_ksecond, &StorageMetrics::bytes_read_per_ksecond,
                            &StorageMetrics::ops_read_per_ksecond>;
  friend bool operator==(const StorageMetrics&, const StorageMetrics&) = default;
};

/// Answered when the range's metrics lie outside of [min, max]; at once for a `max` of -1 bytes.
struct WaitMetricsRequest {
  static constexpr uint32_t kFileId = 1795961;
  static constexpr StorageMethod kMethod = StorageMethod::kWaitMetrics;
  using Reply = StorageMetrics;

  KeyRange keys;
  StorageMetrics min;
  StorageMetrics max;
  ReplyPromise reply;
  TenantInfo tenant_info;
  int64_t min_version = -2;

  using WireFields = Fields<&WaitMetricsRequest::keys, &WaitMetricsRequest::min,
                            &WaitMetricsRequest::max, &WaitMetricsRequest::reply,
                            &WaitMetricsRequest::tenant_info, &WaitMetricsRequest::min_version>;
  friend bool operator==(const WaitMetricsRequest&, const WaitMetricsRequest&) = default;
};

struct SplitRangeReply {
  static constexpr uint32_t kFileId = 11813134;

  /// Without the range's begin and end.
  Vector<std::string_view> split_points;

  using WireFields = Fields<&SplitRangeReply::split_points>;
  friend bool operator==(const SplitRangeReply&, const SplitRangeReply&) = default;
};

struct SplitRangeRequest {
  static constexpr uint32_t kFileId = 10725174;
  static constexpr StorageMethod kMethod = StorageMethod::kGetRangeSplitPoints;
  using Reply = SplitRangeReply;

  KeyRange keys;
  int64_t chunk_size = 0;
  ReplyPromise reply;
  TenantInfo tenant_info;

  using WireFields = Fields<&SplitRangeRequest::keys, &SplitRangeRequest::chunk_size,
                            &SplitRangeRequest::reply, &SplitRangeRequest::tenant_info>;
  friend bool operator==(const SplitRangeRequest&, const SplitRangeRequest&) = default;
};

struct SplitMetricsReply {
  static constexpr uint32_t kFileId = 11530792;

  Vector<std::string_view> splits;
  StorageMetrics used;
  bool more = false;

  using WireFields = Fields<&SplitMetricsReply::splits, &SplitMetricsReply::used, &SplitMetricsReply::more>;
  friend bool operator==(const SplitMetricsReply&, const SplitMetricsReply&) = default;
};

struct SplitMetricsRequest {
  static constexpr uint32_t kFileId = 10463876;
  static constexpr StorageMethod kMethod = StorageMethod::kSplitMetrics;
  using Reply = SplitMetricsReply;

  KeyRange keys;
  StorageMetrics limits;
  StorageMetrics used;
  StorageMetrics estimated;
  bool is_last_shard = false;
  ReplyPromise reply;
  std::optional<int32_t> min_split_bytes;

  using WireFields = Fields<&SplitMetricsRequest::keys, &SplitMetricsRequest::limits,
                            &SplitMetricsRequest::used, &SplitMetricsRequest::estimated,
                            &SplitMetricsRequest::is_last_shard, &SplitMetricsRequest::reply,
                            &SplitMetricsRequest::min_split_bytes>;
  friend bool operator==(const SplitMetricsRequest&, const SplitMetricsRequest&) = default;
};

struct ReadHotRange {
  KeyRange keys;
  double density = 0;
  double read_bandwidth = 0;
  int64_t bytes = 0;
  double read_ops = 0;

  using WireFields = Fields<&ReadHotRange::keys, &ReadHotRange::density, &ReadHotRange::read_bandwidth,
                            &ReadHotRange::bytes, &ReadHotRange::read_ops>;
  friend bool operator==(const ReadHotRange&, const ReadHotRange&) = default;
};

struct ReadHotSubRangeReply {
  static constexpr uint32_t kFileId = 10424537;

  Vector<ReadHotRange> ranges;

  using WireFields = Fields<&ReadHotSubRangeReply::ranges>;
  friend bool operator==(const ReadHotSubRangeReply&, const ReadHotSubRangeReply&) = default;
};

struct ReadHotSubRangeRequest {
  static constexpr uint32_t kFileId = 10259266;
  static constexpr StorageMethod kMethod = StorageMethod::kGetReadHotRanges;
  using Reply = ReadHotSubRangeReply;

  KeyRange keys;
  ReplyPromise reply;
  uint8_t type = 0;
  int32_t chunk_count = 0;

  using WireFields = Fields<&ReadHotSubRangeRequest::keys, &ReadHotSubRangeRequest::reply,
                            &ReadHotSubRangeRequest::type, &ReadHotSubRangeRequest::chunk_count>;
  friend bool operator==(const ReadHotSubRangeRequest&, const ReadHotSubRangeRequest&) = default;
};

struct GetStorageMetricsReply {
  static constexpr uint32_t kFileId = 15491478;

  StorageMetrics load;
  StorageMetrics available;
  StorageMetrics capacity;
  double bytes_input_rate = 0;
  int64_t version_lag = 0;
  double last_update = 0;
  int64_t bytes_durable = 0;
  int64_t bytes_input = 0;

  using WireFields =
      Fields<&GetStorageMetricsReply::load, &GetStorageMetricsReply::available,
             &GetStorageMetricsReply::capacity, &GetStorageMetricsReply::bytes_input_rate,
             &GetStorageMetricsReply::version_lag, &GetStorageMetricsReply::last_update,
             &GetStorageMetricsReply::bytes_durable, &GetStorageMetricsReply::bytes_input>;
  friend bool operator==(const GetStorageMetricsReply&, const GetStorageMetricsReply&) = default;
};

struct GetStorageMetricsRequest {
  static constexpr uint32_t kFileId = 13290999;
  static constexpr StorageMethod kMethod = StorageMethod::kGetStorageMetrics;
  using Reply = GetStorageMetricsReply;

  ReplyPromise reply;

  using WireFields = Fields<&GetStorageMetricsRequest::reply>;
  friend bool operator==(const GetStorageMetricsRequest&, const GetStorageMetricsRequest&) = default;
};

/// A shard's size, as data distribution sees it.
struct DdMetrics {
  int64_t shard_bytes = 0;
  std::string_view begin_key;
  int64_t shard_bytes_per_ksecond = 0;

  using WireFields = Fields<&DdMetrics::shard_bytes, &DdMetrics::begin_key, &DdMetrics::shard_bytes_per_ksecond>;
  friend bool operator==(const DdMetrics&, const DdMetrics&) = default;
};

struct GetDdMetricsReply {
  static constexpr uint32_t kFileId = 7277713;

  Vector<DdMetrics> shards;

  using WireFields = Fields<&GetDdMetricsReply::shards>;
  friend bool operator==(const GetDdMetricsReply&, const GetDdMetricsReply&) = default;
};

struct GetDdMetricsRequest {
  static constexpr uint32_t kFileId = 14536812;
  static constexpr CommitProxyMethod kMethod = CommitProxyMethod::kGetDdMetrics;
  using Reply = GetDdMetricsReply;

  KeyRange keys;
  int32_t shard_limit = 0;
  ReplyPromise reply;

  using WireFields = Fields<&GetDdMetricsRequest::keys, &GetDdMetricsRequest::shard_limit,
                            &GetDdMetricsRequest::reply>;
  friend bool operator==(const GetDdMetricsRequest&, const GetDdMetricsRequest&) = default;
};

}  // namespace orrery::fdb::wire
