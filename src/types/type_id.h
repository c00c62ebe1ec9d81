// TypeId: the SQL view of a column's or expression's type, and how its cells lie in a Vector.
//
// Every SQL type is a named form of an algebraic type (types/algebraic_type.h); sql_type_of() there maps one to the
// other. The first eight numbers are the type codes of the C ABI. Integers of 8 to 64 bits (but U64) of the algebraic
// types read as INTEGER, F32 as FLOAT. Whole numbers that INTEGER does not hold (U64, 128 and 256 bits) have types of
// their own, whose cells are their BSATN bytes and which count, compare and order as numbers (types/wide_number.h).
// Types that SQL has no word for (sums, products, arrays) are kAlgebraic: BSATN bytes that SQL can compare, order, hash
// and print.
#pragma once

#include <cstdint>
#include <string_view>

namespace orrery::types {

enum class TypeId : uint8_t {
  kNull = 0,       ///< only NULL
  kInteger = 1,    ///< int64_t
  kFloat = 2,      ///< double
  kText = 3,       ///< StringRef, UTF-8
  kBoolean = 4,    ///< uint8_t, 0 or 1
  kTimestamp = 5,  ///< int64_t nanoseconds since 1970-01-01 UTC
  kJson = 6,       ///< StringRef, JSON text as it was stored
  kVector = 7,     ///< StringRef, packed little-endian f32
  kBlob = 8,       ///< StringRef, bytes
  kUuid = 9,       ///< StringRef, 16 bytes, most significant first
  kAlgebraic = 10, ///< StringRef, BSATN bytes
  kAny = 11,       ///< Datum: cells of one column differ in type (only inside queries, never stored)
  kU64 = 12,       ///< StringRef, 8 bytes, least significant first
  kU128 = 13,      ///< StringRef, 16 bytes
  kI128 = 14,      ///< StringRef, 16 bytes, two's complement
  kU256 = 15,      ///< StringRef, 32 bytes
  kI256 = 16,      ///< StringRef, 32 bytes, two's complement
};
inline constexpr uint8_t kTypeIdCount = 17;

constexpr bool is_wide(TypeId type) { return type >= TypeId::kU64; }
constexpr bool is_whole(TypeId type) { return type == TypeId::kInteger || is_wide(type); }
constexpr bool is_number(TypeId type) { return is_whole(type) || type == TypeId::kFloat; }
/// SQL's own dialect has no name for it.
constexpr bool is_beyond_sql(TypeId type) { return type == TypeId::kAlgebraic || is_wide(type); }

/// How the cells of a type lie in memory.
enum class Layout : uint8_t { kInt64, kDouble, kBool, kString, kDatum };

constexpr Layout layout_of(TypeId type) {
  switch (type) {
    case TypeId::kInteger:
    case TypeId::kTimestamp:
    case TypeId::kNull:
      return Layout::kInt64;
    case TypeId::kFloat:
      return Layout::kDouble;
    case TypeId::kBoolean:
      return Layout::kBool;
    case TypeId::kText:
    case TypeId::kJson:
    case TypeId::kVector:
    case TypeId::kBlob:
    case TypeId::kUuid:
    case TypeId::kAlgebraic:
    case TypeId::kU64:
    case TypeId::kU128:
    case TypeId::kI128:
    case TypeId::kU256:
    case TypeId::kI256:
      return Layout::kString;
    case TypeId::kAny:
      return Layout::kDatum;
  }
  return Layout::kInt64;
}

/// Bytes of one cell in a Vector: 8, 8, 1, 16 or 24.
constexpr uint32_t cell_width(Layout layout) {
  switch (layout) {
    case Layout::kInt64:
    case Layout::kDouble:
      return 8;
    case Layout::kBool:
      return 1;
    case Layout::kString:
      return 16;
    case Layout::kDatum:
      return 24;
  }
  return 8;
}

/// "INTEGER", "FLOAT", ... as TYPEOF prints them.
std::string_view type_name(TypeId type);
/// "Integer", "Float", ... as SHOW and DESCRIBE print them, and as error messages name them.
std::string_view type_display_name(TypeId type);

}  // namespace orrery::types
