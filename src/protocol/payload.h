// PayloadReader: the messages of one WebSocket payload, one by one.
//
// Under v2 a payload holds one message, and bytes behind it are ignored. Under v3 it holds one or
// more without anything between them; they are given out before what follows them is looked at, so
// that earlier messages have taken effect when a later one is malformed. Errors are kDecode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "protocol/v2/messages.h"
#include "protocol/wire_reader.h"

namespace orrery::protocol {

/// What a client may send at most.
inline constexpr size_t kIncomingBytesMax = size_t{32} << 20;
/// A sender of v3 adds messages to a payload while it stays within this; one message alone may be
/// larger. Not counting the envelope.
inline constexpr size_t kServerPayloadBytes = size_t{512} << 10;

enum class Framing : uint8_t { kOneMessage, kManyMessages };

/// True where a message of that size is to start a payload of its own.
inline bool starts_new_payload(size_t payload_bytes, size_t message_bytes, size_t limit) {
  return payload_bytes != 0 && payload_bytes + message_bytes > limit;
}

/// Message is v2::ClientMessage or v2::ServerMessage.
template <class Message>
class PayloadReader {
 public:
  PayloadReader(std::string_view payload, Framing framing) : in_(payload), framing_(framing) {}

  /// The next message, which borrows from the payload; nothing after the last. After an error, the
  /// same error again.
  Result<std::optional<Message>> next() {
    bool first = in_.ok() && in_.offset() == 0;
    bool done = framing_ == Framing::kOneMessage ? !first : in_.at_end();
    if (in_.ok() && done && !first) return std::optional<Message>();
    if (first && in_.at_end()) in_.fail("a payload holds at least one message");
    std::optional<Message> message(std::in_place);
    if (in_.ok()) read(&in_, &*message);
    if (!in_.ok()) return in_.error();
    return message;
  }

 private:
  WireReader in_;
  Framing framing_;
};

}  // namespace orrery::protocol
