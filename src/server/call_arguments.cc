#include "server/call_arguments.h"

#include "types/json.h"
#include "types/sats_json.h"

namespace orrery::server {

CallableKind callable_kind(const schema::ModuleDef& definition, std::string_view name) {
  if (definition.find_reducer(name)) return CallableKind::kReducer;
  if (definition.find_procedure(name)) return CallableKind::kProcedure;
  return CallableKind::kNone;
}

Result<std::string> arguments_from_json(const schema::ModuleDef& definition, std::string_view name,
                                        std::string_view json) {
  types::AlgebraicType params;
  const types::Typespace* space = nullptr;
  if (auto reducer = definition.find_reducer(name)) {
    params = reducer.def->params;
    space = &reducer.module->typespace();
  } else if (auto procedure = definition.find_procedure(name)) {
    params = procedure.def->params;
    space = &procedure.module->typespace();
  } else {
    return Error(ErrorCode::kFunctionNotFound,
                 "no such reducer or procedure: `" + std::string(name) + "`");
  }
  ORRERY_TRY_ASSIGN(types::JsonValue value, types::JsonValue::parse(json));
  if (!value.is(types::JsonKind::kArray)) {
    return Error(ErrorCode::kDecode, "arguments are a JSON array, one element for each parameter");
  }
  if (value.items().size() != params.elements().size()) {
    return Error(ErrorCode::kDecode, "invalid arguments for `" + std::string(name) +
                                         "`: " + std::to_string(params.elements().size()) +
                                         " are expected, " + std::to_string(value.items().size()) +
                                         " were given");
  }
  ByteWriter out;
  Status read = types::json_to_bsatn(params, value, &out, space);
  if (!read) {
    return Error(ErrorCode::kDecode,
                 "invalid arguments for `" + std::string(name) + "`: " + read.error().message());
  }
  return std::move(out.buffer());
}

Result<std::string> return_value_json(const schema::ModuleDef& definition, std::string_view name,
                                      std::string_view value) {
  auto procedure = definition.find_procedure(name);
  if (!procedure) {
    return Error(ErrorCode::kFunctionNotFound, "no such procedure: `" + std::string(name) + "`");
  }
  std::string out;
  ORRERY_TRY_ASSIGN(size_t used, types::bsatn_to_json(procedure.def->return_type, value,
                                                      types::JsonShape::kPositional, &out,
                                                      &procedure.module->typespace()));
  (void)used;
  return out;
}

}  // namespace orrery::server
