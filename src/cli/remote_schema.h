// The definition of a database's module, as its server prints it.
#pragma once

#include <string>

#include "cli/server_client.h"
#include "schema/module_def.h"

namespace orrery::cli {

/// The text that the server has: version 9, or 10.
Result<std::string> fetch_schema_text(ServerClient& client, const std::string& database,
                                      schema::DefVersion version);
/// Version 10 where the server has it, else 9.
Result<schema::ModuleDef> fetch_schema(ServerClient& client, const std::string& database);

/// As people read it: types of the module by their names.
std::string type_text(const schema::ModuleDef& module, const types::AlgebraicType& type);
/// "(text: String, to: Option<Identity>)"
std::string parameters_text(const schema::ModuleDef& module, const types::AlgebraicType& params);

}  // namespace orrery::cli
