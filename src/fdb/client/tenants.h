// Tenants: the ids of tenants by their names, as one loop's client was told. Inside one loop only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "fdb/error.h"
#include "fdb/runtime/task.h"

namespace orrery::fdb {

class Client;

/// The eight bytes that all keys of a tenant begin with, where the cluster stores them.
using TenantPrefix = std::array<char, 8>;
TenantPrefix tenant_prefix(int64_t id);

class Tenants {
 public:
  /// The id of a tenant: what is known, or else what a proxy says. tenant_not_found where there is
  /// none.
  Task<Result<int64_t>> id_of(Client& client, std::string name);
  /// Somebody was told that the id is none (any more).
  void forget(std::string_view name);

 private:
  std::map<std::string, int64_t, std::less<>> ids_;
};

}  // namespace orrery::fdb
