#include "fdb/transport/frame.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "fdb/transport/frame_checksum.h"

namespace orrery::fdb {
namespace {

constexpr size_t kTokenSize = 16;
constexpr size_t kLengthSize = 4;
/// What a connection receives into. Small enough that a value which is kept holds little more than
/// it must.
constexpr size_t kBufferSize = size_t{32} << 10;
/// Less room than this is not worth a system call.
constexpr size_t kRoomMin = 4096;
/// A length alone does not make us allocate more than this; what comes then makes the buffer grow.
constexpr size_t kTrustedSize = size_t{1} << 20;

template <class T>
T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <class T>
char* store(char* to, T value) {
  std::memcpy(to, &value, sizeof(T));
  return to + sizeof(T);
}

}  // namespace

std::string_view finish_frame(char* payload, size_t size, const wire::Uid& token, FrameForm form) {
  ORRERY_ASSERT(size != 0 && size <= kFrameLengthMax - kTokenSize);
  char* token_at = payload - kTokenSize;
  store(store(token_at, token.first), token.second);
  size_t header = frame_header_size(form);
  char* to = store(payload - header, static_cast<uint32_t>(kTokenSize + size));
  if (form == FrameForm::kChecked) store(to, frame_checksum({token_at, kTokenSize + size}));
  return {payload - header, header + size};
}

size_t frame_size(std::string_view bytes, FrameForm form) {
  return frame_header_size(form) - kTokenSize + load<uint32_t>(bytes.data());
}

std::string_view FrameReader::unread() const {
  return buffer_ ? std::string_view(buffer_.get()->data() + begin_, end_ - begin_)
                 : std::string_view();
}

/// How large a buffer what is unread has to move to, or none where it goes on where it is.
std::optional<size_t> FrameReader::new_capacity() const {
  if (!buffer_) return kBufferSize;
  size_t have = end_ - begin_;
  size_t free = buffer_.get()->capacity() - end_;
  size_t rest = frame_size_ > have ? frame_size_ - have : kRoomMin;
  bool short_of_room = free < kRoomMin;
  // Where the frame's rest fits, staying costs one short read; moving costs a copy of what there
  // is.
  if (rest <= free && (!short_of_room || have > kRoomMin)) return std::nullopt;
  size_t held = buffer_.get()->capacity() - begin_;
  if (!short_of_room && held >= std::min(frame_size_, kTrustedSize)) return std::nullopt;
  return std::max(kBufferSize, std::min(frame_size_, std::max(kTrustedSize, 4 * have)));
}

Result<std::span<char>> FrameReader::room() {
  // Nobody else holds the buffer: what was read of it may be written over.
  bool reusable = buffer_ && begin_ != 0 && buffer_.get()->unique();
  if (reusable && begin_ == end_) begin_ = end_ = 0;
  if (std::optional<size_t> capacity = new_capacity()) {
    size_t have = end_ - begin_;
    if (reusable && buffer_.get()->capacity() >= *capacity) {
      std::memmove(buffer_.get()->data(), buffer_.get()->data() + begin_, have);
    } else {
      BufferRef larger = BufferRef::adopt(Buffer::make(*capacity));
      if (!larger) return fail(error::large_alloc_failed);
      if (have != 0) std::memcpy(larger.get()->data(), buffer_.get()->data() + begin_, have);
      buffer_ = std::move(larger);
    }
    begin_ = 0;
    end_ = have;
  }
  return std::span<char>(buffer_.get()->data() + end_, buffer_.get()->capacity() - end_);
}

Result<std::optional<Frame>> FrameReader::next() {
  if (failed_) return fail(*failed_);
  std::string_view bytes = unread();
  if (bytes.size() < kLengthSize) return std::nullopt;
  size_t header = frame_header_size(form_);
  if (frame_size_ == 0) {
    size_t length = load<uint32_t>(bytes.data());
    if (length <= kTokenSize || length > kFrameLengthMax) {
      failed_ = error::serialization_failed;
      return fail(*failed_);
    }
    frame_size_ = frame_size(bytes, form_);
  }
  if (bytes.size() < frame_size_) return std::nullopt;
  bytes = bytes.substr(0, frame_size_);
  std::string_view checked = bytes.substr(header - kTokenSize);
  if (form_ == FrameForm::kChecked &&
      load<uint64_t>(bytes.data() + kLengthSize) != frame_checksum(checked)) {
    failed_ = error::checksum_failed;
    return fail(*failed_);
  }
  wire::Uid token{load<uint64_t>(checked.data()), load<uint64_t>(checked.data() + 8)};
  begin_ += frame_size_;
  frame_size_ = 0;
  return Frame{token, SharedBytes(bytes.substr(header), buffer_)};
}

}  // namespace orrery::fdb
