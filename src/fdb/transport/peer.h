// Peer: a process of a cluster as seen from here: the connection to its address, and who waits for
// its answers.
//
// A task connects when there is something to send, pings, closes idle connections and connects anew
// with growing delays. When a connection is lost, requests that may have been sent fail with
// request_maybe_delivered and those that certainly were not go with the next connection; when none
// can be made, all fail, certainly undelivered. An address that has failed is tried again while
// anybody asks for it. A peer of another protocol version stays connected; requests to it fail with
// incompatible_protocol_version. Thread-safety: inside one loop.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "fdb/runtime/event.h"
#include "fdb/runtime/loop.h"
#include "fdb/transport/connection.h"
#include "fdb/transport/failure_monitor.h"
#include "fdb/transport/pending_reply.h"
#include "fdb/transport/send_queue.h"

namespace orrery::fdb {

class Transport;

/// What a request means to its sender.
enum class Delivery : uint8_t {
  /// Fails with request_maybe_delivered (1030) as soon as the peer is known not to answer.
  kAtMostOnce,
  /// Is sent even to an address that has failed, and again by whoever made it.
  kUntilAnswered,
};

class Peer final : private ConnectionEvents, private Flushable {
 public:
  Peer(Transport& transport, const NetworkAddress& address);
  ~Peer();

  const NetworkAddress& address() const { return address_; }
  /// The name that the address was resolved from; told to TLS servers.
  void set_host(std::string host) { host_ = std::move(host); }

  /// Sends a message: encode(buffer, room) appends it to the buffer behind that much room and
  /// returns its size.
  template <class Encode>
  void send(const wire::Uid& token, const Encode& encode) {
    finish_send(token, encode(queue_.buffer(), frame_header_size(queue_.form())));
  }
  /// Sends a request; `reply` ends with the answer or an error.
  template <class Encode>
  void request(const wire::Uid& token, PendingReply& reply, Delivery delivery,
               const Encode& encode) {
    if (refuses(token, reply, delivery)) return;
    finish_request(token, reply, encode(queue_.buffer(), frame_header_size(queue_.form())));
  }
  /// Somebody would like to know whether this peer can be reached.
  void note_interest();

  bool is_connected() const { return connected_; }
  /// Of the present connection, or where the peer hung up for being too old, of the last one.
  std::optional<ProtocolVersion> protocol() const { return protocol_; }
  bool is_compatible() const { return compatible_; }
  size_t outstanding() const { return pending_.count; }
  const Connection* connection() const { return connection_.get(); }
  /// Why the last connection ended or none could be made.
  std::optional<Error> last_error() const { return last_error_; }

 private:
  void on_connected() override;
  void on_hello(const ConnectPacket& hello, Compatibility what) override;
  void on_frame(Frame frame) override;
  void on_ignored() override;
  void on_broken(Error why) override;
  void flush() override;

  bool refuses(const wire::Uid& token, PendingReply& reply, Delivery delivery);
  void finish_send(const wire::Uid& token, size_t payload_size);
  void finish_request(const wire::Uid& token, PendingReply& reply, size_t payload_size);
  void sent();
  void answer_ping(const SharedBytes& payload);
  void take_endpoint_state(const Frame& frame, EndpointState state, Error why);
  template <class Pick>
  void fail_pending(const Pick& pick, Error why);
  void fail_all(Error why);
  void carry_over();

  Task<Done> keep();
  Task<Done> wait_for_work();
  Task<Error> live();
  Task<Error> monitor();
  void ping(PendingReply& pong);
  void ended(Error why);
  void note_failure(bool was_connected);
  bool is_interesting() const;

  Transport& transport_;
  Loop& loop_;
  const NetworkAddress address_;
  std::string host_;
  SendQueue queue_;
  PendingOfPeer pending_;
  PendingOfPeer pings_;

  Event wake_;
  std::unique_ptr<Connection> connection_;
  std::optional<Error> broken_;
  bool connected_ = false;
  bool compatible_ = true;
  bool settings_are_bad_ = false;
  std::optional<ProtocolVersion> protocol_;
  std::optional<Error> last_error_;

  int64_t connect_at_ = 0;  // when the last connection was begun
  int64_t reconnect_delay_;
  int64_t retry_at_ = 0;  // when to see whether a peer that failed can be reached; 0: never
  int64_t interest_until_ = 0;
  int64_t data_at_ = 0;  // when the last request was sent
  std::optional<int64_t> unreachable_since_;
  std::optional<Error> refusal_;  // what requests end with until the next attempt to connect
  std::deque<int64_t> broken_at_;

  std::optional<Running<Done>> keeper_;
};

}  // namespace orrery::fdb
