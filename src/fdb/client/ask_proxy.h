// ask_proxy(): a request to one of the cluster's proxies, and to another one where that does not
// answer.
//
// Proxies that cannot be reached are passed over; without any the request waits until there are.
// When the cluster gets other proxies, what was on its way is given up and sent to one of those.
// Never fails because of connections: only with what a proxy answered. For requests that may be
// done twice; commits are not made by this. Inside one loop only.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "fdb/client/client.h"
#include "fdb/transport/call.h"

namespace orrery::fdb {

enum class ProxyKind : uint8_t { kGrv, kCommit };
enum class Provisional : uint8_t { kNever, kToo };

inline const std::vector<Proxy>& proxies_of(const ClusterView& view, ProxyKind kind) {
  return kind == ProxyKind::kGrv ? view.grv_proxies : view.commit_proxies;
}
/// Whether transactions may use the proxies: while a cluster recovers they are provisional.
inline bool may_use(const std::vector<Proxy>& proxies, Provisional provisional) {
  return !proxies.empty() &&
         (provisional == Provisional::kToo ||
          std::ranges::none_of(proxies, [](const Proxy& each) { return each.is_provisional; }));
}

/// Picks a proxy that can be reached, at random but for `not_this` where there are others; the
/// list's size where none.
size_t pick_proxy(Client& client, const std::vector<Proxy>& proxies, size_t not_this);

template <class Request>
Task<Result<Answer<typename Request::Reply>>> ask_proxy(Client& client, ProxyKind kind,
                                                        Request request, Provisional provisional) {
  constexpr int64_t kBackoffMin = 10 * kMilli;
  constexpr int64_t kBackoffMax = 5 * kSecond;
  constexpr uint32_t kMethod = static_cast<uint32_t>(Request::kMethod);
  Event wake(client.loop());
  Link news(client.coordinators().changed(), wake);
  Link failures(client.transport().changed(), wake);
  std::vector<Proxy> proxies;
  size_t last = SIZE_MAX;
  size_t attempts = 0;
  int64_t backoff = kBackoffMin;
  for (;;) {
    const std::vector<Proxy>& now = proxies_of(*client.view(), kind);
    if (now != proxies) {
      proxies = now;
      last = SIZE_MAX;
      attempts = 0;
      backoff = kBackoffMin;
    }
    if (!may_use(proxies, provisional)) {
      co_await wake.wait();
      continue;
    }
    if (attempts >= proxies.size()) {
      Alarm again(wake, client.loop().now() + backoff);
      backoff = std::min(2 * backoff, kBackoffMax);
      attempts = 0;
      while (!again.fired() && proxies_of(*client.view(), kind) == proxies) co_await wake.wait();
      continue;
    }
    const size_t pick = pick_proxy(client, proxies, last);
    if (pick == proxies.size()) {
      co_await wake.wait();
      continue;
    }
    last = pick;
    ++attempts;
    const wire::Endpoint to = proxies[pick].base.adjusted(kMethod);
    Call<Request> call(wake, client.transport(), to, request);
    while (!call.done() && proxies_of(*client.view(), kind) == proxies) co_await wake.wait();
    if (!call.done()) continue;
    Result<Answer<typename Request::Reply>> answer = call.take();
    if (answer) co_return std::move(answer);
    const Error why = answer.error();
    if (why == error::request_maybe_delivered || why == error::broken_promise ||
        why == error::server_overloaded || why == error::incompatible_protocol_version) {
      continue;
    }
    co_return fail(why);
  }
}

}  // namespace orrery::fdb
