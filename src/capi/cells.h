// Cells of the engine as the C interfaces give them out.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "orrery/stoolap.h"
#include "types/datum.h"

namespace orrery::capi {

/// STOOLAP_TYPE_... of a cell. Types that the interface has no code for are TEXT.
inline int32_t stoolap_type(types::TypeId type) {
  switch (type) {
    case types::TypeId::kNull:
    case types::TypeId::kInteger:
    case types::TypeId::kFloat:
    case types::TypeId::kText:
    case types::TypeId::kBoolean:
    case types::TypeId::kTimestamp:
    case types::TypeId::kJson:
    case types::TypeId::kVector:
      return static_cast<int32_t>(type);
    case types::TypeId::kBlob:
      return STOOLAP_TYPE_BLOB;
    case types::TypeId::kUuid:
    case types::TypeId::kAlgebraic:
    case types::TypeId::kAny:
    case types::TypeId::kU64:
    case types::TypeId::kU128:
    case types::TypeId::kI128:
    case types::TypeId::kU256:
    case types::TypeId::kI256:
      return STOOLAP_TYPE_TEXT;
  }
  return STOOLAP_TYPE_TEXT;
}

int64_t cell_int64(const types::Datum& cell);
double cell_double(const types::Datum& cell);
bool cell_bool(const types::Datum& cell);
/// The text form with a NUL behind it, in `arena`.
std::string_view cell_text(const types::Datum& cell, Arena& arena);

}  // namespace orrery::capi
