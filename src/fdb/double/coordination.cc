#include "fdb/double/coordination.h"

#include <utility>

namespace orrery::fdb::test_double {

Coordination::Coordination(World& world) : world_(world) {
  cluster_key = "double:first";
  cluster_id = world.topology.new_uid();
  view_id_ = world.topology.new_uid();
  leader_change_id_ = world.topology.new_uid();
}

void Coordination::open_database(const Asker& asker,
                                 const wire::OpenDatabaseCoordRequest& request) {
  RoleInstance& coordinator = *asker.role;
  if (!coordinator.forward.empty()) return send_view(asker, coordinator);
  // A client of another cluster hears nothing.
  if (request.cluster_key != cluster_key) return;
  if (request.known_client_info_id != view_id_) return send_view(asker, coordinator);
  databases_.push_back({asker, &coordinator});
}

void Coordination::send_view(const Asker& asker, const RoleInstance& coordinator) {
  wire::ClientDbInfo info;
  info.id = view_id_;
  info.cluster_id = cluster_id;
  info.tenant_mode.mode = world_.options.tenant_mode;
  if (!coordinator.forward.empty()) {
    info.forward = coordinator.forward;
    return world_.answers.reply(asker, info);
  }
  std::vector<wire::GrvProxyInterface> grv_proxies;
  std::vector<wire::CommitProxyInterface> commit_proxies;
  bool provisional = proxies_ == Proxies::kProvisional;
  if (proxies_ != Proxies::kHidden) {
    for (RoleInstance* role : world_.topology.roles(Role::kGrvProxy)) {
      std::string_view name = world_.topology.process(role->process).name;
      grv_proxies.push_back({name, provisional, world_.topology.stream(*role)});
    }
    for (RoleInstance* role : world_.topology.roles(Role::kCommitProxy)) {
      std::string_view name = world_.topology.process(role->process).name;
      commit_proxies.push_back({name, provisional, world_.topology.stream(*role)});
    }
  }
  info.grv_proxies = grv_proxies;
  info.commit_proxies = commit_proxies;
  world_.answers.reply(asker, info);
}

void Coordination::get_leader(const Asker& asker, const wire::GetLeaderRequest& request) {
  RoleInstance& coordinator = *asker.role;
  if (!coordinator.forward.empty()) return send_leader(asker, coordinator);
  if (request.key != cluster_key) return;
  if (request.known_leader != leader_change_id_) return send_leader(asker, coordinator);
  leaders_.push_back({asker, &coordinator});
}

void Coordination::send_leader(const Asker& asker, const RoleInstance& coordinator) {
  wire::LeaderInfo leader;
  std::string serialized;
  if (!coordinator.forward.empty()) {
    leader.serialized_info = coordinator.forward;
    leader.forward = true;
  } else {
    serialized = serialized_controller();
    leader.change_id = leader_change_id_;
    leader.serialized_info = serialized;
  }
  world_.answers.reply(asker, wire::GetLeaderReply{leader});
}

std::string Coordination::serialized_controller() {
  RoleInstance& role = *world_.topology.roles(Role::kController).front();
  auto stream = [&](uint32_t method) { return world_.topology.stream(role, method); };
  wire::ClusterControllerClientInterface controller;
  wire::ClusterInterface& clients = controller.client_interface;
  wire::RequestStream* streams[] = {
      &clients.open_database, &clients.failure_monitoring, &clients.database_status,
      &clients.ping,          &clients.get_client_workers, &clients.force_recovery,
      &clients.move_shard,    &clients.repair_system_data, &clients.split_shard,
      &clients.trigger_audit,
  };
  uint32_t method = 0;
  for (wire::RequestStream* each : streams) *each = stream(method++);
  wire::OutBuffer out;
  wire::encode(controller, out);
  std::string bytes("\x00\x00\x00\x73\xb0\x00\xdb\x0f", 8);
  bytes.append(out.view());
  return bytes;
}

void Coordination::status(const Asker& asker, const wire::StatusRequest&) {
  world_.answers.reply(asker, wire::StatusReply{status_json});
}

void Coordination::client_workers(const Asker& asker, const wire::GetClientWorkersRequest&) {
  // One worker, the controller's own process: the others have no such role here.
  wire::ClientWorkerInterface worker;
  worker.reboot = world_.topology.stream(*asker.role, kRebootMethod);
  worker.profiler = world_.topology.stream(*asker.role, kRebootMethod + 1);
  worker.set_failure_injection = world_.topology.stream(*asker.role, kRebootMethod + 2);
  std::vector<wire::ClientWorkerInterface> workers = {worker};
  wire::GetClientWorkersReply reply;
  reply.workers = workers;
  world_.answers.reply(asker, reply);
}

void Coordination::renew_view() {
  view_id_ = world_.topology.new_uid();
  for (const Parked& waits : std::exchange(databases_, {})) {
    send_view(waits.asker, *waits.coordinator);
  }
}

void Coordination::set_proxies(Proxies proxies) {
  proxies_ = proxies;
  renew_view();
}

void Coordination::forward(const std::vector<RoleInstance*>& coordinators,
                           const std::string& connection_string) {
  for (RoleInstance* coordinator : coordinators) coordinator->forward = connection_string;
  for (const Parked& waits : std::exchange(databases_, {})) {
    send_view(waits.asker, *waits.coordinator);
  }
  for (const Parked& waits : std::exchange(leaders_, {})) {
    send_leader(waits.asker, *waits.coordinator);
  }
}

}  // namespace orrery::fdb::test_double
