// What the double's cluster answers where nothing goes wrong.
#include "fdb/double/cluster.h"

#include <gtest/gtest.h>

#include "fdb/double/database.h"
#include "fdb/double/session_for_test.h"
#include "fdb/wire/messages/cluster.h"
#include "fdb/wire/messages/metrics.h"

namespace orrery::fdb::test_double {
namespace {

using wire::MutationType;

std::string joined(const wire::KeyValueList& rows) {
  std::string text;
  for (auto [key, value] : rows) text += std::string(key) + "=" + std::string(value) + " ";
  return text;
}

wire::GetKeyValuesRequest range(std::string_view begin, std::string_view end, int64_t version) {
  wire::GetKeyValuesRequest request;
  request.begin = wire::first_greater_or_equal(begin);
  request.end = wire::first_greater_or_equal(end);
  request.version = version;
  request.limit = 1000;
  request.limit_bytes = 80'000;
  return request;
}

TEST(FdbDouble, SaysWhoItIs) {
  Cluster cluster;
  ASSERT_TRUE(cluster.ok());
  NetworkAddress address = cluster.address(cluster.grv_proxy());
  RawClient client(address);
  auto reply = client.get(wire::well_known_token(wire::WellKnown::kPing), wire::PingRequest());
  EXPECT_TRUE(reply);
  ASSERT_TRUE(client.hello);
  EXPECT_EQ(client.hello->version, kOurProtocol);
  EXPECT_EQ(client.hello->port, address.port);
  EXPECT_EQ(client.hello->connection_id, 1u);
  auto info = client.get(wire::well_known_token(wire::WellKnown::kProtocolInfo),
                         wire::ProtocolInfoRequest());
  ASSERT_TRUE(info);
  EXPECT_EQ(info->version, kOurProtocol.value());
}

TEST(FdbDouble, TokensThatNobodyHasAreNotFound) {
  Cluster cluster;
  RawClient client(cluster.address(cluster.storage()));
  wire::Uid unknown{0x123456789abcdef1, 77};
  client.ask(unknown, wire::GetValueRequest());
  auto payload = client.answer(wire::well_known_token(wire::WellKnown::kEndpointNotFound));
  ASSERT_TRUE(payload);
  auto told = wire::decode<wire::EndpointNotFound>(*payload);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->token, unknown);
  // An answer that nobody waits for is dropped.
  wire::Uid late{0x123456789abcdef0, 77};
  client.ask(late, wire::GetValueRequest());
  EXPECT_TRUE(client.get(wire::well_known_token(wire::WellKnown::kPing), wire::PingRequest()));
  EXPECT_EQ(client.arrived.size(), 2u);
}

TEST(FdbDouble, CommitsAreReadAtTheirVersions) {
  Cluster cluster;
  Session session(cluster);
  int64_t before = session.read_version();
  auto committed = session.set("k", "v");
  ASSERT_TRUE(committed);
  EXPECT_GT(committed->version, before);
  EXPECT_GE(session.read_version(), committed->version);
  EXPECT_EQ(session.get("k"), "v");
  EXPECT_EQ(session.get("k", before)->value_or("(none)"), "(none)");
  EXPECT_EQ(cluster.store().get("k"), "v");
  ASSERT_TRUE(session.commit({{MutationType::kClearRange, "a", "z"}}));
  EXPECT_EQ(session.get("k"), "(none)");
  EXPECT_EQ(session.get("k", committed->version)->value_or("(none)"), "v");
  EXPECT_EQ(cluster.counters().of(Request::kCommit), 2u);
}

TEST(FdbDouble, VersionsEnd) {
  Cluster cluster({.future_version_nanos = 20 * env::kNanosPerMilli});
  Session session(cluster);
  int64_t version = session.read_version();
  EXPECT_EQ(session.get("k", version + 1'000'000'000).error(), error::future_version);
  // One that comes soon is waited for.
  EXPECT_TRUE(session.get("k", session.read_version() + 10'000));
  cluster.store().advance(5'000'001);
  EXPECT_EQ(session.get("k", version).error(), error::transaction_too_old);
  EXPECT_TRUE(session.get("k", -2));
}

TEST(FdbDouble, ReadsOfWhatWasWrittenConflict) {
  Cluster cluster;
  Session session(cluster);
  int64_t snapshot = session.read_version();
  std::string after = std::string("a") + '\0';
  ASSERT_TRUE(session.set("a", "1"));
  auto refused = session.commit({{MutationType::kSetValue, "b", "1"}}, {{"a", after}}, snapshot);
  EXPECT_EQ(refused.error(), error::not_committed);
  EXPECT_TRUE(session.commit({{MutationType::kSetValue, "b", "1"}}, {{"b", "c"}}, snapshot));

  wire::CommitTransactionRequest request;
  std::vector<wire::KeyRange> reads = {{"x", "y"}, {"a", "b"}};
  request.transaction.read_conflict_ranges = reads;
  request.transaction.read_snapshot = snapshot;
  request.transaction.report_conflicting_keys = true;
  auto told = session.call(session.commits.front(), request);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->version, wire::CommitId::kConflict);
  ASSERT_TRUE(told->conflicting_ranges);
  EXPECT_EQ(told->conflicting_ranges->to_vector(), std::vector<int32_t>{1});

  cluster.store().advance(6'000'000);
  auto old = session.commit({}, {{"x", "y"}}, snapshot);
  EXPECT_EQ(old.error(), error::transaction_too_old);
}

TEST(FdbDouble, MutationsDoWhatServersDo) {
  Cluster cluster;
  Session session(cluster);
  ASSERT_TRUE(session.set("n", std::string("\x05\0\0\0", 4)));
  ASSERT_TRUE(session.commit({{MutationType::kAddValue, "n", std::string_view("\x03\0\0\0", 4)}}));
  EXPECT_EQ(session.get("n"), std::string("\x08\0\0\0", 4));
  std::string key = "s/" + std::string(10, '\0') + std::string("\x02\0\0\0", 4);
  std::string value = std::string(10, '\0') + "!" + std::string(4, '\0');
  auto committed = session.commit({{MutationType::kSetVersionstampedKey, key, "stamped"},
                                   {MutationType::kSetVersionstampedValue, "v", value}});
  ASSERT_TRUE(committed);
  std::string stamp = big_endian(static_cast<uint64_t>(committed->version));
  stamp += std::string(2, '\0');
  EXPECT_EQ(cluster.store().get("s/" + stamp), "stamped");
  EXPECT_EQ(cluster.store().get("v"), stamp + "!");
}

TEST(FdbDouble, RangesHaveLimitsAndOwners) {
  Cluster cluster({.storage_servers = 2, .shards = {{"", {0}}, {"m", {1}}}});
  Session session(cluster);
  for (const char* key : {"a", "b", "c", "n", "o"}) cluster.store().set(key, "1");
  int64_t version = session.read_version();
  wire::Endpoint first = session.locate("a");
  wire::Endpoint second = session.locate("n");
  EXPECT_NE(first.token, second.token);
  auto all = session.call(first, range("", "m", version));
  ASSERT_TRUE(all);
  EXPECT_EQ(joined(all->data), "a=1 b=1 c=1 ");
  EXPECT_FALSE(all->more);
  EXPECT_EQ(all->version, version);
  auto limited = range("", "m", version);
  limited.limit = -2;
  auto last = session.call(first, limited);
  EXPECT_EQ(joined(last->data), "c=1 b=1 ");
  EXPECT_TRUE(last->more);
  limited.limit = 100;
  limited.limit_bytes = 27;
  EXPECT_EQ(joined(session.call(first, limited)->data), "a=1 b=1 ");
  // Any part that is not owned makes all of it fail.
  auto across = session.call(first, range("a", "n", version));
  ASSERT_TRUE(across && across->error);
  EXPECT_EQ(across->error->code, error::wrong_shard_server.code());
  cluster.set_shards({{"", {0, 1}}});
  EXPECT_EQ(joined(session.call(first, range("b", "\xff", version))->data), "b=1 c=1 n=1 o=1 ");
}

TEST(FdbDouble, SelectorsGoOnInTheNextShard) {
  Cluster cluster({.storage_servers = 2, .shards = {{"", {0}}, {"m", {1}}}});
  Session session(cluster);
  for (const char* key : {"a", "b", "n"}) cluster.store().set(key, "1");
  auto ask = [&](const wire::Endpoint& server, wire::KeySelector selector) {
    wire::GetKeyRequest request;
    request.selector = selector;
    request.version = session.read_version();
    auto reply = session.call(server, request);
    if (!reply || reply->error) return std::string("failed");
    return std::string(reply->selector.key) + (reply->selector.or_equal ? "!" : "?") +
           std::to_string(reply->selector.offset);
  };
  wire::Endpoint first = session.locate("a");
  wire::Endpoint second = session.locate("n");
  EXPECT_EQ(ask(first, wire::first_greater_or_equal("aa")), "b!0");
  EXPECT_EQ(ask(first, wire::last_less_than("b")), "a!0");
  EXPECT_EQ(ask(first, {"a", true, 3}), "m?2");
  EXPECT_EQ(ask(second, {"m", false, 2}), "\xff\xff?1");
  EXPECT_EQ(ask(second, wire::last_less_or_equal("mm")), "m?0");
  EXPECT_EQ(ask(first, {"m", false, -2}), "?0");
  EXPECT_EQ(ask(second, wire::last_less_than("a")), "failed");
}

TEST(FdbDouble, WatchesFireAtCommits) {
  Cluster cluster;
  Session session(cluster);
  cluster.store().set("w", "1");
  wire::Endpoint server = session.locate("w").adjusted(10);
  wire::WatchValueRequest request;
  request.key = "w";
  request.value = "1";
  request.version = session.read_version();
  RawClient& client = session.at(server.address());
  wire::Uid waiting = client.ask(server.token, request);
  ASSERT_TRUE(cluster.wait_until([](auto& came) { return came.of(Request::kWatchValue) == 1; }));
  EXPECT_EQ(cluster.outstanding_watches(), 1u);
  cluster.store().set("w", "1");
  EXPECT_EQ(cluster.outstanding_watches(), 1u);
  auto committed = session.set("w", "2");
  auto payload = client.answer(waiting);
  ASSERT_TRUE(payload);
  auto fired = client.take<wire::WatchValueRequest>(*payload);
  ASSERT_TRUE(fired);
  EXPECT_EQ(fired->version, committed->version);
  // A wrong belief fires at once.
  EXPECT_TRUE(client.get(server.token, request));
  // A watch ends where its key goes away.
  request.value = "2";
  waiting = client.ask(server.token, request);
  ASSERT_TRUE(cluster.wait_until([](auto& came) { return came.of(Request::kWatchValue) == 3; }));
  cluster.set_shards({{"", {}}});
  EXPECT_EQ(client.take<wire::WatchValueRequest>(*client.answer(waiting)).error(),
            error::wrong_shard_server);
}

TEST(FdbDouble, TenantsHaveKeysOfTheirOwn) {
  Cluster cluster;
  Session session(cluster);
  int64_t id = cluster.store().create_tenant("acme");
  wire::GetTenantIdRequest by_name;
  by_name.tenant_name = "acme";
  auto found = session.call(session.commits.front(), by_name);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tenant_id, id);
  by_name.tenant_name = "nobody";
  EXPECT_EQ(session.call(session.commits.front(), by_name).error(), error::tenant_not_found);

  std::string prefix = big_endian(static_cast<uint64_t>(id));
  cluster.store().set(prefix + "k", "inside");
  auto request = range("", "\xff", session.read_version());
  request.tenant_info.tenant_id = id;
  EXPECT_EQ(joined(session.call(session.locate(prefix), request)->data), "k=inside ");
  wire::CommitTransactionRequest commit;
  std::vector<wire::Mutation> outside = {{MutationType::kSetValue, "k", "v"}};
  commit.transaction.mutations = outside;
  commit.tenant_info.tenant_id = id;
  EXPECT_EQ(session.call(session.commits.front(), commit).error(), error::illegal_tenant_access);
  wire::GetKeyServerLocationsRequest locate;
  locate.begin = "k";
  locate.tenant.tenant_id = id;
  auto located = session.call(session.commits.front(), locate);
  ASSERT_TRUE(located);
  EXPECT_EQ(located->results[0].first.begin, prefix);
}

TEST(FdbDouble, LocksAndMetadataVersionsAreTold) {
  Cluster cluster;
  Session session(cluster);
  std::string operand(14, '\0');
  auto committed =
      session.commit({{MutationType::kSetVersionstampedValue, "\xff/metadataVersion", operand}});
  ASSERT_TRUE(committed);
  ASSERT_TRUE(committed->metadata_version);
  auto told = session.call(session.grv.front(), wire::GetReadVersionRequest());
  EXPECT_EQ(told->metadata_version, committed->metadata_version);
  EXPECT_FALSE(told->locked);
  cluster.store().lock_database();
  EXPECT_TRUE(session.call(session.grv.front(), wire::GetReadVersionRequest())->locked);
  EXPECT_EQ(session.set("k", "v").error(), error::not_committed);
  wire::CommitTransactionRequest aware;
  aware.flags = wire::CommitTransactionRequest::kLockAware;
  EXPECT_TRUE(session.call(session.commits.front(), aware));
}

TEST(FdbDouble, ReadVersionsOfManyAreOneRequest) {
  Cluster cluster;
  Session session(cluster);
  cluster.set_throttling({.tags = {{"slow", {5.0, 60.0}}}});
  std::vector<std::pair<std::string_view, uint32_t>> tags = {{"slow", 3}, {"fast", 2}};
  wire::GetReadVersionRequest request;
  request.transaction_count = 5;
  request.tags = tags;
  auto reply = session.call(session.grv.front(), request);
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->tag_throttle_info.size(), 1u);
  EXPECT_EQ(reply->tag_throttle_info[0].first, "slow");
  EXPECT_EQ(cluster.counters().read_version_transactions, 5u);
  EXPECT_EQ(cluster.counters().largest_read_version_batch, 5u);
}

TEST(FdbDouble, SizesAndSplitPoints) {
  Cluster cluster;
  Session session(cluster);
  for (int i = 0; i < 10; ++i) cluster.store().set("k" + std::to_string(i), std::string(98, 'v'));
  wire::WaitMetricsRequest metrics;
  metrics.keys = {"", "\xff"};
  metrics.max.bytes = -1;
  EXPECT_EQ(session.call(session.locate(""), metrics)->bytes, 1000);
  wire::SplitRangeRequest split;
  split.keys = {"", "\xff"};
  split.chunk_size = 400;
  auto points = session.call(session.locate(""), split);
  ASSERT_TRUE(points);
  EXPECT_EQ(points->split_points.to_vector(), (std::vector<std::string_view>{"k4", "k8"}));
}

TEST(FdbDouble, LocationsAreShardsInOrder) {
  Cluster cluster({.storage_servers = 2,
                   .shards = {{"", {0}}, {"h", {0, 1}}, {"q", {1}}},
                   .datacenters = {"one", "two"}});
  Session session(cluster);
  wire::GetKeyServerLocationsRequest request;
  request.begin = "a";
  request.end = "z";
  request.limit = 2;
  auto forward = session.call(session.commits.front(), request);
  ASSERT_TRUE(forward);
  ASSERT_EQ(forward->results.size(), 2u);
  EXPECT_EQ(forward->results[0].first, (wire::KeyRange{"", "h"}));
  EXPECT_EQ(forward->results[1].second.size(), 2u);
  EXPECT_EQ(forward->results[1].second[1].locality.get("dcid"), "two");
  EXPECT_EQ(forward->tag_mapping.size(), 3u);
  request.reverse = true;
  auto backward = session.call(session.commits.front(), request);
  EXPECT_EQ(backward->results[0].first, (wire::KeyRange{"q", "\xff\xff"}));
  request.begin = "h";
  request.end = std::nullopt;
  EXPECT_EQ(session.call(session.commits.front(), request)->results[0].first.end, "h");
}

TEST(FdbDouble, TheControllerTellsStatusAndWorkers) {
  Cluster cluster;
  cluster.set_status_json("{}");
  Session session(cluster);
  wire::GetLeaderRequest request;
  request.key = session.key;
  auto leader = session.at(session.coordinator)
                    .get(wire::well_known_token(wire::WellKnown::kGetLeader), request);
  ASSERT_TRUE(leader && leader->leader);
  auto controller = wire::decode<wire::ClusterControllerClientInterface>(
      leader->leader->serialized_info.substr(8));
  ASSERT_TRUE(controller);
  const wire::Endpoint& status = controller->client_interface.database_status.endpoint;
  auto told = session.at(status.address()).get(status.token, wire::StatusRequest());
  ASSERT_TRUE(told);
  EXPECT_EQ(told->status, "{}");
  const wire::Endpoint& workers = controller->client_interface.get_client_workers.endpoint;
  auto all = session.at(workers.address()).get(workers.token, wire::GetClientWorkersRequest());
  ASSERT_TRUE(all);
  wire::Endpoint reboot = all->workers[0].reboot.endpoint;
  session.at(reboot.address()).send_to(reboot.token, wire::RebootRequest());
  EXPECT_TRUE(session.at(reboot.address()).ends());
}

TEST(FdbDouble, WhatARealServerDoesNotSurviveIsNoted) {
  Cluster cluster;
  Session session(cluster);
  EXPECT_EQ(session.get("\xff\xff", -2).error(), error::request_maybe_delivered);
  ASSERT_EQ(cluster.violations().size(), 1u);
}

TEST(FdbDouble, EverythingMayBeOneProcess) {
  Cluster cluster({.placement = Placement::kOneProcess});
  EXPECT_EQ(cluster.storage(), cluster.coordinator());
  Session session(cluster);
  ASSERT_TRUE(session.set("k", "v"));
  EXPECT_EQ(session.get("k"), "v");
  EXPECT_EQ(cluster.counters().connections_accepted, 1u);
}

}  // namespace
}  // namespace orrery::fdb::test_double
