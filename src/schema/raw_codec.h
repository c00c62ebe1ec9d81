// BSATN of raw module definitions: the bytes of __describe_module__.
//
// Reading trusts nothing: lengths, tags, UTF-8, depth and size are checked, and memory stays
// proportional to the input. Errors are kDecode with the byte offset, kLimit for size and depth,
// kNotSupported for version 8. Bytes behind the definition are ignored. What is read is written
// back byte for byte, but for a second section of the same kind, which does not count. Stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "schema/raw_module_def.h"

namespace orrery::schema {

inline constexpr size_t kModuleDefBytesMax = 64u << 20;  ///< bounds what a module may describe
inline constexpr uint32_t kSubmoduleDepthMax = 16;       ///< bounds recursion over submodules
/// Bounds the type nodes of all parts of a definition together.
inline constexpr uint32_t kModuleTypeNodesMax = 1'000'000;

Result<RawModuleDef> decode_module_def(std::string_view bytes);
/// With the version's tag in front, as a module writes it.
std::string encode_module_def(const RawModuleDef& def);
/// Without the tag.
std::string encode_module_def_body(const RawModuleDef& def);

}  // namespace orrery::schema
