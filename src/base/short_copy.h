// copy_short(): memcpy for lengths that only the program's run tells and that are mostly small.
//
// Up to 32 bytes are two moves that may overlap each other; beyond that, and below four, it is
// memcpy. The two places must not overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace orrery {

namespace short_copy {
/// Copies n bytes, sizeof(Word) to twice that.
template <class Word>
inline void ends(uint8_t* to, const uint8_t* from, size_t n) {
  Word head, tail;
  std::memcpy(&head, from, sizeof(Word));
  std::memcpy(&tail, from + n - sizeof(Word), sizeof(Word));
  std::memcpy(to, &head, sizeof(Word));
  std::memcpy(to + n - sizeof(Word), &tail, sizeof(Word));
}
struct Words {
  uint64_t words[2];
};
}  // namespace short_copy

inline void copy_short(void* to, const void* from, size_t n) {
  auto* const t = static_cast<uint8_t*>(to);
  const auto* const f = static_cast<const uint8_t*>(from);
  if (n >= 8 && n <= 16) {
    short_copy::ends<uint64_t>(t, f, n);
  } else if (n > 16 && n <= 32) {
    short_copy::ends<short_copy::Words>(t, f, n);
  } else if (n >= 4 && n < 8) {
    short_copy::ends<uint32_t>(t, f, n);
  } else if (n != 0) {
    std::memcpy(to, from, n);
  }
}

}  // namespace orrery
