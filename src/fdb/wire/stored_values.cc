#include "fdb/wire/stored_values.h"

#include "fdb/wire/packed.h"

namespace orrery::fdb::wire {
namespace {

// Since when a value of \xff/keyServers/ names servers by tags, and since when by ids and the shard's name.
constexpr uint64_t kTagsInKeyServers = 0x0FDB00B063010000;
constexpr uint64_t kShardIdsInKeyServers = 0x0FDB00B072000000;
// Since when a tag has a locality.
constexpr uint64_t kTagLocality = 0x0FDB00A560010000;
// The first version whose values 7.3 does not read.
constexpr uint64_t kTooNew = 0x0FDB00B075000000;
constexpr int8_t kTagWithoutLocality = -4;

std::vector<Uid> read_uids(PackedReader& reader) {
  std::vector<Uid> uids(reader.count(16));
  for (Uid& uid : uids) uid = reader.uid();
  return uids;
}

std::vector<Tag> read_tags(PackedReader& reader) {
  std::vector<Tag> tags(reader.count(3));
  for (Tag& tag : tags) tag = reader.tag();
  return tags;
}

void write_address(PackedWriter& writer, const NetworkAddress& address) {
  writer.truth(address.ip.is_v6());
  if (const IpAddress::V6* v6 = address.ip.v6()) {
    writer.raw({reinterpret_cast<const char*>(v6->data()), v6->size()});
  } else {
    writer.number(address.ip.v4());
  }
  writer.number(address.port);
  writer.number(address.flags);
  writer.truth(address.from_hostname);
}

NetworkAddress read_address(PackedReader& reader) {
  NetworkAddress address;
  if (reader.truth()) {
    IpAddress::V6 v6{};
    std::string_view bytes = reader.take(v6.size());
    if (!bytes.empty()) std::memcpy(v6.data(), bytes.data(), v6.size());
    address.ip.store = v6;
  } else {
    address.ip.store = reader.number<uint32_t>();
  }
  address.port = reader.number<uint16_t>();
  address.flags = reader.number<uint16_t>();
  address.from_hostname = reader.truth();
  return address;
}

void write_stream(PackedWriter& writer, const RequestStream& stream) {
  const NetworkAddressList& addresses = stream.endpoint.addresses;
  write_address(writer, addresses.address);
  writer.truth(addresses.secondary.has_value());
  if (addresses.secondary) write_address(writer, *addresses.secondary);
  writer.uid(stream.endpoint.token);
}

RequestStream read_stream(PackedReader& reader) {
  RequestStream stream;
  stream.endpoint.addresses.address = read_address(reader);
  if (reader.truth()) stream.endpoint.addresses.secondary = read_address(reader);
  stream.endpoint.token = reader.uid();
  return stream;
}

}  // namespace

Result<Versioned> split_version(std::string_view value) {
  PackedReader reader(value);
  uint64_t version = reader.number<uint64_t>() & ~kObjectFlag;
  if (!reader.ok() || version >> 48 != kProtocolVersion >> 48) return fail(error::serialization_failed);
  if (version >= kTooNew) return fail(error::incompatible_protocol_version);
  return Versioned{version, value.substr(sizeof version)};
}

Result<HealthMetrics> HealthMetrics::parse(std::string_view serialized) {
  Result<Versioned> versioned = split_version(serialized);
  if (!versioned) return fail(versioned.error());
  PackedReader reader(versioned->value);
  HealthMetrics metrics;
  metrics.worst_storage_queue = reader.number<int64_t>();
  metrics.worst_storage_durability_lag = reader.number<int64_t>();
  metrics.worst_tlog_queue = reader.number<int64_t>();
  metrics.tps_limit = reader.number<double>();
  metrics.batch_limited = reader.truth();
  metrics.storage.resize(reader.count(48));
  for (auto& [id, storage] : metrics.storage) {
    id = reader.uid();
    storage.queue = reader.number<int64_t>();
    storage.durability_lag = reader.number<int64_t>();
    storage.disk_usage = reader.number<double>();
    storage.cpu_usage = reader.number<double>();
  }
  metrics.tlog_queue.resize(reader.count(24));
  for (auto& [id, queue] : metrics.tlog_queue) {
    id = reader.uid();
    queue = reader.number<int64_t>();
  }
  metrics.limiting_storage_queue = reader.number<int64_t>();
  metrics.limiting_storage_durability_lag = reader.number<int64_t>();
  if (!reader.ok()) return fail(error::serialization_failed);
  return metrics;
}

std::string HealthMetrics::serialize() const {
  PackedWriter writer;
  writer.number(kProtocolVersion);
  writer.number(worst_storage_queue);
  writer.number(worst_storage_durability_lag);
  writer.number(worst_tlog_queue);
  writer.number(tps_limit);
  writer.truth(batch_limited);
  writer.number(static_cast<uint32_t>(storage.size()));
  for (const auto& [id, stats] : storage) {
    writer.uid(id);
    writer.number(stats.queue);
    writer.number(stats.durability_lag);
    writer.number(stats.disk_usage);
    writer.number(stats.cpu_usage);
  }
  writer.number(static_cast<uint32_t>(tlog_queue.size()));
  for (const auto& [id, queue] : tlog_queue) {
    writer.uid(id);
    writer.number(queue);
  }
  writer.number(limiting_storage_queue);
  writer.number(limiting_storage_durability_lag);
  return writer.release();
}

Result<KeyServers> KeyServers::parse(std::string_view value) {
  KeyServers servers;
  if (value.empty()) return servers;
  Result<Versioned> versioned = split_version(value);
  if (!versioned) return fail(versioned.error());
  PackedReader reader(versioned->value);
  bool by_tags = versioned->version >= kTagsInKeyServers && versioned->version < kShardIdsInKeyServers;
  if (by_tags) {
    servers.source_tags = read_tags(reader);
    servers.destination_tags = read_tags(reader);
  } else {
    servers.source = read_uids(reader);
    servers.destination = read_uids(reader);
  }
  if (versioned->version >= kShardIdsInKeyServers) {
    servers.source_id = reader.uid();
    if (!reader.at_end()) servers.destination_id = reader.uid();
  }
  if (!reader.done()) return fail(error::serialization_failed);
  return servers;
}

Result<Tag> parse_server_tag(std::string_view value) {
  Result<Versioned> versioned = split_version(value);
  if (!versioned) return fail(versioned.error());
  PackedReader reader(versioned->value);
  Tag tag;
  if (versioned->version >= kTagLocality) {
    tag = reader.tag();
  } else {
    tag = {reader.number<uint16_t>(), kTagWithoutLocality};
  }
  if (!reader.done()) return fail(error::serialization_failed);
  return tag;
}

Result<IdempotencyRow> IdempotencyRow::parse(std::string_view value) {
  Result<Versioned> versioned = split_version(value);
  if (!versioned) return fail(versioned.error());
  PackedReader reader(versioned->value);
  IdempotencyRow row;
  row.timestamp = reader.number<int64_t>();
  while (!reader.at_end()) {
    Id& id = row.ids.emplace_back();
    id.id = reader.take(reader.number<uint8_t>());
    id.batch_index_low_byte = reader.number<uint8_t>();
  }
  if (!reader.ok()) return fail(error::serialization_failed);
  return row;
}

std::optional<uint16_t> IdempotencyRow::find(std::string_view id, uint8_t batch_index_high_byte) const {
  for (const Id& entry : ids) {
    if (entry.id == id) return static_cast<uint16_t>(batch_index_high_byte << 8 | entry.batch_index_low_byte);
  }
  return std::nullopt;
}

std::optional<Uid> parse_lock(std::string_view value) {
  PackedReader reader(value);
  reader.take(10);
  Uid uid = reader.uid();
  if (!reader.done()) return std::nullopt;
  return uid;
}

std::string pack_worker(const ClientWorkerInterface& worker) {
  PackedWriter writer;
  writer.number(kProtocolVersion);
  write_stream(writer, worker.reboot);
  write_stream(writer, worker.profiler);
  write_stream(writer, worker.set_failure_injection);
  return writer.release();
}

Result<ClientWorkerInterface> unpack_worker(std::string_view value) {
  Result<Versioned> versioned = split_version(value);
  if (!versioned) return fail(versioned.error());
  PackedReader reader(versioned->value);
  ClientWorkerInterface worker;
  worker.reboot = read_stream(reader);
  worker.profiler = read_stream(reader);
  worker.set_failure_injection = read_stream(reader);
  if (!reader.done()) return fail(error::serialization_failed);
  return worker;
}

}  // namespace orrery::fdb::wire
