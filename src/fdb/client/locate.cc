#include "fdb/client/locate.h"

#include <algorithm>
#include <utility>

#include "fdb/client/ask_proxy.h"
#include "fdb/wire/messages/locations.h"

namespace orrery::fdb {
namespace {

using Request = wire::GetKeyServerLocationsRequest;
using Reply = wire::GetKeyServerLocationsReply;

/// Keeps what a proxy told, in its order.
std::vector<ShardRef> take(Client& client, const Reply& told) {
  std::vector<ShardRef> shards;
  shards.reserve(told.results.size());
  for (const auto& [range, servers] : told.results) {
    if (range.begin >= range.end || servers.empty()) continue;
    Shard shard{.begin = std::string(range.begin), .end = std::string(range.end), .servers = {}};
    for (const wire::StorageServerInterface& each : servers) {
      shard.servers.push_back(client.servers().of(each));
    }
    shards.push_back(client.locations().insert(std::move(shard)));
  }
  return shards;
}

Task<Result<std::vector<ShardRef>>> ask(Client& client, Request request) {
  constexpr int64_t kBackoffMax = 30 * kSecond;
  int64_t backoff = 10 * kMilli;
  for (;;) {
    Result<Answer<Reply>> answer =
        co_await ask_proxy(client, ProxyKind::kCommit, request, Provisional::kToo);
    if (answer) {
      std::vector<ShardRef> shards = take(client, answer->message);
      if (shards.empty()) co_return fail(error::internal_error);
      co_return std::move(shards);
    }
    if (answer.error() != error::commit_proxy_memory_limit_exceeded) {
      co_return fail(answer.error());
    }
    co_await client.loop().sleep(backoff);
    backoff = std::min(2 * backoff, kBackoffMax);
  }
}

}  // namespace

Task<Result<ShardRef>> locate(Client& client, std::string_view key, Toward toward) {
  if (ShardRef known = client.locations().find(key, toward)) co_return std::move(known);
  Request request;
  request.begin = key;
  request.limit = 100;
  request.reverse = toward == Toward::kBefore;
  Result<std::vector<ShardRef>> shards = co_await ask(client, request);
  if (!shards) co_return fail(shards.error());
  if (ShardRef found = client.locations().find(key, toward)) co_return std::move(found);
  // A proxy that tells of other keys than those that were asked for.
  co_return fail(error::internal_error);
}

Task<Result<std::vector<ShardRef>>> locate_range(Client& client, std::string_view begin,
                                                 std::string_view end, int limit) {
  std::vector<ShardRef> shards;
  // What the cache knows from the beginning on.
  for (std::string from(begin); from < end && static_cast<int>(shards.size()) < limit;) {
    ShardRef known = client.locations().find(from, Toward::kAfter);
    if (!known) break;
    from = known->end;
    shards.push_back(std::move(known));
  }
  if (!shards.empty() || begin >= end) co_return std::move(shards);
  Request request;
  request.begin = begin;
  request.end = end;
  request.limit = limit;
  Result<std::vector<ShardRef>> found = co_await ask(client, request);
  co_return std::move(found);
}

}  // namespace orrery::fdb
