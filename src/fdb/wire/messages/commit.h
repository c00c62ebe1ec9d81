// Commits, and what else concerns one transaction's writes. See message.h for lifetimes.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "fdb/wire/message.h"
#include "fdb/wire/messages/interfaces.h"

namespace orrery::fdb::wire {

struct CommitTransaction {
  Vector<KeyRange> read_conflict_ranges;
  Vector<KeyRange> write_conflict_ranges;
  Vector<Mutation> mutations;
  int64_t read_snapshot = 0;
  bool report_conflicting_keys = false;
  bool lock_aware = false;
  std::optional<SpanContext> span_context;
  std::optional<Vector<int64_t>> tenant_ids;

  using WireFields =
      Fields<&CommitTransaction::read_conflict_ranges, &CommitTransaction::write_conflict_ranges,
             &CommitTransaction::mutations, &CommitTransaction::read_snapshot,
             &CommitTransaction::report_conflicting_keys, &CommitTransaction::lock_aware,
             &CommitTransaction::span_context, &CommitTransaction::tenant_ids>;
  friend bool operator==(const CommitTransaction&, const CommitTransaction&) = default;
};

struct CommitCostEstimation {
  static constexpr bool kOutOfLine = true;

  int32_t ops_count = 0;
  uint64_t write_costs = 0;
  Vector<std::pair<int32_t, uint64_t>> clear_costs;
  uint32_t expensive_count = 0;

  using WireFields = Fields<&CommitCostEstimation::ops_count, &CommitCostEstimation::write_costs,
                            &CommitCostEstimation::clear_costs, &CommitCostEstimation::expensive_count>;
  friend bool operator==(const CommitCostEstimation&, const CommitCostEstimation&) = default;
};

/// What became of a commit.
struct CommitId {
  static constexpr uint32_t kFileId = 14254927;
  /// The `version` of a commit that was refused for a conflict, where conflicting keys were asked for.
  static constexpr int64_t kConflict = -1;

  int64_t version = 0;
  /// The versionstamp's last two bytes.
  uint16_t batch_id = 0;
  std::optional<std::string_view> metadata_version;
  /// Indices of read conflict ranges.
  std::optional<Vector<int32_t>> conflicting_ranges;

  using WireFields = Fields<&CommitId::version, &CommitId::batch_id, &CommitId::metadata_version,
                            &CommitId::conflicting_ranges>;
  friend bool operator==(const CommitId&, const CommitId&) = default;
};

struct CommitTransactionRequest {
  static constexpr uint32_t kFileId = 93948;
  static constexpr CommitProxyMethod kMethod = CommitProxyMethod::kCommit;
  using Reply = CommitId;

  enum Flag : uint32_t { kLockAware = 1, kFirstInBatch = 2, kBypassStorageQuota = 4 };

  CommitTransaction transaction;
  ReplyPromise reply;
  uint32_t flags = 0;
  std::optional<Uid> debug_id;
  std::optional<CommitCostEstimation> cost_estimation;
  std::optional<TagSet> tags;
  SpanContext span_context;
  TenantInfo tenant_info;
  /// Empty, or 16 to 255 bytes.
  std::string_view idempotency_id;

  using WireFields =
      Fields<&CommitTransactionRequest::transaction, &CommitTransactionRequest::reply,
             &CommitTransactionRequest::flags, &CommitTransactionRequest::debug_id,
             &CommitTransactionRequest::cost_estimation, &CommitTransactionRequest::tags,
             &CommitTransactionRequest::span_context, &CommitTransactionRequest::tenant_info,
             &CommitTransactionRequest::idempotency_id>;
  friend bool operator==(const CommitTransactionRequest&, const CommitTransactionRequest&) = default;
};

/// Never answered.
struct ExpireIdempotencyIdRequest {
  static constexpr uint32_t kFileId = 1900933;
  static constexpr CommitProxyMethod kMethod = CommitProxyMethod::kExpireIdempotencyId;

  int64_t commit_version = 0;
  uint8_t batch_index_high_byte = 0;
  TenantInfo tenant;

  using WireFields = Fields<&ExpireIdempotencyIdRequest::commit_version,
                            &ExpireIdempotencyIdRequest::batch_index_high_byte,
                            &ExpireIdempotencyIdRequest::tenant>;
  friend bool operator==(const ExpireIdempotencyIdRequest&, const ExpireIdempotencyIdRequest&) = default;
};

}  // namespace orrery::fdb::wire
