// What a client asks the cluster controller, the workers and, for the administration, the proxies. Each stream of the
// interfaces here has an endpoint of its own. See message.h for lifetimes.
#pragma once

#include <string_view>

#include "fdb/wire/message.h"
#include "fdb/wire/messages/interfaces.h"

namespace orrery::fdb::wire {

struct ClusterInterface {
  static constexpr uint32_t kFileId = 15888863;
  static constexpr bool kOutOfLine = true;

  RequestStream open_database;
  RequestStream failure_monitoring;
  RequestStream database_status;
  RequestStream ping;
  RequestStream get_client_workers;
  RequestStream force_recovery;
  RequestStream move_shard;
  RequestStream repair_system_data;
  RequestStream split_shard;
  RequestStream trigger_audit;

  using WireFields =
      Fields<&ClusterInterface::open_database, &ClusterInterface::failure_monitoring,
             &ClusterInterface::database_status, &ClusterInterface::ping,
             &ClusterInterface::get_client_workers, &ClusterInterface::force_recovery,
             &ClusterInterface::move_shard, &ClusterInterface::repair_system_data,
             &ClusterInterface::split_shard, &ClusterInterface::trigger_audit>;
  friend bool operator==(const ClusterInterface&, const ClusterInterface&) = default;
};

/// A cluster controller, as LeaderInfo tells it. A client uses the first member; the others are what the controller has
/// for servers.
struct ClusterControllerClientInterface {
  static constexpr uint32_t kFileId = 14997695;

  ClusterInterface client_interface;
  RequestStream recruit_from_configuration;
  RequestStream recruit_remote_from_configuration;
  RequestStream recruit_storage;
  RequestStream recruit_blob_worker;
  RequestStream register_worker;
  RequestStream get_workers;
  RequestStream register_master;
  RequestStream get_server_db_info;
  RequestStream update_worker_health;
  RequestStream tlog_rejoin;
  RequestStream notify_backup_worker_done;
  RequestStream change_coordinators;
  RequestStream get_encryption_at_rest_mode;

  using WireFields = Fields<&ClusterControllerClientInterface::client_interface,
                            &ClusterControllerClientInterface::recruit_from_configuration,
                            &ClusterControllerClientInterface::recruit_remote_from_configuration,
                            &ClusterControllerClientInterface::recruit_storage,
                            &ClusterControllerClientInterface::recruit_blob_worker,
                            &ClusterControllerClientInterface::register_worker,
                            &ClusterControllerClientInterface::get_workers,
                            &ClusterControllerClientInterface::register_master,
                            &ClusterControllerClientInterface::get_server_db_info,
                            &ClusterControllerClientInterface::update_worker_health,
                            &ClusterControllerClientInterface::tlog_rejoin,
                            &ClusterControllerClientInterface::notify_backup_worker_done,
                            &ClusterControllerClientInterface::change_coordinators,
                            &ClusterControllerClientInterface::get_encryption_at_rest_mode>;
  friend bool operator==(const ClusterControllerClientInterface&,
                         const ClusterControllerClientInterface&) = default;
};

struct StatusReply {
  static constexpr uint32_t kFileId = 9980504;

  /// JSON.
  std::string_view status;

  using WireFields = Fields<&StatusReply::status>;
  friend bool operator==(const StatusReply&, const StatusReply&) = default;
};

/// To ClusterInterface::database_status.
struct StatusRequest {
  static constexpr uint32_t kFileId = 14419140;
  using Reply = StatusReply;

  ReplyPromise reply;

  using WireFields = Fields<&StatusRequest::reply>;
  friend bool operator==(const StatusRequest&, const StatusRequest&) = default;
};

struct ClientWorkerInterface {
  static constexpr uint32_t kFileId = 12418152;
  static constexpr bool kOutOfLine = true;

  RequestStream reboot;
  RequestStream profiler;
  RequestStream set_failure_injection;

  using WireFields = Fields<&ClientWorkerInterface::reboot, &ClientWorkerInterface::profiler,
                            &ClientWorkerInterface::set_failure_injection>;
  friend bool operator==(const ClientWorkerInterface&, const ClientWorkerInterface&) = default;
};

struct GetClientWorkersReply {
  /// That of a vector of ClientWorkerInterface.
  static constexpr uint32_t kFileId = (5u << 24) | ClientWorkerInterface::kFileId;

  Vector<ClientWorkerInterface> workers;

  using WireFields = Fields<&GetClientWorkersReply::workers>;
  friend bool operator==(const GetClientWorkersReply&, const GetClientWorkersReply&) = default;
};

/// To ClusterInterface::get_client_workers.
struct GetClientWorkersRequest {
  static constexpr uint32_t kFileId = 10771791;
  using Reply = GetClientWorkersReply;

  ReplyPromise reply;

  using WireFields = Fields<&GetClientWorkersRequest::reply>;
  friend bool operator==(const GetClientWorkersRequest&, const GetClientWorkersRequest&) = default;
};

/// To ClientWorkerInterface::reboot; never answered.
struct RebootRequest {
  static constexpr uint32_t kFileId = 11913957;

  bool delete_data = false;
  bool check_data = false;
  /// In seconds.
  uint32_t wait_for_duration = 0;

  using WireFields = Fields<&RebootRequest::delete_data, &RebootRequest::check_data,
                            &RebootRequest::wait_for_duration>;
  friend bool operator==(const RebootRequest&, const RebootRequest&) = default;
};

/// To ClusterInterface::force_recovery.
struct ForceRecoveryRequest {
  static constexpr uint32_t kFileId = 14821350;
  using Reply = Void;

  std::string_view dc_id;
  ReplyPromise reply;

  using WireFields = Fields<&ForceRecoveryRequest::dc_id, &ForceRecoveryRequest::reply>;
  friend bool operator==(const ForceRecoveryRequest&, const ForceRecoveryRequest&) = default;
};

struct AddressExclusion {
  IpAddress ip;
  /// 0 for all of the machine.
  int32_t port = 0;

  using WireFields = Fields<&AddressExclusion::ip, &AddressExclusion::port>;
  friend bool operator==(const AddressExclusion&, const AddressExclusion&) = default;
};

struct ExclusionSafetyCheckReply {
  static constexpr uint32_t kFileId = 11;

  bool safe = false;

  using WireFields = Fields<&ExclusionSafetyCheckReply::safe>;
  friend bool operator==(const ExclusionSafetyCheckReply&, const ExclusionSafetyCheckReply&) = default;
};

struct ExclusionSafetyCheckRequest {
  static constexpr uint32_t kFileId = 13852702;
  static constexpr CommitProxyMethod kMethod = CommitProxyMethod::kExclusionSafetyCheck;
  using Reply = ExclusionSafetyCheckReply;

  Vector<AddressExclusion> exclusions;
  ReplyPromise reply;

  using WireFields = Fields<&ExclusionSafetyCheckRequest::exclusions, &ExclusionSafetyCheckRequest::reply>;
  friend bool operator==(const ExclusionSafetyCheckRequest&, const ExclusionSafetyCheckRequest&) = default;
};

struct ProxySnapRequest {
  static constexpr uint32_t kFileId = 5427684;
  static constexpr CommitProxyMethod kMethod = CommitProxyMethod::kProxySnap;
  using Reply = Void;

  /// The command's text.
  std::string_view payload;
  Uid snap_id;
  ReplyPromise reply;
  std::optional<Uid> debug_id;

  using WireFields = Fields<&ProxySnapRequest::payload, &ProxySnapRequest::snap_id,
                            &ProxySnapRequest::reply, &ProxySnapRequest::debug_id>;
  friend bool operator==(const ProxySnapRequest&, const ProxySnapRequest&) = default;
};

}  // namespace orrery::fdb::wire
