// Arguments and results of calls as JSON. Stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "schema/module_def.h"

namespace orrery::server {

enum class CallableKind : uint8_t { kNone, kReducer, kProcedure };

/// A reducer of that name, else a procedure.
CallableKind callable_kind(const schema::ModuleDef& definition, std::string_view name);
/// BSATN of the arguments in a JSON array, one element per parameter. kFunctionNotFound where there
/// is no such reducer or procedure, kInvalidArgument where the array does not fit.
Result<std::string> arguments_from_json(const schema::ModuleDef& definition, std::string_view name,
                                        std::string_view json);
/// The JSON of what a procedure returned.
Result<std::string> return_value_json(const schema::ModuleDef& definition, std::string_view name,
                                      std::string_view value);

}  // namespace orrery::server
