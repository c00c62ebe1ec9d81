// DROP TABLE and TRUNCATE.
#include "engine/dispatch.h"
#include "engine/table_definition.h"

namespace orrery::engine {

Result<Rows> run_drop_table(const StatementContext& context, const sql::DropStatement& statement) {
  const std::string& name = statement.name.text;
  if (context.session.catalog()->find_table(name) == nullptr) {
    if (statement.if_exists) return Rows();
    return table_not_found(name);
  }
  ORRERY_TRY(in_write_statement(context.session.target(), [&](storage::Transaction& transaction) {
    return transaction.drop_table(name);
  }));
  return Rows();
}

Result<Rows> run_truncate(const StatementContext& context,
                          const sql::TruncateStatement& statement) {
  const std::string& name = statement.table.text;
  ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> table,
                    require_table(*context.session.catalog(), name));
  uint64_t removed = 0;
  Status done = in_write_statement(context.session.target(),
                                   [&](storage::Transaction& transaction) -> Status {
                                     ORRERY_TRY_ASSIGN(removed, transaction.truncate_table(name));
                                     return {};
                                   });
  if (!done && done.error().code() == ErrorCode::kConflict) {
    return Error(ErrorCode::kConflict,
                 "cannot truncate table: active transactions have uncommitted changes");
  }
  ORRERY_TRY(std::move(done));
  return Rows(removed);
}

}  // namespace orrery::engine
