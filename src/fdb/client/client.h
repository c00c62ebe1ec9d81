// Client: one loop's part of a database: its connections, what it knows of the cluster, what it
// learned of servers.
//
// A database that runs on several loops has a Client on each; they share nothing. Ownership: loop,
// dialer, names and environment are borrowed and outlive it; whatever works with a Client ends
// before it does. Inside one loop only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "env/environment.h"
#include "fdb/client/location_cache.h"
#include "fdb/client/queue_model.h"
#include "fdb/client/storage_server.h"
#include "fdb/client/tenants.h"
#include "fdb/cluster/coordinators.h"
#include "fdb/transport/transport.h"

namespace orrery::fdb {

class ReadVersions;

/// When all servers of a shard have failed: how long to wait for one of them before the shard is
/// looked up again.
class OutageDelay {
 public:
  /// Nanoseconds to wait now, longer the longer the outage is.
  int64_t next(int64_t now);

 private:
  int64_t began_ = 0;
  int64_t latest_ = INT64_MIN / 2;
};

class Client {
 public:
  struct Options {
    TransportOptions transport;
    Coordinators::Options coordinators;
    wire::Encryption encryption = wire::Encryption::kPlain;
  };
  Client(Loop& loop, Dialer& dialer, Resolver& names, const env::Environment& environment,
         ClusterFile file, const Options& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Loop& loop() const { return loop_; }
  env::Random& random() const { return random_; }
  /// At least 0, less than 1.
  double random_fraction();
  Transport& transport() { return transport_; }
  Coordinators& coordinators() { return coordinators_; }
  const ClusterViewRef& view() const { return coordinators_.view(); }
  LocationCache& locations() { return locations_; }
  StorageServers& servers() { return servers_; }
  HedgeBudget& hedges() { return hedges_; }
  Tenants& tenants() { return tenants_; }
  OutageDelay& outage() { return outage_; }
  ReadVersions& read_versions() { return *read_versions_; }
  /// The client's data center; servers there are asked first.
  std::string& datacenter() { return datacenter_; }

 private:
  Loop& loop_;
  env::Random& random_;
  Transport transport_;
  Coordinators coordinators_;
  StorageServers servers_;
  LocationCache locations_;
  HedgeBudget hedges_;
  Tenants tenants_;
  OutageDelay outage_;
  std::string datacenter_;
  std::unique_ptr<ReadVersions> read_versions_;
  Event ended_;
  Running<Done> monitor_;
};

}  // namespace orrery::fdb
