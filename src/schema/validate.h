// Validation: from a raw definition to a ModuleDef, or to everything that is wrong with it.
//
// All errors are collected, sorted and without duplicates. The SQL of row-level security and of
// views is not looked at here: whoever knows the dialect passes `check_row_level_security`.
// Stateless; safe from any thread.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "schema/module_def.h"
#include "schema/raw_module_def.h"
#include "schema/validation_errors.h"

namespace orrery::schema {

/// Called with the finished definition and each SQL text; returns what is wrong with it, or kOk.
using RowLevelSecurityCheck = std::function<Status(const ModuleDef&, std::string_view sql)>;

struct ValidationOptions {
  RowLevelSecurityCheck check_row_level_security;  ///< none: any text passes
};

/// Gives the definition, or fills `errors` and gives kInvalidArgument with all messages, one per
/// line.
Result<ModuleDef> validate(const RawModuleDef& raw, ValidationErrors* errors,
                           const ValidationOptions& options = {});
/// Without the list.
Result<ModuleDef> validate(const RawModuleDef& raw, const ValidationOptions& options = {});
/// From the bytes of __describe_module__.
Result<ModuleDef> load_module_def(std::string_view bytes, const ValidationOptions& options = {});

}  // namespace orrery::schema
