#include "fdb/double/answers.h"

#include <cstring>

#include "fdb/wire/messages/ping.h"

namespace orrery::fdb::test_double {
namespace {

void store_length(std::string& frame, uint32_t length) {
  std::memcpy(frame.data(), &length, sizeof length);
}

}  // namespace

void Answers::hang_up(const Asker& on) {
  if (Connection* connection = network_.find(on.connection)) network_.close(*connection);
}

void Answers::send_spoilt(const Asker& to, Connection& connection, wire::OutBuffer out,
                          size_t size) {
  const Spoil spoil = to.fault->spoil;
  wire::Uid token = to.token;
  if (spoil == Spoil::kDropReply) return;
  if (spoil == Spoil::kCloseAfter) return network_.close(connection);
  if (spoil == Spoil::kUnknownToken) token.second += uint64_t{1} << 40;
  if (spoil == Spoil::kWrongType) {
    out.clear();
    size = wire::encode_reply(wire::ProtocolInfoReply(), out, kFrameRoom);
  }
  char* payload = out.data() + out.size() - size;
  if (spoil == Spoil::kBadPayload) std::memset(payload + 8, 0xA5, size - 8);
  std::string frame(finish_frame(payload, size, token, connection.form()));
  switch (spoil) {
    case Spoil::kDelayReply:
      return send_late(connection.id(), std::move(frame), to.fault->delay_nanos);
    case Spoil::kReorderReplies:
      held_.emplace_back(connection.id(), std::move(frame));
      if (to.fault->count != 1) return;
      for (; !held_.empty(); held_.pop_back()) send_frame(held_.back().first, held_.back().second);
      return;
    case Spoil::kRepeatReply:
      network_.send_raw(connection, frame);
      break;
    case Spoil::kBadChecksum:
      // On TLS, where there is none, this spoils the token.
      frame[4] = static_cast<char>(frame[4] ^ 1);
      break;
    case Spoil::kLongLength:
      store_length(frame, static_cast<uint32_t>(kFrameLengthMax) + 1);
      break;
    case Spoil::kShortLength:
      store_length(frame, 15);
      break;
    case Spoil::kHalfFrame:
      frame.resize(frame.size() / 2);
      network_.close_when_written(connection);
      break;
    default:
      break;
  }
  network_.send_raw(connection, frame);
}

void Answers::send_frame(uint64_t connection, const std::string& frame) {
  if (Connection* to = network_.find(connection)) network_.send_raw(*to, frame);
}

void Answers::send_late(uint64_t connection, std::string frame, int64_t delay_nanos) {
  network_.call_at(network_.now() + delay_nanos,
                   [this, connection, frame = std::move(frame)] { send_frame(connection, frame); });
}

}  // namespace orrery::fdb::test_double
