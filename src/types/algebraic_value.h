// AlgebraicValue: an owned value of any algebraic type, for code that handles types it learns at
// run time (module definitions, JSON, tests). Tables and queries keep values as BSATN or in vectors
// instead.
//
// A value knows its kind, not its type: product fields and sum variants have no names. Array(U8) is
// held as one string of bytes. Accessors assert the kind. Copies are deep. Thread-safety: as a
// value.
//
// Order: values of one type have a total order. Numbers by value (-0.0 equals 0.0; NaNs equal each
// other and are largest), strings and bytes by bytes, sums by tag then payload, products and arrays
// lexicographically.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "types/algebraic_type.h"
#include "types/wide_int.h"

namespace orrery::types {

class AlgebraicValue {
 public:
  /// Unit.
  AlgebraicValue() : AlgebraicValue(TypeKind::kProduct, std::vector<AlgebraicValue>()) {}

  static AlgebraicValue boolean(uint8_t zero_or_one) {
    return {TypeKind::kBool, uint64_t{zero_or_one}};
  }
  /// `kind` is I8, I16, I32 or I64, and n fits it.
  static AlgebraicValue signed_integer(TypeKind kind, int64_t n) {
    return {kind, static_cast<uint64_t>(n)};
  }
  /// `kind` is U8, U16, U32 or U64, and n fits it.
  static AlgebraicValue unsigned_integer(TypeKind kind, uint64_t n) { return {kind, n}; }
  static AlgebraicValue i128(I128 n) { return {TypeKind::kI128, I256::from(n).bits}; }
  static AlgebraicValue u128(U128 n) { return {TypeKind::kU128, U256::from(n)}; }
  static AlgebraicValue i256(const I256& n) { return {TypeKind::kI256, n.bits}; }
  static AlgebraicValue u256(const U256& n) { return {TypeKind::kU256, n}; }
  static AlgebraicValue f32(float x) { return f32_bits(std::bit_cast<uint32_t>(x)); }
  static AlgebraicValue f64(double x) { return f64_bits(std::bit_cast<uint64_t>(x)); }
  /// Keeps NaN payloads and signalling NaNs, which a float in a register may not.
  static AlgebraicValue f32_bits(uint32_t bits) { return {TypeKind::kF32, uint64_t{bits}}; }
  static AlgebraicValue f64_bits(uint64_t bits) { return {TypeKind::kF64, bits}; }
  static AlgebraicValue string(std::string utf8) { return {TypeKind::kString, std::move(utf8)}; }
  /// Array(U8).
  static AlgebraicValue bytes(std::string bytes) { return {TypeKind::kArray, std::move(bytes)}; }
  static AlgebraicValue array(std::vector<AlgebraicValue> elements);
  static AlgebraicValue product(std::vector<AlgebraicValue> fields) {
    return {TypeKind::kProduct, std::move(fields)};
  }
  static AlgebraicValue sum(uint8_t tag, AlgebraicValue payload);
  static AlgebraicValue some(AlgebraicValue payload) { return sum(0, std::move(payload)); }
  static AlgebraicValue none() { return sum(1, AlgebraicValue()); }

  TypeKind kind() const { return kind_; }
  bool as_bool() const { return word(TypeKind::kBool) != 0; }
  int64_t as_signed() const;     ///< I8..I64
  uint64_t as_unsigned() const;  ///< U8..U64
  I128 as_i128() const { return static_cast<I128>(wide(TypeKind::kI128).low128()); }
  U128 as_u128() const { return wide(TypeKind::kU128).low128(); }
  I256 as_i256() const { return {wide(TypeKind::kI256)}; }
  const U256& as_u256() const { return wide(TypeKind::kU256); }
  uint32_t as_f32_bits() const { return static_cast<uint32_t>(word(TypeKind::kF32)); }
  uint64_t as_f64_bits() const { return word(TypeKind::kF64); }
  float as_f32() const { return std::bit_cast<float>(as_f32_bits()); }
  double as_f64() const { return std::bit_cast<double>(as_f64_bits()); }
  const std::string& as_string() const;
  /// True for an array held as bytes; then elements() must not be called.
  bool is_bytes() const {
    return kind_ == TypeKind::kArray && std::holds_alternative<std::string>(rep_);
  }
  const std::string& as_bytes() const;
  /// Of a product or an array.
  std::span<const AlgebraicValue> elements() const;
  uint8_t tag() const;
  const AlgebraicValue& payload() const;

  /// Any of the integers and Bool: the low bytes, little-endian, sign-extended to 256 bits. For
  /// codecs.
  U256 integer_bits() const;

  /// <0, 0, >0. Values of different kinds are ordered by kind.
  static int compare(const AlgebraicValue& a, const AlgebraicValue& b);
  friend bool operator==(const AlgebraicValue& a, const AlgebraicValue& b) {
    return compare(a, b) == 0;
  }
  /// Equal values have equal hashes. Not stable across versions.
  uint64_t hash() const;

 private:
  using Rep = std::variant<uint64_t, U256, std::string, std::vector<AlgebraicValue>>;
  AlgebraicValue(TypeKind kind, Rep rep) : kind_(kind), rep_(std::move(rep)) {}
  uint64_t word(TypeKind expected) const {
    ORRERY_ASSERT(kind_ == expected);
    return *std::get_if<uint64_t>(&rep_);
  }
  const U256& wide(TypeKind expected) const {
    ORRERY_ASSERT(kind_ == expected);
    return *std::get_if<U256>(&rep_);
  }
  size_t element_count() const;
  static int compare_elements(const AlgebraicValue& a, const AlgebraicValue& b);

  TypeKind kind_;
  uint8_t tag_ = 0;
  Rep rep_;  ///< a sum: one element, the payload
};

/// The order of floats described above: <0, 0, >0.
template <class F>
inline int compare_floats(F a, F b) {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a == b) return 0;
  return static_cast<int>(a != a) - static_cast<int>(b != b);
}
/// One bit pattern for all zeros and one for all NaNs, so that equal floats hash alike.
uint32_t canonical_f32_bits(uint32_t bits);
uint64_t canonical_f64_bits(uint64_t bits);

}  // namespace orrery::types
