// Connections that break, hang or cannot be made.
#include "fdb/transport/peer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fdb/transport/certificates_for_test.h"
#include "fdb/transport/scripted_server_for_test.h"
#include "fdb/transport/tls.h"

namespace orrery::fdb {
namespace {

bool is_failed(TransportWorld& world, const wire::Endpoint& endpoint = TransportWorld::endpoint()) {
  auto inside = world.loop.enter();
  return world.transport.is_failed(endpoint);
}

TEST(FdbPeer, APeerThatNeverAnswersIsDeadWithinSeconds) {
  for (bool says_hello : {false, true}) {
    TransportWorld world;
    world.dialer.on_accept = [&](ServerEnd& end) {
      end.says_hello = says_hello;
      end.answers_pings = false;
    };
    Asked asked(world, "x");
    ASSERT_TRUE(world.until([&] { return asked.done(); }, 4 * kSecond));
    EXPECT_GT(world.clock.now(), 2 * kSecond);
    EXPECT_EQ(asked.error(), error::request_maybe_delivered);
    EXPECT_TRUE(asked.maybe_delivered());
  }
}

TEST(FdbPeer, AStreamThatDoesNotConnectIsGivenUp) {
  class Stuck final : public Stream {
   public:
    explicit Stuck(std::unique_ptr<Stream> under) : under_(std::move(under)) {}
    int fd() const override { return under_->fd(); }
    Result<Need> connect() override { return Need::kReadable; }
    Result<Io> read(std::span<char>) override { return Io{0, Need::kReadable}; }
    Result<Io> write(std::string_view) override { return Io{0, Need::kWritable}; }

   private:
    std::unique_ptr<Stream> under_;
  };
  TransportWorld world;
  world.dialer.wrap_client = [](std::unique_ptr<Stream> under) {
    return std::make_unique<Stuck>(std::move(under));
  };
  Asked asked(world, "x");
  ASSERT_TRUE(world.until([&] { return asked.done(); }, 3 * kSecond));
  EXPECT_EQ(asked.error(), error::request_maybe_delivered);
  EXPECT_FALSE(asked.maybe_delivered());
}

TEST(FdbPeer, ABusyPeerIsNotDead) {
  TransportWorld world;
  Asked slow(world, "slow"), busy(world, "busy");
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 2; }));
  world.end().answers_pings = false;
  wire::Uid nobody{4, 4};
  for (int i = 0; i < 20; ++i) {
    world.end().reply(nobody, wire::Void());
    world.pass(kSecond);
  }
  EXPECT_FALSE(slow.done());
  EXPECT_EQ(world.end().pings, 1u) << "the first one is still to be answered";
  world.end().echo_all();
  ASSERT_TRUE(world.until([&] { return slow.done(); }));
}

TEST(FdbPeer, PingsEverySecond) {
  TransportWorld world;
  Asked parked(world, "long poll");
  world.pass(60 * kSecond);
  EXPECT_GE(world.end().pings, 50u);
  EXPECT_LE(world.end().pings, 67u);
  EXPECT_FALSE(parked.done());
  EXPECT_EQ(world.dialer.ends.size(), 1u);
}

TEST(FdbPeer, DroppedConnectionsAreMadeAnew) {
  TransportWorld world;
  Asked lost(world, "lost");
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
  world.close_end();
  ASSERT_TRUE(world.until([&] { return lost.done(); }));
  EXPECT_EQ(lost.error(), error::request_maybe_delivered);
  EXPECT_TRUE(lost.maybe_delivered());
  EXPECT_FALSE(is_failed(world));
  Asked next(world, "next");
  ASSERT_TRUE(world.until([&] { return world.dialer.ends.size() == 2 && world.has_requests(1); }));
  world.end().echo_all();
  ASSERT_TRUE(world.until([&] { return next.done(); }));
  EXPECT_EQ(next.value(), "next");
  EXPECT_EQ(world.transport.counters().connections_broken, 1u);
}

TEST(FdbPeer, WhatWasNotSentGoesWithTheNextConnection) {
  TransportWorld world;
  Asked first(world, "first");
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
  // More than a socket holds: the rest waits in the queue.
  world.end().reads = false;
  std::string large(8 << 20, 'L');
  Asked begun(world, large);
  Asked given_up_later(world, "given up"), unsent(world, "unsent"), too(world, "unsent, too");
  auto gone = std::make_unique<Asked>(world, "gone");
  world.pass(20 * kMilli);
  gone = nullptr;
  world.close_end();
  ASSERT_TRUE(world.until([&] { return first.done() && begun.done(); }));
  EXPECT_EQ(begun.error(), error::request_maybe_delivered);
  EXPECT_TRUE(begun.maybe_delivered());
  EXPECT_FALSE(unsent.done());
  ASSERT_TRUE(world.until([&] { return world.dialer.ends.size() == 2 && world.has_requests(3); }));
  std::string key;
  world.end().reply_token(2, &key);
  EXPECT_EQ(key, "unsent, too");
  world.end().echo_all();
  ASSERT_TRUE(world.until([&] { return unsent.done() && too.done() && given_up_later.done(); }));
  EXPECT_EQ(unsent.value(), "unsent");
}

TEST(FdbPeer, AddressesThatCannotBeReached) {
  TransportWorld world;
  world.dialer.refuses = error::connection_failed;
  Asked first(world, "x");
  EXPECT_TRUE(first.done()) << "refused at once";
  EXPECT_EQ(first.error(), error::request_maybe_delivered);
  EXPECT_FALSE(first.maybe_delivered());
  EXPECT_FALSE(is_failed(world));
  // Somebody goes on asking.
  int64_t failed_at = 0;
  for (int i = 0; i < 1000 && !is_failed(world); ++i) {
    Asked again(world, "x");
    world.turn(10 * kMilli);
    failed_at = world.clock.now();
  }
  EXPECT_GT(failed_at, 4 * kSecond);
  EXPECT_LT(failed_at, 5 * kSecond);
  // From 50 milliseconds the pauses grow to half a second.
  const auto& at = world.dialer.dialled_at;
  ASSERT_GT(at.size(), 10u);
  EXPECT_LT(at[2] - at[1], 90 * kMilli);
  EXPECT_GT(at[2] - at[1], 45 * kMilli);
  EXPECT_LE(at.back() - at[at.size() - 2], 570 * kMilli);

  Asked useless(world, "x");
  EXPECT_TRUE(useless.done());
  EXPECT_EQ(useless.error(), error::request_maybe_delivered);
  // Without requests it is tried every second, until it is there again.
  size_t dials = at.size();
  world.pass(10 * kSecond);
  EXPECT_GE(at.size(), dials + 8);
  EXPECT_LE(at.size(), dials + 11);
  world.dialer.refuses.reset();
  ASSERT_TRUE(world.until([&] { return !is_failed(world); }, 2 * kSecond));
  EXPECT_FALSE(world.end().client_hello) << "only to see whether it is there";
  Asked good(world, "good");
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
  world.end().echo_all();
  ASSERT_TRUE(world.until([&] { return good.done(); }));
  EXPECT_EQ(good.value(), "good");
}

TEST(FdbPeer, NobodyIsTriedForEverWithoutInterest) {
  TransportWorld world;
  world.dialer.refuses = error::connection_failed;
  for (int i = 0; i < 600; ++i) {
    Asked again(world, "x");
    world.turn(10 * kMilli);
  }
  ASSERT_TRUE(is_failed(world));
  world.pass(100 * kSecond, 100 * kMilli);
  size_t dials = world.dialer.dialled_at.size();
  world.pass(100 * kSecond, 100 * kMilli);
  EXPECT_EQ(world.dialer.dialled_at.size(), dials);
  // To ask whether it has failed is interest enough.
  EXPECT_TRUE(is_failed(world));
  world.dialer.refuses.reset();
  world.pass(2 * kSecond);
  EXPECT_FALSE(is_failed(world));
}

TEST(FdbPeer, AddressesWhoseConnectionsBreakAllTheTimeHaveFailed) {
  TransportWorld world;
  int broken = 0;
  while (broken < 20 && !is_failed(world)) {
    Asked asked(world, "x");
    ASSERT_TRUE(world.until([&] { return world.has_requests(1); }));
    world.close_end();
    ASSERT_TRUE(world.until([&] { return asked.done(); }));
    world.dialer.ends.clear();
    ++broken;
  }
  EXPECT_EQ(broken, 6);
}

TEST(FdbPeer, IdleConnectionsAreClosed) {
  TransportWorld world;
  {
    Asked asked(world, "x");
    ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
    world.end().echo_all();
    ASSERT_TRUE(world.until([&] { return asked.done(); }));
  }
  world.pass(178 * kSecond, 50 * kMilli);
  EXPECT_FALSE(world.end().ended);
  world.pass(5 * kSecond, 50 * kMilli);
  EXPECT_TRUE(world.end().ended);
  EXPECT_FALSE(is_failed(world));
  EXPECT_EQ(world.transport.counters().connections_broken, 0u);
  world.pass(20 * kSecond, 50 * kMilli);
  EXPECT_EQ(world.dialer.ends.size(), 1u);
  Asked asked(world, "y");
  ASSERT_TRUE(world.until([&] { return world.dialer.ends.size() == 2 && world.has_requests(1); }));
}

TEST(FdbPeer, ServersOfOtherVersions) {
  for (ProtocolVersion version :
       {kProtocol71, kProtocol72, kProtocol74, ProtocolVersion(0x0FDB00B073000000)}) {
    TransportWorld world;
    world.dialer.on_accept = [&](ServerEnd& end) {
      end.hello.version = version;
      end.answers_pings = false;
    };
    Asked asked(world, "x");
    ASSERT_TRUE(world.until([&] { return asked.done(); }));
    EXPECT_EQ(asked.error(), error::incompatible_protocol_version);
    auto peers = world.transport.peers();
    EXPECT_EQ(peers[0].protocol, version);
    EXPECT_TRUE(peers[0].is_connected);
    EXPECT_FALSE(peers[0].is_compatible);
    Asked later(world, "later");
    EXPECT_TRUE(later.done());
    EXPECT_EQ(later.error(), error::incompatible_protocol_version);
    EXPECT_FALSE(later.maybe_delivered());
    // It stays connected, and is pinged, while it sends anything.
    for (int i = 0; i < 100; ++i) {
      world.end().send_raw("any");
      world.pass(100 * kMilli);
    }
    EXPECT_EQ(world.dialer.ends.size(), 1u);
    EXPECT_GE(world.end().pings, 8u);
    EXPECT_EQ(world.end().requests.size(), 1u);
    ASSERT_TRUE(world.until([&] { return world.end().ended; }, 4 * kSecond));
    EXPECT_FALSE(world.transport.protocol_of(peers[0].address));
    // When it comes back it may be of ours.
    world.dialer.on_accept = nullptr;
    Asked good(world, "good");
    ASSERT_TRUE(
        world.until([&] { return world.dialer.ends.size() == 2 && world.has_requests(1); }));
    world.end().echo_all();
    ASSERT_TRUE(world.until([&] { return good.done(); }));
    EXPECT_EQ(good.value(), "good");
  }
}

TEST(FdbPeer, WhatAnIncompatibleServerWasNotSentIsNeverSent) {
  TransportWorld world;
  world.dialer.on_accept = [](ServerEnd& end) {
    end.hello.version = kProtocol74;
    end.reads = false;
  };
  std::string large(8 << 20, 'L');
  Asked begun(world, large), unsent(world, "unsent");
  auto hello = world.end().hello.encode();
  world.turn();
  world.end().send_raw({hello.data(), hello.size()});
  ASSERT_TRUE(world.until([&] { return begun.done() && unsent.done(); }));
  EXPECT_EQ(unsent.error(), error::incompatible_protocol_version);
  EXPECT_TRUE(begun.maybe_delivered());
  EXPECT_FALSE(unsent.maybe_delivered());
  world.dialer.on_accept = nullptr;
  world.close_end();
  world.pass(100 * kMilli);
  Asked next(world, "next");
  ASSERT_TRUE(world.until([&] { return world.dialer.ends.size() >= 2 && world.has_requests(1); }));
  std::string key;
  world.end().reply_token(0, &key);
  EXPECT_EQ(key, "next");
}

TEST(FdbPeer, ServersThatAreTooOldAreHungUpOn) {
  TransportWorld world;
  world.dialer.on_accept = [&](ServerEnd& end) {
    end.hello.version = ProtocolVersion(0x0FDB00A450000000);
  };
  Asked asked(world, "x");
  ASSERT_TRUE(world.until([&] { return asked.done(); }));
  EXPECT_EQ(asked.error(), error::incompatible_protocol_version);
  ASSERT_TRUE(world.until([&] { return world.end().ended; }));
  EXPECT_EQ(world.transport.peers()[0].protocol->number(), 0x0FDB00A450000000u);
}

Task<Done> ask_until(Transport& transport, std::string* out) {
  wire::GetValueRequest request;
  request.key = "stubborn";
  auto asking = ask_until_answered(transport, TransportWorld::endpoint(), request);
  Result<Answer<wire::GetValueReply>> answer = co_await asking;
  *out = answer ? std::string(*(*answer)->value) : std::string(answer.error().name());
  co_return Done{};
}

TEST(FdbPeer, AsksUntilThereIsAnAnswer) {
  TransportWorld world;
  std::string got;
  world.dialer.refuses = error::connection_failed;
  {
    auto inside = world.loop.enter();
    world.loop.spawn(ask_until(world.transport, &got));
  }
  world.pass(10 * kSecond);
  EXPECT_LE(world.dialer.dialled_at.size(), 40u);
  world.dialer.refuses.reset();
  for (size_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(
        world.until([&] { return world.dialer.ends.size() == i && world.has_requests(1); }));
    if (i < 3) world.close_end();
  }
  EXPECT_EQ(got, "");
  world.end().echo_all();
  ASSERT_TRUE(world.until([&] { return !got.empty(); }));
  EXPECT_EQ(got, "stubborn");
}

TEST(FdbPeer, ReliableQuestionsEndWhenTheEndpointIsGone) {
  TransportWorld world;
  std::string got;
  {
    auto inside = world.loop.enter();
    world.loop.spawn(ask_until(world.transport, &got));
  }
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
  world.end().send_raw(
      world.end().message_frame(wire::well_known_token(wire::WellKnown::kEndpointNotFound),
                                wire::EndpointNotFound{TransportWorld::endpoint().token}));
  ASSERT_TRUE(world.until([&] { return !got.empty(); }));
  EXPECT_EQ(got, "broken_promise");
}

/// Both sides of TLS connections, of one CA or of two.
class TlsWorld {
 public:
  explicit TlsWorld(bool known) {
    CertificateForTest::Wish wish;
    wish.subject = {{"CN", "CA"}};
    wish.is_ca = true;
    CertificateForTest ca(wish, nullptr), other(wish, nullptr);
    CertificateForTest server({{{"CN", "server"}}}, &ca), client({{{"CN", "client"}}}, &ca);
    client_ = load(client, known ? ca : other, TlsContext::Side::kClient);
    server_ = load(server, ca, TlsContext::Side::kServer);
  }
  void wrap(ScriptedDialer& dialer) {
    dialer.wrap_client = [this](std::unique_ptr<Stream> under) {
      return std::make_unique<TlsStream>(client_, std::move(under), "");
    };
    dialer.wrap_server = [this](std::unique_ptr<Stream> under) {
      return std::make_unique<TlsStream>(server_, std::move(under), "");
    };
  }

 private:
  static std::shared_ptr<const TlsContext> load(const CertificateForTest& own,
                                                const CertificateForTest& ca,
                                                TlsContext::Side side) {
    TlsSettings settings;
    settings.certificate.bytes = own.certificate_pem();
    settings.key.bytes = own.key_pem();
    settings.ca.bytes = ca.certificate_pem();
    return *TlsContext::load(settings, *env::system_environment().files, side);
  }
  std::shared_ptr<const TlsContext> client_, server_;
};

TEST(FdbPeer, Tls) {
  TlsWorld tls(true);
  TransportWorld world;
  tls.wrap(world.dialer);
  auto to = TransportWorld::endpoint("10.0.0.1:4500:tls");
  std::vector<std::unique_ptr<Asked>> all;
  for (int i = 0; i < 300; ++i) {
    std::string key = std::to_string(i) + std::string(500, 'x');
    all.push_back(std::make_unique<Asked>(world, key, to));
  }
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 300; }));
  world.end().echo_all();
  ASSERT_TRUE(
      world.until([&] { return std::ranges::all_of(all, [](auto& a) { return a->done(); }); }));
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(all[static_cast<size_t>(i)]->value(), std::to_string(i) + std::string(500, 'x'));
  }
  world.pass(10 * kSecond);
  EXPECT_GE(world.end().pings, 8u);
}

TEST(FdbPeer, FailedHandshakesAreNotRepeatedAllTheTime) {
  TlsWorld tls(false);
  TransportWorld world;
  tls.wrap(world.dialer);
  auto to = TransportWorld::endpoint("10.0.0.1:4500:tls");
  Asked asked(world, "x", to);
  ASSERT_TRUE(world.until([&] { return asked.done(); }));
  EXPECT_EQ(asked.error(), error::request_maybe_delivered);
  EXPECT_FALSE(asked.maybe_delivered());
  EXPECT_EQ(world.transport.peers()[0].last_error, error::tls_error);
  for (int i = 0; i < 90; ++i) {
    Asked refused(world, "x", to);
    EXPECT_TRUE(refused.done());
    world.pass(100 * kMilli);
  }
  EXPECT_EQ(world.dialer.dialled_at.size(), 1u);
  world.pass(5 * kSecond);
  EXPECT_EQ(world.dialer.dialled_at.size(), 2u);
}

TEST(FdbPeer, BadTlsSettingsAreToldToWhoeverAsks) {
  TransportWorld world;
  world.dialer.refuses = error::tls_error;
  Asked asked(world, "x", TransportWorld::endpoint("10.0.0.1:4500:tls"));
  ASSERT_TRUE(asked.done());
  EXPECT_EQ(asked.error(), error::tls_error);
  Asked again(world, "x", TransportWorld::endpoint("10.0.0.1:4500:tls"));
  ASSERT_TRUE(again.done());
  EXPECT_EQ(again.error(), error::tls_error);
}

}  // namespace
}  // namespace orrery::fdb
