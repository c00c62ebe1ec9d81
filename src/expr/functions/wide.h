// Operators on the whole numbers that INTEGER does not hold (types/wide_number.h). Private to the
// families of functions.
#pragma once

#include "expr/function.h"
#include "types/type_id.h"

namespace orrery::expr {

/// + - * / %, of arguments of any whole types; what does not fit the call's type is kOverflow.
extern const ScalarFunction kWideOperators[5];
/// The sign turned, and without sign.
extern const ScalarFunction kWideNegate;
extern const ScalarFunction kWideAbsolute;

/// The type of -x: signed, and wide enough where there is such a type.
types::TypeId negated_type(types::TypeId wide);

}  // namespace orrery::expr
