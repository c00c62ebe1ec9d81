// Walks over the cells of an aggregate's argument. Private to the aggregate states.
#pragma once

#include <cstdint>

#include "types/vector.h"

namespace orrery::exec {

/// fn(i, cell) for the i-th selected row, where it is not NULL.
template <class T, class Fn>
inline void each_cell(const types::Vector& v, const types::Selection& sel, Fn&& fn) {
  if (v.type() == types::TypeId::kNull) return;
  const T* cells = v.data<T>();
  if (v.is_constant()) {
    if (v.is_null(0)) return;
    for (uint32_t i = 0; i < sel.count; ++i) fn(i, cells[0]);
  } else if (!v.has_nulls()) {
    if (sel.rows == nullptr) {
      for (uint32_t i = 0; i < sel.count; ++i) fn(i, cells[i]);
    } else {
      for (uint32_t i = 0; i < sel.count; ++i) fn(i, cells[sel.rows[i]]);
    }
  } else {
    for (uint32_t i = 0; i < sel.count; ++i) {
      uint32_t row = sel[i];
      if (!v.is_null(row)) fn(i, cells[row]);
    }
  }
}

}  // namespace orrery::exec
