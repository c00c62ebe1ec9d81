// What a transaction is told of where data lies and how much it is. Nothing of this depends on its
// version or its writes.
#include <algorithm>
#include <utility>

#include "fdb/client/ask_storage.h"
#include "fdb/client/locate.h"
#include "fdb/client/read_request.h"
#include "fdb/client/shard_bounds.h"
#include "fdb/client/transaction_state.h"
#include "fdb/wire/messages/metrics.h"

namespace orrery::fdb {
namespace {

constexpr int kShardsPerRequest = 100;

/// Asks the servers of each shard of the range in turn: `make(part)` is the request for the part of
/// the range in the shard, `take(part, reply)` gets its answer. Shards that have moved are looked
/// up again.
template <class Make, class Take>
Task<Result<void>> for_each_shard(Client& client, std::string begin, std::string end, Make make,
                                  Take take) {
  while (begin < end) {
    Result<std::vector<ShardRef>> shards =
        co_await locate_range(client, begin, end, kShardsPerRequest);
    if (!shards) co_return fail(shards.error());
    bool is_stale = false;
    for (const ShardRef& shard : *shards) {
      const std::string part_begin = std::max(begin, shard->begin);
      const std::string part_end = std::min(end, shard->end);
      if (part_begin >= part_end) continue;
      const wire::KeyRange part{part_begin, part_end};
      auto answer = co_await ask_storage(client, shard, make(part));
      if (!answer) {
        if (!is_moved(answer.error())) co_return fail(answer.error());
        client.locations().invalidate(part_begin, Toward::kAfter);
        is_stale = true;
        break;
      }
      take(part, answer->message);
      begin = part_end;
    }
    if (is_stale) co_await client.loop().sleep(kWrongShardDelay);
  }
  co_return Result<void>();
}

}  // namespace

// False for an empty range.
Result<bool> TransactionState::check_size_range(std::string_view begin, std::string_view end) {
  FDB_TRY(usable());
  FDB_TRY(ryw::check_read_bound(begin, data_.access()));
  FDB_TRY(ryw::check_read_bound(end, data_.access()));
  if (begin > end) return fail(error::inverted_range);
  return begin < end;
}

Task<Result<int64_t>> TransactionState::get_estimated_range_size(std::string_view begin,
                                                                 std::string_view end) {
  const Result<bool> any = check_size_range(begin, end);
  if (!any) co_return fail(any.error());
  if (!*any) co_return 0;
  ReadInFlight reading(*this);
  if (tenant_) FDB_CO_TRY(co_await need_tenant());
  int64_t bytes = 0;
  auto make = [](const wire::KeyRange& part) {
    wire::WaitMetricsRequest request;
    request.keys = part;
    request.max.bytes = -1;  // answered now, whatever the size is
    return request;
  };
  auto take = [&](const wire::KeyRange&, const wire::StorageMetrics& told) { bytes += told.bytes; };
  Result<void> done = co_await for_each_shard(client(), std::string(with_prefix(begin)),
                                              std::string(with_prefix(end)), make, take);
  if (!done) co_return fail(done.error());
  co_return bytes;
}

Task<Result<std::vector<std::string>>> TransactionState::get_range_split_points(
    std::string_view begin, std::string_view end, int64_t chunk_size) {
  const Result<bool> any = check_size_range(begin, end);
  if (!any) co_return fail(any.error());
  if (chunk_size <= 0) co_return fail(error::client_invalid_operation);
  ReadInFlight reading(*this);
  if (tenant_) FDB_CO_TRY(co_await need_tenant());
  std::vector<std::string> points = {std::string(begin)};
  auto make = [chunk_size](const wire::KeyRange& part) {
    wire::SplitRangeRequest request;
    request.keys = part;
    request.chunk_size = chunk_size;
    return request;
  };
  auto add = [&](std::string_view point) {
    if (point.starts_with(prefix())) point.remove_prefix(prefix().size());
    if (points.back() < point) points.emplace_back(point);
  };
  auto take = [&](const wire::KeyRange& part, const wire::SplitRangeReply& told) {
    add(part.begin);
    for (std::string_view point : told.split_points) add(point);
  };
  Result<void> done = co_await for_each_shard(client(), std::string(with_prefix(begin)),
                                              std::string(with_prefix(end)), make, take);
  if (!done) co_return fail(done.error());
  if (points.back() < end) points.emplace_back(end);
  co_return std::move(points);
}

Task<Result<std::vector<std::string>>> TransactionState::get_addresses_for_key(
    std::string_view key) {
  FDB_CO_TRY(usable());
  std::vector<std::string> addresses;
  if (key >= ryw::kAllKeysEnd) co_return std::move(addresses);
  ReadInFlight reading(*this);
  if (tenant_) FDB_CO_TRY(co_await need_tenant());
  Result<ShardRef> shard = co_await locate(client(), with_prefix(key), Toward::kAfter);
  if (!shard) co_return fail(shard.error());
  for (const std::shared_ptr<StorageServer>& each : (*shard)->servers) {
    NetworkAddress address = each->base.address();
    address.from_hostname = false;
    std::string text = address.to_string();
    // From API version 630 on with its port, before that where it is asked for.
    const bool with_port = database_.api_version() >= 630 || options_.settings().include_port;
    if (!with_port) text = address.ip.to_string();
    addresses.push_back(std::move(text));
  }
  co_return std::move(addresses);
}

}  // namespace orrery::fdb
