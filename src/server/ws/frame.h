// WebSocket frames (RFC 6455), without I/O: a reader that turns bytes into messages, a writer of
// frame headers.
//
// FrameReader takes the bytes of the other side as they come, checks masks, opcodes, lengths,
// reserved bits, fragmentation and the UTF-8 of text, and gives whole messages and control frames.
// One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/ws/socket.h"

namespace orrery::server::ws {

enum class Opcode : uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xA,
};

/// The most bytes that frame_header() writes.
inline constexpr size_t kFrameHeaderBytesMax = 10;
/// The header of an unmasked, unfragmented frame.
void append_frame_header(Opcode opcode, uint64_t payload_bytes, std::string* out);
/// A Close frame; the reason is cut to what fits, at a character.
std::string close_frame(uint16_t code, std::string_view reason);
/// A whole frame as a client sends it, masked.
void append_client_frame(Opcode opcode, std::string_view payload, const uint8_t mask[4],
                         std::string* out);

/// Clients mask their frames, servers must not.
enum class FrameSender : uint8_t { kClient, kServer };

class FrameReader {
 public:
  explicit FrameReader(uint64_t message_bytes_max, FrameSender sender = FrameSender::kClient)
      : message_bytes_max_(message_bytes_max), sender_(sender) {}

  enum class Event : uint8_t { kNeedMore, kText, kBinary, kPing, kPong, kClose, kError };
  /// Takes bytes off the front of `input` until there is an event or nothing is left. Masks are
  /// taken off in place: a message that came whole is not copied. The payload is valid until the
  /// next call, as long as the bytes are. After kClose and kError, do not go on.
  Event next(std::span<char>* input);

  /// Of the event: a message, a control frame's payload.
  std::string_view payload() const { return payload_; }
  /// Of kClose: the client's code (1005 where it sent none); of kError: the code to close with.
  uint16_t code() const { return code_; }
  /// Of kClose and kError.
  std::string_view reason() const { return reason_; }

 private:
  enum class Step : uint8_t { kHeader, kPayload };
  bool read_header(std::span<char>* input);
  Event take_payload(std::span<char>* input);
  Event finish_frame();
  Event finish_control();
  Event fail(uint16_t code, std::string_view reason);
  bool start_frame();

  const uint64_t message_bytes_max_;
  const FrameSender sender_;
  Step step_ = Step::kHeader;
  bool failed_ = false;
  char header_[14];
  uint8_t header_bytes_ = 0;
  Opcode opcode_ = Opcode::kText;
  bool final_ = false;
  uint8_t mask_[4] = {};
  uint64_t payload_left_ = 0;
  uint64_t frame_at_ = 0;  ///< byte of the frame that comes next
  // A message can be interrupted by control frames.
  bool in_message_ = false;
  Opcode message_opcode_ = Opcode::kText;
  std::string message_;  ///< the parts of it that have come
  std::string control_;
  std::string kept_;  ///< a message that came in parts, until the next call
  std::string_view payload_;
  uint16_t code_ = 0;
  std::string reason_;
};

}  // namespace orrery::server::ws
