// Finding a run of bytes in another: for the short texts of table cells, where a library call costs
// more than the search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace orrery::types {

namespace byte_search {

/// Eight places at once: bit 8i + 7 is set where place i may be a hit, that is where the first and
/// the last byte of the needle fit (above a hit there may be false ones).
struct Eight {
  static constexpr ptrdiff_t kPlaces = 8;
  static constexpr int kShift = 3;
  static constexpr bool kExact = false;
  static uint64_t hits(const char* p, std::string_view needle) {
    constexpr uint64_t kOnes = 0x0101010101010101ULL;
    uint64_t a, b;
    std::memcpy(&a, p, 8);
    std::memcpy(&b, p + needle.size() - 1, 8);
    uint64_t differ = (a ^ (kOnes * static_cast<uint8_t>(needle.front()))) |
                      (b ^ (kOnes * static_cast<uint8_t>(needle.back())));
    return (differ - kOnes) & ~differ & (kOnes << 7);
  }
};

#if defined(__SSE2__)
/// Sixteen places: bit i is set where both bytes fit.
struct Sixteen {
  static constexpr ptrdiff_t kPlaces = 16;
  static constexpr int kShift = 0;
  static constexpr bool kExact = true;
  static uint64_t hits(const char* p, std::string_view needle) {
    __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + needle.size() - 1));
    __m128i both = _mm_and_si128(_mm_cmpeq_epi8(a, _mm_set1_epi8(needle.front())),
                                 _mm_cmpeq_epi8(b, _mm_set1_epi8(needle.back())));
    return static_cast<uint32_t>(_mm_movemask_epi8(both));
  }
};
#endif

/// `last` is the last place where the needle (two bytes or more) fits in; there are kPlaces at
/// least.
template <class Step>
inline const char* find(const char* p, const char* last, std::string_view needle) {
  while (true) {
    for (uint64_t hits = Step::hits(p, needle); hits != 0; hits &= hits - 1) {
      const char* at = p + (__builtin_ctzll(hits) >> Step::kShift);
      if (Step::kExact && needle.size() == 2) return at;
      if (std::memcmp(at, needle.data(), needle.size()) == 0) return at;
    }
    if (last - p < Step::kPlaces) return nullptr;
    p += Step::kPlaces;
    if (last - p < Step::kPlaces - 1) p = last - (Step::kPlaces - 1);  // over places seen before
  }
}

}  // namespace byte_search

/// Position of `needle` in `text` at or after `from`, or npos. Needs from <= text.size().
inline size_t find_bytes(std::string_view text, std::string_view needle, size_t from = 0) {
  const size_t n = needle.size();
  if (n == 0) return from;
  if (text.size() < from + n) return std::string_view::npos;
  const char* p = text.data() + from;
  const char* const last = text.data() + text.size() - n;
  const char* hit = nullptr;
  if (n == 1) {
    hit = static_cast<const char*>(std::memchr(p, needle[0], static_cast<size_t>(last - p) + 1));
#if defined(__SSE2__)
  } else if (last - p >= byte_search::Sixteen::kPlaces - 1) {
    hit = byte_search::find<byte_search::Sixteen>(p, last, needle);
#endif
  } else if (last - p >= byte_search::Eight::kPlaces - 1) {
    hit = byte_search::find<byte_search::Eight>(p, last, needle);
  } else {
    while (p <= last && (*p != needle[0] || std::memcmp(p, needle.data(), n) != 0)) ++p;
    if (p <= last) hit = p;
  }
  return hit == nullptr ? std::string_view::npos : static_cast<size_t>(hit - text.data());
}

}  // namespace orrery::types
