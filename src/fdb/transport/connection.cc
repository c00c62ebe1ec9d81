#include "fdb/transport/connection.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace orrery::fdb {
namespace {

/// After this many reads others have their turn.
constexpr int kReadsPerTurn = 64;
/// More than this is not given to the stream at once, so that a TLS stream encrypts no more than
/// will go.
constexpr size_t kWriteMax = size_t{128} << 10;

uint32_t watch_mask(Need need) {
  switch (need) {
    case Need::kNothing:
      return 0;
    case Need::kReadable:
      return FdWatch::kReadable;
    case Need::kWritable:
      return FdWatch::kWritable;
  }
  return 0;
}

}  // namespace

void Connection::break_with(Error why) {
  if (state_ == State::kBroken) return;
  state_ = State::kBroken;
  unwatch();
  events_.on_broken(why);
}

void Connection::go_on_connecting() {
  Result<Need> need = stream_->connect();
  if (!need) return break_with(need.error());
  if (*need != Need::kNothing) {
    if (!watch(stream_->fd(), watch_mask(*need))) break_with(error::connection_failed);
    return;
  }
  state_ = State::kConnected;
  // Only its end is of interest now.
  if (!watch(stream_->fd(), 0)) return break_with(error::connection_failed);
  events_.on_connected();
}

void Connection::begin(const ConnectPacket& hello) {
  if (state_ != State::kConnected) return;
  state_ = State::kOpen;
  hello_ = hello.encode();
  flush();
  // What came in the same record as the end of the handshake.
  if (state_ == State::kOpen && stream_->has_unread()) read_all();
  watch_for_needs();
}

void Connection::on_ready(uint32_t what) {
  switch (state_) {
    case State::kConnecting:
      return go_on_connecting();
    case State::kConnected:
      // Nobody speaks before us, so this is the end of the connection.
      return break_with(error::connection_failed);
    case State::kOpen:
      if ((what & watch_mask(read_need_)) != 0) read_all();
      if ((what & watch_mask(write_need_)) != 0) flush();
      return watch_for_needs();
    case State::kBroken:
      return;
  }
}

void Connection::watch_for_needs() {
  if (state_ != State::kOpen) return;
  if (!watch(stream_->fd(), watch_mask(read_need_) | watch_mask(write_need_))) {
    break_with(error::connection_failed);
  }
}

void Connection::read_all() {
  for (int reads = 0; reads < kReadsPerTurn || stream_->has_unread(); ++reads) {
    Result<std::span<char>> room = reader_.room();
    if (!room) return break_with(room.error());
    Result<Io> io = stream_->read(*room);
    if (!io) return break_with(io.error());
    read_need_ = io->need == Need::kNothing ? Need::kReadable : io->need;
    if (io->need != Need::kNothing) return;
    bytes_received_ += io->size;
    reader_.received(io->size);
    if (!take_received()) return;
    // Less than there was room for is most likely all there is; asking again would be a system call
    // for nothing.
    if (io->size < room->size() && !stream_->has_unread()) return;
  }
}

/// Takes frames out of what was received; false where the connection is broken.
bool Connection::take_received() {
  if (!heard_hello_ && !take_hello()) return state_ != State::kBroken;
  if (ignores_frames_) {
    reader_.skip(reader_.unread().size());
    events_.on_ignored();
    return state_ != State::kBroken;
  }
  while (state_ != State::kBroken) {
    Result<std::optional<Frame>> frame = reader_.next();
    if (!frame) {
      break_with(frame.error());
      return false;
    }
    if (!frame->has_value()) return true;
    events_.on_frame(**std::move(frame));
  }
  return false;
}

/// False where the connect packet is not there, or not a good one.
bool Connection::take_hello() {
  Result<std::optional<ParsedConnectPacket>> parsed = parse_connect_packet(reader_.unread());
  if (!parsed) {
    break_with(parsed.error());
    return false;
  }
  if (!parsed->has_value()) return false;
  reader_.skip((*parsed)->size);
  heard_hello_ = true;
  Compatibility what = compatibility((*parsed)->packet.version);
  ignores_frames_ = what != Compatibility::kCompatible;
  events_.on_hello((*parsed)->packet, what);
  if (what == Compatibility::kHangUp) break_with(error::incompatible_protocol_version);
  return state_ != State::kBroken;
}

/// How many bytes went; 0 where the stream takes no more now.
Result<size_t> Connection::write_some(std::string_view bytes) {
  Result<Io> io = stream_->write(bytes.substr(0, kWriteMax));
  if (!io) {
    break_with(io.error());
    return fail(io.error());
  }
  write_need_ = io->need;
  bytes_sent_ += io->size;
  return io->need == Need::kNothing ? io->size : 0;
}

void Connection::flush() {
  if (state_ != State::kOpen) return;
  const bool waited = write_need_ != Need::kNothing;
  while (hello_sent_ < hello_.size()) {
    Result<size_t> size =
        write_some(std::string_view(hello_.data(), hello_.size()).substr(hello_sent_));
    if (!size) return;
    if (*size == 0) return watch_for_needs();
    hello_sent_ += *size;
  }
  while (!queue_.empty()) {
    Result<size_t> size = write_some(queue_.unsent());
    if (!size) return;
    if (*size == 0) return watch_for_needs();
    queue_.sent(*size);
  }
  if (waited) watch_for_needs();
}

}  // namespace orrery::fdb
