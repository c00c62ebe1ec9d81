// u128, i128, u256, i256: integers wider than the language has. They are carried, compared and printed; arithmetic is left to
// the application. In memory they are little-endian words, which is also their encoding.
#pragma once

#include <array>
#include <compare>
#include <string>

#include "spacetimedb/bsatn.h"

namespace SpacetimeDB {

struct u128 {
  uint64_t low = 0;
  uint64_t high = 0;

  constexpr u128() = default;
  constexpr u128(uint64_t value) : low(value) {}
  constexpr u128(uint64_t high_word, uint64_t low_word) : low(low_word), high(high_word) {}
  static constexpr u128 from_u64(uint64_t high_word, uint64_t low_word) { return {high_word, low_word}; }

  constexpr bool operator==(const u128&) const = default;
  constexpr std::strong_ordering operator<=>(const u128& other) const {
    return high != other.high ? high <=> other.high : low <=> other.low;
  }
  std::string to_string() const;
};

struct i128 {
  uint64_t low = 0;
  int64_t high = 0;

  constexpr i128() = default;
  constexpr i128(int64_t value) : low(static_cast<uint64_t>(value)), high(value < 0 ? -1 : 0) {}
  constexpr i128(int64_t high_word, uint64_t low_word) : low(low_word), high(high_word) {}
  static constexpr i128 from_i64(int64_t high_word, uint64_t low_word) { return {high_word, low_word}; }

  constexpr bool operator==(const i128&) const = default;
  constexpr std::strong_ordering operator<=>(const i128& other) const {
    return high != other.high ? high <=> other.high : low <=> other.low;
  }
  std::string to_string() const;
};

namespace detail {

/// The bytes of a 256-bit integer, least significant first.
struct Bytes256 {
  std::array<uint8_t, 32> data{};

  constexpr Bytes256() = default;
  explicit Bytes256(const uint8_t* bytes) { __builtin_memcpy(data.data(), bytes, 32); }
  constexpr Bytes256(uint64_t word3, uint64_t word2, uint64_t word1, uint64_t word0) {
    const uint64_t words[4] = {word0, word1, word2, word3};
    for (size_t i = 0; i < 32; ++i) data[i] = static_cast<uint8_t>(words[i / 8] >> (i % 8 * 8));
  }
  /// Compares as unsigned numbers: below zero, zero, above zero.
  constexpr int compare(const Bytes256& other) const {
    for (size_t i = 32; i-- > 0;) {
      if (data[i] != other.data[i]) return data[i] < other.data[i] ? -1 : 1;
    }
    return 0;
  }
};

}  // namespace detail

struct u256 : detail::Bytes256 {
  using detail::Bytes256::Bytes256;
  constexpr bool operator==(const u256& other) const { return data == other.data; }
  constexpr std::strong_ordering operator<=>(const u256& other) const { return compare(other) <=> 0; }
  std::string to_string() const;
};

struct i256 : detail::Bytes256 {
  using detail::Bytes256::Bytes256;
  constexpr bool operator==(const i256& other) const { return data == other.data; }
  constexpr std::strong_ordering operator<=>(const i256& other) const {
    const bool negative = (data[31] & 0x80) != 0;
    const bool other_negative = (other.data[31] & 0x80) != 0;
    if (negative != other_negative) return other_negative <=> negative;
    return compare(other) <=> 0;
  }
  std::string to_string() const;
};

using U128 = u128;
using I128 = i128;
using U256 = u256;
using I256 = i256;

namespace bsatn {
template <> struct bsatn_traits<u128> : detail::ScalarTraits<u128, detail::TypeKind::kU128> {};
template <> struct bsatn_traits<i128> : detail::ScalarTraits<i128, detail::TypeKind::kI128> {};
template <> struct bsatn_traits<u256> : detail::ScalarTraits<u256, detail::TypeKind::kU256> {};
template <> struct bsatn_traits<i256> : detail::ScalarTraits<i256, detail::TypeKind::kI256> {};
}  // namespace bsatn
}  // namespace SpacetimeDB
