// A client of a whole double: what a real client does first, with raw connections.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/cluster/connection_string.h"
#include "fdb/double/raw_client_for_test.h"
#include "fdb/wire/messages/commit.h"
#include "fdb/wire/messages/coordination.h"
#include "fdb/wire/messages/locations.h"
#include "fdb/wire/messages/point_reads.h"
#include "fdb/wire/messages/range.h"
#include "fdb/wire/messages/read_version.h"

namespace orrery::fdb::test_double {

class Session {
 public:
  explicit Session(Cluster& cluster) : cluster_(cluster) { open(); }

  /// Asks a coordinator for the proxies.
  void open() {
    auto parsed = ConnectionString::parse(cluster_.connection_string());
    ASSERT_TRUE(parsed);
    key = parsed->cluster_key();
    coordinator = parsed->addresses().front();
    auto info = at(coordinator).get(wire::well_known_token(wire::WellKnown::kOpenDatabase), poll());
    ASSERT_TRUE(info);
    take_view(*info);
  }
  void take_view(const wire::ClientDbInfo& info) {
    view = info.id;
    grv.clear();
    commits.clear();
    for (const auto& proxy : info.grv_proxies) grv.push_back(proxy.get_read_version.endpoint);
    for (const auto& proxy : info.commit_proxies) commits.push_back(proxy.commit.endpoint);
  }
  wire::OpenDatabaseCoordRequest poll() const {
    wire::OpenDatabaseCoordRequest request;
    request.cluster_key = key;
    request.known_client_info_id = view;
    return request;
  }

  RawClient& at(const NetworkAddress& address) {
    auto& client = clients_[address.port];
    if (client == nullptr) client = std::make_unique<RawClient>(address);
    return *client;
  }
  void forget_connections() { clients_.clear(); }
  template <class R>
  Result<typename R::Reply> call(const wire::Endpoint& base, R request, int millis = 5000) {
    wire::Endpoint to = base.adjusted(static_cast<uint32_t>(R::kMethod));
    return at(to.address()).get(to.token, request, millis);
  }
  template <class R>
  wire::Uid begin(const wire::Endpoint& base, R request) {
    wire::Endpoint to = base.adjusted(static_cast<uint32_t>(R::kMethod));
    return at(to.address()).ask(to.token, request);
  }

  int64_t read_version() {
    auto reply = call(grv.front(), wire::GetReadVersionRequest());
    return reply ? reply->version : -1;
  }
  wire::Endpoint locate(std::string_view at_key) {
    wire::GetKeyServerLocationsRequest request;
    request.begin = at_key;
    request.limit = 100;
    auto reply = call(commits.front(), request);
    if (!reply || reply->results.empty()) return {};
    return reply->results[0].second[0].get_value.endpoint;
  }
  Result<std::optional<std::string>> get(std::string_view at_key, int64_t version) {
    wire::GetValueRequest request;
    request.key = at_key;
    request.version = version;
    auto reply = call(locate(at_key), request);
    if (!reply) return fail(reply.error());
    if (reply->error) return fail(Error(reply->error->code));
    if (!reply->value) return std::optional<std::string>();
    return std::optional<std::string>(std::string(*reply->value));
  }
  std::string get(std::string_view at_key) {
    auto value = get(at_key, read_version());
    if (!value) return std::string(value.error().name());
    return value->value_or("(none)");
  }
  Result<wire::CommitId> commit(const std::vector<wire::Mutation>& mutations,
                                const std::vector<wire::KeyRange>& reads = {},
                                int64_t snapshot = 0) {
    std::vector<wire::KeyRange> writes;
    std::deque<std::string> ends;
    for (const wire::Mutation& mutation : mutations) {
      if (mutation.type == wire::MutationType::kClearRange) {
        writes.push_back({mutation.param1, mutation.param2});
      } else {
        ends.push_back(std::string(mutation.param1) + '\0');
        writes.push_back({mutation.param1, ends.back()});
      }
    }
    wire::CommitTransactionRequest request;
    request.transaction.mutations = mutations;
    request.transaction.read_conflict_ranges = reads;
    request.transaction.write_conflict_ranges = writes;
    request.transaction.read_snapshot = snapshot;
    return call(commits.front(), request);
  }
  Result<wire::CommitId> set(std::string_view at_key, std::string_view value) {
    return commit({{wire::MutationType::kSetValue, at_key, value}});
  }

  std::string key;
  NetworkAddress coordinator;
  wire::Uid view;
  std::vector<wire::Endpoint> grv, commits;

 private:
  Cluster& cluster_;
  std::map<uint16_t, std::unique_ptr<RawClient>> clients_;
};

}  // namespace orrery::fdb::test_double
