#include "host/view_query.h"

#include "base/bytes.h"
#include "host/sql_literal.h"
#include "host/sql_rewrite.h"
#include "host/sql_run.h"

namespace orrery::host {

Result<std::string> run_view_query(engine::Database& engine, const BoundTables& tables,
                                   const schema::ViewDef& view, const types::Identity& sender,
                                   std::string_view sql, storage::Transaction& transaction,
                                   const NeedView& need_view, ReadSet* reads) {
  const std::string text = with_hex_as_text(sql);
  ORRERY_TRY_ASSIGN(sql::StatementPtr statement, parse_statement(text));
  if (statement->kind != sql::StatementKind::kSelect) {
    return Error(ErrorCode::kNotSupported,
                 "view `" + view.qualified_name + "` returned something else than a SELECT");
  }
  const std::shared_ptr<const storage::Catalog> catalog = transaction.catalog();
  SqlInput input{tables, *catalog, SqlRights::kView, sender};
  SqlRewriter rewriter(input);
  ORRERY_TRY(rewriter.rewrite(*statement));
  for (const BoundTable* table : rewriter.tables()) reads->read_table(*table);
  for (const schema::ViewDef* other : rewriter.views()) {
    ORRERY_TRY(need_view(*other));
    reads->read_table(*tables.of_view(*other));
  }
  const std::vector<types::Datum> parameters = rewriter.parameters();
  SqlSource source{catalog, transaction.pin_view(), transaction.id()};
  ORRERY_TRY_ASSIGN(ReadRows read, read_rows(engine, *statement, std::move(source), parameters,
                                             rewriter.output(), {}, nullptr));
  const auto returned = read.schema.elements();
  bool fits = returned.size() == view.columns.size();
  for (size_t i = 0; fits && i < returned.size(); ++i) {
    fits = returned[i].type == view.columns[i].resolved_type;
  }
  if (!fits) {
    return Error(ErrorCode::kTypeMismatch, "view `" + view.qualified_name +
                                               "` returned a query for rows of another type: " +
                                               read.schema.to_string());
  }
  ByteWriter out;
  out.write(static_cast<uint32_t>(read.ends.size()));
  out.write_bytes(read.rows);
  return std::move(out.buffer());
}

}  // namespace orrery::host
