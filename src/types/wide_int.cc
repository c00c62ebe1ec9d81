#include "types/wide_int.h"

#include <algorithm>

namespace orrery::types {
namespace {

constexpr uint32_t kBillion = 1000000000;

/// Divides in place, returns the remainder.
uint32_t divide(U256* n, uint32_t divisor) {
  uint64_t rest = 0;
  for (int i = 3; i >= 0; --i) {
    uint64_t high = (rest << 32) | (n->limbs[i] >> 32);
    uint64_t low = ((high % divisor) << 32) | (n->limbs[i] & 0xFFFFFFFF);
    n->limbs[i] = ((high / divisor) << 32) | (low / divisor);
    rest = low % divisor;
  }
  return static_cast<uint32_t>(rest);
}

/// n = n * factor + add; false where it does not fit.
bool multiply_add(U256* n, uint64_t factor, uint64_t add) {
  uint64_t carry = add;
  for (uint64_t& limb : n->limbs) {
    U128 product = static_cast<U128>(limb) * factor + carry;
    limb = static_cast<uint64_t>(product);
    carry = static_cast<uint64_t>(product >> 64);
  }
  return carry == 0;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

U256 U256::negated() const {
  U256 out;
  uint64_t carry = 1;
  for (int i = 0; i < 4; ++i) {
    out.limbs[i] = ~limbs[i] + carry;
    carry = (carry != 0 && out.limbs[i] == 0) ? 1 : 0;
  }
  return out;
}

I256 I256::from(I128 n) {
  U256 bits = U256::from(static_cast<U128>(n));
  if (n < 0) bits.limbs[2] = bits.limbs[3] = ~uint64_t{0};
  return {bits};
}

std::string to_decimal(const U256& n) {
  U256 rest = n;
  std::string reversed;
  do {
    uint32_t group = divide(&rest, kBillion);
    for (int i = 0; i < 9; ++i, group /= 10) {
      reversed.push_back(static_cast<char>('0' + group % 10));
    }
  } while (!rest.is_zero());
  while (reversed.size() > 1 && reversed.back() == '0') reversed.pop_back();
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

std::string to_decimal(const I256& n) {
  return (n.is_negative() ? "-" : "") + to_decimal(n.magnitude());
}
std::string to_decimal_u128(U128 n) {
  return to_decimal(U256::from(n));
}
std::string to_decimal_i128(I128 n) {
  return to_decimal(I256::from(n));
}

std::string to_hex_padded(const U256& n, uint32_t digits) {
  std::string out(digits, '0');
  for (uint32_t i = 0; i < digits && i < 64; ++i) {
    out[digits - 1 - i] = "0123456789abcdef"[(n.limbs[i / 16] >> (i % 16 * 4)) & 15];
  }
  return out;
}

std::string to_hex(const U256& n) {
  std::string all = to_hex_padded(n, 64);
  size_t first = all.find_first_not_of('0');
  return first == std::string::npos ? "0" : all.substr(first);
}

std::optional<U256> parse_decimal_u256(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  U256 n;
  for (char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    if (!multiply_add(&n, 10, static_cast<uint64_t>(c - '0'))) return std::nullopt;
  }
  return n;
}

std::optional<U256> parse_hex_u256(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  U256 n;
  for (char c : digits) {
    int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    if (!multiply_add(&n, 16, static_cast<uint64_t>(digit))) return std::nullopt;
  }
  return n;
}

std::optional<U128> parse_decimal_u128(std::string_view digits) {
  std::optional<U256> n = parse_decimal_u256(digits);
  if (!n || n->high128() != 0) return std::nullopt;
  return n->low128();
}

std::optional<I256> signed_from_magnitude(bool negative, const U256& magnitude) {
  I256 n{negative ? magnitude.negated() : magnitude};
  if (!magnitude.is_zero() && n.is_negative() != negative) return std::nullopt;
  return n;
}

std::optional<I256> parse_decimal_i256(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::optional<U256> magnitude = parse_decimal_u256(text);
  if (!magnitude) return std::nullopt;
  return signed_from_magnitude(negative, *magnitude);
}

std::optional<I128> parse_decimal_i128(std::string_view text) {
  std::optional<I256> n = parse_decimal_i256(text);
  if (!n) return std::nullopt;
  auto low = static_cast<I128>(n->bits.low128());
  if (I256::from(low) != *n) return std::nullopt;
  return low;
}

}  // namespace orrery::types
