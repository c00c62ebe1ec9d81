// The module ABI: which version a module wants, and all the functions a module may import.
//
// Besides spacetime_10.0 to 10.6 these are those of WASI preview 1, for modules whose toolchain
// cannot do without: text written to stdout and stderr goes to the log, clocks, arguments,
// environment and random bytes answer, there are no files, and everything else gives an error
// number. Instances find their InstanceEnv as host_data().
#pragma once

#include <cstdint>

#include "base/result.h"

namespace orrery::wasm {
class CompiledModule;
class ImportTable;
}  // namespace orrery::wasm

namespace orrery::host {

inline constexpr uint32_t kAbiMajor = 10;
inline constexpr uint32_t kAbiMinorMax = 6;

struct AbiVersion {
  uint32_t major = 0;
  uint32_t minor = 0;  ///< the highest that the module imports from
};
/// kInvalidArgument for modules that import no spacetime_* module, several major versions, or one
/// that this host does not have.
Result<AbiVersion> detect_abi(const wasm::CompiledModule& module);

/// Shared; never changes.
const wasm::ImportTable& abi_imports();

/// For abi_imports().
void define_wasi_imports(wasm::ImportTable& table);

}  // namespace orrery::host
