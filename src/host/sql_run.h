// Running rewritten statements on the engine's planner and executor, with rows as BSATN of the
// module's own types. Stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/database.h"
#include "host/hosted_database.h"
#include "host/sql_rewrite.h"
#include "sql/ast.h"
#include "storage/transaction.h"

namespace orrery::host {

/// What a read sees: a view of the store, or an open transaction with its own writes.
struct SqlSource {
  std::shared_ptr<const storage::Catalog> catalog;
  storage::ReadViewHandle view;
  storage::TxnId transaction = 0;
};

/// A parsed text of exactly one statement.
Result<sql::StatementPtr> parse_statement(std::string_view text);

/// Fills schema, rows and row_count of the report. `known` is what the rewriter knows of the
/// columns; kLimit where `row_limit` is set and the plan expects more rows.
Status run_read(engine::Database& engine, const sql::Statement& statement, SqlSource source,
                std::span<const types::Datum> parameters, const std::vector<SqlColumn>& known,
                std::optional<uint64_t> row_limit, SqlReport* report);

/// INSERT, UPDATE or DELETE in an open statement of the transaction; fills the counts.
Status run_write(engine::Database& engine, const sql::Statement& statement,
                 storage::Transaction& transaction, std::span<const types::Datum> parameters,
                 SqlReport* report);

}  // namespace orrery::host
