// SendQueue: frames on their way to a peer, in the order in which they were made.
//
// Messages are encoded into the queue itself, so that what one turn of the loop produces is written
// by one system call. Positions count the bytes of all frames since the queue was made.
// Thread-safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fdb/transport/frame.h"
#include "fdb/wire/out_buffer.h"

namespace orrery::fdb {

class SendQueue {
 public:
  explicit SendQueue(FrameForm form) : form_(form) {}

  FrameForm form() const { return form_; }
  /// Encode a message to the end of this, behind frame_header_size(form()) bytes; then end_frame().
  wire::OutBuffer& buffer() { return buffer_; }
  /// Makes a frame of the message of `payload_size` bytes at the buffer's end; returns where it
  /// begins.
  uint64_t end_frame(size_t payload_size, const wire::Uid& token);

  bool empty() const { return sent_ == buffer_.size(); }
  std::string_view unsent() const { return buffer_.view().substr(sent_); }
  void sent(size_t size);
  /// All that lies before this was sent.
  uint64_t sent_until() const { return base_ + sent_; }

  /// Forgets frames of which nothing was sent.
  void drop_unbegun();
  void clear();

  /// What was in a queue, for frames of it to be put into it again.
  struct Taken {
    wire::OutBuffer buffer;
    uint64_t base = 0;
  };
  Taken take();
  /// Appends the frame that began at `position` of what was taken; returns where it begins now.
  uint64_t append(const Taken& taken, uint64_t position);

 private:
  size_t whole_frames_sent() const;

  const FrameForm form_;
  wire::OutBuffer buffer_;  // begins with a frame
  uint64_t base_ = 0;       // position of the buffer's first byte
  size_t sent_ = 0;
};

}  // namespace orrery::fdb
