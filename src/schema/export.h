// A ModuleDef written out again: as raw definitions of version 9 or 10 and as the JSON that
// GET /database/:name/schema prints.
//
// Version 9 knows no submodules, HTTP handlers, event tables, aliases or visibility: they are left
// out. In version 10 every canonical name stands as an explicit one, so validating the result gives
// the same names again. Stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "schema/module_def.h"
#include "schema/raw_module_def.h"

namespace orrery::schema {

RawModuleDefV9 to_raw_v9(const ModuleDef& def);
RawModuleDefV10 to_raw_v10(const ModuleDef& def);

enum class JsonWrapping : uint8_t {
  kBare,     ///< the definition alone
  kVersion,  ///< {"V9": ...}, {"V10": ...}
};
/// Typed SATS-JSON. kLimit for types nested deeper than JSON may be.
Result<std::string> module_def_to_json(const RawModuleDef& def,
                                       JsonWrapping wrapping = JsonWrapping::kBare);
/// Reads {"V9": ...} or {"V10": ...}.
Result<RawModuleDef> module_def_from_json(std::string_view json);
/// What the schema route answers; `version` is 9 or 10.
Result<std::string> schema_json(const ModuleDef& def, DefVersion version);

}  // namespace orrery::schema
