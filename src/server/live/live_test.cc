// Live SELECTs and the statistics, over real sockets.
#include <thread>

#include "server/live/live_message.h"
#include "server/server_for_test.h"
#include "types/json.h"

namespace orrery::server {
namespace {

using types::JsonValue;
using Lines = std::vector<std::string>;

class LiveWire {
 public:
  LiveWire(uint16_t port, std::string_view subject, std::string_view database = "chat")
      : socket_(port,
                "/v1/database/" + std::string(database) + "/live?token=x." +
                    std::string(subject) + ".y",
                "v1.live.orrery") {}

  WireWebSocket& socket() { return socket_; }
  bool say(std::string_view text) { return socket_.send_text(text); }
  bool subscribe(int id, std::string_view sql) {
    std::string text = "{\"subscribe\":{\"id\":" + std::to_string(id) + ",\"sql\":";
    types::append_json_string(sql, &text);
    return say(text + "}}");
  }
  /// The next message; null where the server closed (see closed).
  JsonValue hear() {
    closed = socket_.receive();
    if (closed.closed) return {};
    EXPECT_TRUE(closed.text);
    auto json = JsonValue::parse(closed.payload);
    EXPECT_TRUE(json) << closed.payload;
    return json ? std::move(*json) : JsonValue();
  }
  /// What stands under that name in the next message, which must have it.
  JsonValue hear(std::string_view kind) {
    JsonValue all = hear();
    const JsonValue* found = all.find(kind);
    EXPECT_NE(found, nullptr) << kind << " expected: " << closed.payload << closed.reason;
    return found == nullptr ? JsonValue() : *found;
  }
  std::string text(std::string_view kind) { return hear(kind).to_string(); }

  WireWebSocket::Received closed;

 private:
  WireWebSocket socket_;
};

Lines rows_of(const JsonValue& result) {
  Lines out;
  for (const JsonValue& row : result.find("rows")->items()) out.push_back(row.to_string());
  return out;
}
void follow(const JsonValue& change, Lines* rows) {
  auto removed = change.find("removed")->items();
  for (size_t i = removed.size(); i > 0; --i) {
    rows->erase(rows->begin() + *removed[i - 1].as_int64());
  }
  for (const JsonValue& added : change.find("added")->items()) {
    rows->insert(rows->begin() + *added.find("position")->as_int64(),
                 added.find("row")->to_string());
  }
}

class LiveTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    publish();
  }
  void restart(ServerOptions options) {
    stop();
    start(std::move(options));
    publish();
  }
  void call(std::string_view reducer, std::string_view arguments) {
    WireAnswer answer = ask("POST", "/v1/database/chat/call/" + std::string(reducer), "owner",
                            arguments, {{"content-type", "application/json"}});
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
};

TEST_F(LiveTest, AnySelectIsKeptUpToDate) {
  call("add_user", R"([1,"Ada"])");
  LiveWire client(port(), "owner");
  JsonValue hello = client.hear("hello");
  EXPECT_EQ(hello.find("identity")->as_string(), FakeTokens::holder_of("owner").identity.to_hex());
  EXPECT_EQ(hello.find("connection_id")->as_string().size(), 32U);
  client.subscribe(7, "SELECT id, name FROM user ORDER BY id DESC LIMIT 2");
  JsonValue result = client.hear("result");
  EXPECT_EQ(result.to_string(),
            R"({"id":7,"columns":[{"name":"id","type":"INTEGER","algebraic_type":{"U32":[]}},)"
            R"({"name":"name","type":"TEXT","algebraic_type":{"String":[]}}],"rows":[[1,"Ada"]]})");
  Lines rows = rows_of(result);
  call("add_user", R"([5,"Eve"])");
  EXPECT_EQ(client.text("change"),
            R"({"id":7,"removed":[],"added":[{"position":0,"row":[5,"Eve"]}]})");
  rows.insert(rows.begin(), R"([5,"Eve"])");
  call("add_user", R"([3,"Cy"])");
  follow(client.hear("change"), &rows);
  EXPECT_EQ(rows, (Lines{R"([5,"Eve"])", R"([3,"Cy"])"}));
  // Below the first two: nothing to tell. What comes next is of the commit behind it.
  call("add_user", R"([2,"Ben"])");
  call("remove_user", R"([5,"Eve"])");
  follow(client.hear("change"), &rows);
  EXPECT_EQ(rows, (Lines{R"([3,"Cy"])", R"([2,"Ben"])"}));
}

TEST_F(LiveTest, AggregatesAndSystemTables) {
  LiveWire client(port(), "owner");
  client.hear("hello");
  client.subscribe(1, "SELECT COUNT(*) AS n FROM st_client");
  // The owner who looks on is no client of the module.
  EXPECT_EQ(rows_of(client.hear("result")), Lines{"[0]"});
  V2Client other(port());
  other.connect();
  Lines rows{"[0]"};
  follow(client.hear("change"), &rows);
  EXPECT_EQ(rows, Lines{"[1]"});
  LiveWire alice(port(), "alice");
  alice.hear("hello");
  follow(client.hear("change"), &rows);
  EXPECT_EQ(rows, Lines{"[2]"});
  alice.socket().close();
  follow(client.hear("change"), &rows);
  EXPECT_EQ(rows, Lines{"[1]"});
}

TEST_F(LiveTest, PrivateTablesAreTheOwners) {
  LiveWire alice(port(), "alice");
  alice.hear("hello");
  alice.subscribe(1, "SELECT * FROM secret");
  JsonValue error = alice.hear("error");
  EXPECT_EQ(error.find("code")->as_string(), "TableNotFound");
  EXPECT_EQ(*error.find("id")->as_int64(), 1);
  alice.subscribe(2, "SELECT * FROM user WHERE id IN (SELECT n FROM secret)");
  EXPECT_EQ(alice.hear("error").find("code")->as_string(), "TableNotFound");
  alice.subscribe(3, "SELECT * FROM st_client");
  EXPECT_EQ(alice.hear("error").find("code")->as_string(), "TableNotFound");
  // The socket stays, and so do the ids.
  alice.subscribe(1, "SELECT * FROM user");
  EXPECT_EQ(rows_of(alice.hear("result")), Lines());
  LiveWire owner(port(), "owner");
  owner.hear("hello");
  owner.subscribe(1, "SELECT * FROM secret");
  EXPECT_EQ(rows_of(owner.hear("result")), Lines());
}

TEST_F(LiveTest, RefusesWhatIsNoLiveQuery) {
  LiveWire client(port(), "owner");
  client.hear("hello");
  client.subscribe(1, "DELETE FROM user");
  // The text is the contract with the console.
  EXPECT_EQ(client.text("error"),
            R"({"id":1,"code":"NotSupported","message":"only a SELECT can be a live query"})");
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql", "owner", "SELECT 1").status, 200);
  client.subscribe(2, "SELECT *\nFROM user WHERE WHERE");
  JsonValue error = client.hear("error");
  EXPECT_EQ(error.find("code")->as_string(), "Parse");
  EXPECT_EQ(*error.find("position")->as_int64(), 25);
  client.subscribe(3, "SELECT 1; SELECT 2");
  EXPECT_EQ(client.hear("error").find("code")->as_string(), "Parse");
  client.subscribe(4, "SELECT 9223372036854775807 + id FROM user");
  client.hear("result");
  call("add_user", R"([1,"Ada"])");
  // It fails when it runs again, and is gone.
  client.hear("error");
  call("add_user", R"([2,"Ben"])");
  client.subscribe(4, "SELECT id FROM user ORDER BY id");
  EXPECT_EQ(rows_of(client.hear("result")), (Lines{"[1]", "[2]"}));
}

TEST_F(LiveTest, UnsubscribedIsSilent) {
  LiveWire client(port(), "owner");
  client.hear("hello");
  client.subscribe(1, "SELECT id FROM user");
  client.hear("result");
  client.say(R"({"unsubscribe":{"id":1}})");
  client.say(R"({"unsubscribe":{"id":5}})");
  client.subscribe(2, "SELECT COUNT(*) FROM user");
  client.hear("result");
  call("add_user", R"([1,"Ada"])");
  EXPECT_EQ(*client.hear("change").find("id")->as_int64(), 2);
}

TEST_F(LiveTest, BadRequestsEndTheSocket) {
  for (std::string_view text :
       {"", "x", "{}", R"({"subscribe":{}})", R"({"subscribe":{"id":-1,"sql":"SELECT 1"}})",
        R"({"subscribe":{"id":1}})", R"({"subscribe":{"id":1,"sql":2}})", R"({"unsubscribe":7})"}) {
    LiveWire client(port(), "alice");
    client.hear("hello");
    client.say(text);
    client.hear();
    EXPECT_TRUE(client.closed.closed) << text;
    EXPECT_EQ(client.closed.code, 1011) << text;
  }
  LiveWire client(port(), "alice");
  client.hear("hello");
  client.socket().send("bytes");
  client.hear();
  EXPECT_EQ(client.closed.code, 1011);
  LiveWire large(port(), "alice");
  large.hear("hello");
  large.subscribe(1, "SELECT " + std::string(300'000, ' ') + "1");
  large.hear();
  EXPECT_EQ(large.closed.code, 1009);
  LiveWire twice(port(), "alice");
  twice.hear("hello");
  twice.subscribe(1, "SELECT 1 FROM user");
  twice.hear("result");
  twice.subscribe(1, "SELECT 2 FROM user");
  twice.hear();
  EXPECT_EQ(twice.closed.reason, "live query 1 exists already");
  WireAnswer answer;
  WireWebSocket wrong(port(), "/v1/database/chat/live?token=x.alice.y", "v2.bsatn.spacetimedb", {},
                      &answer);
  EXPECT_EQ(answer.status, 400);
  WireWebSocket nobody(port(), "/v1/database/nobody/live?token=x.alice.y", "v1.live.orrery", {},
                       &answer);
  EXPECT_EQ(answer.status, 404);
}

TEST_F(LiveTest, LimitsQueriesAndRequests) {
  ServerOptions options;
  options.api.live_queries_max = 2;
  options.api.socket_requests_per_second = 5;
  restart(std::move(options));
  LiveWire client(port(), "alice");
  client.hear("hello");
  for (int id = 1; id <= 3; ++id) client.subscribe(id, "SELECT id FROM user");
  int results = 0;
  std::string refused;
  for (int i = 0; i < 3; ++i) {
    JsonValue said = client.hear();
    results += said.find("result") != nullptr ? 1 : 0;
    if (const JsonValue* error = said.find("error")) refused = error->find("code")->as_string();
  }
  EXPECT_EQ(results, 2);
  EXPECT_EQ(refused, "Limit");
  for (int i = 0; i < 30; ++i) client.say(R"({"unsubscribe":{"id":9}})");
  client.hear();
  EXPECT_EQ(client.closed.reason, "too many requests");
}

TEST_F(LiveTest, AClientThatDoesNotReadIsLetGo) {
  ServerOptions options;
  options.api.live_patience_micros = 200'000;
  restart(std::move(options));
  call("add_many", "[1,5000]");
  LiveWire client(port(), "alice");
  client.hear("hello");
  // Every row changes with every commit.
  client.subscribe(1, "SELECT a.id, a.name, b.n FROM user a, (SELECT COUNT(*) AS n FROM user) b");
  client.hear("result");
  auto dropped = [&] {
    const std::string metrics = ask("GET", "/v1/metrics").body;
    const size_t at = metrics.find("\norrery_ws_clients_dropped_slow_total{");
    const std::string line = metrics.substr(at + 1, metrics.find('\n', at + 1) - at - 1);
    return line.ends_with("} 1");
  };
  bool gone = false;
  for (int i = 0; i < 2400 && !gone; ++i) {
    call("add_user", "[" + std::to_string(10'000 + i) + R"(,"x"])");
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
    gone = dropped();
  }
  EXPECT_TRUE(gone);
  while (!client.closed.closed) client.hear();
  EXPECT_EQ(client.closed.code, 1013);
  EXPECT_EQ(client.closed.reason, "the client does not keep up");
}

TEST_F(LiveTest, ACostlyQueryStopsNobody) {
  call("add_many", "[1,3000]");
  LiveWire client(port(), "alice");
  client.hear("hello");
  // 81 * 10^12 combinations, in no order that an index gives.
  client.subscribe(1,
                   "SELECT COUNT(*) FROM user a, user b, user c, user d "
                   "WHERE a.id + b.id + c.id + d.id = 7");
  client.subscribe(2, "SELECT COUNT(*) FROM user");
  EXPECT_EQ(rows_of(client.hear("result")), Lines{"[3000]"});
  for (int i = 0; i < 20; ++i) call("add_user", "[" + std::to_string(5000 + i) + R"(,"x"])");
  Lines rows{"[3000]"};
  while (rows != Lines{"[3020]"}) {
    JsonValue change = client.hear("change");
    if (client.closed.closed) break;
    ASSERT_EQ(*change.find("id")->as_int64(), 2);
    follow(change, &rows);
  }
  EXPECT_EQ(rows, Lines{"[3020]"});
  // Stopping does not wait for it either: a query ends with its client.
}

TEST_F(LiveTest, ManyCommitsAreOneChange) {
  LiveWire client(port(), "owner");
  client.hear("hello");
  client.subscribe(1, "SELECT COUNT(*) FROM user");
  client.hear("result");
  V2Client writer(port());
  writer.connect();
  constexpr int kCommits = 2000;
  for (int i = 0; i < kCommits; ++i) {
    ASSERT_TRUE(writer.say(v2::CallReducer{1, "add_user", user_row(static_cast<uint32_t>(i), "x")}));
  }
  for (int i = 0; i < kCommits; ++i) ASSERT_TRUE(writer.hear());
  Lines rows{"[0]"};
  int changes = 0;
  while (rows != Lines{"[" + std::to_string(kCommits) + "]"}) {
    follow(client.hear("change"), &rows);
    ASSERT_FALSE(client.closed.closed);
    ++changes;
  }
  EXPECT_LT(changes, kCommits / 4);
}

TEST_F(LiveTest, EndsWithTheDatabase) {
  LiveWire client(port(), "owner");
  client.hear("hello");
  client.subscribe(1, "SELECT COUNT(*) FROM user");
  client.hear("result");
  EXPECT_EQ(ask("DELETE", "/v1/database/chat", "owner").status, 200);
  client.hear();
  EXPECT_TRUE(client.closed.closed);
  EXPECT_EQ(client.closed.code, 1001);
}

TEST_F(LiveTest, StatisticsAreTheOwners) {
  EXPECT_EQ(ask("GET", "/v1/database/chat/stats", "alice").status, 403);
  EXPECT_EQ(ask("GET", "/v1/database/nobody/stats", "owner").status, 404);
  LiveWire live(port(), "owner");
  live.hear("hello");
  live.subscribe(1, "SELECT COUNT(*) FROM user");
  live.hear("result");
  V2Client client(port());
  client.connect();
  client.say(v2::CallReducer{1, "add_user", user_row(1, "Ada")});
  ASSERT_TRUE(client.hear());
  WireAnswer answer = ask("GET", "/v1/database/chat/stats", "owner");
  ASSERT_EQ(answer.status, 200) << answer.body;
  auto json = JsonValue::parse(answer.body);
  ASSERT_TRUE(json) << answer.body;
  auto number = [&](std::string_view name) { return json->find(name)->as_int64().value_or(-1); };
  EXPECT_EQ(number("reducer_calls"), 1);
  EXPECT_EQ(number("subscriptions"), 1);
  EXPECT_GE(number("transactions"), 2);  // the client, the call
  EXPECT_GE(number("rows_changed"), 2);
  EXPECT_GT(number("uptime_micros"), 0);
  EXPECT_GT(number("memory_bytes"), 0);
  auto clients = json->find("clients")->items();
  ASSERT_EQ(clients.size(), 2U);
  for (const JsonValue& c : clients) {
    bool is_live = c.find("protocol")->as_string() == "v1.live.orrery";
    EXPECT_EQ(c.find("identity")->as_string(),
              FakeTokens::holder_of(is_live ? "owner" : "alice").identity.to_hex());
    EXPECT_EQ(c.find("connection_id")->as_string().size(), 32U);
    EXPECT_GT(*c.find("sent_bytes")->as_int64(), 0);
    EXPECT_GT(*c.find("connected_micros")->as_int64(), 0);
    EXPECT_EQ(*c.find("subscriptions")->as_int64(), is_live ? 1 : 0);
  }
}

TEST_F(LiveTest, PlansAreSeenThroughSql) {
  WireAnswer plan = ask("POST", "/v1/database/chat/sql", "alice",
                        "EXPLAIN SELECT name FROM user WHERE id = 3");
  ASSERT_EQ(plan.status, 200) << plan.body;
  EXPECT_NE(plan.body.find("\"plan\""), std::string::npos) << plan.body;
  EXPECT_NE(plan.body.find("user"), std::string::npos) << plan.body;
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql", "alice", "EXPLAIN ANALYZE SELECT * FROM user")
                .status,
            200);
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql", "alice", "EXPLAIN SELECT * FROM secret").status,
            400);
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql", "alice", "EXPLAIN DELETE FROM user").status, 400);
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql", "owner", "EXPLAIN DELETE FROM user").status, 200);
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql", "owner", "EXPLAIN ANALYZE DELETE FROM user")
                .status,
            400);
}

}  // namespace
}  // namespace orrery::server
