#include "fdb/double/engine.h"

#include <algorithm>
#include <utility>

#include "env/environment.h"
#include "fdb/cluster/connection_string.h"
#include "fdb/wire/messages/ping.h"

namespace orrery::fdb::test_double {
namespace {

constexpr uint32_t kLoopback = 0x7F000001;

std::vector<Shard> shards_of(const Options& options) {
  if (!options.shards.empty()) return options.shards;
  Shard all;
  for (size_t i = 0; i < options.storage_servers; ++i) all.team.push_back(i);
  return {all};
}

}  // namespace

Engine::Engine(Options with)
    : options(std::move(with)),
      clock(options.clock != nullptr ? *options.clock : *env::system_environment().clock),
      network(*this, clock),
      topology(options.seed),
      database(clock, options.version_window),
      layout(shards_of(options)),
      answers(network),
      faults(network.mutex()),
      world{options, network, topology, database, layout, answers, violations},
      coordination(world),
      proxies(world),
      storage(world) {
  database.on_write = [this](std::string_view key, VersionedMap::Value value, int64_t version) {
    storage.on_write(key, value, version);
  };
  database.on_commit = [this](int64_t) { storage.on_commit(); };
}

bool Engine::start() {
  LockGuard<Mutex> lock(network.mutex());
  if (options.tls) {
    auto loaded =
        TlsContext::load(*options.tls, *env::system_environment().files, TlsContext::Side::kServer);
    if (!loaded) return false;
    tls_ = *loaded;
  }
  const std::pair<Role, size_t> wanted[] = {
      {Role::kCoordinator, options.coordinators}, {Role::kController, 1},
      {Role::kGrvProxy, options.grv_proxies},     {Role::kCommitProxy, options.commit_proxies},
      {Role::kStorage, options.storage_servers},
  };
  for (auto [role, count] : wanted) {
    for (size_t i = 0; i < count; ++i) {
      bool reuse = options.placement == Placement::kOneProcess && !topology.processes().empty();
      Process& process = reuse ? topology.process(0) : topology.add_process();
      RoleInstance& added = topology.add_role(role, process);
      const std::vector<std::string>& datacenters = options.datacenters;
      if (role == Role::kStorage && !datacenters.empty()) {
        added.dc_id = datacenters[i % datacenters.size()];
      }
      if (!reuse && !bring_up(process)) return false;
    }
  }
  return network.start();
}

bool Engine::bring_up(Process& process) {
  uint16_t port = network.listen(process.id, process.address.port);
  if (port == 0) return false;
  process.address.ip.store = kLoopback;
  process.address.port = port;
  process.address.flags = tls_ != nullptr ? NetworkAddress::kTls : uint16_t{0};
  process.is_up = true;
  return true;
}

std::string Engine::connection_string() {
  std::vector<NetworkAddress> addresses;
  for (RoleInstance* role : topology.roles(Role::kCoordinator)) {
    addresses.push_back(topology.process(role->process).address);
  }
  auto made = ConnectionString::make(coordination.cluster_key, std::move(addresses), {});
  return made ? made->to_string() : std::string();
}

void Engine::kill(ProcessId process) {
  topology.process(process).is_up = false;
  network.stop_listening(process);
  network.close_all(process);
}

bool Engine::restart(ProcessId id, Tokens tokens) {
  Process& process = topology.process(id);
  if (process.is_up) kill(id);
  if (!bring_up(process)) return false;
  if (tokens == Tokens::kSame) return true;
  bool view_changes = false;
  for (RoleInstance* role : std::vector<RoleInstance*>(process.roles)) {
    topology.renew_tokens(*role);
    view_changes |= role->role == Role::kGrvProxy || role->role == Role::kCommitProxy;
  }
  if (view_changes) coordination.renew_view();
  return true;
}

void Engine::reboot(ProcessId process) {
  // In its own time: the request that asks for it is still being handled.
  network.call_at(network.now(), [this, process] { restart(process, Tokens::kSame); });
}

void Engine::set_layout(std::vector<Shard> shards) {
  layout = Layout(std::move(shards));
  storage.on_layout_change();
}

void Engine::ping_clients() {
  network.for_each([&](Connection& connection) {
    wire::PingRequest ping;
    // Answers come to the process, not to a role: any token without the stream's bit will do.
    ping.reply.token = {2, connection.id()};
    answers.tell(connection, wire::well_known_token(wire::WellKnown::kPing), ping);
  });
}

std::unique_ptr<Stream> Engine::wrap(ProcessId, std::unique_ptr<Stream> stream) {
  if (tls_ == nullptr) return stream;
  return std::make_unique<TlsStream>(tls_, std::move(stream), std::string());
}

FrameForm Engine::form(ProcessId) {
  return tls_ == nullptr ? FrameForm::kChecked : FrameForm::kUnchecked;
}

ConnectPacket Engine::hello(ProcessId process) {
  const Process& at = topology.process(process);
  return {at.version, at.address.ip, at.address.port, 1};
}

Request Engine::well_known(const wire::Uid& token) {
  switch (static_cast<wire::WellKnown>(token.second)) {
    case wire::WellKnown::kPing:
      return Request::kPing;
    case wire::WellKnown::kGetLeader:
      return Request::kGetLeader;
    case wire::WellKnown::kOpenDatabase:
      return Request::kOpenDatabase;
    case wire::WellKnown::kProtocolInfo:
      return Request::kProtocolInfo;
    case wire::WellKnown::kDescriptorMutable:
      return Request::kDescriptorMutable;
    default:
      return Request::kEnd;
  }
}

void Engine::on_frame(Connection& from, Frame frame) {
  // Of another version: what it sends only shows that it lives.
  if (!from.is_compatible()) return;
  Process& process = topology.process(from.process());
  Call call{.connection = from.id(), .process = process.id};
  call.payload = std::move(frame.payload);
  if (frame.token.is_well_known()) {
    call.binding.request = well_known(frame.token);
    auto coordinator = std::ranges::find(process.roles, Role::kCoordinator, &RoleInstance::role);
    if (coordinator != process.roles.end()) call.binding.role = *coordinator;
    return dispatch(std::move(call));
  }
  auto found = process.tokens.find(frame.token);
  if (found != process.tokens.end()) {
    call.binding = found->second;
    return dispatch(std::move(call));
  }
  if (frame.token.is_stream()) {
    wire::Uid nowhere = wire::well_known_token(wire::WellKnown::kEndpointNotFound);
    answers.tell(from, nowhere, wire::EndpointNotFound{frame.token});
  } else if (frame.token.first == 2) {
    ++process.pongs;
  }
}

}  // namespace orrery::fdb::test_double
