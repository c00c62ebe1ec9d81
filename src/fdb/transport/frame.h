// Frames: how messages lie in a connection's stream after the connect packets.
//
//   plain: u32 length | u64 XXH3-64 of what follows | token (16) | payload
//   TLS:   u32 length |                               token (16) | payload
//
// The length counts token and payload. FrameReader owns the buffers that a connection is received
// into and hands out payloads as views of them, so a payload keeps its buffer alive. Errors are
// final: after one the stream has no more frames, and the connection is to be closed.
// Thread-safety: one reader is used by one thread at a time; payloads are SharedBytes and may go
// anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "fdb/error.h"
#include "fdb/shared_bytes.h"
#include "fdb/wire/types.h"

namespace orrery::fdb {

enum class FrameForm : uint8_t {
  kChecked,    // plain connections: with a checksum
  kUnchecked,  // TLS connections: without
};

constexpr size_t frame_header_size(FrameForm form) {
  return form == FrameForm::kChecked ? 28 : 20;
}
/// Room in front of a payload that suffices for the header of either form.
inline constexpr size_t kFrameRoom = 28;
/// The longest that token and payload of a frame may be.
inline constexpr size_t kFrameLengthMax = size_t{100} << 20;

struct Frame {
  wire::Uid token;
  SharedBytes payload;
};

/// Writes the header of a frame in front of its payload, at `payload - frame_header_size(form)`,
/// and returns the frame. The payload has at least one byte and, with the token, at most
/// kFrameLengthMax.
std::string_view finish_frame(char* payload, size_t size, const wire::Uid& token, FrameForm form);

/// The size of the frame that a run of bytes begins with, of at least 4 bytes.
size_t frame_size(std::string_view bytes, FrameForm form);

class FrameReader {
 public:
  explicit FrameReader(FrameForm form) : form_(form) {}

  /// Where the next bytes of the stream go, never empty; then `received` tells how many came.
  Result<std::span<char>> room();
  void received(size_t size) { end_ += size; }

  /// The bytes that no frame was made of yet. `skip` drops some of them: the connect packet.
  std::string_view unread() const;
  void skip(size_t size) { begin_ += size; }

  /// The next frame, or none where it has not come wholly.
  Result<std::optional<Frame>> next();

 private:
  std::optional<size_t> new_capacity() const;

  FrameForm form_;
  std::optional<Error> failed_;
  BufferRef buffer_;
  size_t begin_ = 0;  // of what is unread in buffer_
  size_t end_ = 0;
  size_t frame_size_ = 0;  // of the frame at begin_; 0: not known yet
};

}  // namespace orrery::fdb
