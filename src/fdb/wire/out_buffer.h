// OutBuffer: bytes on their way out, in one block that grows and is used again.
//
// append() hands out room without clearing it; encode() writes a message there, behind the room for a frame's header.
// Memory is asked for only when the block is too small, so a buffer in steady use allocates nothing. A process without
// memory is ended. Thread-safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace orrery::fdb::wire {

class OutBuffer {
 public:
  OutBuffer() = default;
  OutBuffer(OutBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  OutBuffer& operator=(OutBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~OutBuffer() { std::free(data_); }

  char* data() { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t capacity() const { return capacity_; }
  std::string_view view() const { return {data_, size_}; }

  /// Room for `bytes` more, of unset contents; earlier pointers into the buffer end here.
  char* append(size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]]
      grow(bytes);
    char* room = data_ + size_;
    size_ += bytes;
    return room;
  }
  /// Forgets what lies behind the first `size` bytes.
  void truncate(size_t size) { size_ = size < size_ ? size : size_; }
  void clear() { size_ = 0; }

 private:
  void grow(size_t bytes) {
    size_t wanted = capacity_ * 2;
    if (wanted < size_ + bytes) wanted = size_ + bytes;
    if (wanted < 512) wanted = 512;
    void* grown = std::realloc(data_, wanted);
    if (grown == nullptr) std::abort();
    data_ = static_cast<char*>(grown);
    capacity_ = wanted;
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace orrery::fdb::wire
