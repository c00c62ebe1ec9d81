// WireReader: reads the fields of a message from borrowed bytes.
//
// The first problem sticks: every read after it gives zero or nothing, so that a decoder reads all
// fields of a record and asks ok() once. Counts are checked against the bytes that are left, so a
// count that lies costs no memory. What is read borrows from the bytes. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/error.h"
#include "types/identity.h"

namespace orrery::protocol {

class WireReader {
 public:
  explicit WireReader(std::string_view bytes)
      : begin_(bytes.data()), p_(begin_), end_(begin_ + bytes.size()) {}

  bool ok() const { return !failed_; }
  bool at_end() const { return p_ == end_; }
  size_t offset() const { return static_cast<size_t>(p_ - begin_); }
  size_t remaining() const { return static_cast<size_t>(end_ - p_); }

  template <class T>
    requires std::is_integral_v<T>
  T number() {
    T out = 0;
    if (remaining() < sizeof(T)) {
      fail("the message is too short");
      return 0;
    }
    std::memcpy(&out, p_, sizeof(T));
    p_ += sizeof(T);
    return out;
  }
  uint8_t u8() { return number<uint8_t>(); }
  uint32_t u32() { return number<uint32_t>(); }
  uint64_t u64() { return number<uint64_t>(); }
  int64_t i64() { return number<int64_t>(); }
  /// Exactly that many bytes.
  std::string_view raw(uint64_t size);
  /// A length and that many bytes.
  std::string_view bytes() { return raw(u32()); }
  /// The same, valid UTF-8.
  std::string_view text();
  /// The number of an array's elements, each of at least so many bytes (not 0).
  uint32_t count(size_t element_bytes_min);
  /// The tag of a sum with so many variants; 0 after a problem.
  uint8_t tag(uint8_t variants, std::string_view sum);
  types::Identity identity();
  types::ConnectionId connection_id();

  void fail(std::string_view what) { fail_at(offset(), what); }
  void fail_at(size_t offset, std::string_view what);
  /// kDecode with what was wrong and where. Only where !ok().
  Error error() const;

 private:
  const char* begin_;
  const char* p_;
  const char* end_;
  bool failed_ = false;
  size_t failed_at_ = 0;
  std::string what_;
};

}  // namespace orrery::protocol
