#include "server/live/live_session.h"

#include "env/environment.h"

namespace orrery::server::live {
namespace {

constexpr size_t kRequestBytesMax = 256 << 10;
/// What may wait for a client before its queries rest.
constexpr uint64_t kWaitingBytesMax = 1 << 20;
constexpr size_t kMessagesMax = 1024;

int64_t now_nanos() {
  return env::system_environment().clock->monotonic_nanos();
}

}  // namespace

void LiveSession::begin(std::shared_ptr<DatabaseService> service,
                        std::shared_ptr<ws::Socket> socket, const host::Caller& caller,
                        LiveOptions options) {
  std::make_shared<LiveSession>(std::move(service), std::move(socket), caller, std::move(options))
      ->connect();
}

LiveSession::LiveSession(std::shared_ptr<DatabaseService> service,
                         std::shared_ptr<ws::Socket> socket, const host::Caller& caller,
                         LiveOptions options)
    : service_(std::move(service)),
      socket_(std::move(socket)),
      caller_(caller),
      options_(std::move(options)),
      owner_(service_->is_owner(caller.identity)),
      id_(service_->next_subscriber()),
      outbox_(std::make_shared<ws::Outbox>(ws::Envelope::kText, ws::Compression::kNone,
                                           kMessagesMax)),
      began_nanos_(now_nanos()),
      rate_(options_.requests_per_second) {}

void LiveSession::connect() {
  socket_->set_outbox(outbox_);
  if (owner_) {
    service_->database().post([self = shared_from_this()] { self->connected({}); });
    return;
  }
  service_->database().connect(
      caller_, options_.token_payload,
      [self = shared_from_this()](const host::CallOutcome& outcome) { self->connected(outcome); });
}

void LiveSession::connected(const host::CallOutcome& outcome) {
  if (outcome.status != host::CallStatus::kOk) {
    if (outcome.status == host::CallStatus::kStopped) {
      socket_->close(ws::kCloseAway, "module exited");
    } else {
      socket_->close(ws::kClosePolicy, outcome.message);
    }
    return;
  }
  service_->note_seq(outcome.seq);
  service_->add_client(id_, shared_from_this());
  on_live(ws::make_message(hello_message(caller_)));
  socket_->start(shared_from_this());
  if (service_->closed()) end(ws::kCloseAway, "module exited");
}

void LiveSession::on_closed(std::string_view) {
  ended_ = true;
  outbox_->close();
  service_->database().post([self = shared_from_this()] { self->service_->remove_client(self->id_); });
  if (owner_) return;
  service_->database().disconnect(caller_, [service = service_](const host::CallOutcome& outcome) {
    service->note_seq(outcome.seq);
  });
}

void LiveSession::on_message(ws::MessageKind kind, std::string_view message) {
  if (ended_) return;
  service_->metrics().messages_in.add();
  service_->metrics().bytes_in.add(static_cast<int64_t>(message.size()));
  if (!rate_.take() ||
      requests_.fetch_add(1, std::memory_order_relaxed) >= options_.requests_max) {
    service_->metrics().dropped_fast.add();
    end(ws::kCloseAgain, "too many requests");
    return;
  }
  if (message.size() > kRequestBytesMax) {
    end(ws::kCloseTooBig, "a request has at most 262144 bytes");
    return;
  }
  if (kind != ws::MessageKind::kText) {
    end(ws::kCloseError, "this protocol has no binary messages");
    return;
  }
  auto request = parse_request(message);
  if (!request) {
    end(ws::kCloseError, request.error().message());
    return;
  }
  service_->database().post(
      [self = shared_from_this(), request = std::move(*request)]() mutable {
        self->requests_.fetch_sub(1, std::memory_order_relaxed);
        if (!self->ended_) self->carry_out(std::move(request));
      });
}

void LiveSession::refuse(uint64_t id, const Error& error) {
  on_live(ws::make_message(error_message(id, error, "")));
}

void LiveSession::carry_out(LiveRequest request) {
  LiveQueries& queries = service_->live_queries();
  if (request.kind == LiveRequest::Kind::kUnsubscribe) {
    queries.unsubscribe(id_, request.id);
    return;
  }
  if (queries.has(id_, request.id)) {
    end(ws::kCloseError, "live query " + std::to_string(request.id) + " exists already");
    return;
  }
  if (queries.count(id_) >= options_.queries_max) {
    refuse(request.id, Error(ErrorCode::kLimit, "a connection has at most " +
                                                    std::to_string(options_.queries_max) +
                                                    " live queries"));
    return;
  }
  queries.subscribe(id_, request.id, shared_from_this(), std::move(request.sql));
}

void LiveSession::on_live(std::shared_ptr<const ws::ServerMessage> message) {
  switch (outbox_->push(std::move(message), ws::Outbox::kNoSeq)) {
    case ws::Outbox::Pushed::kQueued:
      break;
    case ws::Outbox::Pushed::kWake:
      socket_->wake();
      break;
    case ws::Outbox::Pushed::kClosed:
      return;
    case ws::Outbox::Pushed::kFull:
      service_->metrics().dropped_slow.add();
      end(ws::kCloseAgain, "the client does not keep up");
      return;
  }
  service_->metrics().messages_out.add();
}

bool LiveSession::keeps_up() {
  if (ended_) return false;
  if (outbox_->waiting_bytes() <= kWaitingBytesMax) {
    taken_nanos_ = 0;
    return true;
  }
  const int64_t now = now_nanos();
  const uint64_t taken = outbox_->taken_bytes();
  if (taken_nanos_ == 0 || taken != taken_before_) {
    taken_before_ = taken;
    taken_nanos_ = now;
  } else if (now - taken_nanos_ > options_.patience_micros * 1000) {
    service_->metrics().dropped_slow.add();
    end(ws::kCloseAgain, "the client does not keep up");
  }
  return false;
}

void LiveSession::end(uint16_t code, std::string_view reason) {
  if (ended_.exchange(true)) return;
  socket_->close(code, reason);
  // The socket may take its time.
  service_->database().post(
      [self = shared_from_this()] { self->service_->live_queries().drop(self->id_); });
}

Client::Activity LiveSession::activity() const {
  Activity out;
  out.protocol = kLiveProtocol;
  out.connected_micros = (now_nanos() - began_nanos_) / 1000;
  out.subscriptions = service_->live_queries().count(id_);
  out.sent_bytes = outbox_->taken_bytes();
  return out;
}

}  // namespace orrery::server::live
