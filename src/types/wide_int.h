// 128- and 256-bit integers: values, order, decimal and hexadecimal text. No arithmetic beyond what
// text needs. Stateless functions and plain values; parsing gives nothing where the text is
// malformed or does not fit.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orrery::types {

using U128 = unsigned __int128;
using I128 = __int128;

/// Least significant limb first; the 32 bytes in memory are the BSATN encoding.
struct U256 {
  uint64_t limbs[4] = {0, 0, 0, 0};

  static U256 from(U128 n) {
    return {{static_cast<uint64_t>(n), static_cast<uint64_t>(n >> 64), 0, 0}};
  }
  U128 low128() const { return (static_cast<U128>(limbs[1]) << 64) | limbs[0]; }
  U128 high128() const { return (static_cast<U128>(limbs[3]) << 64) | limbs[2]; }
  bool is_zero() const { return (limbs[0] | limbs[1] | limbs[2] | limbs[3]) == 0; }
  /// Two's complement.
  U256 negated() const;
  friend bool operator==(const U256&, const U256&) = default;
  friend std::strong_ordering operator<=>(const U256& a, const U256& b) {
    for (int i = 3; i > 0; --i) {
      if (a.limbs[i] != b.limbs[i]) return a.limbs[i] <=> b.limbs[i];
    }
    return a.limbs[0] <=> b.limbs[0];
  }
};

/// Two's complement in the same 32 bytes.
struct I256 {
  U256 bits;

  static I256 from(I128 n);
  bool is_negative() const { return (bits.limbs[3] >> 63) != 0; }
  U256 magnitude() const { return is_negative() ? bits.negated() : bits; }
  friend bool operator==(const I256&, const I256&) = default;
  friend std::strong_ordering operator<=>(const I256& a, const I256& b) {
    if (a.is_negative() != b.is_negative()) return b.is_negative() <=> a.is_negative();
    return a.bits <=> b.bits;
  }
};

std::string to_decimal(const U256& n);
std::string to_decimal(const I256& n);
std::string to_decimal_u128(U128 n);
std::string to_decimal_i128(I128 n);
/// Lowercase, no prefix, no leading zeros ("0" for zero).
std::string to_hex(const U256& n);
/// Lowercase, no prefix, `digits` digits, most significant first (64 for an Identity, 32 for a
/// ConnectionId).
std::string to_hex_padded(const U256& n, uint32_t digits);

/// Digits only, at least one.
std::optional<U256> parse_decimal_u256(std::string_view digits);
/// Digits of either case, at least one, no prefix; leading zeros do not count against the size.
std::optional<U256> parse_hex_u256(std::string_view digits);
std::optional<U128> parse_decimal_u128(std::string_view digits);
/// With an optional leading '-'.
std::optional<I128> parse_decimal_i128(std::string_view text);
std::optional<I256> parse_decimal_i256(std::string_view text);
/// The number with that sign and magnitude, where it fits.
std::optional<I256> signed_from_magnitude(bool negative, const U256& magnitude);

}  // namespace orrery::types
