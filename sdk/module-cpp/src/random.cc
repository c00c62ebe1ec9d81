// The 64-bit Mersenne twister (MT19937-64, Nishimura and Matsumoto), the generator that C++ calls mt19937_64.
#include "spacetimedb/random.h"

namespace SpacetimeDB {
namespace {

constexpr uint32_t kWords = 312;
constexpr uint32_t kMiddle = 156;
constexpr uint64_t kMatrix = 0xB5026F5AA96619E9;
constexpr uint64_t kLowBits = 0x7FFFFFFF;

}  // namespace

StdbRng::StdbRng(uint64_t seed) : position_(kWords) {
  constexpr uint64_t kMultiplier = 6364136223846793005;
  state_[0] = seed;
  for (uint32_t i = 1; i < kWords; ++i) state_[i] = kMultiplier * (state_[i - 1] ^ (state_[i - 1] >> 62)) + i;
}

uint64_t StdbRng::next_u64() const {
  if (position_ == kWords) {
    for (uint32_t i = 0; i < kWords; ++i) {
      const uint64_t bits = (state_[i] & ~kLowBits) | (state_[(i + 1) % kWords] & kLowBits);
      state_[i] = state_[(i + kMiddle) % kWords] ^ (bits >> 1) ^ ((bits & 1) != 0 ? kMatrix : 0);
    }
    position_ = 0;
  }
  uint64_t x = state_[position_++];
  x ^= (x >> 29) & 0x5555555555555555;
  x ^= (x << 17) & 0x71D67FFFEDA60000;
  x ^= (x << 37) & 0xFFF7EEE000000000;
  return x ^ (x >> 43);
}

uint64_t StdbRng::below_or_equal(uint64_t last) const {
  if (last == UINT64_MAX) return next_u64();
  const uint64_t count = last + 1;
  // Numbers above the largest multiple of `count` would favour small remainders.
  const uint64_t limit = UINT64_MAX - (UINT64_MAX % count + 1) % count;
  uint64_t value = next_u64();
  while (value > limit) value = next_u64();
  return value % count;
}

}  // namespace SpacetimeDB
