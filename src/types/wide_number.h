// WideNumber: a whole number of any SQL type (INTEGER, and U64 to I256), for counting and comparing
// across types: sign and magnitude of up to 256 bits. Plain values; arithmetic gives nothing where
// the result does not fit.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "types/datum.h"
#include "types/wide_int.h"

namespace orrery::types {

struct WideNumber {
  bool negative = false;  ///< never for zero
  U256 magnitude;

  static WideNumber of(int64_t n);
  static WideNumber make(bool negative, const U256& magnitude);
  friend bool operator==(const WideNumber&, const WideNumber&) = default;
  friend std::strong_ordering operator<=>(const WideNumber& a, const WideNumber& b) {
    if (a.negative != b.negative) return b.negative <=> a.negative;
    return a.negative ? b.magnitude <=> a.magnitude : a.magnitude <=> b.magnitude;
  }
};

/// Bytes of a cell of a wide type.
uint32_t wide_bytes(TypeId wide);
/// The value of a cell for which is_whole().
WideNumber wide_number(const Datum& cell);
/// Of a wide type, as its cells lie in memory.
WideNumber wide_number(TypeId wide, std::string_view bytes);
/// The bytes of a cell of a wide type; false where the number does not fit.
bool store_wide(const WideNumber& n, TypeId wide, char* bytes);
std::optional<int64_t> to_int64(const WideNumber& n);
/// A cell of a whole type; nothing where the number does not fit.
std::optional<Datum> wide_datum(const WideNumber& n, TypeId whole, Arena& arena);

std::optional<WideNumber> add(const WideNumber& a, const WideNumber& b);
std::optional<WideNumber> subtract(const WideNumber& a, const WideNumber& b);
std::optional<WideNumber> multiply(const WideNumber& a, const WideNumber& b);
/// Toward zero; the remainder has the sign of `a`. `b` is not zero.
WideNumber divide(const WideNumber& a, const WideNumber& b, WideNumber* remainder);

double to_double(const WideNumber& n);
/// Truncates; nothing for what is no number or has more than 256 bits.
std::optional<WideNumber> wide_from_double(double v);
/// Decimal with an optional sign, or 0x and hexadecimal digits; trims blanks.
std::optional<WideNumber> parse_wide(std::string_view text);
std::string to_decimal(const WideNumber& n);

/// <0, 0, >0 of two numbers, at least one of a wide type; exact, NaN is the largest.
int compare_wide(const Datum& a, const Datum& b);
/// Equal numbers have equal hashes, whatever their types are (see hash_datum).
uint64_t hash_wide(const Datum& cell);

/// The type of arithmetic between two types of whole numbers, one of them wide: the wider one, of
/// two that are equally wide the signed one; INTEGER takes the other's type.
TypeId joint_arithmetic_type(TypeId a, TypeId b);
/// The narrowest type that holds every value of both whole types; kAny where none does.
TypeId joint_whole_type(TypeId a, TypeId b);
/// Of SUM: the type of twice the width, of 256 bits the same.
TypeId sum_type(TypeId wide);

}  // namespace orrery::types
