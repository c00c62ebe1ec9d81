// StdbRng: the random numbers of a call. A module has no entropy of its own, so they follow from the call's timestamp: a 64-bit
// Mersenne twister seeded with its microseconds, shared by all contexts of the call.
#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>
#include <vector>

#include "spacetimedb/time.h"

namespace SpacetimeDB {

class StdbRng {
 public:
  /// A generator of its own, apart from the call's.
  explicit StdbRng(Timestamp seed) : StdbRng(static_cast<uint64_t>(seed.micros_since_epoch())) {}
  explicit StdbRng(uint64_t seed);

  uint64_t next_u64() const;
  uint32_t next_u32() const { return static_cast<uint32_t>(next_u64()); }

  /// A number in [min, max] for integers, in [min, max) for floating point.
  template <class T>
  T gen_range(T min, T max) const {
    if constexpr (std::is_floating_point_v<T>) {
      return min + static_cast<T>(unit()) * (max - min);
    } else {
      const uint64_t span = static_cast<uint64_t>(max) - static_cast<uint64_t>(min);
      return static_cast<T>(static_cast<uint64_t>(min) + below_or_equal(span));
    }
  }
  template <class T>
  T gen() const {
    if constexpr (std::is_same_v<T, bool>) {
      return (next_u64() & 1) != 0;
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<T>(unit());
    } else {
      return static_cast<T>(next_u64());
    }
  }
  float gen_float() const { return static_cast<float>(next_u64() >> 40) * 0x1p-24F; }
  double gen_double() const { return unit(); }
  bool gen_bool() const { return gen<bool>(); }
  void fill_bytes(uint8_t* bytes, size_t count) const {
    for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(next_u64());
  }
  void fill_bytes(std::vector<uint8_t>& bytes) const { fill_bytes(bytes.data(), bytes.size()); }
  template <class Iterator>
  void shuffle(Iterator first, Iterator last) const {
    for (auto left = last - first; left > 1; --left) {
      std::iter_swap(first + (left - 1), first + static_cast<decltype(left)>(below_or_equal(static_cast<uint64_t>(left - 1))));
    }
  }
  /// One of the elements; the container must not be empty.
  template <class Container>
  decltype(auto) sample(const Container& container) const {
    return container[static_cast<size_t>(below_or_equal(container.size() - 1))];
  }

 private:
  /// A number in [0, last] without bias.
  uint64_t below_or_equal(uint64_t last) const;
  /// A number in [0, 1).
  double unit() const { return static_cast<double>(next_u64() >> 11) * 0x1p-53; }

  mutable uint64_t state_[312];
  mutable uint32_t position_;
};

}  // namespace SpacetimeDB
