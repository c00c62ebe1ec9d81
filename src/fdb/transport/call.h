// Call: one request to an endpoint and its answer. tell(): a message that is not answered.
//
//   Call<wire::GetValueRequest> call(transport, endpoint, request);     // sent now
//   Result<Answer<wire::GetValueReply>> answer = co_await call;          // or: while
//   (!call.done()) co_await event.wait();
//
// The request is encoded at once: what it refers to need not outlive the constructor. The answer's
// strings refer to its payload. Errors: those of pending_reply.h, those that the server answers
// with, serialization_failed for an answer of another type. Destroying a Call gives the answer up.
// Thread-safety: inside one loop.
#pragma once

#include <coroutine>
#include <utility>

#include "fdb/error.h"
#include "fdb/runtime/task.h"
#include "fdb/shared_bytes.h"
#include "fdb/transport/transport.h"
#include "fdb/wire/message.h"

namespace orrery::fdb {

/// A message that was received, and the bytes that it refers to.
template <class M>
struct Answer {
  M message;
  SharedBytes payload;

  const M* operator->() const { return &message; }
  /// A string of the message that keeps the bytes.
  SharedBytes share(std::string_view part) const { return payload.part(part); }
};

template <class Request>
class [[nodiscard]] Call {
 public:
  using Reply = typename Request::Reply;

  Call(Transport& transport, const wire::Endpoint& to, Request request,
       Delivery delivery = Delivery::kAtMostOnce)
      : pending_(transport.loop_, transport.replies_) {
    send(transport, to, request, delivery);
  }
  /// `wake` is notified at the end, for whoever waits for several things at once.
  Call(Event& wake, Transport& transport, const wire::Endpoint& to, Request request,
       Delivery delivery = Delivery::kAtMostOnce)
      : pending_(transport.loop_, transport.replies_) {
    pending_.notify(wake);
    send(transport, to, request, delivery);
  }

  bool done() const { return pending_.done(); }
  /// Of one that is done, once.
  Result<Answer<Reply>> take() {
    Result<SharedBytes>& payload = pending_.outcome();
    if (!payload) return fail(payload.error());
    Result<Reply> message = wire::decode_reply<Reply>(payload->view());
    if (!message) return fail(message.error());
    return Answer<Reply>{*std::move(message), *std::move(payload)};
  }
  /// Of one that has failed: false where the server certainly did not get the request.
  bool maybe_delivered() const { return pending_.maybe_delivered(); }

  bool await_ready() const noexcept { return pending_.done(); }
  void await_suspend(std::coroutine_handle<> caller) noexcept { pending_.wait(caller); }
  Result<Answer<Reply>> await_resume() { return take(); }

 private:
  void send(Transport& transport, const wire::Endpoint& to, Request& request, Delivery delivery) {
    request.reply.token = pending_.token();
    Peer& peer = transport.peer(transport.address_of(to));
    peer.request(to.token, pending_, delivery, [&](wire::OutBuffer& out, size_t room) {
      return wire::encode(request, out, room);
    });
  }

  PendingReply pending_;
};

/// Asks again over new connections until there is an answer, or the endpoint is gone.
template <class Request>
Task<Result<Answer<typename Request::Reply>>> ask_until_answered(Transport& transport,
                                                                 wire::Endpoint to,
                                                                 Request request) {
  while (true) {
    Call<Request> call(transport, to, request, Delivery::kUntilAnswered);
    Result<Answer<typename Request::Reply>> answer = co_await call;
    if (answer || answer.error() != error::request_maybe_delivered) co_return std::move(answer);
  }
}

/// Sends a message that nobody answers.
template <class Message>
void tell(Transport& transport, const wire::Endpoint& to, const Message& message) {
  transport.peer(transport.address_of(to)).send(to.token, [&](wire::OutBuffer& out, size_t room) {
    return wire::encode(message, out, room);
  });
}

/// An endpoint that every process has.
inline wire::Endpoint well_known_endpoint(const NetworkAddress& address, wire::WellKnown which) {
  return {{address, std::nullopt}, wire::well_known_token(which)};
}

}  // namespace orrery::fdb
