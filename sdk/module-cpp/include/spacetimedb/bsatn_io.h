// Writer and Reader: bytes of BSATN. A Writer owns a buffer that grows and is reused; a Reader borrows bytes and traps where
// they end too early. Raw forms write and read values of a size known at compile time without further checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spacetimedb/fail.h"

namespace SpacetimeDB::bsatn {

template <class T>
struct bsatn_traits;

class Writer {
 public:
  Writer() = default;
  /// Appends everything to `out` when destroyed.
  explicit Writer(std::vector<uint8_t>& out) : out_(&out) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  /// Room for n bytes at the end, which counts as written.
  uint8_t* claim(size_t n) {
    if (static_cast<size_t>(end_ - at_) < n) grow(n);
    uint8_t* const place = at_;
    at_ += n;
    return place;
  }
  /// Makes sure that n bytes follow what is written; they do not count as written.
  void reserve_after(size_t n) {
    if (static_cast<size_t>(end_ - at_) < n) grow(n);
  }
  void write_bytes(const void* bytes, size_t n) {
    if (n != 0) __builtin_memcpy(claim(n), bytes, n);
  }
  void write_u8(uint8_t v) { *claim(1) = v; }
  void write_u16_le(uint16_t v) { write_bytes(&v, sizeof v); }
  void write_u32_le(uint32_t v) { __builtin_memcpy(claim(4), &v, 4); }
  void write_u64_le(uint64_t v) { __builtin_memcpy(claim(8), &v, 8); }
  void write_i64_le(int64_t v) { write_u64_le(static_cast<uint64_t>(v)); }
  void write_bool(bool v) { write_u8(v ? 1 : 0); }
  void write_string(std::string_view text);

  template <class T>
  void operator()(const T& value) {
    bsatn_traits<T>::write(*this, value);
  }

  const uint8_t* data() const { return begin_; }
  uint8_t* data() { return begin_; }
  size_t size() const { return static_cast<size_t>(at_ - begin_); }
  void clear() { at_ = begin_; }
  /// A copy of what was written; take_buffer() also empties the writer.
  std::vector<uint8_t> get_buffer() const { return std::vector<uint8_t>(begin_, at_); }
  std::vector<uint8_t> take_buffer();

 private:
  void grow(size_t n);

  uint8_t* begin_ = nullptr;
  uint8_t* at_ = nullptr;
  uint8_t* end_ = nullptr;
  std::vector<uint8_t>* out_ = nullptr;
};

class Reader {
 public:
  Reader() = default;
  Reader(const uint8_t* bytes, size_t n) : at_(bytes), end_(bytes + n) {}
  explicit Reader(const std::vector<uint8_t>& bytes) : Reader(bytes.data(), bytes.size()) {}

  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  bool is_eos() const { return at_ == end_; }
  /// The next n bytes; traps when there are fewer.
  const uint8_t* take(size_t n) {
    if (remaining() < n) too_short();
    const uint8_t* const place = at_;
    at_ += n;
    return place;
  }
  uint8_t read_u8() { return *take(1); }
  uint16_t read_u16_le() { return scalar<uint16_t>(); }
  uint32_t read_u32_le() { return scalar<uint32_t>(); }
  uint64_t read_u64_le() { return scalar<uint64_t>(); }
  int64_t read_i64_le() { return scalar<int64_t>(); }
  bool read_bool() { return read_u8() != 0; }
  void read_string(std::string& out);
  std::string read_string() {
    std::string out;
    read_string(out);
    return out;
  }
  /// An element count, checked against the bytes that are left: no element takes less than `element_min` bytes.
  uint32_t read_count(size_t element_min);

  template <class T>
  void operator()(T& value) {
    bsatn_traits<T>::read(*this, value);
  }

 private:
  template <class T>
  T scalar() {
    T v;
    __builtin_memcpy(&v, take(sizeof v), sizeof v);
    return v;
  }
  [[noreturn]] static void too_short();

  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
};

/// Writes fields of fixed size to a place that has room for them.
struct RawWriter {
  uint8_t* at;
  template <class T>
  void operator()(const T& value) {
    bsatn_traits<T>::store(at, value);
    at += bsatn_traits<T>::kFixed;
  }
};

/// Reads fields of fixed size from bytes known to be there.
struct RawReader {
  const uint8_t* at;
  template <class T>
  void operator()(T& value) {
    bsatn_traits<T>::load(at, value);
    at += bsatn_traits<T>::kFixed;
  }
};

}  // namespace SpacetimeDB::bsatn
