// The other side of a transport, in the test's own thread: a dialer whose streams end at ServerEnds
// that the test moves.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "env/simulated.h"
#include "fdb/transport/call.h"
#include "fdb/transport/connect_packet.h"
#include "fdb/transport/frame.h"
#include "fdb/transport/tcp_stream.h"
#include "fdb/wire/messages/ping.h"
#include "fdb/wire/messages/point_reads.h"

namespace orrery::fdb {

/// A connection as its server sees it.
class ServerEnd {
 public:
  ServerEnd(std::unique_ptr<Stream> stream, FrameForm form)
      : stream_(std::move(stream)), form_(form), reader_(form) {}

  /// What the server does by itself.
  bool reads = true;
  bool says_hello = true;
  bool answers_pings = true;
  ConnectPacket hello;

  /// What came.
  std::optional<ConnectPacket> client_hello;
  std::string first_bytes;
  std::vector<Frame> requests;  // without pings
  size_t pings = 0;
  size_t pongs = 0;
  bool ended = false;

  void turn() {
    if (!connected_) {
      auto need = stream_->connect();
      ended = ended || !need;
      if (!need || *need != Need::kNothing) return;
      connected_ = true;
    }
    if (!ended) write_some();
    if (!reads || ended) return;
    while (read_some()) {
    }
  }
  void send_raw(std::string_view bytes) {
    output_ += bytes;
    write_some();
  }
  std::string frame_of(const wire::OutBuffer& out, size_t size, const wire::Uid& token) {
    std::string copy(out.view());
    return std::string(finish_frame(copy.data() + copy.size() - size, size, token, form_));
  }
  template <class M>
  std::string reply_frame(const wire::Uid& token, const M& message) {
    wire::OutBuffer out;
    size_t size = wire::encode_reply(message, out, kFrameRoom);
    return frame_of(out, size, token);
  }
  template <class M>
  std::string message_frame(const wire::Uid& token, const M& message) {
    wire::OutBuffer out;
    size_t size = wire::encode(message, out, kFrameRoom);
    return frame_of(out, size, token);
  }
  template <class M>
  void reply(const wire::Uid& token, const M& message) {
    send_raw(reply_frame(token, message));
  }
  /// The token that the answer to request `index`, a GetValueRequest, is to go to; its key in
  /// `key`.
  wire::Uid reply_token(size_t index, std::string* key = nullptr) {
    auto request = wire::decode<wire::GetValueRequest>(requests.at(index).payload);
    EXPECT_TRUE(request);
    if (key != nullptr) *key = request->key;
    return request->reply.token;
  }
  /// Answers every request with its key.
  void echo_all() {
    for (size_t i = 0; i < requests.size(); ++i) {
      std::string key;
      wire::Uid token = reply_token(i, &key);
      wire::GetValueReply answer;
      answer.value = key;
      reply(token, answer);
    }
    requests.clear();
  }

 private:
  void write_some() {
    while (connected_ && !output_.empty()) {
      auto io = stream_->write(output_);
      if (!io || io->size == 0) return;
      output_.erase(0, io->size);
    }
  }
  bool read_some() {
    auto room = reader_.room();
    auto io = stream_->read(*room);
    if (!io) {
      ended = true;
      return false;
    }
    if (io->size == 0) return false;
    if (first_bytes.size() < 200) first_bytes.append(room->data(), io->size);
    reader_.received(io->size);
    if (!client_hello) {
      auto parsed = parse_connect_packet(reader_.unread());
      EXPECT_TRUE(parsed);
      if (!parsed || !*parsed) return true;
      client_hello = (*parsed)->packet;
      reader_.skip((*parsed)->size);
      auto bytes = hello.encode();
      if (says_hello) send_raw({bytes.data(), bytes.size()});
    }
    while (true) {
      auto frame = reader_.next();
      EXPECT_TRUE(frame);
      if (!frame || !*frame) return true;
      take(**std::move(frame));
    }
  }
  void take(Frame frame) {
    if (frame.token == wire::well_known_token(wire::WellKnown::kPing)) {
      ++pings;
      auto ping = wire::decode<wire::PingRequest>(frame.payload);
      EXPECT_TRUE(ping);
      if (answers_pings) reply(ping->reply.token, wire::Void());
    } else if (frame.token == wire::Uid{2, 2}) {
      ++pongs;
    } else {
      requests.push_back(std::move(frame));
    }
  }

  std::unique_ptr<Stream> stream_;
  FrameForm form_;
  FrameReader reader_;
  bool connected_ = false;
  std::string output_;
};

class ScriptedDialer final : public Dialer {
 public:
  explicit ScriptedDialer(env::SimClock& clock) : clock_(clock) {}

  std::optional<Error> refuses;
  /// Makes streams of both ends, for TLS.
  std::function<std::unique_ptr<Stream>(std::unique_ptr<Stream>)> wrap_client, wrap_server;
  /// Prepares every new server end.
  std::function<void(ServerEnd&)> on_accept;

  std::vector<std::unique_ptr<ServerEnd>> ends;
  std::vector<NetworkAddress> addresses;
  std::vector<int64_t> dialled_at;

  Result<std::unique_ptr<Stream>> dial(const NetworkAddress& address, const std::string&) override {
    dialled_at.push_back(clock_.now());
    if (refuses) return fail(*refuses);
    int sockets[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    auto client = TcpStream::adopt(sockets[0]);
    auto server = TcpStream::adopt(sockets[1]);
    if (wrap_client) client = wrap_client(std::move(client));
    if (wrap_server) server = wrap_server(std::move(server));
    ends.push_back(std::make_unique<ServerEnd>(
        std::move(server), address.is_tls() ? FrameForm::kUnchecked : FrameForm::kChecked));
    addresses.push_back(address);
    if (on_accept) on_accept(*ends.back());
    return client;
  }

 private:
  env::SimClock& clock_;
};

/// A transport on a clock that only the test moves.
class TransportWorld {
 public:
  explicit TransportWorld(TransportOptions options = {})
      : loop(clock), dialer(clock), random(7), transport(loop, dialer, random, options) {}
  ~TransportWorld() { EXPECT_EQ(transport.outstanding(), 0u); }

  static wire::Endpoint endpoint(const char* address = "10.0.0.1:4500", uint64_t token = 0x101) {
    return {{*NetworkAddress::parse(address), std::nullopt}, {token, 0x77}};
  }
  /// Lets everybody do what they can, and some time pass.
  void turn(int64_t nanos = kMilli) {
    for (int i = 0; i < 3; ++i) {
      loop.poll();
      for (size_t end = 0; end < dialer.ends.size(); ++end) {
        if (dialer.ends[end] != nullptr) dialer.ends[end]->turn();
      }
    }
    clock.set_now(clock.now() + nanos);
    loop.poll();
  }
  /// False where `what` does not become true within the time.
  bool until(const std::function<bool()>& what, int64_t nanos = 10 * kSecond,
             int64_t step = kMilli) {
    for (int64_t end = clock.now() + nanos; clock.now() < end; turn(step)) {
      if (what()) return true;
    }
    return what();
  }
  void pass(int64_t nanos, int64_t step = 10 * kMilli) {
    for (int64_t end = clock.now() + nanos; clock.now() < end;) turn(step);
  }
  bool has_requests(size_t count) const {
    return !dialer.ends.empty() && dialer.ends.back() != nullptr &&
           dialer.ends.back()->requests.size() == count;
  }
  ServerEnd& end() { return *dialer.ends.back(); }
  /// The server closes its connection.
  void close_end() { dialer.ends.back() = nullptr; }

  env::SimClock clock;
  Loop loop;
  ScriptedDialer dialer;
  env::SeededRandom random;
  Transport transport;
};

/// A request under way, made inside the loop.
class Asked {
 public:
  Asked(TransportWorld& world, std::string_view key,
        const wire::Endpoint& to = TransportWorld::endpoint(),
        Delivery delivery = Delivery::kAtMostOnce)
      : world_(world) {
    wire::GetValueRequest request;
    request.key = key;
    auto inside = world.loop.enter();
    call_.emplace(world.transport, to, request, delivery);
  }
  ~Asked() {
    auto inside = world_.loop.enter();
    call_.reset();
  }
  bool done() const { return call_->done(); }
  std::string value() {
    auto answer = call_->take();
    return answer ? std::string((*answer)->value.value_or("(none)"))
                  : std::string(answer.error().name());
  }
  Error error() {
    auto answer = call_->take();
    return answer ? error::success : answer.error();
  }
  bool maybe_delivered() const { return call_->maybe_delivered(); }

 private:
  TransportWorld& world_;
  std::optional<Call<wire::GetValueRequest>> call_;
};

}  // namespace orrery::fdb
