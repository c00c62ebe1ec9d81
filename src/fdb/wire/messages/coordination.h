// What a client asks coordinators: the picture of the cluster, the leader. See message.h for lifetimes.
#pragma once

#include <optional>
#include <string_view>

#include "fdb/wire/message.h"
#include "fdb/wire/messages/interfaces.h"

namespace orrery::fdb::wire {

struct ClientVersion {
  std::string_view client_version;
  std::string_view source_version;
  /// In hexadecimal digits, "fdb00b073000000".
  std::string_view protocol_version;

  using WireFields = Fields<&ClientVersion::client_version, &ClientVersion::source_version,
                            &ClientVersion::protocol_version>;
  friend bool operator==(const ClientVersion&, const ClientVersion&) = default;
};

struct Hostname {
  std::string_view host;
  /// The port as text.
  std::string_view service;
  bool is_tls = false;

  using WireFields = Fields<&Hostname::host, &Hostname::service, &Hostname::is_tls>;
  friend bool operator==(const Hostname&, const Hostname&) = default;
};

/// Mutations of the global configuration at a version.
struct VersionHistory {
  static constexpr uint32_t kFileId = 5863456;
  static constexpr bool kOutOfLine = true;

  Vector<Mutation> mutations;
  int64_t version = 0;

  using WireFields = Fields<&VersionHistory::mutations, &VersionHistory::version>;
  friend bool operator==(const VersionHistory&, const VersionHistory&) = default;
};

struct EncryptKeyProxyInterface {
  static constexpr uint32_t kFileId = 1303419;
  static constexpr bool kOutOfLine = true;

  Locality locality;
  Uid id;
  RequestStream wait_failure;

  using WireFields = Fields<&EncryptKeyProxyInterface::locality, &EncryptKeyProxyInterface::id,
                            &EncryptKeyProxyInterface::wait_failure>;
  friend bool operator==(const EncryptKeyProxyInterface&, const EncryptKeyProxyInterface&) = default;
};

struct TenantMode {
  enum class Mode : uint32_t { kDisabled = 0, kOptional = 1, kRequired = 2 };

  Mode mode = Mode::kDisabled;

  using WireFields = Fields<&TenantMode::mode>;
  friend bool operator==(const TenantMode&, const TenantMode&) = default;
};

enum class ClusterType : int32_t { kStandalone = 0, kMetaclusterManagement = 1, kMetaclusterData = 2 };

/// The client's picture of a cluster.
struct ClientDbInfo {
  static constexpr uint32_t kFileId = 5355080;

  Vector<GrvProxyInterface> grv_proxies;
  Vector<CommitProxyInterface> commit_proxies;
  /// Another one whenever anything else is.
  Uid id;
  /// The connection string to go on with; then there are no proxies here.
  std::optional<std::string_view> forward;
  Vector<VersionHistory> history;
  TenantMode tenant_mode;
  std::optional<EncryptKeyProxyInterface> encrypt_key_proxy;
  Uid cluster_id;
  ClusterType cluster_type = ClusterType::kStandalone;
  std::optional<std::string_view> metacluster_name;

  using WireFields =
      Fields<&ClientDbInfo::grv_proxies, &ClientDbInfo::commit_proxies, &ClientDbInfo::id,
             &ClientDbInfo::forward, &ClientDbInfo::history, &ClientDbInfo::tenant_mode,
             &ClientDbInfo::encrypt_key_proxy, &ClientDbInfo::cluster_id,
             &ClientDbInfo::cluster_type, &ClientDbInfo::metacluster_name>;
  friend bool operator==(const ClientDbInfo&, const ClientDbInfo&) = default;
};

/// To WellKnown::kOpenDatabase; answered when the coordinator knows something else than `known_client_info_id`.
struct OpenDatabaseCoordRequest {
  static constexpr uint32_t kFileId = 214728;
  using Reply = ClientDbInfo;

  Vector<std::string_view> issues;
  Vector<ClientVersion> supported_versions;
  std::string_view trace_log_group;
  Uid known_client_info_id;
  /// "description:id" of the cluster file.
  std::string_view cluster_key;
  Vector<NetworkAddress> coordinators;
  ReplyPromise reply;
  Vector<Hostname> hostnames;
  /// True inside of server processes.
  bool internal = false;

  using WireFields =
      Fields<&OpenDatabaseCoordRequest::issues, &OpenDatabaseCoordRequest::supported_versions,
             &OpenDatabaseCoordRequest::trace_log_group,
             &OpenDatabaseCoordRequest::known_client_info_id,
             &OpenDatabaseCoordRequest::cluster_key, &OpenDatabaseCoordRequest::coordinators,
             &OpenDatabaseCoordRequest::reply, &OpenDatabaseCoordRequest::hostnames,
             &OpenDatabaseCoordRequest::internal>;
  friend bool operator==(const OpenDatabaseCoordRequest&, const OpenDatabaseCoordRequest&) = default;
};

struct LeaderInfo {
  static constexpr uint32_t kFileId = 8338794;

  Uid change_id;
  /// A ClusterControllerClientInterface behind a version (stored_values.h), or where `forward`, a connection string.
  std::string_view serialized_info;
  bool forward = false;

  using WireFields = Fields<&LeaderInfo::change_id, &LeaderInfo::serialized_info, &LeaderInfo::forward>;
  friend bool operator==(const LeaderInfo&, const LeaderInfo&) = default;
};

struct GetLeaderReply {
  /// That of an optional LeaderInfo.
  static constexpr uint32_t kFileId = (4u << 24) | LeaderInfo::kFileId;

  std::optional<LeaderInfo> leader;

  using WireFields = Fields<&GetLeaderReply::leader>;
  friend bool operator==(const GetLeaderReply&, const GetLeaderReply&) = default;
};

/// To WellKnown::kGetLeader; answered when the leader is another than `known_leader`.
struct GetLeaderRequest {
  static constexpr uint32_t kFileId = 214727;
  using Reply = GetLeaderReply;

  std::string_view key;
  Uid known_leader;
  ReplyPromise reply;

  using WireFields = Fields<&GetLeaderRequest::key, &GetLeaderRequest::known_leader, &GetLeaderRequest::reply>;
  friend bool operator==(const GetLeaderRequest&, const GetLeaderRequest&) = default;
};

struct CheckDescriptorMutableReply {
  static constexpr uint32_t kFileId = 7784299;

  bool is_mutable = false;

  using WireFields = Fields<&CheckDescriptorMutableReply::is_mutable>;
  friend bool operator==(const CheckDescriptorMutableReply&, const CheckDescriptorMutableReply&) = default;
};

/// To WellKnown::kDescriptorMutable.
struct CheckDescriptorMutableRequest {
  static constexpr uint32_t kFileId = 214729;
  using Reply = CheckDescriptorMutableReply;

  ReplyPromise reply;

  using WireFields = Fields<&CheckDescriptorMutableRequest::reply>;
  friend bool operator==(const CheckDescriptorMutableRequest&,
                         const CheckDescriptorMutableRequest&) = default;
};

}  // namespace orrery::fdb::wire
