// Arguments and results of a module's functions, from and into JSON.
//
// `module` is the one that owns the function (Found::module): types point into its typespace.
// Errors are kInvalidArgument and name the function. Stateless; safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "schema/module_def.h"

namespace orrery::schema {

/// The BSATN of a JSON array with one element for each parameter.
Result<std::string> arguments_from_json(const ModuleDef& module, std::string_view function,
                                        const types::AlgebraicType& params, std::string_view json);
/// JSON of a procedure's result: products are arrays, sums [tag, payload].
Result<std::string> result_to_json(const ModuleDef& module, std::string_view function,
                                   const types::AlgebraicType& return_type, std::string_view bsatn);

}  // namespace orrery::schema
