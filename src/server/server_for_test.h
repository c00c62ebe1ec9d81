// A server on a real host whose modules are C++ functions of the test, and what clients say to it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "host/fake_module_for_test.h"
#include "host/host.h"
#include "protocol/envelope.h"
#include "protocol/payload.h"
#include "protocol/v2/messages.h"
#include "server/server.h"
#include "server/wire_client_for_test.h"

namespace orrery::server {
namespace v2 = protocol::v2;

/// Tokens are "x.<subject>.y"; those of other subjects than "bad" are good.
class FakeTokens final : public TokenAuthority {
 public:
  Result<TokenHolder> mint() override {
    return holder_of("anonymous-" + std::to_string(next_.fetch_add(1)));
  }
  Cost verify_cost(std::string_view token) const override {
    return token.find("slow") == std::string_view::npos ? Cost::kQuick : Cost::kMayBlock;
  }
  Result<TokenHolder> verify(std::string_view token) override {
    if (!token.starts_with("x.") || !token.ends_with(".y") || token == "x.bad.y") {
      return Error(ErrorCode::kInvalidArgument, "the token is not good");
    }
    return holder_of(std::string(token.substr(2, token.size() - 4)));
  }
  Result<std::string> sign_again(const TokenHolder& holder, int64_t) override {
    return holder.token;
  }
  std::string public_key_pem() const override { return "-----BEGIN PUBLIC KEY-----\n"; }

  static TokenHolder holder_of(const std::string& subject) {
    return {types::Identity::from_claims("test", subject), "x." + subject + ".y",
            "{\"sub\":\"" + subject + "\"}"};
  }

 private:
  std::atomic<uint32_t> next_{1};
};

inline std::string user_row(uint32_t id, std::string_view name) {
  ByteWriter out;
  out.write(id);
  out.write_prefixed(name);
  return out.buffer();
}

/// user(id u32, name string), ev(n u32) an event table; reducers add_user(id, name),
/// remove_user(id, name), add_many(from, n), emit(n), fail(text), crash(), noop(); procedure
/// sum(a, b).
host::FakeModule test_module();

inline std::string encode(const v2::ClientMessage& message) {
  std::string out;
  v2::append(message, &out);
  return out;
}

/// What a server said, with the bytes it borrows from.
struct ServerSays {
  std::shared_ptr<std::string> frame;
  std::shared_ptr<std::string> body;
  v2::ServerMessage message;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&message);
  }
};

/// A client of v2 or v3.
class V2Client {
 public:
  V2Client(uint16_t port, std::string_view query = "", std::string_view subject = "alice",
           std::string_view protocol = "v2.bsatn.spacetimedb");
  WireWebSocket& socket() { return socket_; }
  bool say(const v2::ClientMessage& message) { return socket_.send(encode(message)); }
  /// The next message; nothing where the server closed (see closed()).
  std::optional<ServerSays> hear();
  const WireWebSocket::Received& closed() const { return closed_; }
  /// Hears the greeting.
  v2::InitialConnection connect();

 private:
  WireWebSocket socket_;
  std::vector<ServerSays> waiting_;
  WireWebSocket::Received closed_;
};

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override { start({}); }
  void TearDown() override { stop(); }
  void start(ServerOptions options);
  void stop();
  uint16_t port() const { return server_->port(); }
  /// Publishes the test module as "chat" for "owner".
  void publish();
  WireAnswer ask(std::string_view method, std::string_view target, std::string_view subject = "",
                 std::string_view body = "", WireHeaders headers = {});

  std::shared_ptr<host::FakeRuntime> runtime_ = std::make_shared<host::FakeRuntime>();
  std::unique_ptr<Server> server_;
};

}  // namespace orrery::server
