#include "fdb/transport/peer.h"

#include <algorithm>
#include <utility>

#include "fdb/transport/transport.h"
#include "fdb/wire/messages/ping.h"

namespace orrery::fdb {

Peer::Peer(Transport& transport, const NetworkAddress& address)
    : transport_(transport),
      loop_(transport.loop_),
      address_(address),
      queue_(address.is_tls() ? FrameForm::kUnchecked : FrameForm::kChecked),
      wake_(loop_),
      reconnect_delay_(transport.options_.reconnect_delay_min) {
  pending_.peer = pings_.peer = this;
  keeper_.emplace(wake_, keep());
}

Peer::~Peer() = default;

void Peer::note_interest() {
  const bool was_interesting = is_interesting();
  interest_until_ = loop_.now() + transport_.options_.interest;
  if (!was_interesting) wake_.notify_all();
}

bool Peer::is_interesting() const {
  return interest_until_ > loop_.now();
}

/// Ends a request at once where it is known to be useless.
bool Peer::refuses(const wire::Uid& token, PendingReply& reply, Delivery delivery) {
  ++transport_.counters_.requests;
  note_interest();
  switch (transport_.failures_.state_of(address_, token)) {
    case EndpointState::kUsable:
      break;
    case EndpointState::kNotFound:
      reply.complete_undelivered(error::broken_promise);
      return true;
    case EndpointState::kUnauthorized:
      reply.complete_undelivered(error::unauthorized_attempt);
      return true;
  }
  if (!compatible_) {
    reply.complete_undelivered(error::incompatible_protocol_version);
    return true;
  }
  if (delivery == Delivery::kUntilAnswered) return false;
  if (!refusal_ && !transport_.failures_.is_failed(address_)) return false;
  reply.complete_undelivered(refusal_.value_or(error::request_maybe_delivered));
  return true;
}

void Peer::finish_send(const wire::Uid& token, size_t payload_size) {
  queue_.end_frame(payload_size, token);
  sent();
}

void Peer::finish_request(const wire::Uid& token, PendingReply& reply, size_t payload_size) {
  reply.sent_to(pending_, token, queue_.end_frame(payload_size, token));
  data_at_ = loop_.now();
  sent();
}

/// Has what is in the queue written, or a connection made for it.
void Peer::sent() {
  loop_.flush_later(*this);
  if (connection_ == nullptr) wake_.notify_all();
}

void Peer::flush() {
  if (connection_ == nullptr) return;
  connection_->flush();
}

/// Ends the pending requests that `pick` wants.
template <class Pick>
void Peer::fail_pending(const Pick& pick, Error why) {
  List<PendingAtPeer> all;
  all.take_all(pending_.list);
  while (PendingAtPeer* at = all.pop_front()) {
    PendingReply& reply = at->reply();
    if (!pick(reply)) {
      pending_.list.push_back(*at);
    } else if (reply.position() >= queue_.sent_until()) {
      reply.complete_undelivered(why);
    } else {
      reply.complete(fail(why));
    }
  }
}

void Peer::fail_all(Error why) {
  fail_pending([](const PendingReply&) { return true; }, why);
}

/// After a connection was lost: requests that may have been sent fail, the others wait for the next
/// one.
void Peer::carry_over() {
  const uint64_t sent = queue_.sent_until();
  fail_pending([&](const PendingReply& reply) { return reply.position() < sent; },
               error::request_maybe_delivered);
  const SendQueue::Taken taken = queue_.take();
  List<PendingAtPeer> all;
  all.take_all(pending_.list);
  while (PendingAtPeer* at = all.pop_front()) {
    PendingReply& reply = at->reply();
    reply.moved_to(queue_.append(taken, reply.position()));
    pending_.list.push_back(*at);
  }
}

void Peer::on_connected() {
  wake_.notify_all();
}

void Peer::on_ignored() {
  wake_.notify_all();
}

void Peer::on_broken(Error why) {
  broken_ = why;
  wake_.notify_all();
}

void Peer::on_hello(const ConnectPacket& hello, Compatibility what) {
  protocol_ = hello.version;
  compatible_ = what == Compatibility::kCompatible;
  if (!compatible_) {
    fail_all(error::incompatible_protocol_version);
    queue_.drop_unbegun();
  }
  transport_.failures_.changed().notify_all();
}

void Peer::answer_ping(const SharedBytes& payload) {
  Result<wire::PingRequest> ping = wire::decode<wire::PingRequest>(payload);
  if (!ping) return;
  send(ping->reply.token, [](wire::OutBuffer& out, size_t room) {
    return wire::encode_reply(wire::Void(), out, room);
  });
}

/// The peer says of a token that we sent to what it thinks of it.
void Peer::take_endpoint_state(const Frame& frame, EndpointState state, Error why) {
  Result<wire::EndpointNotFound> gone = wire::decode<wire::EndpointNotFound>(frame.payload);
  if (!gone) return;
  ++transport_.counters_.unknown_endpoints;
  transport_.failures_.set_endpoint(address_, gone->token, state);
  fail_pending([&](const PendingReply& reply) { return reply.endpoint() == gone->token; }, why);
}

void Peer::on_frame(Frame frame) {
  if (frame.token.is_well_known()) {
    switch (static_cast<wire::WellKnown>(frame.token.second)) {
      case wire::WellKnown::kPing:
        return answer_ping(frame.payload);
      case wire::WellKnown::kEndpointNotFound:
        return take_endpoint_state(frame, EndpointState::kNotFound, error::broken_promise);
      case wire::WellKnown::kUnauthorizedEndpoint:
        return take_endpoint_state(frame, EndpointState::kUnauthorized,
                                   error::unauthorized_attempt);
      default:
        return;
    }
  }
  PendingReply* reply = transport_.replies_.find(frame.token);
  // Only who was asked may answer.
  if (reply == nullptr || !reply->is_of(this)) {
    ++transport_.counters_.late_replies;
    return;
  }
  ++transport_.counters_.replies;
  reply->complete(std::move(frame.payload));
}

}  // namespace orrery::fdb
