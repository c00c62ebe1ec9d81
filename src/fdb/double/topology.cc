#include "fdb/double/topology.h"

#include <span>

namespace orrery::fdb::test_double {
namespace {

struct Method {
  uint32_t index;
  Request request;
};

constexpr Method kController[] = {
    {kStatusMethod, Request::kStatus},
    {kWorkersMethod, Request::kGetClientWorkers},
    {kForceRecoveryMethod, Request::kForceRecovery},
    {kRebootMethod, Request::kReboot},
};
constexpr Method kGrvProxy[] = {
    {0, Request::kGetReadVersion},
    {2, Request::kGetHealthMetrics},
    {3, Request::kGlobalConfigRefresh},
};
constexpr Method kCommitProxy[] = {
    {0, Request::kCommit},
    {2, Request::kGetLocations},
    {8, Request::kExclusionSafetyCheck},
    {9, Request::kGetDdMetrics},
    {10, Request::kExpireIdempotencyId},
    {11, Request::kGetTenantId},
};
constexpr Method kStorage[] = {
    {0, Request::kGetValue},
    {1, Request::kGetKey},
    {2, Request::kGetKeyValues},
    {4, Request::kWaitMetrics},
    {10, Request::kWatchValue},
    {12, Request::kSplitRange},
    {14, Request::kGetMappedKeyValues},
};

std::span<const Method> methods(Role role) {
  switch (role) {
    case Role::kCoordinator:
      return {};
    case Role::kController:
      return kController;
    case Role::kGrvProxy:
      return kGrvProxy;
    case Role::kCommitProxy:
      return kCommitProxy;
    case Role::kStorage:
      return kStorage;
  }
  return {};
}

std::string hex(const wire::Uid& uid) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (uint64_t half : {uid.first, uid.second}) {
    for (int shift = 60; shift >= 0; shift -= 4) text.push_back(kDigits[half >> shift & 15]);
  }
  return text;
}

}  // namespace

uint64_t Topology::next_random() {
  uint64_t z = random_ += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

wire::Uid Topology::new_uid() {
  uint64_t first = next_random();
  return {first, next_random()};
}

Process& Topology::add_process() {
  Process& process = processes_.emplace_back();
  process.id = processes_.size() - 1;
  process.name = hex(new_uid());
  return process;
}

RoleInstance& Topology::add_role(Role role, Process& process) {
  RoleInstance& added = roles_.emplace_back();
  std::vector<RoleInstance*>& same = by_role_[static_cast<size_t>(role)];
  added.role = role;
  added.index = same.size();
  added.process = process.id;
  added.id = new_uid();
  same.push_back(&added);
  process.roles.push_back(&added);
  bind(added);
  return added;
}

void Topology::retire(RoleInstance& role) {
  std::vector<RoleInstance*>& same = by_role_[static_cast<size_t>(role.role)];
  std::erase(same, &role);
  for (size_t i = 0; i < same.size(); ++i) same[i]->index = i;
  Process& at = process(role.process);
  std::erase(at.roles, &role);
  std::erase_if(at.tokens, [&](const auto& entry) { return entry.second.role == &role; });
}

void Topology::renew_tokens(RoleInstance& role) {
  Process& at = process(role.process);
  std::erase_if(at.tokens, [&](const auto& entry) { return entry.second.role == &role; });
  bind(role);
}

void Topology::bind(RoleInstance& role) {
  last_slot_ += 32;
  wire::Uid random = new_uid();
  role.token = {random.first | wire::Uid::kStreamFlag,
                (random.second & 0xFFFFFFFF00000000u) | last_slot_};
  for (const Method& method : methods(role.role)) {
    wire::Uid token = wire::adjusted_token(role.token, method.index);
    process(role.process).tokens[token] = {method.request, &role};
  }
}

wire::RequestStream Topology::stream(const RoleInstance& role, uint32_t method) {
  wire::Endpoint first{{process(role.process).address, std::nullopt}, role.token};
  return {first.adjusted(method)};
}

std::vector<wire::Locality::Entry> Topology::locality(const RoleInstance& role) {
  std::string_view name = process(role.process).name;
  std::vector<wire::Locality::Entry> entries = {
      {"machineid", name}, {"processid", name}, {"zoneid", name}};
  if (!role.dc_id.empty()) entries.insert(entries.begin(), {"dcid", role.dc_id});
  return entries;
}

wire::StorageServerInterface Topology::storage_interface(
    const RoleInstance& role, const std::vector<wire::Locality::Entry>& entries) {
  wire::StorageServerInterface out;
  out.id = role.id;
  out.locality.entries = entries;
  out.get_value = stream(role);
  return out;
}

}  // namespace orrery::fdb::test_double
