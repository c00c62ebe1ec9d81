#include "fdb/double/tenants.h"

#include <vector>

#include "fdb/wire/message.h"
#include "fdb/wire/out_buffer.h"

namespace orrery::fdb::test_double {
namespace {

constexpr std::string_view kNameIndex{"\xff/tenant/nameIndex/", 19};
constexpr std::string_view kMap{"\xff/tenant/map/", 13};
constexpr std::string_view kLastId{"\xff/tenant/lastId", 15};

/// The value of a row of kMap, behind eight bytes of version.
struct TenantMapEntry {
  static constexpr uint32_t kFileId = 7054389;

  int64_t id = 0;
  std::string_view name;
  uint8_t lock_state = 0;
  std::optional<wire::Uid> lock_id;
  std::optional<std::string_view> group;
  int64_t configuration_sequence = 0;

  using WireFields = wire::Fields<&TenantMapEntry::id, &TenantMapEntry::name,
                                  &TenantMapEntry::lock_state, &TenantMapEntry::lock_id,
                                  &TenantMapEntry::group, &TenantMapEntry::configuration_sequence>;
};

/// A tuple of one byte string.
std::string packed_name(std::string_view name) {
  std::string packed(1, '\x01');
  for (char c : name) {
    packed.push_back(c);
    if (c == '\0') packed.push_back('\xff');
  }
  packed.push_back('\0');
  return packed;
}

/// A tuple of one number that is not negative.
std::string packed_id(int64_t id) {
  std::string bytes = big_endian(static_cast<uint64_t>(id));
  bytes.erase(0, std::min(bytes.find_first_not_of('\0'), bytes.size()));
  return std::string(1, static_cast<char>(0x14 + bytes.size())) + bytes;
}

std::optional<int64_t> unpacked_id(std::string_view packed) {
  if (packed.empty() || packed.size() > 9) return std::nullopt;
  if (packed[0] != static_cast<char>(0x14 + packed.size() - 1)) return std::nullopt;
  uint64_t id = 0;
  for (char c : packed.substr(1)) id = id << 8 | static_cast<uint8_t>(c);
  return static_cast<int64_t>(id);
}

}  // namespace

std::optional<int64_t> find_tenant(Database& database, std::string_view name) {
  VersionedMap::Value row = database.now(std::string(kNameIndex) + packed_name(name));
  return row ? unpacked_id(*row) : std::nullopt;
}

bool tenant_exists(Database& database, int64_t id) {
  return database.now(std::string(kMap) + big_endian(static_cast<uint64_t>(id))).has_value();
}

int64_t create_tenant(Database& database, std::string_view name) {
  if (auto known = find_tenant(database, name)) return *known;
  VersionedMap::Value last = database.now(kLastId);
  int64_t id = last ? unpacked_id(*last).value_or(0) + 1 : 1;
  TenantMapEntry entry;
  entry.id = id;
  entry.name = name;
  wire::OutBuffer out;
  wire::encode(entry, out);
  std::string value("\x00\x00\x00\x73\xb0\x00\xdb\x0f", 8);
  value.append(out.view());
  std::string map_key = std::string(kMap) + big_endian(static_cast<uint64_t>(id));
  std::string name_key = std::string(kNameIndex) + packed_name(name);
  std::string packed = packed_id(id);
  using enum wire::MutationType;
  database.apply(
      {{kSetValue, map_key, value}, {kSetValue, name_key, packed}, {kSetValue, kLastId, packed}});
  return id;
}

std::string_view KeySpace::relative(std::string_view key) const {
  if (!is_tenant()) return key;
  if (key >= end) return kEndOfKeys;
  return key.starts_with(prefix) ? key.substr(prefix.size()) : std::string_view();
}

Result<KeySpace> key_space(Database& database, const wire::TenantInfo& tenant) {
  KeySpace space;
  space.end = kEndOfKeys;
  if (tenant.tenant_id == wire::TenantInfo::kNoTenant) return space;
  if (!tenant_exists(database, tenant.tenant_id)) return fail(error::tenant_not_found);
  space.prefix = big_endian(static_cast<uint64_t>(tenant.tenant_id));
  space.end = big_endian(static_cast<uint64_t>(tenant.tenant_id) + 1);
  return space;
}

}  // namespace orrery::fdb::test_double
