#include "types/unicode.h"

#include <wctype.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#if !defined(__wasi__)
#include <locale.h>
#endif

#include "base/utf8.h"

namespace orrery::types {
namespace {

// wasi's C library has one locale, with Unicode tables; elsewhere "C.UTF-8" has them and "C" has
// not.
#if defined(__wasi__)
#define ORRERY_WIDE(function, c) function(static_cast<wint_t>(c))
#else
locale_t unicode_locale() {
  static const locale_t locale = [] {
    locale_t l = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (l == nullptr) l = newlocale(LC_CTYPE_MASK, "en_US.UTF-8", nullptr);
    if (l == nullptr) l = newlocale(LC_CTYPE_MASK, "C", nullptr);
    return l;
  }();
  return locale;
}
#define ORRERY_WIDE(function, c) function##_l(static_cast<wint_t>(c), unicode_locale())
#endif

bool is_continuation(char c) {
  return (static_cast<uint8_t>(c) & 0xc0) == 0x80;
}

char upper_ascii(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}
char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

bool is_ascii(std::string_view s) {
  const char* p = s.data();
  size_t n = s.size();
  uint64_t seen = 0;
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t w;
    std::memcpy(&w, p, 8);
    seen |= w;
  }
  for (; n > 0; --n, ++p) seen |= static_cast<uint64_t>(static_cast<uint8_t>(*p));
  return (seen & 0x8080808080808080ULL) == 0;
}

uint32_t decode_utf8(const char* p, const char* end, uint32_t* out) {
  auto b = static_cast<uint8_t>(*p);
  if (b < 0x80) {
    *out = b;
    return 1;
  }
  size_t left = static_cast<size_t>(end - p);
  *out = kInvalidByte + b;
  if (b >= 0xc2 && b <= 0xdf && left >= 2 && is_continuation(p[1])) {
    *out = static_cast<uint32_t>(b & 0x1f) << 6 | (static_cast<uint8_t>(p[1]) & 0x3f);
    return 2;
  }
  if (b >= 0xe0 && b <= 0xef && left >= 3 && is_continuation(p[1]) && is_continuation(p[2])) {
    uint32_t c = static_cast<uint32_t>(b & 0x0f) << 12 |
                 static_cast<uint32_t>(static_cast<uint8_t>(p[1]) & 0x3f) << 6 |
                 (static_cast<uint8_t>(p[2]) & 0x3f);
    if (c < 0x800 || (c >= 0xd800 && c <= 0xdfff)) return 1;
    *out = c;
    return 3;
  }
  if (b >= 0xf0 && b <= 0xf4 && left >= 4 && is_continuation(p[1]) && is_continuation(p[2]) &&
      is_continuation(p[3])) {
    uint32_t c = static_cast<uint32_t>(b & 0x07) << 18 |
                 static_cast<uint32_t>(static_cast<uint8_t>(p[1]) & 0x3f) << 12 |
                 static_cast<uint32_t>(static_cast<uint8_t>(p[2]) & 0x3f) << 6 |
                 (static_cast<uint8_t>(p[3]) & 0x3f);
    if (c < 0x10000 || c > kCodePointMax) return 1;
    *out = c;
    return 4;
  }
  return 1;
}

void append_utf8(uint32_t c, std::string* out) {
  if (c <= kCodePointMax) {
    utf8_append(c, out);
  } else {
    out->push_back(static_cast<char>(c - kInvalidByte));
  }
}

size_t count_characters(std::string_view s) {
  if (is_ascii(s)) return s.size();
  const char* p = s.data();
  const char* end = p + s.size();
  size_t n = 0;
  for (; p < end; ++n) p += utf8_length(p, end);
  return n;
}

size_t offset_of_character(std::string_view s, size_t index) {
  if (index >= s.size()) return s.size();
  const char* p = s.data();
  const char* end = p + s.size();
  for (; index > 0 && p < end; --index) p += utf8_length(p, end);
  return static_cast<size_t>(p - s.data());
}

uint32_t to_upper(uint32_t c) {
  if (c < 0x80) return static_cast<uint32_t>(upper_ascii(static_cast<char>(c)));
  if (c > kCodePointMax) return c;
  return static_cast<uint32_t>(ORRERY_WIDE(towupper, c));
}

uint32_t to_lower(uint32_t c) {
  if (c < 0x80) return static_cast<uint32_t>(lower_ascii(static_cast<char>(c)));
  if (c > kCodePointMax) return c;
  return static_cast<uint32_t>(ORRERY_WIDE(towlower, c));
}

uint32_t fold_case(uint32_t c) {
  if (c < 0x80) return static_cast<uint32_t>(lower_ascii(static_cast<char>(c)));
  // Through the upper case, so that variants which only share it (ς and σ) meet.
  return to_lower(to_upper(c));
}

bool is_letter_or_digit(uint32_t c) {
  return c <= kCodePointMax && (ORRERY_WIDE(iswalnum, c) != 0 || is_digit(c));
}
bool is_letter(uint32_t c) {
  return c <= kCodePointMax && ORRERY_WIDE(iswalpha, c) != 0 && !is_digit(c);
}
bool is_upper_case(uint32_t c) {
  return c <= kCodePointMax && ORRERY_WIDE(iswupper, c) != 0;
}
bool is_lower_case(uint32_t c) {
  return c <= kCodePointMax && ORRERY_WIDE(iswlower, c) != 0;
}
bool is_space(uint32_t c) {
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}
bool is_punctuation(uint32_t c) {
  return c <= kCodePointMax && ORRERY_WIDE(iswpunct, c) != 0;
}

bool is_digit(uint32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  // The zeros of the scripts that have digits of their own; nine digits follow each.
  static constexpr uint32_t kZeros[] = {
      0x0660,  0x06f0,  0x07c0,  0x0966,  0x09e6,  0x0a66,  0x0ae6,  0x0b66,  0x0be6,  0x0c66,
      0x0ce6,  0x0d66,  0x0de6,  0x0e50,  0x0ed0,  0x0f20,  0x1040,  0x1090,  0x17e0,  0x1810,
      0x1946,  0x19d0,  0x1a80,  0x1a90,  0x1b50,  0x1bb0,  0x1c40,  0x1c50,  0xa620,  0xa8d0,
      0xa900,  0xa9d0,  0xa9f0,  0xaa50,  0xabf0,  0xff10,  0x104a0, 0x10d30, 0x11066, 0x110f0,
      0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950,
      0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
      0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e950, 0x1fbf0};
  const uint32_t* above = std::upper_bound(std::begin(kZeros), std::end(kZeros), c);
  return above != std::begin(kZeros) && c - *(above - 1) < 10;
}

void append_upper(std::string_view s, std::string* out) {
  const char* p = s.data();
  const char* end = p + s.size();
  while (p < end) {
    uint32_t c;
    p += decode_utf8(p, end, &c);
    if (c == 0xdf) {
      out->append("SS");
    } else {
      append_utf8(to_upper(c), out);
    }
  }
}

void append_lower(std::string_view s, std::string* out) {
  const char* p = s.data();
  const char* end = p + s.size();
  while (p < end) {
    uint32_t c;
    p += decode_utf8(p, end, &c);
    append_utf8(to_lower(c), out);
  }
}

namespace {

/// Base letters of U+00C0..U+017F; '.' = the character stays.
constexpr std::string_view kLatinBases =
    "AAAAAA.CEEEEIIII.NOOOOO.OUUUUY..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi..JjKk.LlLlLlL"
    "lLlNnNnNn...OoOoOo..RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZz.";
static_assert(kLatinBases.size() == 0x180 - 0xc0);

struct BaseRun {
  uint32_t first, last;
  const char* bases;  ///< one for each, or one for all where it is a single letter
};
/// Letters with marks past U+017F that texts in Latin script use.
constexpr BaseRun kMoreBases[] = {
    {0x1cd, 0x1dc, "AaIiOoUuUuUuUuUu"},
    {0x1de, 0x1e3, "AaAa.."},
    {0x1e6, 0x1ed, "GgKkOoOo"},
    {0x1f0, 0x1f0, "j"},
    {0x1f4, 0x1f5, "Gg"},
    {0x1f8, 0x1fb, "NnAa"},
    {0x200, 0x21b, "AaAaEeEeIiIiOoOoRrRrUuUuSsTt"},
    {0x21e, 0x21f, "Hh"},
    {0x226, 0x233, "AaEeOoOoOoOoYy"},
    {0x1e00, 0x1e99,
     "AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMmMmMmNnNnNnNnOoOoOoOoPp"
     "PpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVvWwWwWwWwWwXxXxYyZzZzZzhtwy"},
    {0x1ea0, 0x1ef9,
     "AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy"},
};

uint32_t without_accent(uint32_t c) {
  if (c < 0xc0 || c > 0x1ef9) return c;
  char base = '.';
  if (c < 0x180) {
    base = kLatinBases[c - 0xc0];
  } else {
    for (const BaseRun& run : kMoreBases) {
      if (c >= run.first && c <= run.last) base = run.bases[c - run.first];
    }
  }
  return base == '.' ? c : static_cast<uint32_t>(base);
}

}  // namespace

void append_without_accents(std::string_view s, std::string* out) {
  const char* p = s.data();
  const char* end = p + s.size();
  while (p < end) {
    uint32_t c;
    p += decode_utf8(p, end, &c);
    if (c < 0x300 || c > 0x36f) append_utf8(without_accent(c), out);
  }
}

}  // namespace orrery::types
