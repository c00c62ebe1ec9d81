// Hashing for hash tables in memory. Not stable across versions: never written to disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace orrery {

/// Mixes 64 bits (the finaliser of MurmurHash3).
inline uint64_t hash_u64(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  x ^= x >> 33;
  return x;
}
inline uint64_t hash_combine(uint64_t a, uint64_t b) {
  return hash_u64(a * 0x9e3779b97f4a7c15ULL + b);
}
inline uint64_t hash_bytes(std::string_view s) {
  uint64_t h = 0x9e3779b97f4a7c15ULL ^ (s.size() * 0xff51afd7ed558ccdULL);
  const char* p = s.data();
  size_t n = s.size();
  auto mix = [&h](uint64_t w) {
    h = (h ^ w) * 0x9fb21c651e98df25ULL;
    h ^= h >> 32;
  };
  uint64_t w;
  for (; n > 8; n -= 8, p += 8) {
    std::memcpy(&w, p, 8);
    mix(w);
  }
  // The last 1 to 8 bytes with loads of fixed width, which may overlap what was mixed before.
  if (s.size() >= 8) {
    std::memcpy(&w, p + n - 8, 8);
    mix(w);
  } else if (n >= 4) {
    uint32_t first, last;
    std::memcpy(&first, p, 4);
    std::memcpy(&last, p + n - 4, 4);
    mix(first | static_cast<uint64_t>(last) << 32);
  } else if (n > 0) {
    auto byte = [p](size_t i) { return static_cast<uint64_t>(static_cast<unsigned char>(p[i])); };
    mix(byte(0) | byte(n / 2) << 8 | byte(n - 1) << 16);
  }
  return hash_u64(h);
}

}  // namespace orrery
