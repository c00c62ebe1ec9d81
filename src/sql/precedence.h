// How strongly operators bind, low to high: shared by the parser and the printer, which must agree.
#pragma once

#include <cstdint>

#include "sql/ast_expr.h"

namespace orrery::sql::precedence {

inline constexpr uint8_t kLowest = 0;
inline constexpr uint8_t kOr = 2;  ///< OR, XOR
inline constexpr uint8_t kAnd = 3;
inline constexpr uint8_t kNot = 4;
inline constexpr uint8_t kEquality = 5;  ///< = <> IS LIKE IN BETWEEN
inline constexpr uint8_t kOrder = 6;     ///< < > <= >= <=>
inline constexpr uint8_t kBitOr = 7;
inline constexpr uint8_t kBitXor = 8;
inline constexpr uint8_t kBitAnd = 9;
inline constexpr uint8_t kShift = 10;
inline constexpr uint8_t kSum = 11;  ///< + - ||
inline constexpr uint8_t kProduct = 12;
inline constexpr uint8_t kPrefix = 13;
inline constexpr uint8_t kArrow = 14;
inline constexpr uint8_t kPrimary = 15;

constexpr uint8_t of(BinaryOp op) {
  switch (op) {
    case BinaryOp::kXor:
      return kOr;
    case BinaryOp::kEqual:
    case BinaryOp::kNotEqual:
    case BinaryOp::kIsDistinct:
    case BinaryOp::kIsNotDistinct:
      return kEquality;
    case BinaryOp::kLess:
    case BinaryOp::kLessEqual:
    case BinaryOp::kGreater:
    case BinaryOp::kGreaterEqual:
    case BinaryOp::kDistance:
      return kOrder;
    case BinaryOp::kBitOr:
      return kBitOr;
    case BinaryOp::kBitXor:
      return kBitXor;
    case BinaryOp::kBitAnd:
      return kBitAnd;
    case BinaryOp::kShiftLeft:
    case BinaryOp::kShiftRight:
      return kShift;
    case BinaryOp::kAdd:
    case BinaryOp::kSubtract:
    case BinaryOp::kConcat:
      return kSum;
    case BinaryOp::kMultiply:
    case BinaryOp::kDivide:
    case BinaryOp::kModulo:
      return kProduct;
    case BinaryOp::kJsonGet:
    case BinaryOp::kJsonText:
      return kArrow;
  }
  return kLowest;
}

}  // namespace orrery::sql::precedence
