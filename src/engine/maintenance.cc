// ANALYZE and VACUUM.
#include <cstdint>

#include "engine/dispatch.h"
#include "engine/table_definition.h"

namespace orrery::engine {

using types::Datum;

/// The planner reads counts straight from tables and indexes, so there is nothing to collect yet:
/// the answer is how many tables have such counts.
Result<Rows> run_analyze(const StatementContext& context, const sql::AnalyzeStatement& statement) {
  std::shared_ptr<const storage::Catalog> catalog = context.session.catalog();
  int64_t count = 0;
  if (statement.table.empty()) {
    count = static_cast<int64_t>(catalog->tables().size());
  } else {
    count = catalog->find_table(statement.table.text) != nullptr ? 1 : 0;
  }
  ResultTable out({{"tables_analyzed", types::TypeId::kInteger, false}});
  const Datum row[] = {Datum::integer(count)};
  out.add_row(row);
  return out.finish();
}

Result<Rows> vacuum_rows(const StatementContext& context) {
  if (context.session.scope != nullptr) {
    return Error(ErrorCode::kInvalidArgument,
                 "VACUUM cannot be executed within an active transaction");
  }
  const storage::VacuumResult result = context.session.database().vacuum();
  ResultTable out({{"deleted_rows_cleaned", types::TypeId::kInteger, false},
                   {"old_versions_cleaned", types::TypeId::kInteger, false},
                   {"transactions_cleaned", types::TypeId::kInteger, false}});
  const Datum row[] = {Datum::integer(static_cast<int64_t>(result.deleted_rows)),
                       Datum::integer(static_cast<int64_t>(result.old_versions)),
                       Datum::integer(static_cast<int64_t>(result.transactions))};
  out.add_row(row);
  return out.finish();
}

Result<Rows> run_vacuum(const StatementContext& context, const sql::VacuumStatement& statement) {
  if (!statement.table.empty()) {
    ORRERY_TRY_ASSIGN([[maybe_unused]] std::shared_ptr<storage::Table> table,
                      require_table(*context.session.catalog(), statement.table.text));
  }
  return vacuum_rows(context);
}

}  // namespace orrery::engine
