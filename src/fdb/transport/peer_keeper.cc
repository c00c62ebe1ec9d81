// The task that keeps a peer's connection.
#include <algorithm>
#include <utility>

#include "fdb/transport/peer.h"
#include "fdb/transport/transport.h"
#include "fdb/wire/messages/ping.h"

namespace orrery::fdb {

Task<Done> Peer::keep() {
  while (true) {
    Task<Done> work = wait_for_work();
    co_await work;
    const int64_t pause = connect_at_ + reconnect_delay_ - loop_.now();
    if (connect_at_ != 0 && pause > 0) {
      Loop::Sleep sleep = loop_.sleep(transport_.jittered(pause));
      co_await sleep;
    }
    refusal_.reset();
    Task<Error> life = live();
    const Error why = co_await life;
    ended(why);
  }
}

/// Returns when there is something to send, or when a failed peer is to be tried again.
Task<Done> Peer::wait_for_work() {
  while (queue_.empty()) {
    std::optional<Alarm> retry;
    if (retry_at_ != 0 && is_interesting()) {
      if (retry_at_ <= loop_.now()) break;
      retry.emplace(wake_, retry_at_);
    }
    Event::Awaiter change = wake_.wait();
    co_await change;
  }
  retry_at_ = 0;
  co_return Done{};
}

/// One connection from its beginning to its end; returns what ended it.
Task<Error> Peer::live() {
  const TransportOptions& options = transport_.options_;
  connect_at_ = loop_.now();
  broken_.reset();
  ++transport_.counters_.connects_begun;
  Result<std::unique_ptr<Stream>> stream = transport_.dialer_.dial(address_, host_);
  settings_are_bad_ = !stream && stream.error() == error::tls_error;
  if (!stream) co_return stream.error();
  ConnectionEvents& events = *this;
  connection_ = std::make_unique<Connection>(loop_, *std::move(stream), queue_, events);
  connection_->start();
  Alarm deadline(wake_, connect_at_ + options.connect_timeout);
  while (!connection_->is_connected()) {
    if (broken_) co_return *broken_;
    if (deadline.fired()) co_return error::connection_failed;
    Event::Awaiter change = wake_.wait();
    co_await change;
  }
  connected_ = true;
  ++transport_.counters_.connects_done;
  unreachable_since_.reset();
  transport_.failures_.set_reachable(address_);
  // Only to see whether it can be reached.
  if (queue_.empty()) co_return error::connection_unreferenced;
  ConnectPacket hello;
  hello.connection_id = options.connection_id;
  connection_->begin(hello);
  Task<Error> watch = monitor();
  const Error why = co_await watch;
  co_return why;
}

/// Pings; returns what ended the connection.
Task<Error> Peer::monitor() {
  const TransportOptions& options = transport_.options_;
  while (true) {
    Alarm alarm(wake_, loop_.now() + transport_.jittered(options.ping_interval));
    while (!broken_ && !alarm.fired()) {
      Event::Awaiter change = wake_.wait();
      co_await change;
    }
    if (broken_) co_return *broken_;
    const int64_t idle_since = loop_.now() - options.idle_timeout;
    if (pending_.list.empty() && queue_.empty() && connect_at_ < idle_since &&
        data_at_ < idle_since) {
      co_return error::connection_idle;
    }
    PendingReply pong(loop_, transport_.replies_);
    pong.notify(wake_);
    ping(pong);
    uint64_t received = connection_->bytes_received();
    alarm.set(loop_.now() + options.ping_timeout);
    // A peer of another version does not answer, but it sends something.
    while (!broken_ && !pong.done() && (compatible_ || connection_->bytes_received() == received)) {
      if (alarm.fired()) {
        if (connection_->bytes_received() == received) co_return error::connection_failed;
        received = connection_->bytes_received();
        alarm.set(loop_.now() + options.ping_timeout);
        continue;
      }
      Event::Awaiter change = wake_.wait();
      co_await change;
    }
  }
}

void Peer::ping(PendingReply& pong) {
  ++transport_.counters_.pings;
  wire::PingRequest request;
  request.reply.token = pong.token();
  const wire::Uid token = wire::well_known_token(wire::WellKnown::kPing);
  const size_t size = wire::encode(request, queue_.buffer(), frame_header_size(queue_.form()));
  pong.sent_to(pings_, token, queue_.end_frame(size, token));
  loop_.flush_later(*this);
}

/// Cleans up behind a connection.
void Peer::ended(Error why) {
  const TransportOptions& options = transport_.options_;
  const int64_t now = loop_.now();
  const bool orderly = why == error::connection_idle || why == error::connection_unreferenced;
  const bool was_connected = std::exchange(connected_, false);
  if (connection_ != nullptr) {
    transport_.counters_.bytes_sent += connection_->bytes_sent();
    transport_.counters_.bytes_received += connection_->bytes_received();
  }
  connection_.reset();
  compatible_ = true;
  if (why != error::incompatible_protocol_version) protocol_.reset();
  if (orderly) {
    reconnect_delay_ = options.reconnect_delay_min;
    return;
  }
  last_error_ = why;
  if (now - connect_at_ > options.reconnect_reset) {
    reconnect_delay_ = options.reconnect_delay_min;
  } else if (why == error::tls_error) {
    reconnect_delay_ = options.tls_delay;
  } else {
    const double grown = static_cast<double>(reconnect_delay_) * options.reconnect_delay_growth;
    reconnect_delay_ = std::min(options.reconnect_delay_max, static_cast<int64_t>(grown));
  }
  note_failure(was_connected);
  if (was_connected) return carry_over();
  // What is wrong with our own settings is no matter of this peer: whoever asks is told.
  const Error told = settings_are_bad_ ? why : error::request_maybe_delivered;
  if (why == error::tls_error) refusal_ = told;
  fail_all(told);
  queue_.clear();
}

/// Sees whether the address is to be called failed.
void Peer::note_failure(bool was_connected) {
  const TransportOptions& options = transport_.options_;
  const int64_t now = loop_.now();
  if (!unreachable_since_) unreachable_since_ = now;
  bool failed = now - *unreachable_since_ > options.failure_detection_delay;
  if (was_connected) {
    ++transport_.counters_.connections_broken;
    broken_at_.push_back(now);
    while (broken_at_.front() <= now - options.broken_connections_window) broken_at_.pop_front();
    failed = failed || broken_at_.size() > options.broken_connections_max;
  }
  if (failed) transport_.failures_.set_failed(address_);
  failed = transport_.failures_.is_failed(address_);
  retry_at_ = now + (failed ? options.failed_retry_interval : options.failure_detection_delay);
}

}  // namespace orrery::fdb
