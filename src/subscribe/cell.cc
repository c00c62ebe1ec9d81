#include "subscribe/cell.h"

#include <algorithm>

#include "base/assert.h"

namespace orrery::subscribe {
namespace {

using types::TypeKind;

template <class T>
int compare_as(const char* a, const char* b) {
  T x = load_cell<T>(a), y = load_cell<T>(b);
  return x < y ? -1 : (y < x ? 1 : 0);
}

template <class T>
int compare_floats(const char* a, const char* b) {
  T x = load_cell<T>(a), y = load_cell<T>(b);
  bool nan_x = x != x, nan_y = y != y;
  if (nan_x || nan_y) return nan_x == nan_y ? 0 : (nan_x ? 1 : -1);
  return x < y ? -1 : (y < x ? 1 : 0);
}

int compare_bytes(const char* a, const char* b) {
  uint32_t m = load_cell<uint32_t>(a), n = load_cell<uint32_t>(b);
  int order = std::memcmp(a + 4, b + 4, std::min(m, n));
  return order != 0 ? order : (m < n ? -1 : (n < m ? 1 : 0));
}

}  // namespace

CellType cell_type_of(const types::AlgebraicType& type) {
  switch (type.kind()) {
    case TypeKind::kBool:
    case TypeKind::kU8:
      return CellType::kU8;
    case TypeKind::kI8:
      return CellType::kI8;
    case TypeKind::kU16:
      return CellType::kU16;
    case TypeKind::kI16:
      return CellType::kI16;
    case TypeKind::kU32:
      return CellType::kU32;
    case TypeKind::kI32:
      return CellType::kI32;
    case TypeKind::kU64:
      return CellType::kU64;
    case TypeKind::kI64:
      return CellType::kI64;
    case TypeKind::kU128:
      return CellType::kU128;
    case TypeKind::kI128:
      return CellType::kI128;
    case TypeKind::kU256:
      return CellType::kU256;
    case TypeKind::kI256:
      return CellType::kI256;
    case TypeKind::kF32:
      return CellType::kF32;
    case TypeKind::kF64:
      return CellType::kF64;
    case TypeKind::kProduct:  // Identity and its kin are their one field
      ORRERY_ASSERT(type.elements().size() == 1);
      return cell_type_of(type.elements()[0].type);
    case TypeKind::kString:
    case TypeKind::kArray:
    case TypeKind::kSum:
    case TypeKind::kRef:
      break;
  }
  return CellType::kBytes;
}

std::string_view cell_bytes(CellType type, const char* p) {
  switch (type) {
    case CellType::kU8:
    case CellType::kI8:
      return {p, 1};
    case CellType::kU16:
    case CellType::kI16:
      return {p, 2};
    case CellType::kU32:
    case CellType::kI32:
    case CellType::kF32:
      return {p, 4};
    case CellType::kU64:
    case CellType::kI64:
    case CellType::kF64:
      return {p, 8};
    case CellType::kU128:
    case CellType::kI128:
      return {p, 16};
    case CellType::kU256:
    case CellType::kI256:
      return {p, 32};
    case CellType::kBytes:
      break;
  }
  return {p, size_t{4} + load_cell<uint32_t>(p)};
}

int compare_cells(CellType type, const char* a, const char* b) {
  switch (type) {
    case CellType::kU8:
      return compare_as<uint8_t>(a, b);
    case CellType::kI8:
      return compare_as<int8_t>(a, b);
    case CellType::kU16:
      return compare_as<uint16_t>(a, b);
    case CellType::kI16:
      return compare_as<int16_t>(a, b);
    case CellType::kU32:
      return compare_as<uint32_t>(a, b);
    case CellType::kI32:
      return compare_as<int32_t>(a, b);
    case CellType::kU64:
      return compare_as<uint64_t>(a, b);
    case CellType::kI64:
      return compare_as<int64_t>(a, b);
    case CellType::kU128:
      return compare_as<types::U128>(a, b);
    case CellType::kI128:
      return compare_as<types::I128>(a, b);
    case CellType::kU256:
      return compare_as<types::U256>(a, b);
    case CellType::kI256:
      return compare_as<types::I256>(a, b);
    case CellType::kF32:
      return compare_floats<float>(a, b);
    case CellType::kF64:
      return compare_floats<double>(a, b);
    case CellType::kBytes:
      break;
  }
  return compare_bytes(a, b);
}

}  // namespace orrery::subscribe
