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
    tail_.pointer = nullptr;
    if (length <= kInlineBytes) {
      if (length > 0) std::memcpy(prefix_, data, length <= 4 ? length : 4);
      if (length > 4) std::memcpy(tail_.rest, data + 4, length - 4);
    } else {
      std::memcpy(prefix_, data, 4);
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
    return a.view().compare(b.view());
  }

 private:
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
