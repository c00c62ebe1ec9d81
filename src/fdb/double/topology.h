// Topology: the test double's processes, the roles that they have, and the tokens that lead to
// them.
//
// Processes and roles are never removed, only ended and begun again. Part of the test double (see
// cluster.h). Thread-safety: the caller's mutex.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fdb/double/request.h"
#include "fdb/network_address.h"
#include "fdb/transport/protocol_version.h"
#include "fdb/wire/messages/interfaces.h"

namespace orrery::fdb::test_double {

enum class Role : uint8_t { kCoordinator, kController, kGrvProxy, kCommitProxy, kStorage };

/// Whether what begins again is known by the tokens that it had.
enum class Tokens : uint8_t { kSame, kNew };

/// One server's part: the third storage server, say.
struct RoleInstance {
  Role role = Role::kCoordinator;
  /// Among those of its role.
  size_t index = 0;
  ProcessId process = 0;
  wire::Uid id;
  /// Of its first method.
  wire::Uid token;
  std::string dc_id;
  double penalty = 1.0;
  /// Of a coordinator that moved: the connection string to go on with.
  std::string forward;
};

struct Binding {
  Request request = Request::kEnd;
  RoleInstance* role = nullptr;
};

struct Process {
  ProcessId id = 0;
  NetworkAddress address;
  /// As localities tell it.
  std::string name;
  bool is_up = false;
  ProtocolVersion version = kOurProtocol;
  std::unordered_map<wire::Uid, Binding, wire::UidHash> tokens;
  std::vector<RoleInstance*> roles;
  /// Requests that came, pings that were answered to us.
  uint64_t requests[kRequestKinds] = {};
  uint64_t pongs = 0;
};

class Topology {
 public:
  explicit Topology(uint64_t seed) : random_(seed) {}

  Process& add_process();
  RoleInstance& add_role(Role role, Process& process);
  Process& process(ProcessId id) { return processes_[id]; }
  std::deque<Process>& processes() { return processes_; }
  /// Those of a role, in the order they were added.
  const std::vector<RoleInstance*>& roles(Role role) const {
    return by_role_[static_cast<size_t>(role)];
  }
  /// Takes a role out of roles(); its tokens stay unknown.
  void retire(RoleInstance& role);
  /// Takes all of a role out of roles(); what they answer to stays.
  void set_aside(Role role) { by_role_[static_cast<size_t>(role)].clear(); }
  void renew_tokens(RoleInstance& role);
  wire::Uid new_uid();

  wire::RequestStream stream(const RoleInstance& role, uint32_t method = 0);
  /// What localities say of a process. The entries refer to `role` and to its process.
  std::vector<wire::Locality::Entry> locality(const RoleInstance& role);
  /// `entries` are the locality's.
  wire::StorageServerInterface storage_interface(const RoleInstance& role,
                                                 const std::vector<wire::Locality::Entry>& entries);

 private:
  void bind(RoleInstance& role);
  uint64_t next_random();

  uint64_t random_;
  std::deque<Process> processes_;
  std::deque<RoleInstance> roles_;
  std::vector<RoleInstance*> by_role_[5];
  uint32_t last_slot_ = 0;
};

/// Where the controller's streams lie behind its first token.
inline constexpr uint32_t kStatusMethod = 2;
inline constexpr uint32_t kWorkersMethod = 4;
inline constexpr uint32_t kForceRecoveryMethod = 5;
inline constexpr uint32_t kRebootMethod = 10;

}  // namespace orrery::fdb::test_double
