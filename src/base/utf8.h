// UTF-8 checks. Stateless; safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace orrery {

/// Bytes of the longest valid UTF-8 prefix; equal to bytes.size() where all of it is valid.
/// Overlong forms, surrogates and code points above U+10FFFF are invalid.
size_t utf8_valid_prefix(std::string_view bytes);
inline bool utf8_valid(std::string_view bytes) {
  return utf8_valid_prefix(bytes) == bytes.size();
}
/// Appends a code point; a surrogate or a number above U+10FFFF becomes U+FFFD.
void utf8_append(uint32_t code_point, std::string* out);

}  // namespace orrery
