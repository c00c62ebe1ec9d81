// Requests and answers over connections that work, and what a peer may send that is wrong.
#include "fdb/transport/transport.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fdb/transport/scripted_server_for_test.h"

namespace orrery::fdb {
namespace {

TEST(FdbTransport, AsksAndIsAnswered) {
  TransportWorld world;
  Asked asked(world, "apple");
  EXPECT_EQ(world.dialer.ends.size(), 1u) << "connected by the thread that asks";
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
  EXPECT_EQ(world.end().requests[0].token, (wire::Uid{0x101, 0x77}));
  auto hello = ConnectPacket().encode();
  EXPECT_EQ(world.end().first_bytes.substr(0, 44), std::string(hello.data(), hello.size()));
  EXPECT_FALSE(asked.done());
  wire::Uid token = world.end().reply_token(0);
  EXPECT_FALSE(token.is_stream());
  EXPECT_FALSE(token.is_well_known());
  world.end().echo_all();
  ASSERT_TRUE(world.until([&] { return asked.done(); }));
  EXPECT_EQ(asked.value(), "apple");
  TransportCounters counters = world.transport.counters();
  EXPECT_EQ(counters.requests, 1u);
  EXPECT_EQ(counters.replies, 1u);
  EXPECT_EQ(counters.connects_done, 1u);
  EXPECT_GT(counters.bytes_sent, 44u + 28u);
  EXPECT_GT(counters.bytes_received, 44u + 28u);
  auto peers = world.transport.peers();
  ASSERT_EQ(peers.size(), 1u);
  EXPECT_TRUE(peers[0].is_connected && peers[0].is_compatible && !peers[0].is_failed);
  EXPECT_EQ(peers[0].protocol, kOurProtocol);
}

TEST(FdbTransport, ManyRequestsGoByOneWriteAndComeBackInAnyOrder) {
  TransportWorld world;
  {
    Asked first(world, "first");
    ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
    world.end().echo_all();
    ASSERT_TRUE(world.until([&] { return first.done(); }));
  }
  std::vector<std::unique_ptr<Call<wire::GetValueRequest>>> calls;
  {
    auto inside = world.loop.enter();
    for (int i = 0; i < 1000; ++i) {
      wire::GetValueRequest request;
      std::string key = std::to_string(i);
      request.key = key;
      calls.push_back(std::make_unique<Call<wire::GetValueRequest>>(
          world.transport, TransportWorld::endpoint(), request));
    }
    EXPECT_EQ(world.transport.outstanding(), 1000u);
    world.end().turn();
    EXPECT_EQ(world.end().requests.size(), 0u) << "nothing is written before the turn's end";
  }
  world.end().turn();
  ASSERT_GE(world.end().requests.size(), 400u) << "what a socket takes at once";
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1000; }));
  std::ranges::reverse(world.end().requests);
  world.end().echo_all();
  ASSERT_TRUE(
      world.until([&] { return std::ranges::all_of(calls, [](auto& c) { return c->done(); }); }));
  auto inside = world.loop.enter();
  for (size_t i = 0; i < calls.size(); ++i) {
    auto answer = calls[i]->take();
    ASSERT_TRUE(answer);
    EXPECT_EQ(*(*answer)->value, std::to_string(i));
    EXPECT_EQ(answer->share(*(*answer)->value), std::to_string(i));
  }
  EXPECT_EQ(world.dialer.ends.size(), 1u);
  calls.clear();
}

TEST(FdbTransport, OneConnectionPerAddress) {
  TransportWorld world;
  auto other = TransportWorld::endpoint("10.0.0.2:4500");
  auto again = TransportWorld::endpoint("10.0.0.1:4500", 0x303);
  Asked a(world, "a"), b(world, "b", other), c(world, "c", again);
  ASSERT_TRUE(world.until([&] {
    return world.dialer.ends.size() == 2 && world.dialer.ends[0]->requests.size() == 2 &&
           world.dialer.ends[1]->requests.size() == 1;
  }));
  EXPECT_EQ(world.dialer.ends[0]->requests[1].token.first, 0x303u);
  world.dialer.ends[0]->echo_all();
  world.dialer.ends[1]->echo_all();
  ASSERT_TRUE(world.until([&] { return a.done() && b.done() && c.done(); }));
  EXPECT_EQ(a.value() + b.value() + c.value(), "abc");
}

TEST(FdbTransport, AnswersTornAtEveryByte) {
  TransportWorld world;
  std::string expected;
  Asked first(world, "x");
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
  wire::GetValueReply answer;
  answer.value = "value";
  std::string frame = world.end().reply_frame(world.end().reply_token(0), answer);
  for (size_t i = 0; i < frame.size(); ++i) {
    EXPECT_FALSE(first.done());
    world.end().send_raw(frame.substr(i, 1));
    world.loop.poll();
  }
  EXPECT_TRUE(first.done());
  EXPECT_EQ(first.value(), "value");
}

TEST(FdbTransport, ErrorsOfTheServer) {
  TransportWorld world;
  Asked a(world, "a"), b(world, "b"), c(world, "c"), d(world, "d");
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 4; }));
  ServerEnd& end = world.end();
  wire::OutBuffer out;
  size_t size =
      wire::encode_error_reply<wire::GetValueReply>(error::wrong_shard_server, out, kFrameRoom);
  end.send_raw(end.frame_of(out, size, end.reply_token(0)));
  end.reply(end.reply_token(1), wire::Void());
  std::string garbage(kFrameRoom + 40, '\x5a');
  end.send_raw(
      finish_frame(garbage.data() + kFrameRoom, 40, end.reply_token(2), FrameForm::kChecked));
  end.reply(end.reply_token(3), wire::GetValueReply());
  ASSERT_TRUE(world.until([&] { return a.done() && b.done() && c.done() && d.done(); }));
  EXPECT_EQ(a.error(), error::wrong_shard_server);
  EXPECT_EQ(b.error(), error::serialization_failed) << "the answer to another question";
  EXPECT_EQ(c.error(), error::serialization_failed);
  EXPECT_EQ(d.value(), "(none)") << "the connection is as good as before";
}

TEST(FdbTransport, AnswersThatNobodyWaitsFor) {
  TransportWorld world;
  wire::Uid token;
  {
    Asked given_up(world, "x");
    ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
    token = world.end().reply_token(0);
  }
  EXPECT_EQ(world.transport.outstanding(), 0u);
  // Takes the slot of the one that was given up.
  Asked next(world, "y");
  Asked elsewhere(world, "z", TransportWorld::endpoint("10.0.0.2:4500"));
  ASSERT_TRUE(world.until([&] {
    return world.dialer.ends.size() == 2 && world.dialer.ends[0]->requests.size() == 2 &&
           world.dialer.ends[1]->requests.size() == 1;
  }));
  ServerEnd& end = *world.dialer.ends[0];
  end.reply(token, wire::GetValueReply());
  for (wire::Uid unknown : {wire::Uid{0, 0}, wire::Uid{2, 0xFFFFFFFF}, wire::Uid{1, 1},
                            wire::Uid{UINT64_MAX, 77}, wire::Uid{UINT64_MAX, 3}}) {
    end.reply(unknown, wire::GetValueReply());
  }
  // An answer to a question that was put to somebody else.
  end.reply(world.dialer.ends[1]->reply_token(0), wire::GetValueReply());
  world.pass(100 * kMilli);
  EXPECT_FALSE(next.done());
  EXPECT_FALSE(elsewhere.done());
  EXPECT_EQ(world.transport.counters().late_replies, 5u);
  end.requests.erase(end.requests.begin());
  end.echo_all();
  ASSERT_TRUE(world.until([&] { return next.done(); }));
  EXPECT_EQ(next.value(), "y");
}

TEST(FdbTransport, EndpointsThatAreGone) {
  TransportWorld world;
  auto gone = TransportWorld::endpoint("10.0.0.1:4500", 0x11);
  auto closed = TransportWorld::endpoint("10.0.0.1:4500", 0x13);
  Asked a(world, "a", gone), b(world, "b", gone), c(world, "c", closed), d(world, "d");
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 4; }));
  ServerEnd& end = world.end();
  end.send_raw(end.message_frame(wire::well_known_token(wire::WellKnown::kEndpointNotFound),
                                 wire::EndpointNotFound{gone.token}));
  end.send_raw(end.message_frame(wire::well_known_token(wire::WellKnown::kUnauthorizedEndpoint),
                                 wire::EndpointNotFound{closed.token}));
  ASSERT_TRUE(world.until([&] { return a.done() && b.done() && c.done(); }));
  EXPECT_EQ(a.error(), error::broken_promise);
  EXPECT_EQ(b.error(), error::broken_promise);
  EXPECT_EQ(c.error(), error::unauthorized_attempt);
  EXPECT_FALSE(d.done());
  {
    auto inside = world.loop.enter();
    EXPECT_TRUE(world.transport.is_failed(gone));
    EXPECT_EQ(world.transport.state_of(gone), EndpointState::kNotFound);
    EXPECT_EQ(world.transport.state_of(closed), EndpointState::kUnauthorized);
    EXPECT_FALSE(world.transport.is_failed(TransportWorld::endpoint()));
  }
  Asked later(world, "later", gone), denied(world, "denied", closed);
  EXPECT_TRUE(later.done() && denied.done());
  EXPECT_EQ(later.error(), error::broken_promise);
  EXPECT_FALSE(later.maybe_delivered());
  EXPECT_EQ(denied.error(), error::unauthorized_attempt);
  // Malformed, and of a well-known token: changes nothing.
  end.send_raw(
      end.message_frame(wire::well_known_token(wire::WellKnown::kEndpointNotFound), wire::Void()));
  end.send_raw(end.message_frame(
      wire::well_known_token(wire::WellKnown::kEndpointNotFound),
      wire::EndpointNotFound{wire::well_known_token(wire::WellKnown::kOpenDatabase)}));
  world.pass(50 * kMilli);
  auto coordinator = well_known_endpoint(gone.addresses.address, wire::WellKnown::kOpenDatabase);
  EXPECT_EQ(world.transport.state_of(coordinator), EndpointState::kUsable);
}

TEST(FdbTransport, PingsOfTheServerAreAnswered) {
  TransportWorld world;
  Asked asked(world, "x");
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
  wire::PingRequest ping;
  ping.reply.token = {2, 2};
  auto to = wire::well_known_token(wire::WellKnown::kPing);
  world.end().send_raw(world.end().message_frame(to, ping));
  world.end().send_raw(world.end().message_frame(to, wire::Void()));
  ASSERT_TRUE(world.until([&] { return world.end().pongs == 1; }));
  world.pass(50 * kMilli);
  EXPECT_EQ(world.end().pongs, 1u);
}

TEST(FdbTransport, WhatAPeerMaySendThatIsWrong) {
  wire::GetValueReply answer;
  answer.value = "v";
  for (int kind = 0; kind < 6; ++kind) {
    TransportWorld world;
    world.dialer.on_accept = [&](ServerEnd& end) { end.says_hello = kind > 1; };
    Asked asked(world, "x");
    ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
    ServerEnd& end = world.end();
    std::string frame = end.reply_frame(end.reply_token(0), answer);
    switch (kind) {
      case 0:
        end.send_raw("HTTP/1.1 400 Bad Request\r\n\r\n");
        break;
      case 1:
        end.send_raw(std::string(44, '\0'));
        break;
      case 2:
        frame[40] = static_cast<char>(frame[40] ^ 1);
        end.send_raw(frame);
        break;
      case 3:
        frame[0] = 16;
        frame[1] = frame[2] = frame[3] = 0;
        end.send_raw(frame);
        break;
      case 4:
        frame[3] = 0x7f;
        end.send_raw(frame);
        break;
      case 5:
        frame[5] = static_cast<char>(frame[5] ^ 1);
        end.send_raw(frame);
        break;
    }
    ASSERT_TRUE(world.until([&] { return asked.done(); })) << kind;
    EXPECT_EQ(asked.error(), error::request_maybe_delivered) << kind;
    EXPECT_TRUE(asked.maybe_delivered());
    ASSERT_TRUE(world.until([&] { return end.ended; })) << kind;
    auto error = world.transport.peers()[0].last_error;
    EXPECT_EQ(error, kind == 2 || kind == 5 ? error::checksum_failed : error::serialization_failed)
        << kind;
    // The next connection is a good one.
    world.dialer.on_accept = nullptr;
    Asked next(world, "y");
    ASSERT_TRUE(world.until(
        [&] { return world.dialer.ends.size() == 2 && world.end().requests.size() == 1; }));
    world.end().echo_all();
    ASSERT_TRUE(world.until([&] { return next.done(); }));
    EXPECT_EQ(next.value(), "y");
  }
}

Task<Result<std::string>> ask_twice(Transport& transport) {
  wire::GetValueRequest request;
  request.key = "one";
  Call<wire::GetValueRequest> first(transport, TransportWorld::endpoint(), request);
  request.key = "two";
  Call<wire::GetValueRequest> second(transport, TransportWorld::endpoint(), request);
  Result<Answer<wire::GetValueReply>> one = co_await first;
  if (!one) co_return fail(one.error());
  Result<Answer<wire::GetValueReply>> two = co_await second;
  if (!two) co_return fail(two.error());
  co_return std::string(*(*one)->value) + std::string(*(*two)->value);
}

TEST(FdbTransport, TasksAwaitCalls) {
  TransportWorld world;
  Event wake(world.loop);
  std::optional<Running<Result<std::string>>> running;
  {
    auto inside = world.loop.enter();
    running.emplace(wake, ask_twice(world.transport));
  }
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 2; }));
  world.end().echo_all();
  ASSERT_TRUE(world.until([&] { return running->done(); }));
  EXPECT_EQ(*running->take(), "onetwo");
  auto inside = world.loop.enter();
  running.reset();
}

TEST(FdbTransport, ATaskThatIsEndedGivesItsAnswersUp) {
  TransportWorld world;
  Event wake(world.loop);
  std::optional<Running<Result<std::string>>> running;
  {
    auto inside = world.loop.enter();
    running.emplace(wake, ask_twice(world.transport));
  }
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 2; }));
  {
    auto inside = world.loop.enter();
    EXPECT_EQ(world.transport.outstanding(), 2u);
    running.reset();
    EXPECT_EQ(world.transport.outstanding(), 0u);
  }
  world.end().echo_all();
  world.pass(10 * kMilli);
  EXPECT_EQ(world.transport.counters().late_replies, 2u);
}

TEST(FdbTransport, MessagesThatNobodyAnswers) {
  TransportWorld world;
  {
    auto inside = world.loop.enter();
    tell(world.transport, TransportWorld::endpoint(), wire::Void());
  }
  ASSERT_TRUE(world.until([&] { return world.end().requests.size() == 1; }));
  EXPECT_EQ(wire::payload_file_id(world.end().requests[0].payload), wire::Void::kFileId);
}

}  // namespace
}  // namespace orrery::fdb
