#include "fdb/transport/send_queue.h"

#include <cstring>
#include <utility>

#include "base/assert.h"

namespace orrery::fdb {
namespace {

/// A queue that is empty keeps no more memory than this.
constexpr size_t kKeptMax = size_t{1} << 20;
/// How much may have been sent before it is moved out of the way of a peer that is slow.
constexpr size_t kSentMax = size_t{256} << 10;

}  // namespace

uint64_t SendQueue::end_frame(size_t payload_size, const wire::Uid& token) {
  char* end = buffer_.data() + buffer_.size();
  std::string_view frame = finish_frame(end - payload_size, payload_size, token, form_);
  return base_ + static_cast<size_t>(frame.data() - buffer_.data());
}

void SendQueue::sent(size_t size) {
  sent_ += size;
  ORRERY_ASSERT(sent_ <= buffer_.size());
  if (empty()) {
    clear();
  } else if (sent_ > kSentMax && sent_ > buffer_.size() / 2) {
    size_t whole = whole_frames_sent();
    std::memmove(buffer_.data(), buffer_.data() + whole, buffer_.size() - whole);
    buffer_.truncate(buffer_.size() - whole);
    base_ += whole;
    sent_ -= whole;
  }
}

/// The size of the frames of which every byte was sent.
size_t SendQueue::whole_frames_sent() const {
  size_t whole = 0;
  while (whole < sent_) {
    size_t size = frame_size(buffer_.view().substr(whole), form_);
    if (whole + size > sent_) break;
    whole += size;
  }
  return whole;
}

void SendQueue::drop_unbegun() {
  size_t begun = whole_frames_sent();
  if (begun < sent_) begun += frame_size(buffer_.view().substr(begun), form_);
  buffer_.truncate(begun);
  if (empty()) clear();
}

SendQueue::Taken SendQueue::take() {
  Taken taken{std::move(buffer_), base_};
  base_ += taken.buffer.size();
  sent_ = 0;
  return taken;
}

uint64_t SendQueue::append(const Taken& taken, uint64_t position) {
  std::string_view frame = taken.buffer.view().substr(position - taken.base);
  frame = frame.substr(0, frame_size(frame, form_));
  const uint64_t begin = base_ + buffer_.size();
  std::memcpy(buffer_.append(frame.size()), frame.data(), frame.size());
  return begin;
}

void SendQueue::clear() {
  base_ += buffer_.size();
  sent_ = 0;
  buffer_.clear();
  if (buffer_.capacity() > kKeptMax) {
    wire::OutBuffer small;
    buffer_ = std::move(small);
  }
}

}  // namespace orrery::fdb
