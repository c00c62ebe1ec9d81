// Options of the test double's cluster.
//
// Part of the test double (see cluster.h). Thread-safety: as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "env/clock.h"
#include "fdb/double/layout.h"
#include "fdb/tls_settings.h"
#include "fdb/wire/messages/coordination.h"

namespace orrery::fdb::test_double {

enum class Placement : uint8_t {
  kProcessEach,  // every role in a process of its own
  kOneProcess,   // all in one, as a lone fdbserver has them
};

struct Options {
  size_t coordinators = 1;
  size_t grv_proxies = 1;
  size_t commit_proxies = 1;
  size_t storage_servers = 1;
  Placement placement = Placement::kProcessEach;
  /// Empty: one shard, which all storage servers hold.
  std::vector<Shard> shards = {};
  /// Of the storage servers, in turn; empty: none is told.
  std::vector<std::string> datacenters = {};
  wire::TenantMode::Mode tenant_mode = wire::TenantMode::Mode::kOptional;
  /// For how many versions (millionths of a second) what was overwritten can be read.
  int64_t version_window = 5'000'000;
  /// How long a read waits for a version that is yet to come.
  int64_t future_version_nanos = env::kNanosPerSecond;
  /// How many watches a storage server takes before it answers 1029.
  size_t watches_max = 100'000;
  /// Processes speak TLS with it.
  std::optional<TlsSettings> tls = {};
  /// The system's where null. Borrowed.
  env::Clock* clock = nullptr;
  uint64_t seed = 1;
};

}  // namespace orrery::fdb::test_double
