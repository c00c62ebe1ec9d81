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
#include "host/select_run.h"
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

/// The rows of a SELECT, encoded.
struct ReadRows {
  types::AlgebraicType schema = types::AlgebraicType::unit();
  std::string rows;
  std::vector<size_t> ends;  ///< in `rows`, one for each row
};
/// `known` is what the rewriter knows of the columns. kLimit for more than the limits allow.
Result<ReadRows> read_rows(engine::Database& engine, const sql::Statement& statement,
                           SqlSource source, std::span<const types::Datum> parameters,
                           const std::vector<SqlColumn>& known, const SelectLimits& limits,
                           const std::atomic<bool>* cancelled);
/// EXPLAIN and EXPLAIN ANALYZE of a SELECT, EXPLAIN of a write: a row for each line of the plan;
/// fills schema, rows and row_count of the report.
Status run_explain(engine::Database& engine, const sql::ExplainStatement& statement,
                   SqlSource source, std::span<const types::Datum> parameters,
                   const SelectLimits& limits, const std::atomic<bool>* cancelled,
                   SqlReport* report);

/// INSERT, UPDATE or DELETE in an open statement of the transaction; fills the counts.
Status run_write(engine::Database& engine, const sql::Statement& statement,
                 storage::Transaction& transaction, std::span<const types::Datum> parameters,
                 int64_t deadline_nanos, SqlReport* report);

}  // namespace orrery::host
