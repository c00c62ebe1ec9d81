// StringRef: 16 bytes that name a run of bytes. Up to 12 bytes are held inline; a longer run is a 4-byte prefix and a
// pointer that the StringRef does not own (table heap, arena, parameter). Trivially copyable.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace orrery::types {

class StringRef {
 public:
  static constexpr uint32_t kInlineBytes = 12;

  StringRef() : length_(0), prefix_{0, 0, 0, 0} { tail_.pointer = nullptr; }
  /// Borrows s.data() where s is longer than 12 bytes.
  explicit StringRef(std::string_view s) : StringRef(s.data(), static_cast<uint32_t>(s.size())) {}
  StringRef(const char* data, uint32_t length) : length_(length), prefix_{0, 0, 0, 0} {
    if (length <= kInlineBytes) {
      set_inline(data, length);
    } else {
      std::memcpy(prefix_, data, 4);
      tail_.word = 0;
      tail_.pointer = data;
    }
  }

  uint32_t size() const { return length_; }
  bool is_inline() const { return length_ <= kInlineBytes; }
  /// Valid as long as this object (inline) or the bytes it borrows.
  const char* data() const { return is_inline() ? prefix_ : tail_.pointer; }
  std::string_view view() const { return {data(), length_}; }

  friend bool operator==(const StringRef& a, const StringRef& b) {
    uint64_t wa, wb;  // length and prefix at once
    std::memcpy(&wa, &a, 8);
    std::memcpy(&wb, &b, 8);
    if (wa != wb) return false;
    if (a.is_inline()) return std::memcmp(a.tail_.rest, b.tail_.rest, 8) == 0;
    return std::memcmp(a.tail_.pointer, b.tail_.pointer, a.length_) == 0;
  }
  /// <0, 0 or >0, by bytes.
  static int compare(const StringRef& a, const StringRef& b) {
    uint32_t pa, pb;
    std::memcpy(&pa, a.prefix_, 4);
    std::memcpy(&pb, b.prefix_, 4);
    if (pa != pb) return __builtin_bswap32(pa) < __builtin_bswap32(pb) ? -1 : 1;
    if (a.is_inline() && b.is_inline()) {
      // What is past the end is zero, so only equal words leave it to the lengths.
      uint64_t ra = a.tail_.word, rb = b.tail_.word;
      if (ra != rb) return __builtin_bswap64(ra) < __builtin_bswap64(rb) ? -1 : 1;
      return a.length_ < b.length_ ? -1 : (a.length_ > b.length_ ? 1 : 0);
    }
    return a.view().compare(b.view());
  }

 private:
  /// Copies with loads of fixed width, which overlap: a call for a few bytes would cost more.
  void set_inline(const char* data, uint32_t n) {
    uint64_t low = 0;   // bytes 0..7
    uint64_t high = 0;  // bytes 8..11
    if (n >= 8) {
      uint64_t last;
      std::memcpy(&low, data, 8);
      std::memcpy(&last, data + n - 8, 8);
      high = last >> (8 * (15 - n)) >> 8;
    } else if (n >= 4) {
      uint32_t first, last;
      std::memcpy(&first, data, 4);
      std::memcpy(&last, data + n - 4, 4);
      low = first | static_cast<uint64_t>(last) << (8 * (n - 4));
    } else if (n > 0) {
      auto byte = [data](uint32_t i) {
        return static_cast<uint64_t>(static_cast<unsigned char>(data[i])) << (8 * i);
      };
      low = byte(0) | byte(n / 2) | byte(n - 1);
    }
    auto prefix = static_cast<uint32_t>(low);
    std::memcpy(prefix_, &prefix, 4);
    tail_.word = low >> 32 | high << 32;
  }

  uint32_t length_;
  char prefix_[4];
  union {
    char rest[8];
    const char* pointer;
    uint64_t word;  // keeps the size at 16 where pointers have 4 bytes
  } tail_;
  static_assert(sizeof(char*) <= 8);
};
static_assert(sizeof(StringRef) == 16);

}  // namespace orrery::types
