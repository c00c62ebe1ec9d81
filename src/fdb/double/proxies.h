// Proxies: what the test double's GRV proxies and commit proxies do.
//
// Part of the test double (see cluster.h). Thread-safety: the caller's mutex.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "fdb/double/world.h"
#include "fdb/wire/messages/cluster.h"
#include "fdb/wire/messages/commit.h"
#include "fdb/wire/messages/locations.h"
#include "fdb/wire/messages/metrics.h"
#include "fdb/wire/messages/read_version.h"

namespace orrery::fdb::test_double {

class Proxies {
 public:
  explicit Proxies(World& world) : world_(world) {}

  void get_read_version(const Asker& asker, const wire::GetReadVersionRequest& request);
  void health_metrics(const Asker& asker, const wire::GetHealthMetricsRequest& request);
  void global_config(const Asker& asker, const wire::GlobalConfigRefreshRequest& request);

  void commit(const Asker& asker, const wire::CommitTransactionRequest& request);
  void locations(const Asker& asker, const wire::GetKeyServerLocationsRequest& request);
  void tenant_id(const Asker& asker, const wire::GetTenantIdRequest& request);
  void expire_idempotency_id(const wire::ExpireIdempotencyIdRequest& request);
  void dd_metrics(const Asker& asker, const wire::GetDdMetricsRequest& request);
  void exclusion_safety(const Asker& asker, const wire::ExclusionSafetyCheckRequest& request);

  /// What GRV replies say from now on.
  struct Throttling {
    std::map<std::string, wire::ClientTagThrottleLimits> tags;
    bool default_throttled = false;
    bool batch_throttled = false;
    double proxy_tag_throttled_duration = 0;
    int32_t process_busy_time = 10'001;
  };
  Throttling throttling;

  /// Read versions that were asked for, and for how many transactions.
  uint64_t read_version_requests = 0;
  uint64_t read_version_transactions = 0;
  uint32_t largest_read_version_batch = 0;

 private:
  Status check_tenant(const wire::CommitTransactionRequest& request);

  World& world_;
};

}  // namespace orrery::fdb::test_double
