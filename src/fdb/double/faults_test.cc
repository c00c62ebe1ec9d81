// What goes wrong in the double's cluster where a test says so.
#include "fdb/double/faults.h"

#include <gtest/gtest.h>

#include "fdb/double/cluster.h"
#include "fdb/double/session_for_test.h"

namespace orrery::fdb::test_double {
namespace {

wire::GetValueRequest get_value(int64_t version = -2) {
  wire::GetValueRequest request;
  request.key = "k";
  request.version = version;
  return request;
}

/// A cluster, a session that knows where "k" is, and what its storage server answers.
class FdbDoubleFaults : public ::testing::Test {
 protected:
  FdbDoubleFaults() : session(cluster) {
    cluster.store().set("k", "v");
    storage = session.locate("k");
  }
  Result<wire::GetValueReply> get(int millis = 5000) {
    return session.call(storage, get_value(), millis);
  }
  RawClient& client() { return session.at(storage.address()); }

  Cluster cluster;
  Session session;
  wire::Endpoint storage;
};

TEST_F(FdbDoubleFaults, ErrorsAreAnsweredWhereServersPutThem) {
  cluster.faults().fail_next(Request::kGetValue, error::wrong_shard_server, 2);
  EXPECT_EQ(cluster.faults().left(), 2u);
  for (int i = 0; i < 2; ++i) {
    auto reply = get();
    ASSERT_TRUE(reply && reply->error);
    EXPECT_EQ(reply->error->code, error::wrong_shard_server.code());
  }
  EXPECT_EQ(get()->value, "v");
  cluster.faults().add({.request = Request::kGetValue,
                        .spoil = Spoil::kFailAtRoot,
                        .skip = 1,
                        .error = error::server_overloaded});
  EXPECT_TRUE(get());
  EXPECT_EQ(get().error(), error::server_overloaded);
  for (Error each : {error::commit_unknown_result, error::database_locked, error::process_behind,
                     error::commit_proxy_memory_limit_exceeded, error::tag_throttled}) {
    cluster.faults().fail_next(Request::kCommit, each);
    EXPECT_EQ(session.set("k", "other").error(), each);
  }
  EXPECT_EQ(get()->value, "v");
  cluster.faults().fail_next(Request::kGetReadVersion, error::batch_transaction_throttled, 9);
  cluster.faults().clear();
  EXPECT_GT(session.read_version(), 0);
}

TEST_F(FdbDoubleFaults, AnswersAreLostBeforeOrAfterTheCommit) {
  cluster.faults().drop_next(Request::kCommit, Spoil::kDropRequest);
  wire::CommitTransactionRequest request;
  std::vector<wire::Mutation> mutations = {{wire::MutationType::kSetValue, "k", "lost"}};
  request.transaction.mutations = mutations;
  EXPECT_EQ(session.call(session.commits.front(), request, 50).error(), error::timed_out);
  EXPECT_EQ(cluster.store().get("k"), "v");
  cluster.faults().drop_next(Request::kCommit, Spoil::kDropReply);
  EXPECT_EQ(session.call(session.commits.front(), request, 50).error(), error::timed_out);
  EXPECT_EQ(cluster.store().get("k"), "lost");

  cluster.store().set("k", "v");
  cluster.faults().drop_next(Request::kCommit, Spoil::kCloseBefore);
  EXPECT_EQ(session.call(session.commits.front(), request).error(), error::request_maybe_delivered);
  EXPECT_EQ(cluster.store().get("k"), "v");
  session.forget_connections();
  cluster.faults().drop_next(Request::kCommit, Spoil::kCloseAfter);
  EXPECT_EQ(session.call(session.commits.front(), request).error(), error::request_maybe_delivered);
  EXPECT_EQ(cluster.store().get("k"), "lost");
}

TEST_F(FdbDoubleFaults, AnswersComeLateAndInAnotherOrder) {
  cluster.faults().add({.request = Request::kGetValue,
                        .spoil = Spoil::kDelayReply,
                        .delay_nanos = 30 * env::kNanosPerMilli});
  client().cork();
  wire::Uid slow = client().ask(storage.token, get_value());
  wire::Uid quick = client().ask(storage.token, get_value());
  client().uncork();
  ASSERT_TRUE(client().answer(slow));
  ASSERT_TRUE(client().answer(quick));
  auto& arrived = client().arrived;
  EXPECT_EQ(arrived, (std::deque<wire::Uid>{quick, slow}));
  arrived.clear();
  cluster.faults().drop_next(Request::kGetValue, Spoil::kReorderReplies, 3);
  wire::Uid first = client().ask(storage.token, get_value());
  wire::Uid second = client().ask(storage.token, get_value());
  wire::Uid third = client().ask(storage.token, get_value());
  ASSERT_TRUE(client().answer(first));
  EXPECT_EQ(arrived, (std::deque<wire::Uid>{third, second, first}));
}

TEST(FdbDoubleFaultsOfOneProcess, RequestsAreDoneLate) {
  Cluster cluster({.placement = Placement::kOneProcess});
  Session session(cluster);
  cluster.store().set("k", "v");
  wire::Endpoint storage = session.locate("k");
  cluster.faults().add({.request = Request::kGetValue,
                        .spoil = Spoil::kDelayRequest,
                        .delay_nanos = 20 * env::kNanosPerMilli});
  RawClient& client = session.at(storage.address());
  wire::CommitTransactionRequest commit;
  std::vector<wire::Mutation> mutations = {{wire::MutationType::kSetValue, "k", "meanwhile"}};
  commit.transaction.mutations = mutations;
  client.cork();
  wire::Uid late = client.ask(storage.token, get_value());
  client.ask(session.commits.front().token, commit);
  client.uncork();
  auto payload = client.answer(late);
  ASSERT_TRUE(payload);
  EXPECT_EQ(client.take<wire::GetValueRequest>(*payload)->value, "meanwhile");
}

TEST_F(FdbDoubleFaults, AnswersAreNotWhatTheyShouldBe) {
  cluster.faults().drop_next(Request::kGetValue, Spoil::kWrongType);
  EXPECT_EQ(get().error(), error::serialization_failed);
  cluster.faults().drop_next(Request::kGetValue, Spoil::kBadPayload);
  EXPECT_EQ(get().error(), error::serialization_failed);
  cluster.faults().drop_next(Request::kGetValue, Spoil::kUnknownToken);
  EXPECT_EQ(get(50).error(), error::timed_out);
  cluster.faults().drop_next(Request::kGetValue, Spoil::kRepeatReply);
  EXPECT_TRUE(get());
  EXPECT_TRUE(get());
  const std::pair<Spoil, Error> ends[] = {
      {Spoil::kBadChecksum, error::checksum_failed},
      {Spoil::kLongLength, error::serialization_failed},
      {Spoil::kShortLength, error::serialization_failed},
      {Spoil::kHalfFrame, error::request_maybe_delivered},
  };
  for (auto [spoil, expected] : ends) {
    session.forget_connections();
    cluster.faults().drop_next(Request::kGetValue, spoil);
    EXPECT_EQ(get().error(), expected);
  }
}

TEST_F(FdbDoubleFaults, ProcessesEndAndBeginAgain) {
  ProcessId process = cluster.storage();
  ASSERT_TRUE(get());
  cluster.kill(process);
  EXPECT_TRUE(client().ends());
  EXPECT_FALSE(RawClient(cluster.address(process)).connected());
  session.forget_connections();
  ASSERT_TRUE(cluster.restart(process));
  EXPECT_TRUE(get());
  ASSERT_TRUE(cluster.restart(process, Tokens::kNew));
  EXPECT_TRUE(client().ends());
  session.forget_connections();
  client().ask(storage.token, get_value());
  EXPECT_TRUE(client().answer(wire::well_known_token(wire::WellKnown::kEndpointNotFound)));
  storage = session.locate("k");
  EXPECT_TRUE(get());
}

TEST_F(FdbDoubleFaults, ProcessesHang) {
  ProcessId process = cluster.storage();
  ASSERT_TRUE(get());
  cluster.hang(process);
  EXPECT_EQ(get(50).error(), error::timed_out);
  RawClient late(cluster.address(process));
  EXPECT_TRUE(late.connected());
  late.say_hello();
  EXPECT_EQ(late.receive(50).error(), error::timed_out);
  cluster.resume(process);
  EXPECT_TRUE(get());
  EXPECT_TRUE(late.receive(5000));
}

TEST_F(FdbDoubleFaults, ProxiesChange) {
  RawClient& coordinator = session.at(session.coordinator);
  wire::Uid open_database = wire::well_known_token(wire::WellKnown::kOpenDatabase);
  wire::Uid waiting = coordinator.ask(open_database, session.poll());
  EXPECT_EQ(coordinator.answer(waiting, 30).error(), error::timed_out);
  EXPECT_EQ(cluster.parked_polls(), 1u);
  auto old = session.grv.front();
  ASSERT_TRUE(cluster.replace_proxies(2, 3));
  auto take_answer = [&] {
    auto payload = coordinator.answer(waiting);
    ASSERT_TRUE(payload);
    auto info = coordinator.take<wire::OpenDatabaseCoordRequest>(*payload);
    ASSERT_TRUE(info);
    session.take_view(*info);
  };
  take_answer();
  EXPECT_EQ(session.grv.size(), 2u);
  EXPECT_EQ(session.commits.size(), 3u);
  EXPECT_GT(session.read_version(), 0);
  EXPECT_TRUE(session.at(old.address()).ends());

  auto before = session.grv;
  cluster.recover();
  waiting = coordinator.ask(open_database, session.poll());
  take_answer();
  EXPECT_EQ(session.grv.front().address(), before.front().address());
  EXPECT_NE(session.grv.front().token, before.front().token);
  cluster.hide_proxies();
  waiting = coordinator.ask(open_database, session.poll());
  take_answer();
  EXPECT_TRUE(session.grv.empty());
}

TEST_F(FdbDoubleFaults, CoordinatorsMove) {
  RawClient& coordinator = session.at(session.coordinator);
  wire::Uid waiting =
      coordinator.ask(wire::well_known_token(wire::WellKnown::kOpenDatabase), session.poll());
  ASSERT_TRUE(cluster.wait_until([](auto& came) { return came.of(Request::kOpenDatabase) == 2; }));
  std::string before = cluster.connection_string();
  ASSERT_TRUE(cluster.move_coordinators(3));
  auto payload = coordinator.answer(waiting);
  ASSERT_TRUE(payload);
  auto info = coordinator.take<wire::OpenDatabaseCoordRequest>(*payload);
  ASSERT_TRUE(info && info->forward);
  EXPECT_EQ(*info->forward, cluster.connection_string());
  EXPECT_NE(*info->forward, before);
  EXPECT_TRUE(info->grv_proxies.empty());
  Session moved(cluster);
  EXPECT_EQ(moved.get("k"), "v");
  // The old key is that of another cluster for the new coordinators.
  RawClient stranger(moved.coordinator);
  auto silent =
      stranger.get(wire::well_known_token(wire::WellKnown::kOpenDatabase), session.poll(), 50);
  EXPECT_EQ(silent.error(), error::timed_out);
}

TEST_F(FdbDoubleFaults, PenaltiesAndOtherProtocols) {
  cluster.set_penalty(0, 2.5);
  EXPECT_EQ(get()->penalty, 2.5);
  cluster.set_protocol_version(cluster.storage(), kProtocol74);
  EXPECT_TRUE(client().ends());
  session.forget_connections();
  EXPECT_EQ(get(50).error(), error::timed_out);
  ASSERT_TRUE(client().hello);
  EXPECT_EQ(client().hello->version, kProtocol74);
}

TEST_F(FdbDoubleFaults, ClientsArePinged) {
  ASSERT_TRUE(get());
  cluster.ping_clients();
  EXPECT_TRUE(client().receive(5000));
  EXPECT_EQ(client().pings, 1u);
  EXPECT_TRUE(cluster.wait_until([](auto& came) { return came.pongs >= 1; }));
}

TEST_F(FdbDoubleFaults, FaultsMayBeOfOneProcess) {
  cluster.faults().add({.request = Request::kGetReadVersion,
                        .error = error::proxy_tag_throttled,
                        .process = cluster.storage()});
  EXPECT_GT(session.read_version(), 0);
  EXPECT_EQ(cluster.faults().left(), 1u);
}

TEST_F(FdbDoubleFaults, BadBytesEndConnections) {
  for (std::string bytes :
       {std::string("\x2c\0\0\0\0\0\0\x73\xb0\0\xdb\x1f", 12) + std::string(40, '\0'),
        std::string(64, '\xff')}) {
    RawClient bad(cluster.address(cluster.storage()));
    bad.write(bytes);
    EXPECT_TRUE(bad.ends());
  }
  RawClient wrong(cluster.address(cluster.storage()));
  wrong.send_to(storage.token, wire::PingRequest());
  EXPECT_TRUE(wrong.ends());
  EXPECT_EQ(cluster.violations().size(), 1u);
  EXPECT_TRUE(get());
}

}  // namespace
}  // namespace orrery::fdb::test_double
