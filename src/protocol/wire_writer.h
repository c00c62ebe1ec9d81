// Appends the fields of messages to a string. Stateless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/assert.h"

namespace orrery::protocol {

template <class T>
  requires std::is_integral_v<T>
void append_number(T n, std::string* out) {
  out->append(reinterpret_cast<const char*>(&n), sizeof(T));
}
/// A length and the bytes. Asserts that the length can be written.
inline void append_bytes(std::string_view bytes, std::string* out) {
  ORRERY_ASSERT(bytes.size() <= UINT32_MAX);
  append_number(static_cast<uint32_t>(bytes.size()), out);
  out->append(bytes);
}
/// Adds one to the count at that place.
inline void add_to_count(size_t at, std::string* out) {
  uint32_t n = 0;
  std::memcpy(&n, out->data() + at, sizeof(n));
  ++n;
  std::memcpy(out->data() + at, &n, sizeof(n));
}

}  // namespace orrery::protocol
