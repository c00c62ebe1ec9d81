#include "fdb/double/cluster.h"

#include <algorithm>
#include <utility>

#include "env/environment.h"
#include "fdb/double/engine.h"

namespace orrery::fdb::test_double {
namespace {

/// Keeps the cluster still; what was sent meanwhile leaves when it goes.
class Inside {
 public:
  explicit Inside(Engine& engine) : engine_(engine), lock_(engine.network.mutex()) {}
  ~Inside() { engine_.network.wake(); }

 private:
  Engine& engine_;
  LockGuard<Mutex> lock_;
};

std::string key_after(std::string_view key) {
  return std::string(key) + '\0';
}

}  // namespace

Cluster::Cluster(Options options)
    : engine_(std::make_unique<Engine>(std::move(options))), store_(*engine_) {
  ok_ = engine_->start();
}

Cluster::~Cluster() = default;

std::string Cluster::connection_string() const {
  Inside inside(*engine_);
  return engine_->connection_string();
}

Faults& Cluster::faults() {
  return engine_->faults;
}

ProcessId Cluster::process_of(Role role, size_t index) const {
  Inside inside(*engine_);
  return engine_->topology.roles(role).at(index)->process;
}

NetworkAddress Cluster::address(ProcessId process) const {
  Inside inside(*engine_);
  return engine_->topology.process(process).address;
}

void Cluster::kill(ProcessId process) {
  Inside inside(*engine_);
  engine_->kill(process);
}

bool Cluster::restart(ProcessId process, Tokens tokens) {
  Inside inside(*engine_);
  return engine_->restart(process, tokens);
}

void Cluster::disconnect(ProcessId process) {
  Inside inside(*engine_);
  engine_->network.close_all(process);
}

void Cluster::hang(ProcessId process) {
  Inside inside(*engine_);
  engine_->network.pause(process);
}

void Cluster::resume(ProcessId process) {
  Inside inside(*engine_);
  engine_->network.resume(process);
}

void Cluster::set_protocol_version(ProcessId process, ProtocolVersion version) {
  Inside inside(*engine_);
  engine_->topology.process(process).version = version;
  engine_->network.close_all(process);
}

void Cluster::ping_clients() {
  Inside inside(*engine_);
  engine_->ping_clients();
}

size_t Cluster::open_connections(ProcessId process) const {
  Inside inside(*engine_);
  return engine_->network.open_connections(process);
}

void Cluster::recover() {
  Inside inside(*engine_);
  for (Role role : {Role::kGrvProxy, Role::kCommitProxy}) {
    for (RoleInstance* each : engine_->topology.roles(role)) engine_->topology.renew_tokens(*each);
  }
  engine_->coordination.renew_view();
}

bool Cluster::replace_proxies(size_t grv_proxies, size_t commit_proxies) {
  Inside inside(*engine_);
  Topology& topology = engine_->topology;
  const std::pair<Role, size_t> wanted[] = {{Role::kGrvProxy, grv_proxies},
                                            {Role::kCommitProxy, commit_proxies}};
  for (auto [role, count] : wanted) {
    for (RoleInstance* old : std::vector<RoleInstance*>(topology.roles(role))) {
      topology.retire(*old);
      if (topology.process(old->process).roles.empty()) engine_->kill(old->process);
    }
    for (size_t i = 0; i < count; ++i) {
      Process& process = topology.add_process();
      topology.add_role(role, process);
      if (!engine_->bring_up(process)) return false;
    }
  }
  engine_->coordination.renew_view();
  return true;
}

void Cluster::hide_proxies() {
  Inside inside(*engine_);
  engine_->coordination.set_proxies(Coordination::Proxies::kHidden);
}

void Cluster::show_provisional_proxies() {
  Inside inside(*engine_);
  engine_->coordination.set_proxies(Coordination::Proxies::kProvisional);
}

void Cluster::show_proxies() {
  Inside inside(*engine_);
  engine_->coordination.set_proxies(Coordination::Proxies::kTold);
}

bool Cluster::move_coordinators(size_t count) {
  Inside inside(*engine_);
  Topology& topology = engine_->topology;
  const std::vector<RoleInstance*> old = topology.roles(Role::kCoordinator);
  // They stay in their processes, and answer; but the connection string names others.
  topology.set_aside(Role::kCoordinator);
  for (size_t i = 0; i < count; ++i) {
    Process& process = topology.add_process();
    topology.add_role(Role::kCoordinator, process);
    if (!engine_->bring_up(process)) return false;
  }
  engine_->coordination.cluster_key = "double:moved" + std::to_string(topology.processes().size());
  engine_->coordination.forward(old, engine_->connection_string());
  return true;
}

void Cluster::forward_to(const std::string& connection_string) {
  Inside inside(*engine_);
  engine_->coordination.forward(engine_->topology.roles(Role::kCoordinator), connection_string);
}

size_t Cluster::parked_polls() const {
  Inside inside(*engine_);
  return engine_->coordination.parked();
}

void Cluster::set_status_json(std::string json) {
  Inside inside(*engine_);
  engine_->coordination.status_json = std::move(json);
}

void Cluster::set_shards(std::vector<Shard> shards) {
  Inside inside(*engine_);
  engine_->set_layout(std::move(shards));
}

void Cluster::set_penalty(size_t storage_server, double penalty) {
  Inside inside(*engine_);
  engine_->topology.roles(Role::kStorage).at(storage_server)->penalty = penalty;
}

size_t Cluster::outstanding_watches() const {
  Inside inside(*engine_);
  return engine_->storage.outstanding_watches();
}

void Cluster::set_throttling(Proxies::Throttling throttling) {
  Inside inside(*engine_);
  engine_->proxies.throttling = std::move(throttling);
}

Counters Cluster::counters() const {
  Inside inside(*engine_);
  Counters sum;
  for (const Process& process : engine_->topology.processes()) {
    for (size_t i = 0; i < kRequestKinds; ++i) sum.requests[i] += process.requests[i];
    sum.pongs += process.pongs;
  }
  sum.connections_accepted = engine_->network.accepted();
  sum.read_version_transactions = engine_->proxies.read_version_transactions;
  sum.largest_read_version_batch = engine_->proxies.largest_read_version_batch;
  return sum;
}

Counters Cluster::counters(ProcessId process) const {
  Inside inside(*engine_);
  Counters counters;
  const Process& of = engine_->topology.process(process);
  std::ranges::copy(of.requests, counters.requests);
  counters.pongs = of.pongs;
  return counters;
}

std::vector<std::string> Cluster::violations() const {
  Inside inside(*engine_);
  return engine_->violations;
}

void Cluster::observe(std::function<void(Request, ProcessId, std::string_view)> observer) {
  Inside inside(*engine_);
  engine_->observer = std::move(observer);
}

bool Cluster::wait_until(const std::function<bool(const Counters&)>& what,
                         int64_t nanos_max) const {
  // The system's clock: the cluster's may stand still.
  env::Clock& clock = *env::system_environment().clock;
  int64_t end = clock.monotonic_nanos() + nanos_max;
  while (!what(counters())) {
    if (clock.monotonic_nanos() > end) return false;
    clock.sleep_nanos(env::kNanosPerMilli / 2);
  }
  return true;
}

std::optional<std::string> Store::get(std::string_view key) {
  Inside inside(engine_);
  VersionedMap::Value value = engine_.database.now(key);
  if (!value) return std::nullopt;
  return std::string(*value);
}

std::vector<std::pair<std::string, std::string>> Store::rows(std::string_view begin,
                                                             std::string_view end) {
  Inside inside(engine_);
  std::vector<std::pair<std::string, std::string>> rows;
  engine_.database.rows().scan(begin, end, engine_.database.latest(), [&](VersionedMap::Row row) {
    rows.emplace_back(row.first, row.second);
    return true;
  });
  return rows;
}

void Store::set(std::string_view key, std::string_view value) {
  Inside inside(engine_);
  engine_.database.apply({{wire::MutationType::kSetValue, key, value}});
}

void Store::clear(std::string_view begin, std::string_view end) {
  Inside inside(engine_);
  engine_.database.apply({{wire::MutationType::kClearRange, begin, end}});
}

int64_t Store::version() {
  Inside inside(engine_);
  return engine_.database.latest();
}

void Store::advance(int64_t versions) {
  Inside inside(engine_);
  engine_.database.advance(versions);
}

void Store::lock_database() {
  // A stamp and who locked.
  set(kLockKey, std::string(26, '\1'));
}

void Store::unlock_database() {
  clear(kLockKey, key_after(kLockKey));
}

int64_t Store::create_tenant(std::string_view name) {
  Inside inside(engine_);
  return test_double::create_tenant(engine_.database, name);
}

}  // namespace orrery::fdb::test_double
