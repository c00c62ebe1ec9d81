#include "fdb/cluster/coordinators.h"

#include <algorithm>
#include <utility>

#include "fdb/runtime/loop.h"
#include "fdb/transport/call.h"

namespace orrery::fdb {
namespace {

constexpr int64_t kNameRetryMin = 50 * kMilli;
constexpr std::string_view kClientVersion = "7.3.77";
constexpr std::string_view kProtocolVersion = "fdb00b073000000";
constexpr std::string_view kFileDiffers = "incorrect_cluster_file_contents";

template <class Interface>
std::vector<Proxy> proxies_of(const wire::Vector<Interface>& told,
                              const wire::Endpoint& (*base)(const Interface&)) {
  std::vector<Proxy> proxies;
  proxies.reserve(told.size());
  for (const Interface& each : told) proxies.push_back({base(each), each.provisional});
  return proxies;
}

}  // namespace

Coordinators::Coordinators(Transport& transport, Resolver& names, env::Random& random,
                           ClusterFile file, Options options)
    : transport_(transport),
      names_(names),
      random_(random),
      file_(std::move(file)),
      options_(std::move(options)),
      changed_(transport.loop()) {}

Task<Done> Coordinators::monitor() {
  for (;;) co_await one_generation();
}

void Coordinators::shuffle(std::vector<NetworkAddress>& addresses) {
  for (size_t i = addresses.size(); i > 1; --i) {
    std::swap(addresses[i - 1], addresses[random_.next_u64() % i]);
  }
}

// Literal addresses, and one of each name's. A name that cannot be resolved is left out: the others
// may do.
Task<Done> Coordinators::resolve() {
  const ConnectionString connection = file_.connection();
  std::vector<NetworkAddress> found = connection.addresses();
  for (const Hostname& name : connection.hostnames()) {
    Result<std::vector<NetworkAddress>> addresses = co_await names_.resolve(
        name.host, name.port, name.is_tls ? wire::Encryption::kTls : wire::Encryption::kPlain);
    if (addresses) {
      found.push_back((*addresses)[random_.next_u64() % addresses->size()]);
    } else {
      status_.last_error = addresses.error();
    }
  }
  addresses_ = std::move(found);
  co_return Done{};
}

// As long as the same connection string is in use.
Task<Done> Coordinators::one_generation() {
  co_await resolve();
  if (addresses_.empty()) {
    status_.is_reachable = false;
    co_await transport_.loop().sleep(kNameRetryMin);
  }
  std::vector<NetworkAddress> order = addresses_;
  shuffle(order);
  size_t failed_in_a_row = 0;
  for (size_t next = 0; !order.empty();) {
    const Outcome outcome = co_await ask(order[next]);
    if (outcome == Outcome::kForwarded) co_return Done{};
    if (outcome == Outcome::kNews) {
      failed_in_a_row = 0;
      continue;
    }
    next = (next + 1) % order.size();
    if (++failed_in_a_row < order.size()) continue;
    failed_in_a_row = 0;
    co_await transport_.loop().sleep(options_.retry_delay);
    const Result<bool> reloaded = file_.reload();
    // Names are looked up again after a failure, because where they lead may have changed.
    if ((reloaded && *reloaded) || !file_.connection().hostnames().empty()) co_return Done{};
  }
  co_return Done{};
}

Task<Coordinators::Outcome> Coordinators::ask(NetworkAddress coordinator) {
  status_.file_differs = !file_.is_up_to_date();
  std::vector<std::string_view> issues;
  if (status_.file_differs) issues.push_back(kFileDiffers);
  const std::vector<wire::ClientVersion> versions = {{.client_version = kClientVersion,
                                                      .source_version = {},
                                                      .protocol_version = kProtocolVersion}};
  std::vector<std::string> ports;
  std::vector<wire::Hostname> names;
  for (const Hostname& name : file_.connection().hostnames())
    ports.push_back(std::to_string(name.port));
  for (size_t i = 0; i < ports.size(); ++i) {
    const Hostname& name = file_.connection().hostnames()[i];
    names.push_back({.host = name.host, .service = ports[i], .is_tls = name.is_tls});
  }
  wire::OpenDatabaseCoordRequest request;
  request.issues = issues;
  request.supported_versions = versions;
  request.trace_log_group = options_.log_group;
  request.known_client_info_id = view_->id;
  request.cluster_key = file_.connection().cluster_key();
  request.coordinators = addresses_;
  request.hostnames = names;

  Event wake(transport_.loop());
  const wire::Endpoint to = well_known_endpoint(coordinator, wire::WellKnown::kOpenDatabase);
  Call<wire::OpenDatabaseCoordRequest> call(wake, transport_, to, request);
  Alarm alarm(wake, view_->is_known() ? TimerHeap::kNever
                                      : transport_.loop().now() + options_.first_answer_timeout);
  while (!call.done() && !alarm.fired()) co_await wake.wait();
  if (!call.done()) {
    status_.is_reachable = false;
    status_.last_error = error::timed_out;
    co_return Outcome::kFailed;
  }
  Result<Answer<wire::ClientDbInfo>> answer = call.take();
  if (!answer) {
    status_.is_reachable = false;
    status_.last_error = answer.error();
    co_return Outcome::kFailed;
  }
  const wire::ClientDbInfo& told = answer->message;
  if (told.forward) {
    Result<ConnectionString> forward = ConnectionString::parse(*told.forward);
    if (!forward) {
      status_.last_error = forward.error();
      co_return Outcome::kFailed;
    }
    file_.adopt(*std::move(forward));
    co_return Outcome::kForwarded;
  }
  status_.is_reachable = true;
  status_.last_error.reset();
  if (file_.needs_persist()) persist();
  take(told);
  co_return Outcome::kNews;
}

void Coordinators::persist() {
  // A file that cannot be written is no reason to fail; the coordinators are told that it differs.
  status_.file_differs = !file_.persist();
}

void Coordinators::take(const wire::ClientDbInfo& told) {
  auto view = std::make_shared<ClusterView>();
  view->id = told.id;
  std::vector<Proxy> grv = proxies_of<wire::GrvProxyInterface>(
      told.grv_proxies, [](const wire::GrvProxyInterface& each) -> const wire::Endpoint& {
        return each.get_read_version.endpoint;
      });
  std::vector<Proxy> commit = proxies_of<wire::CommitProxyInterface>(
      told.commit_proxies, [](const wire::CommitProxyInterface& each) -> const wire::Endpoint& {
        return each.commit.endpoint;
      });
  if (!commit.empty()) view->first_commit_proxy = {commit.front()};
  // While the cluster's proxies are the same, a client keeps to those that it chose.
  const bool same_grv = grv == all_grv_proxies_;
  const bool same_commit = commit == all_commit_proxies_;
  all_grv_proxies_ = grv;
  all_commit_proxies_ = commit;
  view->grv_proxies =
      same_grv ? view_->grv_proxies : some_of(std::move(grv), options_.grv_proxies_max);
  view->commit_proxies =
      same_commit ? view_->commit_proxies : some_of(std::move(commit), options_.commit_proxies_max);
  view->tenant_mode = told.tenant_mode.mode;
  view->cluster_id = told.cluster_id;
  view_ = std::move(view);
  changed_.notify_all();
}

std::vector<Proxy> Coordinators::some_of(std::vector<Proxy> all, size_t limit) {
  if (all.size() <= limit) return all;
  for (size_t i = 0; i < limit; ++i) {
    std::swap(all[i], all[i + random_.next_u64() % (all.size() - i)]);
  }
  all.resize(limit);
  return all;
}

}  // namespace orrery::fdb
