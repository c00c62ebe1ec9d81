// Characters of UTF-8 text, and their case (base/utf8.h says whether text is UTF-8). Bytes that are
// not UTF-8 are kept as they are and count one character each; nothing here fails or reads past the
// end. Case mapping is one character to one (but ß becomes SS), by the C library's tables in a
// locale of our own, so the program's locale does not matter. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::types {

inline constexpr uint32_t kCodePointMax = 0x10ffff;
/// What decode_utf8() gives for a byte that begins no valid character: kInvalidByte + byte.
inline constexpr uint32_t kInvalidByte = 0x110000;

/// True where every byte is below 0x80.
bool is_ascii(std::string_view s);
/// Decodes the character at `p` (p < end) and returns its length in bytes, 1 to 4.
uint32_t decode_utf8(const char* p, const char* end, uint32_t* code_point);
/// Length in bytes of the character at `p`, as decode_utf8() sees it.
inline uint32_t utf8_length(const char* p, const char* end) {
  if (static_cast<signed char>(*p) >= 0) return 1;
  uint32_t ignored;
  return decode_utf8(p, end, &ignored);
}
/// Appends a code point as utf8_append() does, or the byte of a kInvalidByte value.
void append_utf8(uint32_t code_point, std::string* out);
size_t count_characters(std::string_view s);
/// Byte offset of character `index`, or s.size() where there are fewer.
size_t offset_of_character(std::string_view s, size_t index);

uint32_t to_upper(uint32_t code_point);
uint32_t to_lower(uint32_t code_point);
/// One representative of all case variants of a character.
uint32_t fold_case(uint32_t code_point);
bool is_letter_or_digit(uint32_t code_point);  ///< what \w matches, but for '_'
bool is_letter(uint32_t code_point);
bool is_upper_case(uint32_t code_point);
bool is_lower_case(uint32_t code_point);
bool is_space(uint32_t code_point);
bool is_digit(uint32_t code_point);  ///< a decimal digit of any script
bool is_punctuation(uint32_t code_point);

void append_upper(std::string_view s, std::string* out);
void append_lower(std::string_view s, std::string* out);
/// Drops combining marks and takes Latin letters back to their base letters.
void append_without_accents(std::string_view s, std::string* out);

}  // namespace orrery::types
