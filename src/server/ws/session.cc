#include "server/ws/session.h"

#include "env/environment.h"
#include "server/ws/session_v1.h"
#include "server/ws/session_v2.h"

namespace orrery::server::ws {
namespace {

Envelope envelope_of(protocol::Subprotocol protocol) {
  switch (protocol) {
    case protocol::Subprotocol::kV1Json:
      return Envelope::kText;
    case protocol::Subprotocol::kV1Bsatn:
    case protocol::Subprotocol::kV2:
      return Envelope::kTagged;
    case protocol::Subprotocol::kV3:
      return Envelope::kCoalesced;
  }
  return Envelope::kTagged;
}

bool is_v1(protocol::Subprotocol protocol) {
  return protocol == protocol::Subprotocol::kV1Json || protocol == protocol::Subprotocol::kV1Bsatn;
}

}  // namespace

void Session::begin(std::shared_ptr<DatabaseService> service, std::shared_ptr<Socket> socket,
                    const host::Caller& caller, SessionOptions options) {
  std::shared_ptr<Session> session;
  if (is_v1(options.protocol)) {
    session = std::make_shared<SessionV1>(std::move(service), std::move(socket), caller,
                                          std::move(options));
  } else {
    session = std::make_shared<SessionV2>(std::move(service), std::move(socket), caller,
                                          std::move(options));
  }
  session->connect();
}

Session::Session(std::shared_ptr<DatabaseService> service, std::shared_ptr<Socket> socket,
                 const host::Caller& caller, SessionOptions options)
    : service_(std::move(service)),
      socket_(std::move(socket)),
      caller_(caller),
      options_(std::move(options)),
      id_(service_->next_subscriber()),
      outbox_(std::make_shared<Outbox>(envelope_of(options_.protocol), options_.compression,
                                       options_.messages_max)),
      began_nanos_(env::system_environment().clock->monotonic_nanos()),
      rate_(options_.requests_per_second) {}

void Session::connect() {
  socket_->set_outbox(outbox_);
  database().connect(
      caller_, options_.token_payload,
      [self = shared_from_this()](const host::CallOutcome& outcome) { self->connected(outcome); });
}

void Session::connected(const host::CallOutcome& outcome) {
  if (outcome.status != host::CallStatus::kOk) {
    if (outcome.status == host::CallStatus::kStopped) {
      socket_->close(kCloseAway, "module exited");
    } else {
      socket_->close(kClosePolicy, outcome.message);
    }
    return;
  }
  service_->note_seq(outcome.seq);
  service_->add_client(id_, shared_from_this());
  send(greeting(), 0);
  socket_->start(shared_from_this());
  if (service_->closed()) end(kCloseAway, "module exited");
}

void Session::on_closed(std::string_view) {
  ended_ = true;
  cancelled_ = true;
  outbox_->close();
  {
    LockGuard<Mutex> guard(mutex_);
    held_.clear();
    holding_ = true;
  }
  // What the client asked for before is posted already, so it is done first.
  database().post([self = shared_from_this()] { self->service_->remove_client(self->id_); });
  database().disconnect(caller_, [service = service_](const host::CallOutcome& outcome) {
    service->note_seq(outcome.seq);
  });
}

void Session::on_message(MessageKind kind, std::string_view message) {
  if (ended_) return;
  ++messages_in_;
  bytes_in_ += static_cast<int64_t>(message.size());
  if (!rate_.take()) {
    service_->metrics().dropped_fast.add();
    end(kCloseAgain, "too many requests");
    return;
  }
  decode(kind, message);
}

void Session::on_quiet() {
  count_input();
  submit_waiting();
}

void Session::count_input() {
  if (messages_in_ == 0) return;
  service_->metrics().messages_in.add(std::exchange(messages_in_, 0));
  service_->metrics().bytes_in.add(std::exchange(bytes_in_, 0));
}

bool Session::take_request() {
  if (ended_) return false;
  if (requests_.fetch_add(1, std::memory_order_relaxed) < options_.requests_max) return true;
  service_->metrics().dropped_fast.add();
  end(kCloseAgain, "too many requests");
  return false;
}

void Session::next_request() {
  while (true) {
    Request next;
    {
      LockGuard<Mutex> guard(mutex_);
      if (held_.empty()) {
        holding_ = ended_;
        return;
      }
      next = std::move(held_.front());
      held_.pop_front();
    }
    next.run();
    if (next.order == Order::kHolds) return;
  }
}

/// What a message that tells of this commit waits for.
uint64_t Session::hold_back(storage::CommitSeq seq) {
  const bool now = options_.reads == Reads::kAsCommitted || seq == 0 || service_->is_durable(seq) ||
                   service_->is_durable(seq, shared_from_this());
  return now ? Outbox::kNoSeq : seq;
}

void Session::send(std::shared_ptr<const ServerMessage> message, storage::CommitSeq seq) {
  pushed(outbox_->push(std::move(message), hold_back(seq)));
}

void Session::send_from(std::string* message, storage::CommitSeq seq) {
  if (message->size() > Outbox::kSmallBytes) return send(make_message(std::move(*message)), seq);
  pushed(outbox_->push_small(*message, hold_back(seq)));
}

void Session::release_wake() {
  holds_wake_ = false;
  if (std::exchange(wake_due_, false)) service_->wake(socket_);
}

void Session::pushed(Outbox::Pushed how) {
  switch (how) {
    case Outbox::Pushed::kQueued:
      break;
    case Outbox::Pushed::kWake:
      if (holds_wake_) {
        wake_due_ = true;
      } else {
        service_->wake(socket_);
      }
      break;
    case Outbox::Pushed::kClosed:
      return;
    case Outbox::Pushed::kFull:
      service_->metrics().dropped_slow.add();
      ended_ = true;
      outbox_->close();
      socket_->drop("the client does not keep up");
      return;
  }
  service_->metrics().messages_out.add();
}

void Session::end(uint16_t code, std::string_view reason) {
  if (ended_.exchange(true)) return;
  socket_->close(code, reason);
}

void Session::on_end(uint16_t code, std::string_view reason) {
  end(code, reason);
}

void Session::on_durable(storage::CommitSeq seq) {
  if (outbox_->durable(seq)) socket_->wake();
}

subscribe::Viewer Session::viewer() const {
  return {
      caller_.identity, service_->is_owner(caller_.identity),
      is_v1(options_.protocol) ? subscribe::ClientProtocol::kV1 : subscribe::ClientProtocol::kV2};
}

Client::Activity Session::activity() const {
  Activity out;
  out.protocol = protocol::subprotocol_name(options_.protocol);
  out.connected_micros =
      (env::system_environment().clock->monotonic_nanos() - began_nanos_) / 1000;
  out.subscriptions = queries_.size();
  out.sent_bytes = outbox_->taken_bytes();
  return out;
}

int64_t Session::now_micros() const {
  return env::system_environment().clock->wall_nanos() / 1000;
}

void Session::on_module_changed() {
  // What rows changed was told with the change's commit. Those that are being made are of a state
  // whose later changes are told to nobody: they are made again.
  for (auto it = queries_.begin(); it != queries_.end();) {
    const subscribe::QuerySetId set = it->first;
    if (auto making = making_.find(set); making != making_.end()) {
      making->second = true;
      ++it;
      continue;
    }
    auto& subscriptions = service_->subscriptions();
    auto begun = subscriptions.begin_subscribe(id_, viewer(), set, it->second);
    if (begun) {
      (void)subscriptions.finish_subscribe(id_, set);
      ++it;
      continue;
    }
    it = queries_.erase(it);
    on_set_failed(set, begun.error());
  }
}

void Session::subscribe(subscribe::QuerySetId set, std::vector<std::string> queries, Rows rows,
                        std::function<void(const subscribe::QuerySetRows&)> late,
                        std::function<void()> ended) {
  if (!service_->clients().contains(id_)) {
    // The connection ended before the request had its turn: nobody would end the set.
    ended();
    return;
  }
  auto begun = service_->subscriptions().begin_subscribe(id_, viewer(), set, queries);
  if (!begun) {
    rows(std::move(begun).error());
    ended();
    return;
  }
  queries_[set] = std::move(queries);
  making_[set] = false;
  service_->metrics().subscriptions.set(
      static_cast<int64_t>(service_->subscriptions().plan_count()));
  std::shared_ptr<subscribe::InitialRows> initial = std::move(*begun);
  auto finish = [self = shared_from_this(), set, rows = std::move(rows), late = std::move(late),
                 ended = std::move(ended)](Result<subscribe::QuerySetRows> made) {
    auto& subscriptions = self->service_->subscriptions();
    const bool again = std::exchange(self->making_[set], false);
    self->making_.erase(set);
    if (again && !self->ended_) {
      std::vector<std::string> texts = std::move(self->queries_[set]);
      self->queries_.erase(set);
      self->subscribe(set, std::move(texts), rows, late, ended);
      return;
    }
    if (!made) {
      (void)subscriptions.unsubscribe(self->id_, set, subscribe::Subscriptions::DroppedRows::kOmit);
      self->queries_.erase(set);
      rows(std::move(made).error());
      ended();
      return;
    }
    auto kept = subscriptions.finish_subscribe(self->id_, set);
    if (!kept) {
      self->queries_.erase(set);
      rows(std::move(kept).error());
    } else {
      rows(std::move(made));
      for (const subscribe::QuerySetRows& update : *kept) late(update);
    }
    ended();
  };
  auto work = [self = shared_from_this(), initial, finish]() {
    auto made =
        std::make_shared<Result<subscribe::QuerySetRows>>(initial->produce(&self->cancelled_));
    self->database().post([finish, made] { finish(std::move(*made)); });
  };
  if (service_->workers().post(work) != WorkerPool::Posted::kTaken) {
    finish(initial->produce(&cancelled_));
  }
}

void Session::query(std::string sql, Rows rows) {
  auto begun = service_->subscriptions().begin_query(viewer(), sql);
  if (!begun) {
    rows(std::move(begun).error());
    return;
  }
  std::shared_ptr<subscribe::InitialRows> initial = std::move(*begun);
  auto work = [self = shared_from_this(), initial, rows] {
    auto made =
        std::make_shared<Result<subscribe::QuerySetRows>>(initial->produce(&self->cancelled_));
    self->database().post([rows, made] { rows(std::move(*made)); });
  };
  if (service_->workers().post(work) != WorkerPool::Posted::kTaken) {
    rows(initial->produce(&cancelled_));
  }
}

}  // namespace orrery::server::ws
