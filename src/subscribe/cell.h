// Comparing encoded values where they lie: what a predicate does to BSATN rows.
//
// A cell is a pointer to the BSATN of one value of a comparable type (subscribe/literal.h), length
// prefix included. Floats are in total order (-0.0 equals 0.0, NaN equals NaN and is greater than
// all else), strings and bytes in the order of their bytes. The caller has checked that the cell
// lies inside its row (RowShape does). Stateless.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "subscribe/dialect.h"
#include "types/algebraic_type.h"
#include "types/wide_int.h"

namespace orrery::subscribe {

enum class CellType : uint8_t {
  kU8,  ///< Bool too
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kU64,
  kI64,
  kU128,
  kI128,
  kU256,
  kI256,
  kF32,
  kF64,
  kBytes,  ///< u32 length and bytes
};

/// Of a comparable type.
CellType cell_type_of(const types::AlgebraicType& type);
/// True where equal values have equal encodings, so that they can be looked up by their bytes.
inline bool is_bytewise(CellType type) {
  return type != CellType::kF32 && type != CellType::kF64;
}

template <class T>
T load_cell(const char* p) {
  T value;
  std::memcpy(&value, p, sizeof(value));
  return value;
}
/// The whole encoding of the cell.
std::string_view cell_bytes(CellType type, const char* p);
/// <0, 0, >0
int compare_cells(CellType type, const char* a, const char* b);

inline bool holds(CompareOp op, int order) {
  switch (op) {
    case CompareOp::kEqual:
      return order == 0;
    case CompareOp::kNotEqual:
      return order != 0;
    case CompareOp::kLess:
      return order < 0;
    case CompareOp::kLessEqual:
      return order <= 0;
    case CompareOp::kGreater:
      return order > 0;
    case CompareOp::kGreaterEqual:
      return order >= 0;
  }
  return false;
}

}  // namespace orrery::subscribe
