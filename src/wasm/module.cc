#include "wasm/module.h"

#include "wasm/c_api.h"
#include "wasm/engine.h"

namespace orrery::wasm {
namespace {

ItemKind kind_of(const wasm_externtype_t* type) {
  switch (wasm_externtype_kind(type)) {
    case WASM_EXTERN_FUNC:
      return ItemKind::kFunction;
    case WASM_EXTERN_MEMORY:
      return ItemKind::kMemory;
    default:
      return ItemKind::kOther;
  }
}

FunctionType function_of(const wasm_externtype_t* type) {
  if (kind_of(type) != ItemKind::kFunction) return {};
  return function_type_of(wasm_externtype_as_functype_const(type));
}

}  // namespace

CompiledModule::CompiledModule(std::shared_ptr<Engine> engine, wasmtime_module* raw)
    : engine_(std::move(engine)), raw_(raw) {
  wasm_importtype_vec_t imports;
  wasmtime_module_imports(raw_, &imports);
  imports_.reserve(imports.size);
  for (size_t i = 0; i < imports.size; ++i) {
    const wasm_importtype_t* one = imports.data[i];
    const wasm_externtype_t* type = wasm_importtype_type(one);
    imports_.push_back({.module = std::string(view_of(*wasm_importtype_module(one))),
                        .name = std::string(view_of(*wasm_importtype_name(one))),
                        .kind = kind_of(type),
                        .type = function_of(type)});
  }
  wasm_importtype_vec_delete(&imports);
  wasm_exporttype_vec_t exports;
  wasmtime_module_exports(raw_, &exports);
  exports_.reserve(exports.size);
  for (size_t i = 0; i < exports.size; ++i) {
    const wasm_externtype_t* type = wasm_exporttype_type(exports.data[i]);
    exports_.push_back({.name = std::string(view_of(*wasm_exporttype_name(exports.data[i]))),
                        .kind = kind_of(type),
                        .type = function_of(type)});
  }
  wasm_exporttype_vec_delete(&exports);
}

CompiledModule::~CompiledModule() {
  wasmtime_module_delete(raw_);
}

Result<std::shared_ptr<const CompiledModule>> CompiledModule::compile(
    std::shared_ptr<Engine> engine, std::string_view wasm) {
  // The compiler would take modules in the text format too; publishing takes binaries only.
  if (!wasm.starts_with(std::string_view("\0asm", 4))) {
    return Error(ErrorCode::kInvalidArgument,
                 "this is no WebAssembly module: it does not begin with \\0asm");
  }
  wasmtime_module_t* raw = nullptr;
  if (wasmtime_error_t* error =
          wasmtime_module_new(engine->raw(), bytes_of(wasm), wasm.size(), &raw)) {
    return error_of(ErrorCode::kInvalidArgument, "the WebAssembly module does not compile", error);
  }
  return std::shared_ptr<const CompiledModule>(new CompiledModule(std::move(engine), raw));
}

Result<std::shared_ptr<const CompiledModule>> CompiledModule::deserialize(
    std::shared_ptr<Engine> engine, std::string_view bytes) {
  wasmtime_module_t* raw = nullptr;
  if (wasmtime_error_t* error =
          wasmtime_module_deserialize(engine->raw(), bytes_of(bytes), bytes.size(), &raw)) {
    return error_of(ErrorCode::kInvalidArgument, "compiled code that does not fit", error);
  }
  return std::shared_ptr<const CompiledModule>(new CompiledModule(std::move(engine), raw));
}

Result<std::string> CompiledModule::serialize() const {
  OwnedBytes bytes;
  if (wasmtime_error_t* error = wasmtime_module_serialize(raw_, &bytes.raw)) {
    return error_of(ErrorCode::kInternal, "compiled code cannot be written", error);
  }
  return std::string(bytes.view());
}

const ExportInfo* CompiledModule::find_export(std::string_view name) const {
  for (const ExportInfo& one : exports_) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

Result<std::string> binary_of_text(std::string_view text) {
#ifdef WASMTIME_FEATURE_WAT
  OwnedBytes bytes;
  if (wasmtime_error_t* error = wasmtime_wat2wasm(text.data(), text.size(), &bytes.raw)) {
    return error_of(ErrorCode::kInvalidArgument, "text that is no module", error);
  }
  return std::string(bytes.view());
#else
  (void)text;
  return Error(ErrorCode::kNotSupported, "not supported yet: modules in the text format");
#endif
}

}  // namespace orrery::wasm
