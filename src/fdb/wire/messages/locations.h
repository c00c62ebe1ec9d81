// Where keys are stored, and which tenant has a name. See message.h for lifetimes.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "fdb/wire/message.h"
#include "fdb/wire/messages/interfaces.h"

namespace orrery::fdb::wire {

struct GetKeyServerLocationsReply {
  static constexpr uint32_t kFileId = 10636023;

  /// Shards with the servers that hold them, in order (from the last where `reverse`).
  Vector<std::pair<KeyRange, Vector<StorageServerInterface>>> results;
  Vector<std::pair<Uid, StorageServerInterface>> tss_mapping;
  Vector<std::pair<Uid, Tag>> tag_mapping;

  using WireFields =
      Fields<&GetKeyServerLocationsReply::results, &GetKeyServerLocationsReply::tss_mapping,
             &GetKeyServerLocationsReply::tag_mapping>;
  friend bool operator==(const GetKeyServerLocationsReply&, const GetKeyServerLocationsReply&) = default;
};

struct GetKeyServerLocationsRequest {
  static constexpr uint32_t kFileId = 9144680;
  static constexpr CommitProxyMethod kMethod = CommitProxyMethod::kGetKeyServerLocations;
  using Reply = GetKeyServerLocationsReply;
  static constexpr int64_t kLatestVersion = -2;

  /// Without an `end` it has to be below \xff\xff: a proxy of 7.3.77 does not survive others.
  std::string_view begin;
  std::optional<std::string_view> end;
  int32_t limit = 0;
  bool reverse = false;
  ReplyPromise reply;
  SpanContext span_context;
  TenantInfo tenant;
  int64_t min_tenant_version = kLatestVersion;

  using WireFields =
      Fields<&GetKeyServerLocationsRequest::begin, &GetKeyServerLocationsRequest::end,
             &GetKeyServerLocationsRequest::limit, &GetKeyServerLocationsRequest::reverse,
             &GetKeyServerLocationsRequest::reply, &GetKeyServerLocationsRequest::span_context,
             &GetKeyServerLocationsRequest::tenant, &GetKeyServerLocationsRequest::min_tenant_version>;
  friend bool operator==(const GetKeyServerLocationsRequest&,
                         const GetKeyServerLocationsRequest&) = default;
};

struct GetTenantIdReply {
  static constexpr uint32_t kFileId = 11441284;

  int64_t tenant_id = TenantInfo::kNoTenant;

  using WireFields = Fields<&GetTenantIdReply::tenant_id>;
  friend bool operator==(const GetTenantIdReply&, const GetTenantIdReply&) = default;
};

struct GetTenantIdRequest {
  static constexpr uint32_t kFileId = 11299717;
  static constexpr CommitProxyMethod kMethod = CommitProxyMethod::kGetTenantId;
  using Reply = GetTenantIdReply;

  ReplyPromise reply;
  std::string_view tenant_name;
  int64_t min_tenant_version = GetKeyServerLocationsRequest::kLatestVersion;

  using WireFields = Fields<&GetTenantIdRequest::reply, &GetTenantIdRequest::tenant_name,
                            &GetTenantIdRequest::min_tenant_version>;
  friend bool operator==(const GetTenantIdRequest&, const GetTenantIdRequest&) = default;
};

}  // namespace orrery::fdb::wire
