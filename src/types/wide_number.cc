#include "types/wide_number.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/hash.h"
#include "types/compare.h"

namespace orrery::types {
namespace {

bool is_signed_wide(TypeId type) { return type == TypeId::kI128 || type == TypeId::kI256; }

bool add_limbs(const U256& a, const U256& b, U256* out) {
  U128 carry = 0;
  for (int i = 0; i < 4; ++i) {
    carry += static_cast<U128>(a.limbs[i]) + b.limbs[i];
    out->limbs[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
  return carry == 0;
}

/// a - b of a >= b.
U256 subtract_limbs(const U256& a, const U256& b) {
  U256 out;
  uint64_t borrow = 0;
  for (int i = 0; i < 4; ++i) {
    const U128 taken = static_cast<U128>(b.limbs[i]) + borrow;
    out.limbs[i] = a.limbs[i] - static_cast<uint64_t>(taken);
    borrow = taken > a.limbs[i] ? 1 : 0;
  }
  return out;
}

bool multiply_limbs(const U256& a, const U256& b, U256* out) {
  uint64_t product[8] = {};
  for (int i = 0; i < 4; ++i) {
    U128 carry = 0;
    for (int k = 0; k < 4; ++k) {
      carry += static_cast<U128>(a.limbs[i]) * b.limbs[k] + product[i + k];
      product[i + k] = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    product[i + 4] = static_cast<uint64_t>(carry);
  }
  std::memcpy(out->limbs, product, sizeof(out->limbs));
  return (product[4] | product[5] | product[6] | product[7]) == 0;
}

U256 divide_by_limb(const U256& a, uint64_t b, U256* rest) {
  U256 out;
  U128 left = 0;
  for (int i = 3; i >= 0; --i) {
    left = left << 64 | a.limbs[i];
    out.limbs[i] = static_cast<uint64_t>(left / b);
    left %= b;
  }
  *rest = U256::from(left);
  return out;
}

int bit_length(const U256& n) {
  for (int i = 3; i >= 0; --i) {
    if (n.limbs[i] != 0) return 64 * i + 64 - __builtin_clzll(n.limbs[i]);
  }
  return 0;
}

U256 shifted_left(const U256& n, int bits) {
  U256 out;
  const int limbs = bits / 64, rest = bits % 64;
  for (int i = 3; i >= limbs; --i) {
    out.limbs[i] = n.limbs[i - limbs] << rest;
    if (rest != 0 && i > limbs) out.limbs[i] |= n.limbs[i - limbs - 1] >> (64 - rest);
  }
  return out;
}

U256 halved(const U256& n) {
  U256 out;
  for (int i = 0; i < 4; ++i) {
    out.limbs[i] = n.limbs[i] >> 1 | (i < 3 ? n.limbs[i + 1] << 63 : 0);
  }
  return out;
}

U256 divide_limbs(const U256& a, const U256& b, U256* rest) {
  if ((b.limbs[1] | b.limbs[2] | b.limbs[3]) == 0) return divide_by_limb(a, b.limbs[0], rest);
  U256 out;
  *rest = a;
  if (a < b) return out;
  int shift = bit_length(a) - bit_length(b);
  U256 part = shifted_left(b, shift);
  for (; shift >= 0; --shift, part = halved(part)) {
    if (*rest < part) continue;
    *rest = subtract_limbs(*rest, part);
    out.limbs[shift / 64] |= uint64_t{1} << (shift % 64);
  }
  return out;
}

uint64_t u64_of(const Datum& cell) {
  uint64_t n = 0;
  std::memcpy(&n, cell.view().data(), sizeof(n));
  return n;
}

int sign(std::strong_ordering order) { return order < 0 ? -1 : (order > 0 ? 1 : 0); }

int compare_with_float(const WideNumber& a, double b) {
  if (b != b) return -1;
  const std::optional<WideNumber> whole = wide_from_double(b);
  if (!whole) return b > 0 ? -1 : 1;
  if (a != *whole) return sign(a <=> *whole);
  const double fraction = b - std::trunc(b);
  return fraction > 0 ? -1 : (fraction < 0 ? 1 : 0);
}

}  // namespace

WideNumber WideNumber::of(int64_t n) {
  const auto bits = static_cast<uint64_t>(n);
  return {n < 0, U256::from(n < 0 ? uint64_t{0} - bits : bits)};
}

WideNumber WideNumber::make(bool negative, const U256& magnitude) {
  return {negative && !magnitude.is_zero(), magnitude};
}

uint32_t wide_bytes(TypeId wide) {
  switch (wide) {
    case TypeId::kU64:
      return 8;
    case TypeId::kU128:
    case TypeId::kI128:
      return 16;
    default:
      return 32;
  }
}

WideNumber wide_number(TypeId wide, std::string_view bytes) {
  U256 bits;
  const size_t size = std::min<size_t>(bytes.size(), sizeof(bits));
  std::memcpy(bits.limbs, bytes.data(), size);
  const bool negative =
      is_signed_wide(wide) && size != 0 && (static_cast<uint8_t>(bytes[size - 1]) & 0x80) != 0;
  if (!negative) return {false, bits};
  std::memset(reinterpret_cast<char*>(bits.limbs) + size, 0xFF, sizeof(bits) - size);
  return {true, bits.negated()};
}

WideNumber wide_number(const Datum& cell) {
  return is_wide(cell.type()) ? wide_number(cell.type(), cell.view())
                              : WideNumber::of(cell.as_int64());
}

bool store_wide(const WideNumber& n, TypeId wide, char* bytes) {
  const size_t size = wide_bytes(wide);
  if (n.negative && !is_signed_wide(wide)) return false;
  const U256 bits = n.negative ? n.magnitude.negated() : n.magnitude;
  const auto* all = reinterpret_cast<const uint8_t*>(bits.limbs);
  const uint8_t filler = n.negative ? 0xFF : 0;
  for (size_t i = size; i < sizeof(bits); ++i) {
    if (all[i] != filler) return false;
  }
  if (is_signed_wide(wide) && ((all[size - 1] & 0x80) != 0) != n.negative) return false;
  std::memcpy(bytes, bits.limbs, size);
  return true;
}

std::optional<int64_t> to_int64(const WideNumber& n) {
  if ((n.magnitude.limbs[1] | n.magnitude.limbs[2] | n.magnitude.limbs[3]) != 0) return {};
  const uint64_t low = n.magnitude.limbs[0];
  if (low > uint64_t{INT64_MAX} + (n.negative ? 1 : 0)) return {};
  return static_cast<int64_t>(n.negative ? uint64_t{0} - low : low);
}

std::optional<Datum> wide_datum(const WideNumber& n, TypeId whole, Arena& arena) {
  if (whole == TypeId::kInteger) {
    const std::optional<int64_t> small = to_int64(n);
    if (!small) return std::nullopt;
    return Datum::integer(*small);
  }
  char bytes[sizeof(U256)];
  if (!store_wide(n, whole, bytes)) return std::nullopt;
  std::string_view cell(bytes, wide_bytes(whole));
  if (cell.size() > StringRef::kInlineBytes) cell = arena.copy(cell);
  return Datum::string(whole, StringRef(cell));
}

std::optional<WideNumber> add(const WideNumber& a, const WideNumber& b) {
  if (a.negative != b.negative) {
    if (a.magnitude < b.magnitude) {
      return WideNumber::make(b.negative, subtract_limbs(b.magnitude, a.magnitude));
    }
    return WideNumber::make(a.negative, subtract_limbs(a.magnitude, b.magnitude));
  }
  U256 sum;
  if (!add_limbs(a.magnitude, b.magnitude, &sum)) return std::nullopt;
  return WideNumber::make(a.negative, sum);
}

std::optional<WideNumber> subtract(const WideNumber& a, const WideNumber& b) {
  return add(a, WideNumber::make(!b.negative, b.magnitude));
}

std::optional<WideNumber> multiply(const WideNumber& a, const WideNumber& b) {
  U256 product;
  if (!multiply_limbs(a.magnitude, b.magnitude, &product)) return std::nullopt;
  return WideNumber::make(a.negative != b.negative, product);
}

WideNumber divide(const WideNumber& a, const WideNumber& b, WideNumber* remainder) {
  U256 rest;
  const U256 quotient = divide_limbs(a.magnitude, b.magnitude, &rest);
  *remainder = WideNumber::make(a.negative, rest);
  return WideNumber::make(a.negative != b.negative, quotient);
}

double to_double(const WideNumber& n) {
  const int bits = bit_length(n.magnitude);
  double out;
  if (bits <= 64) {
    out = static_cast<double>(n.magnitude.limbs[0]);
  } else {
    // 64 leading bits, the last of them set where any bit below is: rounds as the whole would.
    U256 top = n.magnitude;
    bool below = false;
    for (int i = bits; i > 64; --i) {
      below = below || (top.limbs[0] & 1) != 0;
      top = halved(top);
    }
    out = std::ldexp(static_cast<double>(top.limbs[0] | (below ? 1 : 0)), bits - 64);
  }
  return n.negative ? -out : out;
}

std::optional<WideNumber> wide_from_double(double v) {
  if (!(std::abs(v) < 0x1p256)) return std::nullopt;
  int exponent = 0;
  const double whole = std::trunc(std::abs(v));
  const double fraction = std::frexp(whole, &exponent);
  if (exponent <= 64) return WideNumber::make(v < 0, U256::from(static_cast<uint64_t>(whole)));
  const auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 64));
  return WideNumber::make(v < 0, shifted_left(U256::from(mantissa), exponent - 64));
}

std::optional<WideNumber> parse_wide(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const std::optional<U256> magnitude =
      hexadecimal ? parse_hex_u256(text.substr(2)) : parse_decimal_u256(text);
  if (!magnitude) return std::nullopt;
  return WideNumber::make(negative, *magnitude);
}

std::string to_decimal(const WideNumber& n) {
  return (n.negative ? "-" : "") + to_decimal(n.magnitude);
}

int compare_wide(const Datum& a, const Datum& b) {
  if (a.type() == TypeId::kU64 && b.type() == TypeId::kU64) {
    const uint64_t x = u64_of(a), y = u64_of(b);
    return x < y ? -1 : (x > y ? 1 : 0);
  }
  if (a.type() == TypeId::kFloat) return -compare_with_float(wide_number(b), a.as_double());
  if (b.type() == TypeId::kFloat) return compare_with_float(wide_number(a), b.as_double());
  return sign(wide_number(a) <=> wide_number(b));
}

uint64_t hash_wide(const Datum& cell) {
  const WideNumber n = wide_number(cell);
  if (const std::optional<int64_t> small = to_int64(n)) return hash_int64(*small);
  // A FLOAT may be the same number.
  const double v = to_double(n);
  const std::optional<WideNumber> back = wide_from_double(v);
  if (back && *back == n) return hash_double(v);
  uint64_t hash = n.negative ? 1 : 0;
  for (uint64_t limb : n.magnitude.limbs) hash = hash_combine(hash, hash_u64(limb));
  return hash;
}

TypeId joint_arithmetic_type(TypeId a, TypeId b) {
  if (a == TypeId::kInteger) return b;
  if (b == TypeId::kInteger) return a;
  if (wide_bytes(a) != wide_bytes(b)) return wide_bytes(a) > wide_bytes(b) ? a : b;
  return is_signed_wide(a) ? a : b;
}

TypeId joint_whole_type(TypeId a, TypeId b) {
  if (a == b) return a;
  const bool has_sign = a == TypeId::kInteger || b == TypeId::kInteger || is_signed_wide(a) ||
                        is_signed_wide(b);
  auto bits = [has_sign](TypeId type) -> uint32_t {
    if (type == TypeId::kInteger) return 64;
    const uint32_t own = wide_bytes(type) * 8;
    return has_sign && !is_signed_wide(type) ? own + 1 : own;
  };
  const uint32_t wanted = std::max(bits(a), bits(b));
  if (wanted > 256) return TypeId::kAny;
  if (has_sign) return wanted <= 128 ? TypeId::kI128 : TypeId::kI256;
  return wanted <= 128 ? TypeId::kU128 : TypeId::kU256;
}

TypeId sum_type(TypeId wide) {
  switch (wide) {
    case TypeId::kU64:
      return TypeId::kU128;
    case TypeId::kU128:
      return TypeId::kU256;
    case TypeId::kI128:
      return TypeId::kI256;
    default:
      return wide;
  }
}

}  // namespace orrery::types
