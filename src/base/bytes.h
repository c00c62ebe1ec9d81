// Bounds-checked little-endian readers and writers over byte buffers.
//
// ByteReader borrows its bytes; a read past the end returns false and leaves the reader unmoved. ByteWriter owns a
// growing buffer. Neither is thread-safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace orrery {

static_assert(std::endian::native == std::endian::little, "Orrery's formats are little-endian");

class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> bytes) : p_(bytes.data()), end_(p_ + bytes.size()) {}
  explicit ByteReader(std::string_view bytes)
      : p_(reinterpret_cast<const uint8_t*>(bytes.data())), end_(p_ + bytes.size()) {}

  size_t remaining() const { return static_cast<size_t>(end_ - p_); }
  const uint8_t* position() const { return p_; }

  template <class T>
    requires std::is_trivially_copyable_v<T>
  [[nodiscard]] bool read(T* out) {
    if (remaining() < sizeof(T)) return false;
    std::memcpy(out, p_, sizeof(T));
    p_ += sizeof(T);
    return true;
  }
  /// Borrows the next n bytes.
  [[nodiscard]] bool read_bytes(size_t n, std::string_view* out) {
    if (remaining() < n) return false;
    *out = {reinterpret_cast<const char*>(p_), n};
    p_ += n;
    return true;
  }
  /// Borrows a u32-length-prefixed run of bytes.
  [[nodiscard]] bool read_prefixed(std::string_view* out) {
    const uint8_t* start = p_;
    uint32_t n = 0;
    if (read(&n) && read_bytes(n, out)) return true;
    p_ = start;
    return false;
  }
  [[nodiscard]] bool skip(size_t n) {
    if (remaining() < n) return false;
    p_ += n;
    return true;
  }

 private:
  const uint8_t* p_;
  const uint8_t* end_;
};

class ByteWriter {
 public:
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void write(T value) {
    buffer_.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  void write_bytes(std::string_view bytes) { buffer_.append(bytes); }
  void write_prefixed(std::string_view bytes) {
    write(static_cast<uint32_t>(bytes.size()));
    buffer_.append(bytes);
  }
  std::string& buffer() { return buffer_; }
  const std::string& buffer() const { return buffer_; }
  size_t size() const { return buffer_.size(); }
  void clear() { buffer_.clear(); }

 private:
  std::string buffer_;
};

}  // namespace orrery
