// Finding a run of bytes in another: for the short texts of table cells, where a library call costs
// more than the search.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace orrery::types {

/// Position of `needle` in `text` at or after `from`, or npos. Needs from <= text.size().
inline size_t find_bytes(std::string_view text, std::string_view needle, size_t from = 0) {
  const size_t n = needle.size();
  if (n == 0) return from;
  if (text.size() < from + n) return std::string_view::npos;
  const char* const begin = text.data();
  const char* p = begin + from;
  const char* const last = begin + text.size() - n;  // the last place where it can start
  if (n == 1) {
    auto* hit =
        static_cast<const char*>(std::memchr(p, needle[0], static_cast<size_t>(last - p) + 1));
    return hit == nullptr ? std::string_view::npos : static_cast<size_t>(hit - begin);
  }
  // Eight places at once: where the first and the last byte of the needle both fit.
  constexpr uint64_t kOnes = 0x0101010101010101ULL;
  constexpr uint64_t kHighs = 0x8080808080808080ULL;
  const uint64_t first_byte = kOnes * static_cast<uint8_t>(needle[0]);
  const uint64_t last_byte = kOnes * static_cast<uint8_t>(needle[n - 1]);
  for (; last - p >= 7; p += 8) {
    uint64_t a, b;
    std::memcpy(&a, p, 8);
    std::memcpy(&b, p + n - 1, 8);
    uint64_t differ = (a ^ first_byte) | (b ^ last_byte);
    uint64_t zeros = (differ - kOnes) & ~differ & kHighs;
    while (zeros != 0) {
      const char* at = p + (__builtin_ctzll(zeros) >> 3);
      if (std::memcmp(at, needle.data(), n) == 0) return static_cast<size_t>(at - begin);
      zeros &= zeros - 1;
    }
  }
  for (; p <= last; ++p) {
    if (*p == needle[0] && std::memcmp(p, needle.data(), n) == 0) {
      return static_cast<size_t>(p - begin);
    }
  }
  return std::string_view::npos;
}

}  // namespace orrery::types
