// Storage tables from module definitions, and the backing tables of views.
//
// A module's table has one storage column per column, of its resolved type, no SQL primary key (the
// primary key of a module is a unique constraint with a mark), its indexes, sequences, and set or
// event semantics; canonical names with the source names as aliases. A view's backing table has the
// hash of the view's arguments as a first column that clients never see. Stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "schema/module_def.h"
#include "storage/schema.h"
#include "storage/transaction.h"

namespace orrery::host {

inline constexpr std::string_view kArgumentColumn = "arg_hash";
inline constexpr std::string_view kArgumentIndexName = "arg_hash_idx";

/// "view:<qualified name>": no identifier, so no table of a module can be called that.
std::string backing_table_name(const schema::ViewDef& view);

storage::TableDef storage_table_of(const schema::TableDef& table);
storage::TableDef storage_table_of(const schema::ViewDef& view);

/// Creates all tables and backing tables of the definition, in the order of their names. In an open
/// statement of the transaction.
Status create_tables(storage::Transaction& transaction, const schema::ModuleDef& definition);

}  // namespace orrery::host
