// A client of one process that sends what it is told and blocks for answers: sockets and messages,
// no more.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "fdb/double/cluster.h"
#include "fdb/transport/connect_packet.h"
#include "fdb/transport/frame.h"
#include "fdb/wire/messages/ping.h"

namespace orrery::fdb::test_double {

class RawClient {
 public:
  explicit RawClient(const NetworkAddress& address) {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    to.sin_addr.s_addr = htonl(address.ip.v4());
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawClient() { close(socket_); }
  RawClient(const RawClient&) = delete;

  bool connected() const { return connected_; }
  void say_hello(ProtocolVersion version = kOurProtocol) {
    ConnectPacket packet;
    packet.version = version;
    auto bytes = packet.encode();
    write({bytes.data(), bytes.size()});
    said_hello_ = true;
  }
  /// Keeps back what is written from now on, until uncork() sends it at once: the server then takes
  /// it in one go.
  void cork() { corked_ = true; }
  void uncork() {
    corked_ = false;
    write(std::exchange(kept_back_, {}));
  }
  void write(std::string_view bytes) {
    if (corked_) {
      kept_back_ += bytes;
      return;
    }
    while (!bytes.empty()) {
      ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  template <class M>
  void send_to(const wire::Uid& token, const M& message) {
    if (!said_hello_) say_hello();
    wire::OutBuffer out;
    size_t size = wire::encode(message, out, kFrameRoom);
    write(finish_frame(out.data() + out.size() - size, size, token, FrameForm::kChecked));
  }
  /// Sends a request; the token that its answer comes to.
  template <class R>
  wire::Uid ask(const wire::Uid& token, R request) {
    request.reply.token = {0x1000, ++last_reply_};
    send_to(token, request);
    return request.reply.token;
  }
  /// The answer that comes to a token: request_maybe_delivered where the connection ends first,
  /// timed_out where nothing comes.
  Result<SharedBytes> answer(const wire::Uid& token, int millis = 5000) {
    while (true) {
      auto found = answers_.find(token);
      if (found != answers_.end()) {
        SharedBytes payload = found->second;
        answers_.erase(found);
        order.push_back(token);
        return payload;
      }
      if (Status status = receive(millis); !status) return fail(status.error());
    }
  }
  template <class R>
  Result<typename R::Reply> get(const wire::Uid& token, R request, int millis = 5000) {
    auto payload = answer(ask(token, request), millis);
    if (!payload) return fail(payload.error());
    return take<R>(*payload);
  }
  template <class R>
  Result<typename R::Reply> take(const SharedBytes& payload) {
    kept_.push_back(payload);
    return wire::decode_reply<typename R::Reply>(payload);
  }
  /// Takes one run of bytes and sorts what is in it.
  Status receive(int millis) {
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, millis) == 0) return fail(error::timed_out);
    auto room = reader_.room();
    ssize_t size = recv(socket_, room->data(), room->size(), 0);
    if (size <= 0) return fail(error::request_maybe_delivered);
    reader_.received(static_cast<size_t>(size));
    if (!hello) {
      auto parsed = parse_connect_packet(reader_.unread());
      if (!parsed || !*parsed) return {};
      hello = (*parsed)->packet;
      reader_.skip((*parsed)->size);
    }
    while (true) {
      auto frame = reader_.next();
      if (!frame) return fail(frame.error());
      if (!*frame) return {};
      arrived.push_back((*frame)->token);
      if ((*frame)->token == wire::well_known_token(wire::WellKnown::kPing)) {
        auto ping = wire::decode<wire::PingRequest>((*frame)->payload);
        send_to(ping->reply.token, wire::ErrorOr<wire::Void>(wire::Void()));
        ++pings;
        continue;
      }
      answers_.emplace((*frame)->token, (*frame)->payload);
    }
  }
  /// Whether the server ends the connection within the time.
  bool ends(int millis = 5000) {
    while (true) {
      Status status = receive(millis);
      if (!status) return status.error() != error::timed_out;
    }
  }

  std::optional<ConnectPacket> hello;
  /// Tokens of frames, as they came, and of answers, as they were taken.
  std::deque<wire::Uid> arrived, order;
  size_t pings = 0;

 private:
  int socket_ = -1;
  bool connected_ = false;
  bool said_hello_ = false;
  bool corked_ = false;
  std::string kept_back_;
  uint64_t last_reply_ = 0;
  FrameReader reader_{FrameForm::kChecked};
  std::multimap<wire::Uid, SharedBytes> answers_;
  /// What decoded messages refer to.
  std::deque<SharedBytes> kept_;
};

}  // namespace orrery::fdb::test_double
