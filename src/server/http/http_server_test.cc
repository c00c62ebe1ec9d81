#include "server/http/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "server/http/http_client.h"
#include "server/wire_client_for_test.h"

namespace orrery::server::http {
namespace {

/// Answers by path.
class EchoService final : public Service {
 public:
  uint64_t body_bytes_max(std::string_view, std::string_view path) const override {
    return path == "/large" ? 64 << 20 : 1000;
  }
  void handle(Request request, Responder respond) override {
    if (request.path == "/never") {
      kept.push_back(respond);
      return;
    }
    if (request.path == "/drop") return;
    if (request.path == "/moved" || request.path == "/loop" || request.path == "/away") {
      Response out = Response::empty(302);
      if (request.path == "/away") {
        out.headers.add("location", "http://127.0.0.1:1/");
        respond(std::move(out));
        return;
      }
      out.headers.add("location", request.path == "/loop" ? "/loop" : "/there?x=1");
      respond(std::move(out));
      return;
    }
    if (request.path == "/stream") {
      stream = std::make_shared<BodyStream>();
      (void)stream->push("first\n");
      Response out;
      out.stream = stream;
      respond(std::move(out));
      return;
    }
    if (request.path == "/later") {
      later.fetch_add(1);
      threads.emplace_back([respond] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        respond(Response::text(200, "late"));
      });
      return;
    }
    Response out = Response::text(
        200, request.method + " " + request.target + " " + std::to_string(request.body.size()));
    out.headers.add("x-broken", "a\r\nb: c");
    respond(std::move(out));
  }
  ~EchoService() override {
    for (auto& thread : threads) thread.join();
  }
  std::atomic<int> later{0};
  std::vector<Responder> kept;
  std::shared_ptr<BodyStream> stream;
  std::vector<std::thread> threads;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(HttpOptions options) {
    auto server = HttpServer::start(options, service_);
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
  }
  void TearDown() override {
    service_.kept.clear();
    if (server_) server_->stop(0);
  }
  EchoService service_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
  WireSocket socket(server_->port());
  socket.write(
      "GET /a?b=c HTTP/1.1\r\nhost: x\r\n\r\nPOST /d HTTP/1.1\r\nhost: x\r\n"
      "content-length: 3\r\n\r\nxyz");
  std::string first = socket.read_until("GET /a?b=c 0");
  EXPECT_TRUE(first.starts_with("HTTP/1.1 200 OK\r\n")) << first;
  EXPECT_EQ(first.find("x-broken"), std::string::npos) << "a header must not become two";
  EXPECT_TRUE(socket.read_until("POST /d 3").ends_with("POST /d 3"));
  socket.write("GET /later HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(socket.read_until("late").ends_with("late"));
  EXPECT_EQ(socket.read_some(), "") << "HTTP/1.0 does not keep the connection";
}

TEST_F(HttpServerTest, HeadHasTheLengthButNoBody) {
  WireAnswer answer = wire_request(server_->port(), "HEAD", "/abc");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-length"), std::to_string(std::string("HEAD /abc 0").size()));
}

TEST_F(HttpServerTest, ChunkedBodiesAndExpectContinue) {
  WireSocket socket(server_->port());
  socket.write(
      "POST /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"
      "expect: 100-continue\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
  EXPECT_TRUE(socket.read_until("POST /c 7").ends_with("POST /c 7"));
}

TEST_F(HttpServerTest, LimitsBodies) {
  std::string long_body(1001, 'x');
  EXPECT_EQ(wire_request(server_->port(), "POST", "/small", {}, long_body).status, 413);
  EXPECT_EQ(wire_request(server_->port(), "POST", "/large", {}, long_body).status, 200);
  std::string huge(20 << 20, 'x');
  EXPECT_EQ(wire_request(server_->port(), "POST", "/large", {}, huge).status, 200);
  std::string chunked =
      "POST /small HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
      "3E9\r\n" +
      long_body + "\r\n0\r\n\r\n";
  EXPECT_TRUE(wire_raw(server_->port(), chunked).starts_with("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequest) {
  for (const char* bytes :
       {"garbage\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n", "GET /?a=%zz HTTP/1.1\r\n\r\n",
        "GET nonsense HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n"}) {
    EXPECT_TRUE(wire_raw(server_->port(), bytes).starts_with("HTTP/1.1 400")) << bytes;
  }
  std::string long_header = "GET / HTTP/1.1\r\nx: " + std::string(100'000, 'y') + "\r\n\r\n";
  EXPECT_TRUE(wire_raw(server_->port(), long_header).starts_with("HTTP/1.1 431"));
  EXPECT_EQ(wire_request(server_->port(), "GET", "/alive").status, 200);
}

TEST_F(HttpServerTest, ADroppedRequestIsAnswered) {
  EXPECT_EQ(wire_request(server_->port(), "GET", "/drop").status, 500);
}

TEST_F(HttpServerTest, StreamsGoOutAsTheyCome) {
  WireSocket socket(server_->port());
  socket.write("GET /stream HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_TRUE(socket.read_until("6\r\nfirst\n\r\n").ends_with("6\r\nfirst\n\r\n"));
  EXPECT_EQ(service_.stream->push("second"), BodyStream::Pushed::kTaken);
  EXPECT_EQ(socket.read_until("second\r\n"), "6\r\nsecond\r\n");
  service_.stream->finish();
  EXPECT_EQ(socket.read_until("0\r\n\r\n"), "0\r\n\r\n");
  EXPECT_EQ(socket.read_some(), "");
}

TEST_F(HttpServerTest, AStreamHearsThatItsReaderIsGone) {
  {
    WireSocket socket(server_->port());
    socket.write("GET /stream HTTP/1.1\r\nhost: x\r\n\r\n");
    socket.read_until("first");
  }
  for (int i = 0; i < 1000 && service_.stream->push("") == BodyStream::Pushed::kTaken; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(service_.stream->push("x"), BodyStream::Pushed::kReaderGone);
}

TEST_F(HttpServerTest, RefusesMoreConnectionsThanAllowed) {
  server_->stop(0);
  HttpOptions options;
  options.connections_max = 2;
  start(options);
  WireSocket one(server_->port());
  WireSocket two(server_->port());
  one.write("GET /1 HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_NE(one.read_until("GET /1 0"), "");
  two.write("GET /2 HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_NE(two.read_until("GET /2 0"), "");
  WireSocket three(server_->port());
  three.write("GET /3 HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_EQ(three.read_some(), "");
  EXPECT_EQ(server_->counts().connections_refused, 1u);
}

TEST_F(HttpServerTest, IdleConnectionsAreClosed) {
  server_->stop(0);
  HttpOptions options;
  options.idle_micros = 50'000;
  start(options);
  WireSocket socket(server_->port());
  socket.write("GET /1 HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_NE(socket.read_until("GET /1 0"), "");
  EXPECT_EQ(socket.read_some(), "");
}

TEST_F(HttpServerTest, StopsWithRequestsUnderWay) {
  WireSocket waits(server_->port());
  waits.write("GET /never HTTP/1.1\r\nhost: x\r\n\r\n");
  WireSocket idle(server_->port());
  idle.write("GET /1 HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_NE(idle.read_until("GET /1 0"), "");
  server_->stop(10'000);
  EXPECT_EQ(waits.read_some(), "");
  EXPECT_EQ(idle.read_some(), "");
}

TEST_F(HttpServerTest, AnswersUnderWayGetTheirTime) {
  WireSocket socket(server_->port());
  socket.write("GET /later HTTP/1.1\r\nhost: x\r\n\r\n");
  while (service_.later == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  server_->stop(5'000'000);
  EXPECT_TRUE(socket.read_until("late").ends_with("late"));
}

TEST_F(HttpServerTest, RequestsToOthers) {
  HttpClient client;
  std::string base = "http://127.0.0.1:" + std::to_string(server_->port());
  auto get = [&](std::string path, std::vector<std::string> allowed) {
    host::OutgoingRequest request;
    request.method = "GET";
    request.uri = base + path;
    request.timeout_micros = 5'000'000;
    return client.send(request, allowed);
  };
  auto answer = get("/a?secret=1", {"127.0.0.1"});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->code, 200);
  EXPECT_EQ(answer->body, "GET /a?secret=1 0");
  auto moved = get("/moved", {"127.0.0.1:" + std::to_string(server_->port())});
  ASSERT_TRUE(moved) << moved.error().message();
  EXPECT_EQ(moved->body, "GET /there?x=1 0");
  EXPECT_FALSE(get("/loop", {"127.0.0.1"}));
  // What is inside must be named.
  auto inside = get("/a", {"*"});
  ASSERT_FALSE(inside);
  EXPECT_NE(inside.error().message().find("not allowed"), std::string::npos);
  EXPECT_FALSE(get("/a", {"*.0.0.1"}));
  EXPECT_FALSE(get("/a", {"127.0.0.1:1"}));
  auto refused = get("/a?secret=1", {"example.org"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message().find("secret"), std::string::npos);
  base = "http://localhost:" + std::to_string(server_->port());
  EXPECT_TRUE(get("/a", {"localhost"}));
  EXPECT_FALSE(get("/a", {"localhost:1"}));
  // A redirect does not leave the list.
  auto away = get("/away", {"localhost"});
  ASSERT_FALSE(away);
  EXPECT_NE(away.error().message().find("the host is not allowed"), std::string::npos);
  base = "ftp://127.0.0.1";
  EXPECT_FALSE(get("/a", {"*"}));
  base = "http://127.0.0.1:1";
  EXPECT_FALSE(get("/a", {"127.0.0.1"}));
}

TEST_F(HttpServerTest, AddressesInUseAreAnError) {
  HttpOptions options;
  options.port = server_->port();
  auto second = HttpServer::start(options, service_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kIo);
  options.address = "nowhere";
  EXPECT_FALSE(HttpServer::start(options, service_));
}

}  // namespace
}  // namespace orrery::server::http
