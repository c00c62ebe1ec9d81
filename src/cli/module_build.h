// Builds module projects: C++ by CMake and clang's WebAssembly target, Rust by cargo, Go by go.
#pragma once

#include <string>

#include "base/result.h"

namespace orrery::cli {

enum class ModuleLanguage : uint8_t { kCpp, kRust, kGo };
enum class BuildKind : uint8_t { kRelease, kDebug };

struct ModuleBuild {
  std::string folder = ".";
  BuildKind kind = BuildKind::kRelease;
  std::string build_options;  ///< words for cmake, cargo or go, apart by blanks
};
struct BuiltModule {
  std::string wasm;  ///< its path
  ModuleLanguage language = ModuleLanguage::kCpp;
};

/// What the tools say goes to standard error where they fail. Errors say what is missing.
Result<BuiltModule> build_module(const ModuleBuild& build);
/// The folder of the C++ module SDK: $ORRERY_MODULE_SDK, beside an installed program, or in the
/// source tree that the program was built from. "" where there is none.
std::string module_sdk_folder();

}  // namespace orrery::cli
