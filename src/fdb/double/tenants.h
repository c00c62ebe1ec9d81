// Tenants: the rows that name them, and keys inside of them.
//
// Rows are those that clients write and read: \xff/tenant/nameIndex/ and \xff/tenant/map/. Part of
// the test double (see cluster.h). Thread-safety: the caller's mutex.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fdb/double/database.h"
#include "fdb/error.h"
#include "fdb/wire/types.h"

namespace orrery::fdb::test_double {

/// The id that a name stands for.
std::optional<int64_t> find_tenant(Database& database, std::string_view name);
bool tenant_exists(Database& database, int64_t id);
/// Writes the rows of a new tenant; its id, or that of the one that has the name.
int64_t create_tenant(Database& database, std::string_view name);

/// The part of all keys that a request may name.
struct KeySpace {
  /// Nothing for requests without a tenant.
  std::string prefix;
  std::string end;

  bool is_tenant() const { return !prefix.empty(); }
  std::string absolute(std::string_view key) const { return prefix + std::string(key); }
  /// Of an absolute key in or at the edge of the space; behind it, \xff\xff.
  std::string_view relative(std::string_view key) const;
};

/// tenant_not_found where there is no such tenant.
Result<KeySpace> key_space(Database& database, const wire::TenantInfo& tenant);

}  // namespace orrery::fdb::test_double
