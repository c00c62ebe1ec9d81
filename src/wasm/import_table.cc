#include "wasm/import_table.h"

#include "wasm/c_api.h"
#include "wasm/engine.h"
#include "wasm/instance.h"
#include "wasm/module.h"

namespace orrery::wasm {
namespace {

static_assert(sizeof(Slot) == sizeof(wasmtime_val_raw_t));
static_assert(alignof(Slot) >= alignof(wasmtime_val_raw_t));

using OwnedLinker = std::unique_ptr<wasmtime_linker_t, FreeBy<wasmtime_linker_delete>>;

/// What is wrong with an import, or nothing.
std::string complaint(const ImportInfo& wanted, const ImportTable::Entry* found) {
  const std::string name = wanted.module + "." + wanted.name;
  if (wanted.kind != ItemKind::kFunction) return name + " (not a function)";
  if (found == nullptr) return name;
  if (found->type == wanted.type) return {};
  return name + " (wanted as " + wanted.type.text() + ", here it is " + found->type.text() + ")";
}

}  // namespace

const ImportTable::Entry* ImportTable::find(std::string_view module, std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.name == name && entry.module == module) return &entry;
  }
  return nullptr;
}

LinkedModule::LinkedModule(std::shared_ptr<const CompiledModule> module, wasmtime_instance_pre* raw)
    : module_(std::move(module)), raw_(raw) {}

LinkedModule::~LinkedModule() {
  wasmtime_instance_pre_delete(raw_);
}

Result<std::shared_ptr<const LinkedModule>> LinkedModule::link(
    std::shared_ptr<const CompiledModule> module, const ImportTable& imports) {
  OwnedLinker linker(wasmtime_linker_new(module->engine()->raw()));
  // A module may import one function twice.
  wasmtime_linker_allow_shadowing(linker.get(), true);
  std::string missing;
  for (const ImportInfo& wanted : module->imports()) {
    const ImportTable::Entry* found = imports.find(wanted.module, wanted.name);
    if (std::string why = complaint(wanted, found); !why.empty()) {
      missing += (missing.empty() ? "" : ", ") + why;
      continue;
    }
    // Same calling convention: the types differ in name only.
    const auto function = reinterpret_cast<wasmtime_func_unchecked_callback_t>(found->function);
    if (wasmtime_error_t* error = wasmtime_linker_define_func_unchecked(
            linker.get(), wanted.module.data(), wanted.module.size(), wanted.name.data(),
            wanted.name.size(), raw_function_type(found->type).get(), function, nullptr, nullptr)) {
      return error_of(ErrorCode::kInternal, "import " + wanted.name, error);
    }
  }
  if (!missing.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "the module imports what this server does not provide: " + missing);
  }
  wasmtime_instance_pre_t* raw = nullptr;
  if (wasmtime_error_t* error =
          wasmtime_linker_instantiate_pre(linker.get(), module->raw(), &raw)) {
    return error_of(ErrorCode::kInvalidArgument, "the module does not link", error);
  }
  return std::shared_ptr<const LinkedModule>(new LinkedModule(std::move(module), raw));
}

}  // namespace orrery::wasm
