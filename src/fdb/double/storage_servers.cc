#include "fdb/double/storage_servers.h"

#include <algorithm>
#include <utility>

namespace orrery::fdb::test_double {
namespace {

/// Asks for what is newest.
constexpr int64_t kLatestVersion = -2;
/// What a row costs of a limit of bytes beside its key and value.
constexpr int64_t kRowOverhead = 24;

bool is_backward(const wire::KeySelector& selector) {
  return !selector.or_equal && selector.offset <= 0;
}

bool is_first_greater_or_equal(const wire::KeySelector& selector) {
  return !selector.or_equal && selector.offset == 1;
}

/// Whether the search for a selector begins in the range.
bool begins_in(const wire::KeySelector& selector, const wire::KeyRange& range) {
  if (selector.key < range.begin) return false;
  return is_backward(selector) ? selector.key <= range.end : selector.key < range.end;
}

std::string key_after(std::string_view key) {
  return std::string(key) + '\0';
}

}  // namespace

Result<int64_t> StorageServers::version_of(int64_t asked) {
  if (asked == kLatestVersion) return world_.database.latest();
  if (Status status = world_.database.check(asked); !status) return fail(status.error());
  return asked;
}

void StorageServers::get_value(const Asker& asker, const wire::GetValueRequest& request) {
  using R = wire::GetValueRequest;
  auto version = version_of(request.version);
  if (!version) return world_.answers.refuse<R>(asker, version.error());
  wire::GetValueReply reply;
  reply.penalty = asker.role->penalty;
  if (request.tenant_info.tenant_id == wire::TenantInfo::kNoTenant) [[likely]] {
    if (request.key >= kEndOfKeys) return world_.crash(asker, "GetValue of a key past the end");
    if (!world_.layout.owns(asker.role->index, request.key)) {
      return world_.answers.refuse<R>(asker, error::wrong_shard_server);
    }
    reply.value = world_.database.rows().get(request.key, *version);
    return world_.answers.reply(asker, reply);
  }
  auto space = key_space(world_.database, request.tenant_info);
  if (!space) return world_.answers.refuse<R>(asker, space.error());
  std::string key = space->absolute(request.key);
  if (!world_.layout.owns(asker.role->index, key)) {
    return world_.answers.refuse<R>(asker, error::wrong_shard_server);
  }
  reply.value = world_.database.rows().get(key, *version);
  world_.answers.reply(asker, reply);
}

/// The part of the server's keys, and of the tenant's, where a selector with an absolute key is
/// looked for.
Result<wire::KeyRange> StorageServers::searched(const Asker& asker, const KeySpace& space,
                                                const wire::KeySelector& selector) const {
  size_t server = asker.role->index;
  auto owned = is_backward(selector) ? world_.layout.owned_before(server, selector.key)
                                     : world_.layout.owned_around(server, selector.key);
  if (!owned) return fail(error::wrong_shard_server);
  return wire::KeyRange{std::max<std::string_view>(owned->begin, space.prefix),
                        std::min<std::string_view>(owned->end, space.end)};
}

/// Offset 0: the key was found. Above 0: the range ended and the selector goes on from its end with
/// that offset. Below 0: the range's begin was passed by so many keys.
StorageServers::Found StorageServers::find(const wire::KeyRange& range,
                                           const wire::KeySelector& selector,
                                           int64_t version) const {
  std::string edge = selector.or_equal ? key_after(selector.key) : std::string(selector.key);
  bool forward = selector.offset > 0;
  int64_t left = forward ? int64_t{selector.offset} : 1 - int64_t{selector.offset};
  Found found;
  auto count = [&](VersionedMap::Row row) {
    if (--left != 0) return true;
    found.key = row.first;
    return false;
  };
  const VersionedMap& rows = world_.database.rows();
  if (forward) {
    rows.scan(std::max<std::string_view>(edge, range.begin), range.end, version, count);
  } else {
    rows.scan_back(range.begin, std::min<std::string_view>(edge, range.end), version, count);
  }
  if (left == 0) return found;
  return {std::string(forward ? range.end : range.begin), forward ? left : -left};
}

void StorageServers::get_key(const Asker& asker, const wire::GetKeyRequest& request) {
  using R = wire::GetKeyRequest;
  auto version = version_of(request.version);
  if (!version) return world_.answers.refuse<R>(asker, version.error());
  auto space = key_space(world_.database, request.tenant_info);
  if (!space) return world_.answers.refuse<R>(asker, space.error());
  std::string key = space->absolute(request.selector.key);
  wire::KeySelector selector{key, request.selector.or_equal, request.selector.offset};
  auto range = searched(asker, *space, selector);
  if (!range) return world_.answers.refuse<R>(asker, range.error());
  Found found = find(*range, selector, *version);
  wire::GetKeyReply reply;
  reply.penalty = asker.role->penalty;
  std::string_view relative = space->relative(found.key);
  if (found.offset == 0) {
    reply.selector = {relative, true, 0};
  } else {
    int64_t offset = found.offset > 0 ? found.offset : 1 + found.offset;
    reply.selector = {relative, false, static_cast<int32_t>(offset)};
  }
  world_.answers.reply(asker, reply);
}

void StorageServers::get_key_values(const Asker& asker, const wire::GetKeyValuesRequest& request) {
  using R = wire::GetKeyValuesRequest;
  auto version = version_of(request.version);
  if (!version) return world_.answers.refuse<R>(asker, version.error());
  auto space = key_space(world_.database, request.tenant_info);
  if (!space) return world_.answers.refuse<R>(asker, space.error());
  std::string begin_key = space->absolute(request.begin.key);
  std::string end_key = space->absolute(request.end.key);
  if (space->is_tenant()) {
    // A tenant's own end, which is no key of it.
    begin_key = std::min(begin_key, space->end);
    end_key = std::min(end_key, space->end);
  }
  wire::KeySelector begin{begin_key, request.begin.or_equal, request.begin.offset};
  wire::KeySelector end{end_key, request.end.or_equal, request.end.offset};
  auto range = searched(asker, *space, begin);
  bool ends_here = range && (begins_in(end, *range) ||
                             (is_first_greater_or_equal(end) && end.key == range->end));
  if (!ends_here) return world_.answers.refuse<R>(asker, error::wrong_shard_server);
  Found first{begin_key, 0};
  if (!is_first_greater_or_equal(begin)) first = find(*range, begin, *version);
  Found last{end_key, 0};
  if (!is_first_greater_or_equal(end)) last = find(*range, end, *version);
  if ((first.offset != 0 && first.offset != 1) || (last.offset != 0 && last.offset != 1)) {
    return world_.answers.refuse<R>(asker, error::wrong_shard_server);
  }
  send_rows(asker, request, *space, {first.key, last.key}, *version);
}

void StorageServers::send_rows(const Asker& asker, const wire::GetKeyValuesRequest& request,
                               const KeySpace& space, const wire::KeyRange& rows, int64_t version) {
  bool reverse = request.limit < 0;
  int64_t rows_left = reverse ? -int64_t{request.limit} : int64_t{request.limit};
  int64_t bytes_left = request.limit_bytes;
  wire::KeyValueListBuilder list;
  auto take = [&](VersionedMap::Row row) {
    list.append(space.relative(row.first), row.second);
    --rows_left;
    bytes_left -= kRowOverhead + static_cast<int64_t>(row.first.size() + row.second.size());
    return rows_left > 0 && bytes_left > 0;
  };
  bool empty = rows.begin >= rows.end;
  if (!empty && rows_left > 0 && bytes_left > 0) {
    const VersionedMap& all = world_.database.rows();
    if (reverse) {
      all.scan_back(rows.begin, rows.end, version, take);
    } else {
      all.scan(rows.begin, rows.end, version, take);
    }
  }
  wire::GetKeyValuesReply reply;
  reply.penalty = asker.role->penalty;
  reply.data = list.list();
  reply.version = version;
  reply.more = !empty && (rows_left <= 0 || bytes_left <= 0);
  world_.answers.reply(asker, reply);
}

void StorageServers::watch(const Asker& asker, const wire::WatchValueRequest& request) {
  using R = wire::WatchValueRequest;
  auto space = key_space(world_.database, request.tenant_info);
  if (!space) return world_.answers.refuse<R>(asker, space.error());
  std::string key = space->absolute(request.key);
  if (!world_.layout.owns(asker.role->index, key)) {
    return world_.answers.refuse<R>(asker, error::wrong_shard_server);
  }
  // Too old a version is no error here.
  int64_t latest = world_.database.latest();
  if (request.version > latest) return world_.answers.refuse<R>(asker, error::future_version);
  if (world_.database.now(key) != request.value) {
    return world_.answers.reply(asker, wire::WatchValueReply{latest, false});
  }
  if (watches_.size() >= world_.options.watches_max) {
    return world_.answers.refuse<R>(asker, error::watch_cancelled);
  }
  Watch watch{asker, std::nullopt};
  if (request.value) watch.value = std::string(*request.value);
  watches_.emplace(std::move(key), std::move(watch));
}

void StorageServers::on_write(std::string_view key, VersionedMap::Value value, int64_t version) {
  if (watches_.empty()) return;
  auto [first, last] = watches_.equal_range(key);
  while (first != last) {
    if (first->second.value == value) {
      ++first;
      continue;
    }
    world_.answers.reply(first->second.asker, wire::WatchValueReply{version, false});
    first = watches_.erase(first);
  }
}

void StorageServers::on_layout_change() {
  std::erase_if(watches_, [&](const auto& entry) {
    const Asker& asker = entry.second.asker;
    if (world_.layout.owns(asker.role->index, entry.first)) return false;
    world_.answers.refuse<wire::WatchValueRequest>(asker, error::wrong_shard_server);
    return true;
  });
}

size_t StorageServers::outstanding_watches() {
  std::erase_if(watches_, [&](const auto& entry) {
    return world_.network.find(entry.second.asker.connection) == nullptr;
  });
  return watches_.size();
}

int64_t StorageServers::bytes_of(std::string_view begin, std::string_view end) {
  int64_t bytes = 0;
  world_.database.rows().scan(begin, end, world_.database.latest(), [&](VersionedMap::Row row) {
    bytes += static_cast<int64_t>(row.first.size() + row.second.size());
    return true;
  });
  return bytes;
}

void StorageServers::wait_metrics(const Asker& asker, const wire::WaitMetricsRequest& request) {
  using R = wire::WaitMetricsRequest;
  auto space = key_space(world_.database, request.tenant_info);
  if (!space) return world_.answers.refuse<R>(asker, space.error());
  std::string begin = space->absolute(request.keys.begin);
  std::string end = std::min(space->absolute(request.keys.end), space->end);
  if (!world_.layout.owns(asker.role->index, begin, end)) {
    return world_.answers.refuse<R>(asker, error::wrong_shard_server);
  }
  metrics_waits_.push_back({asker, begin, end, request.min.bytes, request.max.bytes});
  on_commit();
}

void StorageServers::on_commit() {
  std::erase_if(metrics_waits_, [&](const MetricsWait& wait) {
    if (world_.network.find(wait.asker.connection) == nullptr) return true;
    wire::StorageMetrics metrics;
    metrics.bytes = bytes_of(wait.begin, wait.end);
    if (metrics.bytes >= wait.bytes_min && metrics.bytes <= wait.bytes_max) return false;
    world_.answers.reply(wait.asker, metrics);
    return true;
  });
}

void StorageServers::split_points(const Asker& asker, const wire::SplitRangeRequest& request) {
  using R = wire::SplitRangeRequest;
  auto space = key_space(world_.database, request.tenant_info);
  if (!space) return world_.answers.refuse<R>(asker, space.error());
  std::string begin = space->absolute(request.keys.begin);
  std::string end = std::min(space->absolute(request.keys.end), space->end);
  if (!world_.layout.owns(asker.role->index, begin, end)) {
    return world_.answers.refuse<R>(asker, error::wrong_shard_server);
  }
  int64_t bytes = 0;
  std::vector<std::string_view> points;
  world_.database.rows().scan(begin, end, world_.database.latest(), [&](VersionedMap::Row row) {
    if (bytes >= request.chunk_size && row.first != begin) {
      points.push_back(space->relative(row.first));
      bytes = 0;
    }
    bytes += static_cast<int64_t>(row.first.size() + row.second.size());
    return true;
  });
  wire::SplitRangeReply reply;
  reply.split_points = points;
  world_.answers.reply(asker, reply);
}

}  // namespace orrery::fdb::test_double
