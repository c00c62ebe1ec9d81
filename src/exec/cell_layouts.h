// Choosing code by the layout of a column's cells, once a column instead of once a cell. Stateless.
#pragma once

#include <cstdint>

#include "types/datum.h"
#include "types/string_ref.h"
#include "types/type_id.h"

namespace orrery::exec {

/// fn(a null pointer to the type of the cells).
template <class Fn>
void with_cells(types::TypeId type, Fn&& fn) {
  switch (types::layout_of(type)) {
    case types::Layout::kInt64:
      fn(static_cast<const int64_t*>(nullptr));
      break;
    case types::Layout::kDouble:
      fn(static_cast<const double*>(nullptr));
      break;
    case types::Layout::kBool:
      fn(static_cast<const uint8_t*>(nullptr));
      break;
    case types::Layout::kString:
      fn(static_cast<const types::StringRef*>(nullptr));
      break;
    case types::Layout::kDatum:
      fn(static_cast<const types::Datum*>(nullptr));
      break;
  }
}

}  // namespace orrery::exec
