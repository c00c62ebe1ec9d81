// Coordination: what the test double's coordinators and its cluster controller do.
//
// Part of the test double (see cluster.h). Thread-safety: the caller's mutex.
#pragma once

#include <string>
#include <vector>

#include "fdb/double/world.h"
#include "fdb/wire/messages/cluster.h"
#include "fdb/wire/messages/coordination.h"

namespace orrery::fdb::test_double {

class Coordination {
 public:
  explicit Coordination(World& world);

  void open_database(const Asker& asker, const wire::OpenDatabaseCoordRequest& request);
  void get_leader(const Asker& asker, const wire::GetLeaderRequest& request);
  void status(const Asker& asker, const wire::StatusRequest& request);
  void client_workers(const Asker& asker, const wire::GetClientWorkersRequest& request);

  /// The proxies are others than before, or nothing is and clients are to be told all the same.
  void renew_view();
  /// Whether clients are told of no proxies, as during a recovery.
  enum class Proxies : uint8_t { kTold, kHidden, kProvisional };
  void set_proxies(Proxies proxies);
  /// The coordinators of today tell every client of another connection string; others take over.
  void forward(const std::vector<RoleInstance*>& coordinators,
               const std::string& connection_string);

  /// "description:id"; the id changes when coordinators do.
  std::string cluster_key;
  wire::Uid cluster_id;
  /// JSON that the controller answers.
  std::string status_json = R"({"generation":1,"processes":{},"machines":{},"messages":[]})";
  size_t parked() const { return databases_.size() + leaders_.size(); }

 private:
  struct Parked {
    Asker asker;
    RoleInstance* coordinator;
  };
  void send_view(const Asker& asker, const RoleInstance& coordinator);
  void send_leader(const Asker& asker, const RoleInstance& coordinator);
  std::string serialized_controller();

  World& world_;
  wire::Uid view_id_;
  wire::Uid leader_change_id_;
  Proxies proxies_ = Proxies::kTold;
  std::vector<Parked> databases_;
  std::vector<Parked> leaders_;
};

}  // namespace orrery::fdb::test_double
