// What clients of the WebSocket get, over real sockets.
#include <fstream>
#include <sstream>
#include <thread>

#include "protocol/v1/messages.h"
#include "server/server_for_test.h"
#include "types/json.h"

namespace orrery::server {
namespace {

constexpr const char* kV3 = "v3.bsatn.spacetimedb";
constexpr const char* kTarget = "/v1/database/chat/subscribe?token=x.alice.y";

std::string unhex(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

types::JsonValue golden(const char* name) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");
  std::ifstream in(std::string(root == nullptr ? "." : root) + "/tests/data/spacetimedb/" + name);
  std::stringstream text;
  text << in.rdbuf();
  auto json = types::JsonValue::parse(text.str());
  EXPECT_TRUE(json) << name << ": " << json.error().message();
  return json ? std::move(*json) : types::JsonValue();
}

v2::Subscribe subscribe(uint32_t request, uint32_t set, std::vector<std::string_view> queries) {
  return {request, set, std::move(queries)};
}

class SessionTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    publish();
  }
};

TEST_F(SessionTest, Negotiates) {
  struct Case {
    const char* offered;
    const char* chosen;
  };
  for (const Case& c : {Case{"v2.bsatn.spacetimedb", "v2.bsatn.spacetimedb"},
                        Case{"v2.bsatn.spacetimedb, v3.bsatn.spacetimedb", "v3.bsatn.spacetimedb"},
                        Case{"other, v1.bsatn.spacetimedb", "v1.bsatn.spacetimedb"},
                        Case{"v1.json.spacetimedb", "v1.json.spacetimedb"}}) {
    WireWebSocket socket(port(), kTarget, c.offered);
    EXPECT_TRUE(socket.connected()) << c.offered;
    EXPECT_EQ(socket.subprotocol(), c.chosen);
  }
  WireAnswer answer;
  EXPECT_FALSE(WireWebSocket(port(), kTarget, "v9.spacetimedb", {}, &answer).connected());
  EXPECT_EQ(answer.status, 400);
  EXPECT_FALSE(WireWebSocket(port(), kTarget, "", {}, &answer).connected());
  EXPECT_EQ(answer.status, 400);
}

TEST_F(SessionTest, RefusesBadUpgrades) {
  struct Case {
    std::string target;
    int status;
  };
  const std::string base = "/v1/database/chat/subscribe?";
  for (const Case& c :
       {Case{"/v1/database/nobody/subscribe", 404}, Case{base + "token=x.bad.y", 401},
        Case{base + "compression=Zip", 400}, Case{base + "connection_id=xyz", 400},
        Case{base + "connection_id=" + std::string(32, '0'), 400}, Case{base + "light=1", 400},
        Case{base + "confirmed=yes", 400}}) {
    WireAnswer answer;
    WireWebSocket socket(port(), c.target, "v2.bsatn.spacetimedb", {}, &answer);
    EXPECT_FALSE(socket.connected()) << c.target;
    EXPECT_EQ(answer.status, c.status) << c.target;
  }
  EXPECT_EQ(ask("GET", "/v1/database/chat/subscribe", "alice").status, 400) << "no upgrade";
  EXPECT_EQ(ask("POST", "/v1/database/chat/subscribe", "alice").status, 405);
}

TEST_F(SessionTest, GreetsWithIdentityAndToken) {
  V2Client client(port(), "connection_id=000000000000000000000000000000ff");
  auto first = client.hear();
  ASSERT_TRUE(first);
  auto* greeting = first->as<v2::InitialConnection>();
  ASSERT_NE(greeting, nullptr);
  EXPECT_EQ(greeting->identity, FakeTokens::holder_of("alice").identity);
  EXPECT_EQ(greeting->connection_id.to_hex(), "000000000000000000000000000000ff");
  EXPECT_EQ(greeting->token, "x.alice.y");
}

TEST_F(SessionTest, CallsAreAnsweredInOrder) {
  V2Client client(port());
  client.connect();
  std::string row = user_row(1, "Ann");
  std::string text = host::text_bytes("no");
  std::string numbers = host::raw_bytes(uint32_t{40}) + host::raw_bytes(uint32_t{2});
  client.say(v2::CallReducer{1, "add_user", row});
  std::string same_id = user_row(1, "Bob");
  client.say(v2::CallReducer{2, "add_user", same_id});
  client.say(v2::CallReducer{3, "fail", text});
  client.say(v2::CallReducer{4, "crash", ""});
  client.say(v2::CallReducer{5, "nothing", ""});
  client.say(v2::CallReducer{6, "add_user", "x"});
  client.say(v2::CallReducer{7, "noop", ""});
  auto result = [&](uint32_t request) {
    auto heard = client.hear();
    EXPECT_TRUE(heard);
    auto* r = heard ? heard->as<v2::ReducerResult>() : nullptr;
    EXPECT_NE(r, nullptr);
    if (r != nullptr) {
      EXPECT_EQ(r->request_id, request);
    }
    return r == nullptr ? size_t{99} : r->outcome.index();
  };
  EXPECT_EQ(result(1), 0u);
  EXPECT_EQ(result(2), 2u);
  EXPECT_EQ(result(3), 2u);
  EXPECT_EQ(result(4), 3u);
  EXPECT_EQ(result(5), 3u);
  EXPECT_EQ(result(6), 3u);
  EXPECT_EQ(result(7), 0u);
  client.say(v2::CallProcedure{8, "sum", numbers});
  auto sum = client.hear();
  ASSERT_TRUE(sum && sum->as<v2::ProcedureResult>());
  auto* returned = std::get_if<v2::ProcedureReturn>(&sum->as<v2::ProcedureResult>()->status);
  ASSERT_NE(returned, nullptr);
  EXPECT_EQ(returned->value, host::raw_bytes(uint32_t{42}));
}

TEST_F(SessionTest, SubscribersSeeWhatTheCallerSeesInItsResult) {
  V2Client alice(port());
  V2Client bob(port(), "", "bob");
  alice.connect();
  bob.connect();
  alice.say(subscribe(1, 7, {"SELECT * FROM user"}));
  bob.say(subscribe(1, 9, {"SELECT * FROM user WHERE id = 2"}));
  for (V2Client* client : {&alice, &bob}) {
    auto applied = client->hear();
    ASSERT_TRUE(applied && applied->as<v2::SubscribeApplied>());
    ASSERT_EQ(applied->as<v2::SubscribeApplied>()->rows.tables.size(), 1u);
    EXPECT_EQ(applied->as<v2::SubscribeApplied>()->rows.tables[0].table, "user");
  }
  std::string one = user_row(1, "Ann");
  std::string two = user_row(2, "Ben");
  alice.say(v2::CallReducer{2, "add_user", one});
  alice.say(v2::CallReducer{3, "add_user", two});
  for (const std::string& row : {one, two}) {
    auto heard = alice.hear();
    ASSERT_TRUE(heard && heard->as<v2::ReducerResult>());
    auto* ok = std::get_if<v2::ReducerOk>(&heard->as<v2::ReducerResult>()->outcome);
    ASSERT_NE(ok, nullptr);
    ASSERT_EQ(ok->update.query_sets.size(), 1u);
    EXPECT_EQ(ok->update.query_sets[0].query_set, 7u);
    EXPECT_EQ(ok->update.query_sets[0].tables[0].changes[0].inserts.data(), row);
  }
  auto heard = bob.hear();
  ASSERT_TRUE(heard && heard->as<v2::TransactionUpdate>()) << "only what is his";
  auto& sets = heard->as<v2::TransactionUpdate>()->query_sets;
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0].query_set, 9u);
  EXPECT_EQ(sets[0].tables[0].changes[0].inserts.data(), two);
  bob.say(v2::Unsubscribe{2, 9, v2::DroppedRows::kSend});
  auto dropped = bob.hear();
  ASSERT_TRUE(dropped && dropped->as<v2::UnsubscribeApplied>());
  ASSERT_TRUE(dropped->as<v2::UnsubscribeApplied>()->rows);
  EXPECT_EQ(dropped->as<v2::UnsubscribeApplied>()->rows->tables[0].rows.data(), two);
}

TEST_F(SessionTest, ACallBehindASubscribeIsInItsSet) {
  V2Client client(port(), "", "alice", kV3);
  client.connect();
  std::string row = user_row(1, "Ann");
  client.socket().send(encode(subscribe(1, 1, {"SELECT * FROM user"})) +
                       encode(v2::CallReducer{2, "add_user", row}) +
                       encode(v2::Unsubscribe{3, 1, v2::DroppedRows::kOmit}));
  auto applied = client.hear();
  ASSERT_TRUE(applied && applied->as<v2::SubscribeApplied>());
  auto result = client.hear();
  ASSERT_TRUE(result && result->as<v2::ReducerResult>());
  auto* ok = std::get_if<v2::ReducerOk>(&result->as<v2::ReducerResult>()->outcome);
  ASSERT_NE(ok, nullptr);
  ASSERT_EQ(ok->update.query_sets.size(), 1u);
  EXPECT_EQ(ok->update.query_sets[0].tables[0].changes[0].inserts.data(), row);
  auto ended = client.hear();
  ASSERT_TRUE(ended && ended->as<v2::UnsubscribeApplied>());
  EXPECT_FALSE(ended->as<v2::UnsubscribeApplied>()->rows);
}

TEST_F(SessionTest, ManyCallsInOnePayloadAreAnsweredInOrderAmongOtherRequests) {
  V2Client client(port(), "", "alice", kV3);
  client.connect();
  constexpr uint32_t kCalls = 500;
  constexpr uint32_t kBetween = 77;  // calls, then a set that begins or ends
  std::string all;
  uint32_t request = 0;
  for (uint32_t i = 0; i < kCalls; ++i) {
    if (i % kBetween == 0 && i % (2 * kBetween) == 0) {
      all += encode(subscribe(++request, 1, {"SELECT * FROM user"}));
    } else if (i % kBetween == 0) {
      all += encode(v2::Unsubscribe{++request, 1, v2::DroppedRows::kOmit});
    }
    const std::string row = user_row(i, "Ann");
    all += encode(v2::CallReducer{++request, "add_user", row});
  }
  client.socket().send(all);
  uint32_t heard = 0, rows = 0, live_calls = 0;
  bool live = false;
  while (heard < request) {
    auto said = client.hear();
    ASSERT_TRUE(said);
    ++heard;
    if (auto* result = said->as<v2::ReducerResult>()) {
      EXPECT_EQ(result->request_id, heard);
      auto* ok = std::get_if<v2::ReducerOk>(&result->outcome);
      ASSERT_NE(ok, nullptr);
      EXPECT_EQ(ok->update.query_sets.size(), live ? 1u : 0u) << heard;
      rows += live ? 0 : 1;
      live_calls += live ? 1 : 0;
    } else if (auto* applied = said->as<v2::SubscribeApplied>()) {
      EXPECT_EQ(applied->request_id, heard);
      EXPECT_EQ(applied->rows.tables[0].rows.row_count(), rows + live_calls);
      live = true;
    } else {
      ASSERT_TRUE(said->as<v2::UnsubscribeApplied>());
      EXPECT_EQ(said->as<v2::UnsubscribeApplied>()->request_id, heard);
      live = false;
    }
  }
  EXPECT_EQ(rows + live_calls, kCalls);
  EXPECT_GT(live_calls, kBetween);
}

TEST_F(SessionTest, SubscriptionErrors) {
  V2Client client(port());
  client.connect();
  client.say(subscribe(1, 1, {"SELECT * FROM nowhere"}));
  auto error = client.hear();
  ASSERT_TRUE(error && error->as<v2::SubscriptionError>());
  EXPECT_EQ(error->as<v2::SubscriptionError>()->request_id, 1u);
  EXPECT_NE(error->as<v2::SubscriptionError>()->error.find("nowhere"), std::string_view::npos);
  client.say(v2::Unsubscribe{2, 5, v2::DroppedRows::kOmit});
  error = client.hear();
  ASSERT_TRUE(error && error->as<v2::SubscriptionError>());
  client.say(subscribe(3, 1, {"SELECT * FROM user"}));
  ASSERT_TRUE(client.hear()->as<v2::SubscribeApplied>());
  client.say(subscribe(4, 1, {"SELECT * FROM user"}));
  EXPECT_FALSE(client.hear()) << "an id in use ends the connection";
  EXPECT_EQ(client.closed().code, 1011);
}

TEST_F(SessionTest, EventsAndOneOffQueries) {
  V2Client client(port());
  client.connect();
  client.say(subscribe(1, 1, {"SELECT * FROM ev"}));
  ASSERT_TRUE(client.hear()->as<v2::SubscribeApplied>());
  std::string n = host::raw_bytes(uint32_t{5});
  client.say(v2::CallReducer{2, "emit", n});
  auto result = client.hear();
  ASSERT_TRUE(result && result->as<v2::ReducerResult>());
  auto* ok = std::get_if<v2::ReducerOk>(&result->as<v2::ReducerResult>()->outcome);
  ASSERT_TRUE(ok != nullptr && ok->update.query_sets.size() == 1);
  EXPECT_EQ(ok->update.query_sets[0].tables[0].changes[0].kind, v2::RowChanges::Kind::kEvent);
  std::string row = user_row(1, "Ann");
  client.say(v2::CallReducer{3, "add_user", row});
  client.hear();
  for (const char* sql : {"SELECT * FROM user", "SELECT COUNT(*) AS n FROM user"}) {
    client.say(v2::OneOffQuery{4, sql});
    auto answer = client.hear();
    ASSERT_TRUE(answer && answer->as<v2::OneOffQueryResult>()) << sql;
    auto* rows = std::get_if<v2::QueryRows>(&answer->as<v2::OneOffQueryResult>()->result);
    ASSERT_NE(rows, nullptr) << std::get<1>(answer->as<v2::OneOffQueryResult>()->result);
    EXPECT_EQ(rows->tables[0].table, "user");
    EXPECT_EQ(rows->tables[0].rows.row_count(), 1u);
  }
  client.say(v2::OneOffQuery{5, "SELECT * FROM nowhere"});
  auto answer = client.hear();
  ASSERT_TRUE(answer && answer->as<v2::OneOffQueryResult>());
  EXPECT_EQ(answer->as<v2::OneOffQueryResult>()->result.index(), 1u);
}

TEST_F(SessionTest, RefusesEveryMalformedMessage) {
  for (const char* protocol : {"v2.bsatn.spacetimedb", kV3}) {
    types::JsonValue file = golden("ws-v2/client-decode-errors.json");
    ASSERT_NE(file.find("vectors"), nullptr);
    for (const types::JsonValue& vector : file.find("vectors")->items()) {
      V2Client client(port(), "", "alice", protocol);
      client.connect();
      client.socket().send(unhex(vector.find("hex")->as_string()));
      EXPECT_FALSE(client.hear()) << vector.find("name")->as_string();
      EXPECT_EQ(client.closed().code, 1011) << vector.find("name")->as_string();
      EXPECT_NE(client.closed().reason, "") << vector.find("name")->as_string();
    }
  }
  V2Client text(port());
  text.connect();
  text.socket().send_text("{}");
  EXPECT_FALSE(text.hear());
  EXPECT_EQ(text.closed().code, 1011);
  EXPECT_EQ(ask("GET", "/v1/ping").status, 200);
}

TEST_F(SessionTest, MessagesCutOrFlippedAtEveryByteDoNoHarm) {
  std::string row = user_row(1, "Ann");
  std::string whole =
      encode(subscribe(1, 1, {"SELECT * FROM user"})) + encode(v2::CallReducer{2, "add_user", row});
  for (size_t i = 0; i < whole.size(); ++i) {
    V2Client client(port(), "compression=None", "alice", kV3);
    client.connect();
    std::string bad = whole;
    if (i % 2 == 0) {
      bad.resize(i);
    } else {
      bad[i] = static_cast<char>(bad[i] ^ 0x55);
    }
    client.socket().send(bad);
    client.socket().close();
  }
  EXPECT_EQ(ask("GET", "/v1/ping").status, 200);
}

TEST_F(SessionTest, CompressionIsTheClientsChoice) {
  std::string many = host::raw_bytes(uint32_t{0}) + host::raw_bytes(uint32_t{500});
  {
    V2Client first(port());
    first.connect();
    first.say(v2::CallReducer{1, "add_many", many});
    ASSERT_TRUE(first.hear());
  }
  struct Case {
    const char* query;
    char tag;
  };
  for (const Case& c : {Case{"compression=None", 0}, Case{"compression=Gzip", 2},
                        Case{"compression=Brotli", 1}, Case{"", 1}}) {
    WireWebSocket socket(port(), std::string(kTarget) + "&" + c.query, "v2.bsatn.spacetimedb");
    ASSERT_EQ(socket.receive().payload[0], 0) << "short messages stay as they are";
    socket.send(encode(subscribe(1, 1, {"SELECT * FROM user"})));
    auto received = socket.receive();
    ASSERT_FALSE(received.closed);
    EXPECT_EQ(received.payload[0], c.tag) << c.query;
    std::string buffer;
    auto body = protocol::open_envelope(received.payload, 1 << 20, &buffer);
    ASSERT_TRUE(body);
    protocol::PayloadReader<v2::ServerMessage> reader(*body, protocol::Framing::kOneMessage);
    auto message = reader.next();
    ASSERT_TRUE(message && *message);
    EXPECT_EQ(std::get<v2::SubscribeApplied>(**message).rows.tables[0].rows.row_count(), 500u);
  }
}

TEST_F(SessionTest, V1SpeaksBsatnAndJson) {
  WireWebSocket json(port(), kTarget, "v1.json.spacetimedb");
  EXPECT_NE(json.receive().payload.find("\"IdentityToken\""), std::string::npos);
  json.send_text(R"({"Subscribe":{"query_strings":["SELECT * FROM user"],"request_id":1}})");
  EXPECT_NE(json.receive().payload.find("\"InitialSubscription\""), std::string::npos);
  json.send_text(
      R"({"CallReducer":{"reducer":"add_user","args":"[1,\"Ann\"]","request_id":2,"flags":0}})");
  auto update = json.receive();
  EXPECT_TRUE(update.text);
  EXPECT_NE(update.payload.find("\"Committed\""), std::string::npos) << update.payload;
  EXPECT_NE(update.payload.find("Ann"), std::string::npos) << update.payload;
  json.send_text(
      R"({"CallReducer":{"reducer":"fail","args":"[\"no\"]","request_id":3,"flags":0}})");
  EXPECT_NE(json.receive().payload.find("\"Failed\":\"no\""), std::string::npos);
  json.send_text("{}");
  EXPECT_EQ(json.receive().code, 1011);

  WireWebSocket bsatn(port(), std::string(kTarget) + "&light=true", "v1.bsatn.spacetimedb");
  EXPECT_EQ(bsatn.receive().payload.substr(0, 2), std::string("\0\x03", 2));
  std::string single = std::string("\x03", 1) + host::text_bytes("SELECT * FROM user") +
                       host::raw_bytes(uint32_t{1}) + host::raw_bytes(uint32_t{4});
  bsatn.send(single);
  EXPECT_EQ(bsatn.receive().payload.substr(0, 2), std::string("\0\x05", 2));
  V2Client other(port(), "", "bob");
  other.connect();
  std::string row = user_row(2, "Ben");
  other.say(v2::CallReducer{1, "add_user", row});
  auto light = bsatn.receive();
  EXPECT_EQ(light.payload.substr(0, 2), std::string("\0\x02", 2));
  EXPECT_NE(light.payload.find("Ben"), std::string::npos);
}

TEST_F(SessionTest, PingsAreAnsweredAndHugeMessagesRefused) {
  V2Client client(port());
  client.connect();
  EXPECT_TRUE(client.socket().ping());
  client.say(v2::CallReducer{1, "noop", ""});
  EXPECT_TRUE(client.hear());
  client.socket().send(std::string((32 << 20) + 1, 'x'));
  EXPECT_FALSE(client.hear());
  EXPECT_EQ(ask("GET", "/v1/ping").status, 200);
}

TEST_F(SessionTest, DeletedDatabasesCloseTheirSockets) {
  V2Client client(port());
  client.connect();
  EXPECT_EQ(ask("DELETE", "/v1/database/chat", "owner").status, 200);
  EXPECT_FALSE(client.hear());
  EXPECT_EQ(client.closed().code, 1001);
  EXPECT_EQ(client.closed().reason, "module exited");
}

TEST_F(SessionTest, AStoppingServerSaysGoodbye) {
  V2Client client(port());
  client.connect();
  std::thread stopper([&] { server_->stop(); });
  EXPECT_FALSE(client.hear());
  EXPECT_EQ(client.closed().code, 1001);
  stopper.join();
}

TEST_F(SessionTest, RepublishingKeepsSubscriptions) {
  V2Client client(port());
  client.connect();
  client.say(subscribe(1, 1, {"SELECT * FROM user"}));
  ASSERT_TRUE(client.hear()->as<v2::SubscribeApplied>());
  runtime_->add("module two", test_module());
  EXPECT_EQ(ask("PUT", "/v1/database/chat", "owner", "module two").status, 200);
  V2Client other(port(), "", "bob");
  other.connect();
  std::string row = user_row(2, "Ben");
  other.say(v2::CallReducer{1, "add_user", row});
  auto update = client.hear();
  ASSERT_TRUE(update && update->as<v2::TransactionUpdate>());
  EXPECT_EQ(update->as<v2::TransactionUpdate>()->query_sets[0].tables[0].changes[0].inserts.data(),
            row);
}

TEST_F(SessionTest, LimitsRequestsAndSlowReaders) {
  stop();
  ServerOptions options;
  options.api.socket_requests_per_second = 50;
  start(std::move(options));
  publish();
  V2Client client(port());
  client.connect();
  for (int i = 0; i < 200; ++i) {
    if (!client.say(v2::CallReducer{1, "noop", ""})) break;
  }
  while (client.hear()) {
  }
  EXPECT_EQ(client.closed().code, 1013);
  stop();
  ServerOptions slow;
  slow.api.socket_messages_max = 20;
  start(std::move(slow));
  publish();
  V2Client reader(port(), "compression=None");
  reader.connect();
  reader.say(subscribe(1, 1, {"SELECT * FROM user"}));
  ASSERT_TRUE(reader.hear());
  V2Client writer(port(), "", "bob");
  writer.connect();
  for (uint32_t i = 0; i < 400; ++i) {
    std::string many = host::raw_bytes(i * 2000) + host::raw_bytes(uint32_t{2000});
    if (!writer.say(v2::CallReducer{i, "add_many", many})) break;
    ASSERT_TRUE(writer.hear());
  }
  size_t heard = 0;
  while (reader.hear()) ++heard;
  EXPECT_LT(heard, 400u) << "a client that does not read is dropped";
  EXPECT_NE(ask("GET", "/v1/metrics").body.find("dropped_slow_total"), std::string::npos);
}

TEST_F(SessionTest, ManyClientsConverge) {
  constexpr uint32_t kClients = 8;
  constexpr uint32_t kCalls = 50;
  std::vector<std::thread> threads;
  std::atomic<uint32_t> seen{0};
  std::atomic<uint32_t> ready{0};
  for (uint32_t c = 0; c < kClients; ++c) {
    threads.emplace_back([&, c] {
      V2Client client(port(), c % 2 == 0 ? "compression=None" : "compression=Gzip",
                      "client-" + std::to_string(c), c % 3 == 0 ? "v2.bsatn.spacetimedb" : kV3);
      client.connect();
      client.say(subscribe(1, 1, {"SELECT * FROM user"}));
      client.hear();
      for (ready.fetch_add(1); ready < kClients;) std::this_thread::yield();
      std::vector<std::string> rows;
      for (uint32_t i = 0; i < kCalls; ++i) rows.push_back(user_row(c * kCalls + i, "x"));
      for (uint32_t i = 0; i < kCalls; ++i) client.say(v2::CallReducer{i, "add_user", rows[i]});
      uint32_t got = 0;
      while (got < kClients * kCalls) {
        auto heard = client.hear();
        if (!heard) break;
        const v2::TransactionUpdate* update = heard->as<v2::TransactionUpdate>();
        if (auto* result = heard->as<v2::ReducerResult>()) {
          if (auto* ok = std::get_if<v2::ReducerOk>(&result->outcome)) update = &ok->update;
        }
        if (update == nullptr) continue;
        for (auto& set : update->query_sets) {
          for (auto& table : set.tables) got += table.changes[0].inserts.row_count();
        }
      }
      seen += got;
      if (c % 2 == 0) client.socket().close();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen, kClients * kClients * kCalls);
}

}  // namespace
}  // namespace orrery::server
