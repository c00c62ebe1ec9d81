// HostNames: how the names of coordinators become addresses. A seam: tests answer from tables.
#pragma once

#include <vector>

#include "fdb/cluster/connection_string.h"
#include "fdb/runtime/task.h"

namespace orrery::fdb {

class HostNames {
 public:
  virtual ~HostNames() = default;
  /// All addresses of the name, each with its port, its TLS flag and from_hostname. Errors:
  /// lookup_failed (1041).
  virtual Task<Result<std::vector<NetworkAddress>>> addresses_of(Hostname name) = 0;
};

/// Knows no names. For programs whose cluster files name addresses only.
class NoHostNames final : public HostNames {
 public:
  Task<Result<std::vector<NetworkAddress>>> addresses_of(Hostname) override {
    co_return fail(error::lookup_failed);
  }
};

}  // namespace orrery::fdb
