// CREATE VIEW and DROP VIEW. A view's query is kept as text and is not looked at before it is used.
#include "engine/dispatch.h"
#include "engine/table_definition.h"
#include "sql/to_sql.h"

namespace orrery::engine {

Result<Rows> run_create_view(const StatementContext& context,
                             const sql::CreateViewStatement& statement) {
  const std::string& name = statement.view.text;
  std::shared_ptr<const storage::Catalog> catalog = context.session.catalog();
  if (catalog->find_view(name) != nullptr) {
    if (statement.if_not_exists) return Rows();
    return Error(ErrorCode::kViewExists, "view '" + name + "' already exists");
  }
  ORRERY_TRY(require_free_table_name(*catalog, name));
  ORRERY_TRY(in_write_statement(context.session.target(), [&](storage::Transaction& transaction) {
    return transaction.create_view({name, sql::to_sql(*statement.query)});
  }));
  return Rows();
}

Result<Rows> run_drop_view(const StatementContext& context, const sql::DropStatement& statement) {
  const std::string& name = statement.name.text;
  if (context.session.catalog()->find_view(name) == nullptr) {
    if (statement.if_exists) return Rows();
    return Error(ErrorCode::kViewNotFound, "view '" + name + "' not found");
  }
  ORRERY_TRY(in_write_statement(context.session.target(), [&](storage::Transaction& transaction) {
    return transaction.drop_view(name);
  }));
  return Rows();
}

}  // namespace orrery::engine
