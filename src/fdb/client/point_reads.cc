// read_value() and read_key().
#include <utility>

#include "fdb/client/ask_storage.h"
#include "fdb/client/locate.h"
#include "fdb/client/read_request.h"
#include "fdb/client/reads.h"
#include "fdb/client/shard_bounds.h"
#include "fdb/wire/messages/point_reads.h"

namespace orrery::fdb {

Task<Result<std::optional<SharedBytes>>> read_value(Client& client, ReadParameters parameters,
                                                    std::string_view key) {
  const AbsoluteKey absolute(parameters.tenant_prefix, key);
  for (;;) {
    ShardRef shard = client.locations().find(absolute.view(), Toward::kAfter);
    if (!shard) {
      Result<ShardRef> located = co_await locate(client, absolute.view(), Toward::kAfter);
      if (!located) co_return fail(located.error());
      shard = *std::move(located);
    }
    auto request = read_request<wire::GetValueRequest>(parameters);
    request.key = key;
    Result<Answer<wire::GetValueReply>> answer =
        co_await ask_storage(client, std::move(shard), request);
    if (answer) {
      std::optional<SharedBytes> value;
      if (answer->message.value) value = answer->share(*answer->message.value);
      co_return std::move(value);
    }
    if (!is_moved(answer.error())) co_return fail(answer.error());
    client.locations().invalidate(absolute.view(), Toward::kAfter);
    co_await client.loop().sleep(kWrongShardDelay);
  }
}

Task<Result<SharedBytes>> read_key(Client& client, ReadParameters parameters,
                                   ryw::KeySelector selector) {
  wire::KeySelector at{selector.key, selector.or_equal, selector.offset};
  SharedBytes holds;  // the key that `at` refers to, once a server told it
  for (;;) {
    if (at.key >= ryw::kAllKeysEnd) {
      if (at.offset > 0) co_return SharedBytes(ryw::kAllKeysEnd, {});
      at.or_equal = false;
    } else if (at.key.empty() && at.offset <= 0) {
      co_return SharedBytes();
    }
    const AbsoluteKey absolute(parameters.tenant_prefix, at.key);
    const Toward toward = !at.or_equal && at.offset <= 0 ? Toward::kBefore : Toward::kAfter;
    Result<ShardRef> shard = co_await locate(client, absolute.view(), toward);
    if (!shard) co_return fail(shard.error());
    auto request = read_request<wire::GetKeyRequest>(parameters);
    request.selector = at;
    Result<Answer<wire::GetKeyReply>> answer = co_await ask_storage(client, *shard, request);
    if (answer) {
      const wire::KeySelector& told = answer->message.selector;
      if (told.offset == 0 && told.or_equal) co_return answer->share(told.key);
      // The server has walked to the edge of its shard.
      holds = answer->share(told.key);
      at = {holds.view(), told.or_equal, told.offset};
      continue;
    }
    if (!is_moved(answer.error())) co_return fail(answer.error());
    client.locations().invalidate(absolute.view(), toward);
    co_await client.loop().sleep(kWrongShardDelay);
  }
}

}  // namespace orrery::fdb
