// Index keys in a form that compares by bytes or as one 64-bit integer.
//
// KeyColumn copies what it needs of a column's layout. Normalised bytes of a key: its columns one
// after the other; a nullable column begins with kKeyValue or kKeyNull (NULLs are last); integers
// and floats big-endian with the sign turned so that bytes order as numbers (-0.0 as 0.0, NaN
// largest); text and bytes in the last column as they are, before it with 0x00 doubled to 00 FF and
// 00 00 at the end; values that SQL has no word for field by field, in the order of their type.
// Equal keys have equal bytes. Stateless.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "storage/row_layout.h"
#include "types/datum.h"

namespace orrery::storage {

inline constexpr char kKeyValue = 1;
inline constexpr char kKeyAfterValues = 2;
inline constexpr char kKeyNull = 3;

struct KeyColumn {
  CellKind kind = CellKind::kI64;
  bool nullable = false;
  uint8_t null_mask = 0;
  bool word_is_u64 = false;  ///< a U64: stored as kFixed, keyed as an integer
  uint32_t offset = 0;
  uint32_t width = 0;
  uint32_t null_byte = 0;
  uint16_t column = 0;
  types::AlgebraicType type;

  KeyColumn(const RowLayout& layout, uint16_t column);
  bool is_null(const uint8_t* image) const {
    return nullable && (image[null_byte] & null_mask) != 0;
  }
  /// Raw bytes whose end has to be marked where another column follows.
  bool is_raw() const {
    return kind == CellKind::kText || kind == CellKind::kBytes || kind == CellKind::kFloats;
  }
};

/// -0.0 and 0.0, and all NaNs, to one integer each; order kept.
int64_t ordered_double(double v);

/// True where the column's keys map to int64_t in order: see int_key().
inline bool has_int_key(const KeyColumn& column) {
  return column.kind <= CellKind::kF64 || column.word_is_u64;
}
/// The key of a cell that is not NULL and lies at `p`.
inline int64_t int_key_at(const KeyColumn& column, const uint8_t* p) {
  auto load = [p]<class T>(T v) {
    std::memcpy(&v, p, sizeof(T));
    return v;
  };
  switch (column.kind) {
    case CellKind::kBool:
    case CellKind::kU8:
      return *p;
    case CellKind::kI8:
      return load(int8_t{});
    case CellKind::kI16:
      return load(int16_t{});
    case CellKind::kU16:
      return load(uint16_t{});
    case CellKind::kI32:
      return load(int32_t{});
    case CellKind::kU32:
      return load(uint32_t{});
    case CellKind::kI64:
    case CellKind::kTimestampMicros:
      return load(int64_t{});
    case CellKind::kF32:
      return ordered_double(load(float{}));
    case CellKind::kF64:
      return ordered_double(load(double{}));
    default:  // word_is_u64
      return static_cast<int64_t>(load(uint64_t{}) ^ (uint64_t{1} << 63));
  }
}
/// The key of a cell that is not NULL.
inline int64_t int_key(const KeyColumn& column, const uint8_t* image) {
  return int_key_at(column, image + column.offset);
}
/// How a bound given as a cell of the column's SQL type lies to the keys: `key` is the largest key
/// <= value and `exact` says whether it equals it; false where all keys are greater.
bool int_key_floor(const KeyColumn& column, const types::Datum& value, int64_t* key, bool* exact);

enum class KeyPlace : uint8_t { kInside, kLast };
/// Appends the column's part of the normalised key (with its tag where nullable).
void append_key(const KeyColumn& column, const uint8_t* image, KeyPlace place, std::string* out);
/// The same from a cell that is not NULL. False where the cell cannot be a value of the column; then
/// `out` is unspecified.
bool append_key(const KeyColumn& column, const types::Datum& value, KeyPlace place,
                std::string* out);
/// Takes a BSATN value from the front of `in` and appends what a key has of it where it is inside of
/// a column: the keys of a product's fields, one after the other, are the product's. False where it is
/// malformed; then `out` is unspecified.
bool append_field_key(const types::AlgebraicType& type, std::string_view* in, std::string* out);
/// The least string greater than every string that starts with `*s`; false where there is none.
bool make_successor(std::string* s);

/// True where both images have equal keys in this column (NULL equals NULL).
bool same_key_cell(const KeyColumn& column, const uint8_t* a, const uint8_t* b);

}  // namespace orrery::storage
