#include "wasm/c_api.h"

namespace orrery::wasm {
namespace {

ValueType value_type_of_raw(const wasm_valtype_t* raw) {
  switch (wasm_valtype_kind(raw)) {
    case WASM_I32:
      return ValueType::kI32;
    case WASM_I64:
      return ValueType::kI64;
    case WASM_F32:
      return ValueType::kF32;
    case WASM_F64:
      return ValueType::kF64;
    default:
      return ValueType::kOther;
  }
}

std::vector<ValueType> types_of(const wasm_valtype_vec_t* raw) {
  std::vector<ValueType> out;
  out.reserve(raw->size);
  for (size_t i = 0; i < raw->size; ++i) out.push_back(value_type_of_raw(raw->data[i]));
  return out;
}

wasm_valtype_vec_t raw_types(const std::vector<ValueType>& types) {
  wasm_valtype_vec_t out;
  wasm_valtype_vec_new_uninitialized(&out, types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    constexpr wasm_valkind_t kKinds[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_FUNCREF};
    out.data[i] = wasm_valtype_new(kKinds[static_cast<size_t>(types[i])]);
  }
  return out;
}

std::string names_of(const std::vector<ValueType>& types) {
  constexpr std::string_view kNames[] = {"i32", "i64", "f32", "f64", "other"};
  std::string out;
  for (ValueType type : types) {
    if (!out.empty()) out += ", ";
    out += kNames[static_cast<size_t>(type)];
  }
  return out;
}

}  // namespace

std::string FunctionType::text() const {
  std::string out = "(" + names_of(parameters) + ")";
  if (!results.empty()) out += " -> " + names_of(results);
  return out;
}

Error error_of(ErrorCode code, std::string_view what, wasmtime_error_t* raw) {
  OwnedBytes message;
  wasmtime_error_message(raw, &message.raw);
  wasmtime_error_delete(raw);
  std::string_view text = message.view();
  // Where the process is told so by its environment, the library adds where in itself it failed.
  text = text.substr(0, text.find("\n\nStack backtrace:"));
  return Error(code, std::string(what) + ": " + std::string(text));
}

FunctionType function_type_of(const wasm_functype_t* raw) {
  return {types_of(wasm_functype_params(raw)), types_of(wasm_functype_results(raw))};
}

std::unique_ptr<wasm_functype_t, FreeBy<wasm_functype_delete>> raw_function_type(
    const FunctionType& type) {
  wasm_valtype_vec_t parameters = raw_types(type.parameters);
  wasm_valtype_vec_t results = raw_types(type.results);
  return std::unique_ptr<wasm_functype_t, FreeBy<wasm_functype_delete>>(
      wasm_functype_new(&parameters, &results));
}

}  // namespace orrery::wasm
