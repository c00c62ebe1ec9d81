// What the routes answer, over real sockets.
#include <thread>

#include "server/console_files.h"
#include "server/server_for_test.h"
#include "types/json.h"

namespace orrery::server {
namespace {

const WireHeaders kJson = {{"content-type", "application/json"}};

std::string json_member(const std::string& json, std::string_view outer, std::string_view name) {
  auto value = types::JsonValue::parse(json);
  if (!value) return "not JSON: " + json;
  const types::JsonValue* in = outer.empty() ? &*value : value->find(outer);
  const types::JsonValue* found = in == nullptr ? nullptr : in->find(name);
  if (found == nullptr) return "";
  return found->is(types::JsonKind::kString) ? found->as_string() : found->to_string();
}

TEST_F(ServerTest, PingHealthMetricsConsole) {
  WireAnswer ping = ask("GET", "/v1/ping");
  EXPECT_EQ(ping.status, 200);
  EXPECT_EQ(ping.body, "");
  EXPECT_EQ(ping.header("access-control-allow-origin"), "*");
  EXPECT_EQ(ask("GET", "/v1/health").body,
            R"({"nodes":[0],"package_name":"orrery","schedulable":true,"version":"test"})");
  EXPECT_EQ(ask("GET", "/v1/ping", "alice").status, 200);
  EXPECT_EQ(ask("GET", "/v1/ping", "bad").status, 401);
  WireAnswer metrics = ask("GET", "/v1/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_NE(metrics.body.find("\norrery_http_requests_total 5\n"), std::string::npos) << metrics.body;
  EXPECT_EQ(ask("GET", "/v1/prometheus/sd_config").status, 200);
  EXPECT_EQ(ask("GET", "/v1/nothing").status, 404);
  WireAnswer method = ask("PATCH", "/v1/ping");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.header("allow"), "GET");
}

TEST_F(ServerTest, ConsoleFiles) {
  for (const ConsoleFile& file : console_files()) {
    WireAnswer plain = ask("GET", file.path);
    EXPECT_EQ(plain.status, 200);
    EXPECT_EQ(plain.body, file.bytes);
    EXPECT_EQ(plain.header("content-type"), file.content_type);
    EXPECT_EQ(plain.header("etag"), file.etag);
    EXPECT_EQ(plain.header("content-encoding"), "");
    EXPECT_TRUE(plain.header("content-security-policy").starts_with("default-src 'none'"));
    bool keeps = file.path.starts_with("/assets/");
    EXPECT_EQ(plain.header("cache-control"),
              keeps ? "public, max-age=31536000, immutable" : "no-cache");
    WireAnswer known =
        ask("GET", file.path, "", "", {{"if-none-match", "\"x\", " + std::string(file.etag)}});
    EXPECT_EQ(known.status, 304);
    EXPECT_EQ(known.body, "");
    WireAnswer refused = ask("GET", file.path, "", "", {{"accept-encoding", "br, gzip;q=0"}});
    EXPECT_EQ(refused.body, file.bytes);
    WireAnswer packed = ask("GET", file.path, "", "", {{"accept-encoding", "br, GZIP;q=0.5"}});
    EXPECT_EQ(packed.header("content-encoding"), file.gzip.empty() ? "" : "gzip");
    EXPECT_EQ(packed.body, file.gzip.empty() ? file.bytes : file.gzip);
  }
  EXPECT_NE(ask("GET", "/").body.find("<title>Orrery</title>"), std::string::npos);
}

TEST_F(ServerTest, PreflightAllowsEveryOrigin) {
  WireAnswer answer = ask("OPTIONS", "/v1/database/chat/call/f", "", "",
                          {{"origin", "http://a"}, {"access-control-request-method", "POST"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("access-control-allow-origin"), "*");
  EXPECT_EQ(answer.header("access-control-allow-headers"), "authorization,accept,content-type");
}

TEST_F(ServerTest, Identities) {
  WireAnswer made = ask("POST", "/v1/identity");
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(json_member(made.body, "", "identity").size(), 64u);
  EXPECT_NE(json_member(made.body, "", "token"), "");
  WireAnswer key = ask("GET", "/v1/identity/public-key");
  EXPECT_EQ(key.header("content-type"), "application/pem-certificate-chain");
  EXPECT_EQ(ask("POST", "/v1/identity/websocket-token").status, 401);
  EXPECT_EQ(ask("POST", "/v1/identity/websocket-token", "alice").body, R"({"token":"x.alice.y"})");
  EXPECT_EQ(ask("POST", "/v1/identity/websocket-token", "alice-slow").status, 200);
  std::string alice = FakeTokens::holder_of("alice").identity.to_hex();
  EXPECT_EQ(ask("GET", "/v1/identity/" + alice + "/verify", "alice").status, 204);
  EXPECT_EQ(ask("GET", "/v1/identity/" + alice + "/verify", "bob").status, 400);
  EXPECT_EQ(ask("GET", "/v1/identity/" + alice + "/verify").status, 401);
  EXPECT_EQ(ask("GET", "/v1/identity/" + alice + "/databases").body, R"({"identities":[]})");
  EXPECT_EQ(ask("GET", "/v1/energy/" + alice).body, R"({"balance":"0"})");
  EXPECT_EQ(ask("PUT", "/v1/energy/" + alice, "alice").status, 401);
}

TEST_F(ServerTest, Tokens) {
  publish();
  WireAnswer anonymous = ask("GET", "/v1/database/chat");
  EXPECT_EQ(anonymous.status, 200);
  EXPECT_EQ(anonymous.header("spacetime-identity").size(), 64u);
  EXPECT_TRUE(anonymous.header("spacetime-identity-token").starts_with("x.anonymous-"));
  WireAnswer known = ask("GET", "/v1/database/chat?token=x.alice.y");
  EXPECT_EQ(known.header("spacetime-identity"), FakeTokens::holder_of("alice").identity.to_hex());
  EXPECT_EQ(ask("GET", "/v1/database/chat", "bad").status, 401);
  EXPECT_EQ(ask("GET", "/v1/database/chat?token=nonsense").status, 401);
  EXPECT_EQ(ask("GET", "/v1/database/chat", "", "", {{"authorization", "Basic abc"}}).status, 400);
  EXPECT_EQ(ask("GET", "/v1/database/chat", "", "", {{"authorization", "Bearer "}}).status, 400);
}

TEST_F(ServerTest, PublishAndDescribe) {
  WireAnswer made = ask("PUT", "/v1/database/chat", "owner", "module");
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(json_member(made.body, "Success", "domain"), "chat");
  EXPECT_EQ(json_member(made.body, "Success", "op"), "created");
  std::string identity = json_member(made.body, "Success", "database_identity");
  EXPECT_EQ(ask("GET", "/v1/database/chat/identity").body, identity);
  EXPECT_EQ(ask("GET", "/v1/database/" + identity).status, 200);
  const std::string nobody = FakeTokens::holder_of("nobody").identity.to_hex();
  EXPECT_EQ(ask("GET", "/v1/database/" + nobody + "/identity").body, nobody);
  EXPECT_EQ(ask("GET", "/v1/database/nobody/identity").status, 404);
  WireAnswer info = ask("GET", "/v1/database/chat");
  EXPECT_NE(info.body.find(R"("host_type":{"Wasm":[]},"initial_program":"0x)"), std::string::npos)
      << info.body;
  WireAnswer again = ask("PUT", "/v1/database/chat", "owner", "module");
  EXPECT_EQ(json_member(again.body, "Success", "op"), "updated");
  EXPECT_EQ(ask("PUT", "/v1/database/chat", "mallory", "module").status, 403);
  std::string owner = FakeTokens::holder_of("owner").identity.to_hex();
  EXPECT_EQ(ask("GET", "/v1/identity/" + owner + "/databases").body,
            "{\"identities\":[\"" + identity + "\"]}");
  EXPECT_EQ(ask("GET", "/v1/database/nobody").body, "`nobody` not found");
  EXPECT_EQ(ask("GET", "/v1/database/nobody").status, 404);
  EXPECT_EQ(ask("GET", "/v1/database/" + std::string(64, 'a')).body, "No such database.");
  EXPECT_EQ(ask("GET", "/v1/database/Not_A_Name").status, 400);
  EXPECT_NE(ask("GET", "/v1/database/chat/unstable/timestamp").body.find("micros"),
            std::string::npos);
}

TEST_F(ServerTest, PublishRefusals) {
  EXPECT_EQ(ask("PUT", "/v1/database/other", "owner", "not a module").status, 500);
  EXPECT_EQ(ask("GET", "/v1/database/other").status, 404);
  EXPECT_EQ(ask("POST", "/v1/database?clear=true", "owner", "module").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/database/a?clear=maybe", "owner", "module").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/database/a?host_type=Js", "owner", "module").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/database/a?policy=Other", "owner", "module").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/database/a?update_confirmation_timeout=5x", "owner", "module").status,
            400);
  EXPECT_EQ(ask("PUT", "/v1/database/A", "owner", "module").status, 400);
  WireAnswer unnamed = ask("POST", "/v1/database", "owner", "module");
  EXPECT_EQ(unnamed.status, 200) << unnamed.body;
  EXPECT_EQ(json_member(unnamed.body, "Success", "domain"), "null");
  // What stands under "token" may be a digest, which is nobody's token.
  EXPECT_EQ(ask("PUT", "/v1/database/anyones?token=" + std::string(64, 'a'), "", "module").status,
            200);
  publish();
  WireAnswer refused = ask("PUT", "/v1/database/chat", "owner", "not a module");
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(refused.body.starts_with("Database update rejected")) << refused.body;
  EXPECT_EQ(ask("PUT", "/v1/database/chat?policy=BreakClients", "owner", "module").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/database/chat?clear=true", "mallory", "module").status, 403);
  EXPECT_EQ(ask("PUT", "/v1/database/chat?clear=true", "owner", "module").status, 200);
}

TEST_F(ServerTest, PrePublish) {
  publish();
  EXPECT_EQ(ask("POST", "/v1/database/chat/pre_publish", "mallory", "module").status, 403);
  WireAnswer plan = ask("POST", "/v1/database/chat/pre_publish?style=NoColor", "owner", "module");
  ASSERT_EQ(plan.status, 200) << plan.body;
  EXPECT_EQ(json_member(plan.body, "AutoMigrate", "break_clients"), "false");
  std::string token = json_member(plan.body, "AutoMigrate", "token");
  EXPECT_EQ(token.size(), 64u);
  EXPECT_EQ(
      ask("PUT", "/v1/database/chat?policy=BreakClients&token=" + token, "owner", "module").status,
      200);
  EXPECT_EQ(ask("PUT", "/v1/database/chat?policy=BreakClients&token=" + std::string(64, '0'),
                "owner", "module")
                .status,
            400);
}

TEST_F(ServerTest, Schema) {
  publish();
  EXPECT_EQ(ask("GET", "/v1/database/chat/schema").status, 400);
  EXPECT_EQ(ask("GET", "/v1/database/chat/schema?version=8").status, 400);
  for (const char* version : {"9", "10"}) {
    WireAnswer answer = ask("GET", std::string("/v1/database/chat/schema?version=") + version);
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(types::JsonValue::parse(answer.body)) << answer.body;
    EXPECT_NE(answer.body.find("add_user"), std::string::npos);
  }
}

TEST_F(ServerTest, NamesLockDelete) {
  publish();
  EXPECT_EQ(ask("GET", "/v1/database/chat/names").body, R"({"names":["chat"]})");
  WireAnswer added = ask("POST", "/v1/database/chat/names", "owner", "talk");
  EXPECT_EQ(json_member(added.body, "Success", "domain"), "talk");
  EXPECT_EQ(ask("POST", "/v1/database/chat/names", "mallory", "mine").status, 401);
  EXPECT_EQ(ask("POST", "/v1/database/chat/names", "owner", "Bad Name").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/database/chat/names", "owner", "{}").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/database/chat/names", "mallory", R"(["a"])").status, 401);
  WireAnswer taken = ask("PUT", "/v1/database/chat/names", "owner", R"(["talk"])");
  EXPECT_EQ(taken.status, 400);
  EXPECT_NE(taken.body.find("already is in use"), std::string::npos);
  WireAnswer set = ask("PUT", "/v1/database/chat/names", "owner", R"(["new-name"])");
  EXPECT_EQ(set.body, "\"Success\"");
  EXPECT_EQ(ask("GET", "/v1/database/chat").status, 404);
  EXPECT_EQ(ask("POST", "/v1/database/new-name/lock", "mallory").status, 403);
  EXPECT_EQ(ask("POST", "/v1/database/new-name/lock", "owner").status, 200);
  EXPECT_EQ(ask("DELETE", "/v1/database/new-name", "owner").status, 403);
  EXPECT_EQ(ask("PUT", "/v1/database/new-name/reset", "owner").status, 403);
  EXPECT_EQ(ask("POST", "/v1/database/new-name/unlock", "owner").status, 200);
  EXPECT_EQ(ask("PUT", "/v1/database/new-name/reset", "owner").status, 200);
  EXPECT_EQ(ask("DELETE", "/v1/database/new-name", "mallory").status, 403);
  EXPECT_EQ(ask("DELETE", "/v1/database/new-name", "owner").status, 200);
  EXPECT_EQ(ask("GET", "/v1/database/new-name").status, 404);
  EXPECT_EQ(ask("DELETE", "/v1/database/" + std::string(64, 'b'), "owner").status, 200);
}

TEST_F(ServerTest, Calls) {
  publish();
  WireAnswer ok = ask("POST", "/v1/database/chat/call/add_user", "alice", R"([1,"Ann"])", kJson);
  EXPECT_EQ(ok.status, 200) << ok.body;
  EXPECT_EQ(ok.body, "");
  EXPECT_NE(ok.header("spacetime-execution-duration-micros"), "");
  WireAnswer failed = ask("POST", "/v1/database/chat/call/fail", "alice", R"(["no"])", kJson);
  EXPECT_EQ(failed.status, 530);
  EXPECT_EQ(failed.body, "no");
  EXPECT_EQ(ask("POST", "/v1/database/chat/call/crash", "alice", "[]", kJson).status, 530);
  EXPECT_EQ(ask("POST", "/v1/database/chat/call/nothing", "alice", "[]", kJson).status, 404);
  for (const char* arguments : {"[]", "[1]", "{}", "[1,2]", "nonsense", "[-1,\"x\"]"}) {
    EXPECT_EQ(ask("POST", "/v1/database/chat/call/add_user", "alice", arguments, kJson).status, 400)
        << arguments;
  }
  EXPECT_EQ(ask("POST", "/v1/database/chat/call/noop", "alice", "[]").status, 415);
  WireAnswer sum = ask("POST", "/v1/database/chat/call/sum", "alice", "[40,2]", kJson);
  EXPECT_EQ(sum.status, 200);
  EXPECT_EQ(sum.body, "42");
  EXPECT_EQ(ask("POST", "/v1/database/chat/call/noop", "alice", "[]", kJson).status, 200);
}

TEST_F(ServerTest, Sql) {
  publish();
  ask("POST", "/v1/database/chat/call/add_user", "alice", R"([1,"Ann"])", kJson);
  WireAnswer rows = ask("POST", "/v1/database/chat/sql", "alice", "SELECT * FROM user");
  ASSERT_EQ(rows.status, 200) << rows.body;
  EXPECT_NE(rows.body.find(R"("rows":[[1,"Ann"]])"), std::string::npos) << rows.body;
  EXPECT_TRUE(rows.body.starts_with(
      R"([{"schema":{"elements":[{"name":{"some":"id"},"algebraic_type":{"U32":[]}})"))
      << rows.body;
  EXPECT_NE(rows.body.find(R"("stats":{"rows_inserted":0)"), std::string::npos);
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql", "alice", "SELECT * FROM nowhere").status, 400);
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql", "alice", "SELEC").status, 400);
  // So many that a worker prints them.
  WireAnswer many = ask("POST", "/v1/database/chat/sql", "alice",
                        "SELECT value FROM generate_series(1, 100000) ORDER BY value");
  EXPECT_EQ(many.status, 200);
  EXPECT_NE(many.body.find("[99999],[100000]],"), std::string::npos);
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql", "alice", "SELECT * FROM secret").status, 400);
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql", "owner", "SELECT * FROM secret").status, 200);
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql", "alice", "DELETE FROM user WHERE id = 1").status,
            400);
  WireAnswer gone = ask("POST", "/v1/database/chat/sql?confirmed=false", "owner",
                        "DELETE FROM user WHERE id = 1");
  EXPECT_EQ(gone.status, 200) << gone.body;
  EXPECT_NE(gone.body.find(R"("rows_deleted":1)"), std::string::npos) << gone.body;
  EXPECT_EQ(ask("POST", "/v1/database/chat/sql?confirmed=no", "owner", "SELECT 1").status, 400);
}

TEST_F(ServerTest, Logs) {
  publish();
  EXPECT_EQ(ask("GET", "/v1/database/chat/logs", "mallory").status, 403);
  ask("POST", "/v1/database/chat/call/crash", "alice", "[]", kJson);
  WireAnswer logs = ask("GET", "/v1/database/chat/logs", "owner");
  EXPECT_EQ(logs.status, 200);
  EXPECT_EQ(logs.header("content-type"), "application/x-ndjson");
  EXPECT_NE(logs.body.find("\"level\":"), std::string::npos) << logs.body;
  EXPECT_EQ(ask("GET", "/v1/database/chat/logs?num_lines=0", "owner").body, "");
  EXPECT_EQ(ask("GET", "/v1/database/chat/logs?num_lines=-1", "owner").status, 400);
  WireSocket follower(port());
  follower.write(
      "GET /v1/database/chat/logs?follow=true&num_lines=0 HTTP/1.1\r\nhost: x\r\n"
      "authorization: Bearer x.owner.y\r\n\r\n");
  EXPECT_NE(follower.read_until("\r\n\r\n").find("200"), std::string::npos);
  ask("POST", "/v1/database/chat/call/crash", "alice", "[]", kJson);
  EXPECT_NE(follower.read_until("}\n").find("\"level\":"), std::string::npos);
  EXPECT_EQ(ask("DELETE", "/v1/database/chat", "owner").status, 200);
  std::string rest;
  for (std::string piece; !(piece = follower.read_some()).empty();) rest += piece;
  EXPECT_TRUE(rest.ends_with("0\r\n\r\n")) << rest;
}

TEST_F(ServerTest, Mcp) {
  publish();
  auto rpc = [&](std::string_view target, std::string_view method, std::string_view params) {
    std::string body = R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) +
                       R"(","params":)" + std::string(params) + "}";
    return ask("POST", target, "owner", body, kJson).body;
  };
  EXPECT_NE(rpc("/v1/mcp", "initialize", "{}").find("2025-06-18"), std::string::npos);
  EXPECT_NE(rpc("/v1/mcp", "tools/list", "{}").find("list_databases"), std::string::npos);
  EXPECT_EQ(rpc("/v1/database/chat/mcp", "tools/list", "{}").find("list_databases"),
            std::string::npos);
  EXPECT_NE(rpc("/v1/mcp", "no/such", "{}").find("-32601"), std::string::npos);
  EXPECT_NE(rpc("/v1/mcp", "tools/call", R"({"name":"list_databases"})").find("chat"),
            std::string::npos);
  EXPECT_NE(rpc("/v1/database/chat/mcp", "tools/call",
                R"({"name":"call","arguments":{"reducer":"add_user","args":[1,"Ann"]}})")
                .find("committed"),
            std::string::npos);
  EXPECT_NE(rpc("/v1/mcp", "tools/call",
                R"({"name":"sql","arguments":{"database":"chat","sql":"SELECT * FROM user"}})")
                .find("Ann"),
            std::string::npos);
  std::string failed = rpc("/v1/database/chat/mcp", "tools/call",
                           R"({"name":"call","arguments":{"reducer":"fail","args":["no"]}})");
  EXPECT_NE(failed.find("\"isError\":true"), std::string::npos) << failed;
  EXPECT_EQ(ask("POST", "/v1/mcp", "owner", R"({"method":"x"})", kJson).status, 202);
  EXPECT_EQ(ask("POST", "/v1/mcp", "owner", "nonsense", kJson).status, 400);
}

TEST_F(ServerTest, ModuleRoutesWithoutAHandler) {
  publish();
  for (const char* path : {"", "/", "/hook"}) {
    WireAnswer answer = ask("POST", std::string("/v1/database/chat/route") + path, "bad", "{}");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, "Database has not registered a handler for this route");
  }
}

TEST_F(ServerTest, ManyRequestsAtOnce) {
  publish();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        std::string body = "[" + std::to_string(t * 1000 + i) + ",\"n\"]";
        good += ask("POST", "/v1/database/chat/call/add_user", "alice", body, kJson).status == 200;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 160);
  WireAnswer count =
      ask("POST", "/v1/database/chat/sql", "alice", "SELECT COUNT(*) AS n FROM user");
  EXPECT_NE(count.body.find("\"rows\":[[160]]"), std::string::npos) << count.body;
}

TEST_F(ServerTest, FiltersOfModulesAreChecked) {
  for (const char* filter :
       {"SELECT * FROM nowhere", "SELECT * FROM user WHERE nothing = 1",
        "SELECT * FROM user WHERE id = 'text'", "SELECT COUNT(*) AS n FROM user", "SELEC"}) {
    host::FakeModule module = test_module();
    module.def.row_level_security = {filter};
    module.def.order_by_tag();
    runtime_->add("filtered", std::move(module));
    WireAnswer refused = ask("PUT", "/v1/database/filtered", "owner", "filtered");
    EXPECT_EQ(refused.status, 500) << refused.body;  // as every program that is refused
    EXPECT_NE(refused.body.find("row-level security"), std::string::npos) << refused.body;
    EXPECT_EQ(ask("GET", "/v1/database/filtered").status, 404);
  }
  host::FakeModule module = test_module();
  module.def.row_level_security = {"SELECT * FROM user WHERE id = 1"};
  module.def.order_by_tag();
  runtime_->add("filtered", std::move(module));
  EXPECT_EQ(ask("PUT", "/v1/database/filtered", "owner", "filtered").status, 200);
}

}  // namespace
}  // namespace orrery::server
