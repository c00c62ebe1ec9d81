// The system tables st_*: what a database says about itself, as ordinary private tables of its
// store, and the records that the host keeps in them: the module, the clients, their credentials,
// variables.
//
// Every function works in an open statement of the transaction. st_view_arg and st_view_sub stay
// empty: who uses a view is known in memory only. Stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/caller.h"
#include "host/published_environment.h"
#include "schema/module_def.h"
#include "storage/transaction.h"

namespace orrery::host {

struct ModuleRecord {
  types::Identity database;
  types::Identity owner;
  types::Digest program_hash;
  std::string program;
};

/// True for the names of all system tables.
bool is_system_table(std::string_view name);
/// The type of a system table's rows; nothing for other names.
std::optional<types::AlgebraicType> system_row_type(std::string_view name);

/// Those that are not there yet.
Status create_system_tables(storage::Transaction& transaction);

/// Makes the tables that describe the schema say what `definition` is. The module's tables are there
/// already.
Status describe_module(storage::Transaction& transaction, const schema::ModuleDef& definition);

/// Replaces the one row of st_module.
Status set_module_record(storage::Transaction& transaction, const ModuleRecord& record);
/// kCorruption where there is not exactly one.
Result<ModuleRecord> module_record(storage::Transaction& transaction);

/// A client's row, and one of its credentials where the payload is not empty. A client that is there
/// already stays.
Status add_client(storage::Transaction& transaction, const Caller& client,
                  std::string_view jwt_payload);
Status remove_client(storage::Transaction& transaction, const Caller& client);
/// Forgets all clients and their credentials.
Status clear_clients(storage::Transaction& transaction);
Result<std::vector<Caller>> clients(storage::Transaction& transaction);
Result<std::optional<std::string>> client_credentials(storage::Transaction& transaction,
                                                      const types::ConnectionId& connection);

/// The variable row_limit; nothing where it is not set.
Result<std::optional<uint64_t>> row_limit(storage::Transaction& transaction);
Status set_row_limit(storage::Transaction& transaction, uint64_t limit);

/// What is kept for the module to read; empty where a database of an older release has no such table.
Result<EnvironmentMap> stored_environment(storage::Transaction& transaction);
Status store_environment(storage::Transaction& transaction, const EnvironmentMap& values);

/// Every row that `view` sees, one behind the other.
std::string all_rows(const storage::Table& table, const storage::ReadView& view);

}  // namespace orrery::host
