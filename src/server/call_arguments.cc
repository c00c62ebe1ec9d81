#include "server/call_arguments.h"

#include "schema/arguments.h"

namespace orrery::server {

CallableKind callable_kind(const schema::ModuleDef& definition, std::string_view name) {
  if (definition.find_reducer(name)) return CallableKind::kReducer;
  if (definition.find_procedure(name)) return CallableKind::kProcedure;
  return CallableKind::kNone;
}

Result<std::string> arguments_from_json(const schema::ModuleDef& definition, std::string_view name,
                                        std::string_view json) {
  if (auto reducer = definition.find_reducer(name)) {
    return schema::arguments_from_json(*reducer.module, name, reducer.def->params, json);
  }
  if (auto procedure = definition.find_procedure(name)) {
    return schema::arguments_from_json(*procedure.module, name, procedure.def->params, json);
  }
  return Error(ErrorCode::kFunctionNotFound,
               "no such reducer or procedure: `" + std::string(name) + "`");
}

Result<std::string> return_value_json(const schema::ModuleDef& definition, std::string_view name,
                                      std::string_view value) {
  auto procedure = definition.find_procedure(name);
  if (!procedure) {
    return Error(ErrorCode::kFunctionNotFound, "no such procedure: `" + std::string(name) + "`");
  }
  return schema::result_to_json(*procedure.module, name, procedure.def->return_type, value);
}

}  // namespace orrery::server
