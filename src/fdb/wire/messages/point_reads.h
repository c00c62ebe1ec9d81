// Reads of one key and watches, which storage servers take. See message.h for lifetimes.
//
// Most errors of a read come in the reply's `error`, together with the server's `penalty`; others instead of the reply.
#pragma once

#include <optional>
#include <string_view>

#include "fdb/wire/message.h"
#include "fdb/wire/messages/interfaces.h"

namespace orrery::fdb::wire {

struct GetValueReply {
  static constexpr uint32_t kFileId = 1378929;

  double penalty = 1.0;
  std::optional<ErrorCode> error;
  std::optional<std::string_view> value;
  bool cached = false;

  using WireFields = Fields<&GetValueReply::penalty, &GetValueReply::error, &GetValueReply::value,
                            &GetValueReply::cached>;
  friend bool operator==(const GetValueReply&, const GetValueReply&) = default;
};

struct GetValueRequest {
  static constexpr uint32_t kFileId = 8454530;
  static constexpr StorageMethod kMethod = StorageMethod::kGetValue;
  using Reply = GetValueReply;

  /// Relative to the tenant. Without one it has to be below \xff\xff: a storage server of 7.3.77 does not survive others.
  std::string_view key;
  int64_t version = 0;
  std::optional<TagSet> tags;
  ReplyPromise reply;
  SpanContext span_context;
  TenantInfo tenant_info;
  std::optional<ReadOptions> options;
  VersionVector latest_commit_versions;

  using WireFields = Fields<&GetValueRequest::key, &GetValueRequest::version, &GetValueRequest::tags,
                            &GetValueRequest::reply, &GetValueRequest::span_context,
                            &GetValueRequest::tenant_info, &GetValueRequest::options,
                            &GetValueRequest::latest_commit_versions>;
  friend bool operator==(const GetValueRequest&, const GetValueRequest&) = default;
};

struct GetKeyReply {
  static constexpr uint32_t kFileId = 11226513;

  double penalty = 1.0;
  std::optional<ErrorCode> error;
  /// The key that was found where it is (key, true, 0); otherwise the selector to go on with in the shard beside.
  KeySelector selector;
  bool cached = false;

  using WireFields = Fields<&GetKeyReply::penalty, &GetKeyReply::error, &GetKeyReply::selector,
                            &GetKeyReply::cached>;
  friend bool operator==(const GetKeyReply&, const GetKeyReply&) = default;
};

struct GetKeyRequest {
  static constexpr uint32_t kFileId = 10457870;
  static constexpr StorageMethod kMethod = StorageMethod::kGetKey;
  using Reply = GetKeyReply;

  KeySelector selector;
  int64_t version = 0;
  std::optional<TagSet> tags;
  ReplyPromise reply;
  SpanContext span_context;
  TenantInfo tenant_info;
  std::optional<ReadOptions> options;
  VersionVector latest_commit_versions;

  using WireFields = Fields<&GetKeyRequest::selector, &GetKeyRequest::version, &GetKeyRequest::tags,
                            &GetKeyRequest::reply, &GetKeyRequest::span_context,
                            &GetKeyRequest::tenant_info, &GetKeyRequest::options,
                            &GetKeyRequest::latest_commit_versions>;
  friend bool operator==(const GetKeyRequest&, const GetKeyRequest&) = default;
};

struct WatchValueReply {
  static constexpr uint32_t kFileId = 3;

  int64_t version = 0;
  bool cached = false;

  using WireFields = Fields<&WatchValueReply::version, &WatchValueReply::cached>;
  friend bool operator==(const WatchValueReply&, const WatchValueReply&) = default;
};

/// Answered when the key's value is another than `value`.
struct WatchValueRequest {
  static constexpr uint32_t kFileId = 14747733;
  static constexpr StorageMethod kMethod = StorageMethod::kWatchValue;
  using Reply = WatchValueReply;

  std::string_view key;
  std::optional<std::string_view> value;
  int64_t version = 0;
  std::optional<TagSet> tags;
  std::optional<Uid> debug_id;
  ReplyPromise reply;
  SpanContext span_context;
  TenantInfo tenant_info;

  using WireFields = Fields<&WatchValueRequest::key, &WatchValueRequest::value,
                            &WatchValueRequest::version, &WatchValueRequest::tags,
                            &WatchValueRequest::debug_id, &WatchValueRequest::reply,
                            &WatchValueRequest::span_context, &WatchValueRequest::tenant_info>;
  friend bool operator==(const WatchValueRequest&, const WatchValueRequest&) = default;
};

}  // namespace orrery::fdb::wire
