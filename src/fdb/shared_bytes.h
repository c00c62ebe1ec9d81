// SharedBytes: a run of bytes that keeps alive the buffer it lies in.
//
// What a server answers stays in the buffer it was received into; keys and values of the answer are
// views that hold a reference to it, so nothing is copied between the socket and the caller. A
// Buffer's bytes do not change once it is shared. Thread-safety: copies may be used and dropped on
// any threads; one object is not to be changed by two.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace orrery::fdb {

/// A counted block of bytes; made with one allocation, freed with the last reference.
class Buffer {
 public:
  /// Returns a block of `capacity` bytes with one reference, or null where there is no memory.
  static Buffer* make(size_t capacity) {
    void* memory = std::malloc(sizeof(Buffer) + capacity);
    return memory == nullptr ? nullptr : new (memory) Buffer(capacity);
  }
  char* data() { return reinterpret_cast<char*>(this + 1); }
  size_t capacity() const { return capacity_; }
  void ref() { references_.fetch_add(1, std::memory_order_relaxed); }
  void unref() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      this->~Buffer();
      std::free(this);
    }
  }
  /// True where the caller holds the only reference, so that the bytes may be changed again.
  bool unique() const { return references_.load(std::memory_order_acquire) == 1; }

 private:
  explicit Buffer(size_t capacity) : capacity_(capacity) {}
  std::atomic<uint32_t> references_{1};
  size_t capacity_;
};

/// A reference to a Buffer.
class BufferRef {
 public:
  BufferRef() = default;
  /// Takes over the reference that the caller holds.
  static BufferRef adopt(Buffer* buffer) {
    BufferRef ref;
    ref.buffer_ = buffer;
    return ref;
  }
  BufferRef(const BufferRef& other) : buffer_(other.buffer_) {
    if (buffer_ != nullptr) buffer_->ref();
  }
  BufferRef(BufferRef&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}
  BufferRef& operator=(BufferRef other) noexcept {
    std::swap(buffer_, other.buffer_);
    return *this;
  }
  ~BufferRef() {
    if (buffer_ != nullptr) buffer_->unref();
  }
  Buffer* get() const { return buffer_; }
  Buffer* operator->() const { return buffer_; }
  explicit operator bool() const { return buffer_ != nullptr; }

 private:
  Buffer* buffer_ = nullptr;
};

class SharedBytes {
 public:
  SharedBytes() = default;
  /// `view` lies in `buffer`, or in memory that outlives every copy.
  SharedBytes(std::string_view view, BufferRef buffer) : buffer_(std::move(buffer)), view_(view) {}
  /// Copies `bytes` into a buffer of its own.
  static SharedBytes copy_of(std::string_view bytes) {
    if (bytes.empty()) return {};
    BufferRef buffer = BufferRef::adopt(Buffer::make(bytes.size()));
    if (!buffer) std::abort();
    std::memcpy(buffer->data(), bytes.data(), bytes.size());
    std::string_view view(buffer->data(), bytes.size());
    return {view, std::move(buffer)};
  }
  /// A part of these bytes, in the same buffer.
  SharedBytes part(std::string_view bytes) const { return {bytes, buffer_}; }
  std::string_view view() const { return view_; }
  const BufferRef& buffer() const { return buffer_; }
  operator std::string_view() const { return view_; }  // NOLINT: stands for its bytes
  size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }
  friend bool operator==(const SharedBytes& a, const SharedBytes& b) { return a.view_ == b.view_; }
  friend bool operator==(const SharedBytes& a, std::string_view b) { return a.view_ == b; }

 private:
  BufferRef buffer_;
  std::string_view view_;
};

}  // namespace orrery::fdb
