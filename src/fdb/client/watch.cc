#include "fdb/client/watch.h"

#include <utility>

#include "fdb/client/ask_storage.h"
#include "fdb/client/locate.h"
#include "fdb/client/read_request.h"
#include "fdb/client/read_versions.h"
#include "fdb/client/shard_bounds.h"
#include "fdb/wire/messages/point_reads.h"
#include "fdb/wire/messages/read_version.h"

namespace orrery::fdb {
namespace {

constexpr int64_t kPollDelay = kSecond;
constexpr int64_t kFutureVersionDelay = 10 * kMilli;
/// A change that is older than this when it is told may have been undone since.
constexpr int64_t kVersionsThatCount = 50'000'000;

/// Waits until the cluster hands out a version that is not before `version`, and returns it.
Task<Result<int64_t>> wait_for_version(Client& client, int64_t version) {
  for (;;) {
    Result<ReadVersion> now =
        co_await client.read_versions().get(wire::GetReadVersionRequest::kPriorityDefault, {});
    if (!now) co_return fail(now.error());
    if (now->version >= version) co_return now->version;
    co_await client.loop().sleep(kFutureVersionDelay);
  }
}

}  // namespace

Watch::Watch(Loop& loop, std::string key, std::atomic<int>& outstanding)
    : key_(std::move(key)), outstanding_(outstanding), changed_(loop) {
  outstanding_.fetch_add(1, std::memory_order_relaxed);
}

Watch::~Watch() {
  outstanding_.fetch_sub(1, std::memory_order_relaxed);
}

void Watch::know_value(std::optional<std::string> value) {
  value_known_ = true;
  value_ = std::move(value);
  if (written_ && *written_ != value_) fired_ = true;
  changed_.notify_all();
}

void Watch::written(const std::optional<std::optional<std::string_view>>& value) {
  if (value && !value_known_) {
    written_.emplace();
    if (*value) written_->emplace(**value);
    return;
  }
  const bool is_same = value && value->has_value() == value_.has_value() &&
                       (!value_ || std::string_view(*value_) == **value);
  if (is_same) return;
  fired_ = true;
  changed_.notify_all();
}

void Watch::arm(int64_t version, const ReadParameters& parameters) {
  armed_ = true;
  version_ = version;
  tenant_prefix_ = std::string(parameters.tenant_prefix);
  parameters_ = parameters;
  parameters_.tenant_prefix = tenant_prefix_;
  // Tags and the token lie in the transaction, which the watch outlives.
  parameters_.tags.reset();
  parameters_.tenant.token.reset();
  changed_.notify_all();
}

void Watch::end(Error why) {
  if (armed_ || fired_) return;
  ended_ = why;
  changed_.notify_all();
}

Task<Result<void>> Watch::run(Client& client, std::shared_ptr<Watch> watch) {
  while (!watch->fired_ && !watch->ended_ && !watch->armed_) co_await watch->changed_.wait();
  if (watch->fired_) co_return Result<void>();
  if (watch->ended_) co_return fail(*watch->ended_);
  Result<void> done = co_await watch->wait_for_change(client);
  co_return std::move(done);
}

Task<Result<void>> Watch::wait_for_change(Client& client) {
  const AbsoluteKey absolute(tenant_prefix_, key_);
  for (;;) {
    Result<ShardRef> shard = co_await locate(client, absolute.view(), Toward::kAfter);
    if (!shard) co_return fail(shard.error());
    wire::WatchValueRequest request;
    request.key = key_;
    if (value_) request.value = *value_;
    request.version = version_;
    request.tenant_info = parameters_.tenant;
    Result<Answer<wire::WatchValueReply>> answer = co_await ask_storage(client, *shard, request);
    if (answer) {
      const int64_t changed_at = answer->message.version;
      const Result<int64_t> now = co_await wait_for_version(client, changed_at);
      if (!now) co_return fail(now.error());
      if (*now - changed_at < kVersionsThatCount) co_return Result<void>();
      version_ = *now;
      continue;
    }
    const Error why = answer.error();
    if (is_moved(why)) {
      client.locations().invalidate(absolute.view(), Toward::kAfter);
      co_await client.loop().sleep(kWrongShardDelay);
    } else if (why == error::watch_cancelled || why == error::process_behind) {
      co_await client.loop().sleep(kPollDelay);
    } else if (why == error::timed_out || why == error::future_version) {
      co_await client.loop().sleep(kFutureVersionDelay);
    } else {
      co_return fail(why);
    }
  }
}

}  // namespace orrery::fdb
