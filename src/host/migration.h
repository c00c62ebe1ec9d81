// Carrying out a migration plan on the tables of a database, in an open statement of a transaction.
// Stateless.
//
// Tables are not changed step by step: what the steps come to is the new definition, and each table
// that differs from it is rewritten once, with the columns that it had under the same names.
#pragma once

#include "base/result.h"
#include "schema/migrate.h"
#include "storage/transaction.h"

namespace orrery::host {

/// kInvalidArgument with the reason where the database's contents do not allow it.
Status check_migration(storage::Transaction& transaction, const schema::MigrationPlan& plan);
Status migrate_tables(storage::Transaction& transaction, const schema::MigrationPlan& plan);
/// Drops every table and backing table of the definition.
Status drop_tables(storage::Transaction& transaction, const schema::ModuleDef& definition);

}  // namespace orrery::host
