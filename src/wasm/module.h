// CompiledModule: machine code of one WebAssembly module, and what it imports and exports.
//
// Immutable, thread-safe, shared by its instances. Bytes that are no module, or use features that
// are switched off, give kInvalidArgument with the compiler's message.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wasm/value.h"

struct wasmtime_module;

namespace orrery::wasm {

class Engine;

enum class ItemKind : uint8_t { kFunction, kMemory, kOther };

struct ImportInfo {
  std::string module;
  std::string name;
  ItemKind kind = ItemKind::kOther;
  FunctionType type;  ///< of a function
};
struct ExportInfo {
  std::string name;
  ItemKind kind = ItemKind::kOther;
  FunctionType type;  ///< of a function
};

class CompiledModule {
 public:
  static Result<std::shared_ptr<const CompiledModule>> compile(std::shared_ptr<Engine> engine,
                                                               std::string_view wasm);
  /// From what serialize() gave on a machine like this one with the same engine settings (else
  /// kInvalidArgument). The bytes become code that runs: only from files that are ours.
  static Result<std::shared_ptr<const CompiledModule>> deserialize(std::shared_ptr<Engine> engine,
                                                                   std::string_view bytes);
  ~CompiledModule();
  CompiledModule(const CompiledModule&) = delete;
  CompiledModule& operator=(const CompiledModule&) = delete;

  Result<std::string> serialize() const;
  std::span<const ImportInfo> imports() const { return imports_; }
  std::span<const ExportInfo> exports() const { return exports_; }
  /// nullptr where there is none.
  const ExportInfo* find_export(std::string_view name) const;
  const std::shared_ptr<Engine>& engine() const { return engine_; }
  const wasmtime_module* raw() const { return raw_; }

 private:
  CompiledModule(std::shared_ptr<Engine> engine, wasmtime_module* raw);

  const std::shared_ptr<Engine> engine_;
  wasmtime_module* const raw_;
  std::vector<ImportInfo> imports_;
  std::vector<ExportInfo> exports_;
};

/// The binary form of a module in the text format; kNotSupported where the library was built
/// without.
Result<std::string> binary_of_text(std::string_view text);

}  // namespace orrery::wasm
