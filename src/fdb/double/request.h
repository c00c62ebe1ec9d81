// Request: the kinds of requests that the test double takes, to count them and to name faults by.
//
// Part of the test double (see cluster.h). Thread-safety: as values.
#pragma once

#include <cstddef>
#include <cstdint>

namespace orrery::fdb::test_double {

enum class Request : uint8_t {
  kPing,
  kGetLeader,
  kOpenDatabase,
  kProtocolInfo,
  kDescriptorMutable,
  kGetReadVersion,
  kGetHealthMetrics,
  kGlobalConfigRefresh,
  kCommit,
  kGetLocations,
  kGetTenantId,
  kExpireIdempotencyId,
  kGetDdMetrics,
  kExclusionSafetyCheck,
  kGetValue,
  kGetKey,
  kGetKeyValues,
  kGetMappedKeyValues,
  kWatchValue,
  kWaitMetrics,
  kSplitRange,
  kStatus,
  kGetClientWorkers,
  kReboot,
  kForceRecovery,
  kEnd,
};
inline constexpr size_t kRequestKinds = static_cast<size_t>(Request::kEnd);

/// A process of the cluster, by its place among all that ever were.
using ProcessId = size_t;

}  // namespace orrery::fdb::test_double
