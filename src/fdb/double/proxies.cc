#include "fdb/double/proxies.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "fdb/double/tenants.h"

namespace orrery::fdb::test_double {
namespace {

constexpr std::string_view kIdempotencyIds{"\xff\x02/idmp/", 8};
/// What an almost empty cluster tells.
constexpr int64_t kMidShardSize = 111'000;

}  // namespace

void Proxies::get_read_version(const Asker& asker, const wire::GetReadVersionRequest& request) {
  ++read_version_requests;
  read_version_transactions += request.transaction_count;
  largest_read_version_batch = std::max(largest_read_version_batch, request.transaction_count);
  Database& database = world_.database;
  std::vector<std::pair<std::string_view, wire::ClientTagThrottleLimits>> limits;
  for (const auto& [tag, count] : request.tags) {
    auto throttled = throttling.tags.find(std::string(tag));
    if (throttled != throttling.tags.end()) limits.emplace_back(tag, throttled->second);
  }
  wire::GetReadVersionReply reply;
  reply.process_busy_time = throttling.process_busy_time;
  reply.version = database.latest();
  reply.locked = database.locked();
  reply.metadata_version = database.now(kMetadataVersionKey);
  reply.tag_throttle_info = limits;
  reply.mid_shard_size = kMidShardSize;
  reply.default_throttled = throttling.default_throttled;
  reply.batch_throttled = throttling.batch_throttled;
  reply.proxy_id = asker.role->id;
  reply.proxy_tag_throttled_duration = throttling.proxy_tag_throttled_duration;
  world_.answers.reply(asker, reply);
}

void Proxies::health_metrics(const Asker& asker, const wire::GetHealthMetricsRequest&) {
  // A version, three queues, a limit of transactions, whether batches are limited, no storage
  // server and no log of which something is known, two more queues.
  std::string bytes("\x00\x00\x00\x73\xb0\x00\xdb\x0f", 8);
  bytes.append(3 * 8, '\0');
  double limit = 100'000;
  bytes.append(reinterpret_cast<const char*>(&limit), sizeof limit);
  bytes.append(1 + 4 + 4 + 2 * 8, '\0');
  wire::GetHealthMetricsReply reply;
  reply.serialized = bytes;
  world_.answers.reply(asker, reply);
}

void Proxies::global_config(const Asker& asker, const wire::GlobalConfigRefreshRequest&) {
  wire::GlobalConfigRefreshReply reply;
  reply.version = world_.database.latest();
  world_.answers.reply(asker, reply);
}

/// A tenant's commit stays inside of the tenant.
Status Proxies::check_tenant(const wire::CommitTransactionRequest& request) {
  auto space = key_space(world_.database, request.tenant_info);
  if (!space) return fail(space.error());
  if (!space->is_tenant()) return {};
  for (const wire::Mutation& mutation : request.transaction.mutations) {
    bool is_range = mutation.type == wire::MutationType::kClearRange;
    bool inside =
        mutation.param1.starts_with(space->prefix) && (!is_range || mutation.param2 <= space->end);
    if (!inside && mutation.param1 != kMetadataVersionKey)
      return fail(error::illegal_tenant_access);
  }
  return {};
}

void Proxies::commit(const Asker& asker, const wire::CommitTransactionRequest& request) {
  using R = wire::CommitTransactionRequest;
  if (Status status = check_tenant(request); !status) {
    return world_.answers.refuse<R>(asker, status.error());
  }
  bool lock_aware = (request.flags & R::kLockAware) != 0;
  if (world_.database.locked() && !lock_aware && request.transaction.report_conflicting_keys) {
    return world_.crash(asker, "conflicting keys asked of a locked database");
  }
  auto committed = world_.database.commit(request);
  if (!committed) return world_.answers.refuse<R>(asker, committed.error());
  wire::CommitId reply;
  reply.version = committed->version;
  reply.batch_id = committed->batch_id;
  if (committed->version == wire::CommitId::kConflict) {
    reply.conflicting_ranges = wire::Vector<int32_t>(committed->conflicts);
  } else {
    reply.metadata_version = world_.database.now(kMetadataVersionKey);
  }
  world_.answers.reply(asker, reply);
}

void Proxies::locations(const Asker& asker, const wire::GetKeyServerLocationsRequest& request) {
  using R = wire::GetKeyServerLocationsRequest;
  auto space = key_space(world_.database, request.tenant);
  if (!space) return world_.answers.refuse<R>(asker, space.error());
  if (!request.end && !request.reverse && !space->is_tenant() && request.begin >= kEndOfKeys) {
    return world_.crash(asker, "location of a key past the end");
  }
  const Layout& layout = world_.layout;
  std::string begin = std::min(space->absolute(request.begin), space->end);
  std::vector<size_t> found;
  if (!request.end) {
    found.push_back(request.reverse ? layout.shard_before(begin) : layout.shard_of(begin));
  } else {
    std::string end = std::min(space->absolute(*request.end), space->end);
    size_t first = layout.shard_of(begin);
    size_t last = std::max(first, layout.shard_before(end));
    for (size_t i = 0; first + i <= last && std::cmp_less(i, request.limit); ++i) {
      found.push_back(request.reverse ? last - i : first + i);
    }
  }
  // The reply refers to all of these; their places must not change.
  std::deque<std::vector<wire::Locality::Entry>> localities;
  std::deque<std::vector<wire::StorageServerInterface>> teams;
  std::vector<std::pair<wire::KeyRange, wire::Vector<wire::StorageServerInterface>>> results;
  std::vector<std::pair<wire::Uid, wire::Tag>> tags;
  const std::vector<RoleInstance*>& servers = world_.topology.roles(Role::kStorage);
  for (size_t shard : found) {
    auto& team = teams.emplace_back();
    for (size_t server : layout.shards()[shard].team) {
      const RoleInstance& role = *servers[server];
      auto& locality = localities.emplace_back(world_.topology.locality(role));
      team.push_back(world_.topology.storage_interface(role, locality));
      tags.emplace_back(role.id, wire::Tag{static_cast<uint16_t>(server), 0});
    }
    wire::KeyRange range = layout.range(shard);
    range.begin = std::max<std::string_view>(range.begin, space->prefix);
    range.end = std::min<std::string_view>(range.end, space->end);
    results.emplace_back(range, team);
  }
  wire::GetKeyServerLocationsReply reply;
  reply.results = results;
  reply.tag_mapping = tags;
  world_.answers.reply(asker, reply);
}

void Proxies::tenant_id(const Asker& asker, const wire::GetTenantIdRequest& request) {
  auto id = find_tenant(world_.database, request.tenant_name);
  if (!id) {
    return world_.answers.refuse<wire::GetTenantIdRequest>(asker, error::tenant_not_found);
  }
  world_.answers.reply(asker, wire::GetTenantIdReply{*id});
}

void Proxies::expire_idempotency_id(const wire::ExpireIdempotencyIdRequest& request) {
  std::string key =
      std::string(kIdempotencyIds) + big_endian(static_cast<uint64_t>(request.commit_version));
  key.push_back(static_cast<char>(request.batch_index_high_byte));
  std::string end = key + '\0';
  world_.database.apply({{wire::MutationType::kClearRange, key, end}});
}

void Proxies::dd_metrics(const Asker& asker, const wire::GetDdMetricsRequest& request) {
  std::vector<wire::DdMetrics> shards;
  const Layout& layout = world_.layout;
  for (size_t shard = 0; shard != layout.shards().size(); ++shard) {
    wire::KeyRange range = layout.range(shard);
    if (range.end <= request.keys.begin || range.begin >= request.keys.end) continue;
    if (std::cmp_greater_equal(shards.size(), request.shard_limit)) break;
    wire::DdMetrics metrics;
    metrics.begin_key = std::max(range.begin, request.keys.begin);
    shards.push_back(metrics);
  }
  wire::GetDdMetricsReply reply;
  reply.shards = shards;
  world_.answers.reply(asker, reply);
}

void Proxies::exclusion_safety(const Asker& asker, const wire::ExclusionSafetyCheckRequest&) {
  world_.answers.reply(asker, wire::ExclusionSafetyCheckReply{true});
}

}  // namespace orrery::fdb::test_double
