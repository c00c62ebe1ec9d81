#include "schema/arguments.h"

#include <string>
#include <utility>

#include "schema/validation_errors.h"
#include "types/json.h"
#include "types/sats_json.h"

namespace orrery::schema {
namespace {

Error invalid(std::string_view what, std::string_view function, std::string_view why) {
  return Error(ErrorCode::kInvalidArgument,
               std::string(what) + quoted(function) + ": " + std::string(why));
}
constexpr std::string_view kArguments = "invalid arguments for ";
constexpr std::string_view kResult = "invalid return value of ";

}  // namespace

Result<std::string> arguments_from_json(const ModuleDef& module, std::string_view function,
                                        const types::AlgebraicType& params, std::string_view json) {
  Result<types::JsonValue> value = types::JsonValue::parse(json);
  if (!value) return invalid(kArguments, function, value.error().message());
  if (!value->is(types::JsonKind::kArray)) {
    return invalid(kArguments, function,
                   "a JSON array is expected, one element for each parameter");
  }
  const size_t expected = params.elements().size();
  if (value->items().size() != expected) {
    return invalid(kArguments, function,
                   std::to_string(expected) + " are expected, " +
                       std::to_string(value->items().size()) + " were given");
  }
  ByteWriter out;
  Status done = types::json_to_bsatn(params, *value, &out, &module.typespace());
  if (!done) return invalid(kArguments, function, done.error().message());
  return std::move(out.buffer());
}

Result<std::string> result_to_json(const ModuleDef& module, std::string_view function,
                                   const types::AlgebraicType& return_type,
                                   std::string_view bsatn) {
  std::string out;
  Result<size_t> length = types::bsatn_to_json(return_type, bsatn, types::JsonShape::kPositional,
                                               &out, &module.typespace());
  if (!length) return invalid(kResult, function, length.error().message());
  return out;
}

}  // namespace orrery::schema
