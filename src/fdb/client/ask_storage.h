// ask_storage(): a read of one of a shard's servers; of another one where that fails or is slow.
//
// Errors are those that a server answered (wrong_shard_server, transaction_too_old, future_version,
// ...), process_behind where all are, and all_alternatives_failed where none can be reached for a
// while: then the shard is to be looked up again. Inside one loop only.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "fdb/client/client.h"
#include "fdb/client/storage_choice.h"
#include "fdb/transport/call.h"

namespace orrery::fdb {

/// A request on its way to a storage server, which learns from how it ends.
template <class Request>
class StorageCall {
 public:
  using Reply = typename Request::Reply;

  StorageCall(Event& wake, Client& client, const std::shared_ptr<StorageServer>& server,
              const Request& request)
      : client_(client),
        server_(server),
        model_(server->model(Request::kMethod)),
        sent_at_(client.loop().now()),
        weight_(model_.started(sent_at_)),
        call_(wake, client.transport(), server->endpoint(Request::kMethod), request) {}
  ~StorageCall() {
    if (!taken_) model_.ended({}, weight_, client_.loop().now());
  }
  StorageCall(const StorageCall&) = delete;
  StorageCall& operator=(const StorageCall&) = delete;

  bool done() const { return call_.done(); }
  /// Of one that is done, once.
  Result<Answer<Reply>> take() {
    Result<Answer<Reply>> answer = call_.take();
    std::optional<Error> told;
    Ending ending{.latency = static_cast<double>(client_.loop().now() - sent_at_) * 1e-9};
    if (!answer) {
      told = answer.error();
    } else if constexpr (requires { answer->message.error; }) {
      ending.penalty = answer->message.penalty;
      if (answer->message.error) told = Error(answer->message.error->code);
    }
    ending.answered =
        !told || (*told != error::broken_promise && *told != error::request_maybe_delivered &&
                  *told != error::process_behind);
    ending.is_behind = told && (*told == error::future_version || *told == error::process_behind);
    model_.ended(ending, weight_, client_.loop().now());
    taken_ = true;
    if (told) return fail(*told);
    return answer;
  }

 private:
  Client& client_;
  std::shared_ptr<StorageServer> server_;
  QueueModel& model_;
  const int64_t sent_at_;
  const double weight_;
  bool taken_ = false;
  Call<Request> call_;
};

/// Whether another server may do better than the one that failed like this.
inline bool another_may_do(Error why) {
  return why == error::broken_promise || why == error::request_maybe_delivered ||
         why == error::process_behind || why == error::server_overloaded ||
         why == error::incompatible_protocol_version;
}

template <class Request>
Task<Result<Answer<typename Request::Reply>>> ask_storage(Client& client, ShardRef shard,
                                                          Request request) {
  using Outcome = Result<Answer<typename Request::Reply>>;
  constexpr int64_t kBackoffMin = 10 * kMilli;
  constexpr int64_t kBackoffMax = 5 * kSecond;
  Loop& loop = client.loop();
  Event wake(loop);
  uint64_t tried = 0;
  size_t attempts = 0;
  int64_t backoff = kBackoffMin;
  for (;;) {
    StorageChoice choice = choose_storage(client, *shard, Request::kMethod, tried);
    if (!choice.best && tried != 0) {
      tried = 0;
      choice = choose_storage(client, *shard, Request::kMethod, tried);
    }
    if (!choice.best) {
      Link failures(client.transport().changed(), wake);
      Alarm patience(wake, loop.now() + client.outage().next(loop.now()));
      while (!choice.best && !patience.fired()) {
        co_await wake.wait();
        choice = choose_storage(client, *shard, Request::kMethod, 0);
      }
      if (!choice.best) co_return fail(error::all_alternatives_failed);
    }
    if (attempts >= shard->servers.size()) {
      co_await loop.sleep(backoff);
      backoff = std::min(2 * backoff, kBackoffMax);
    }
    ++attempts;
    const auto& servers = shard->servers;
    StorageCall<Request> first(wake, client, servers[*choice.best], request);
    tried |= uint64_t{1} << (*choice.best & 63);
    std::optional<StorageCall<Request>> second;
    if (choice.second) {
      const double patience =
          client.hedges().delay(servers[*choice.best]->model(Request::kMethod).latency(),
                                servers[*choice.second]->model(Request::kMethod).latency());
      Alarm alarm(wake, loop.now() + static_cast<int64_t>(patience * 1e9));
      while (!first.done() && !alarm.fired()) co_await wake.wait();
      if (!first.done() && client.hedges().spend()) {
        second.emplace(wake, client, servers[*choice.second], request);
        tried |= uint64_t{1} << (*choice.second & 63);
        ++attempts;
      }
    }
    while (!first.done() && !(second && second->done())) co_await wake.wait();
    const bool first_won = first.done();
    Outcome outcome = first_won ? first.take() : second->take();
    if (first_won) client.hedges().earn();
    // Of two that were asked, the one that fails leaves it to the other.
    if (!outcome && another_may_do(outcome.error()) && second) {
      while (!(first_won ? second->done() : first.done())) co_await wake.wait();
      outcome = first_won ? second->take() : first.take();
    }
    if (outcome || !another_may_do(outcome.error())) co_return std::move(outcome);
    if (outcome.error() == error::process_behind && attempts >= servers.size()) {
      co_return fail(error::process_behind);
    }
  }
}

}  // namespace orrery::fdb
