// CREATE INDEX and DROP INDEX.
#include <utility>

#include "engine/dispatch.h"
#include "engine/names.h"
#include "engine/table_definition.h"

namespace orrery::engine {
namespace {

const storage::IndexDef* find_index(const storage::TableDef& table, std::string_view name) {
  for (const storage::IndexDef& index : table.indexes) {
    if (!index.primary && same_word(index.name, name)) return &index;
  }
  return nullptr;
}

std::string column_list(const storage::TableDef& table, const std::vector<uint16_t>& columns) {
  std::string out;
  for (uint16_t column : columns) {
    if (!out.empty()) out += ", ";
    out += table.columns[column].name;
  }
  return out;
}

/// At most one index over the same columns; the primary key's own does not count.
Status refuse_same_columns(const storage::TableDef& table, const storage::IndexDef& index) {
  for (const storage::IndexDef& other : table.indexes) {
    if (other.primary || other.columns != index.columns) continue;
    const std::string columns = column_list(table, index.columns);
    if (other.unique == index.unique) {
      return Error(ErrorCode::kIndexExists, "an index already exists on column '" + columns + "'");
    }
    return Error(ErrorCode::kIndexExists, index.unique
                                              ? "cannot create unique index on column '" + columns +
                                                    "': a non-unique index already exists"
                                              : "cannot create non-unique index on column '" +
                                                    columns + "': a unique index already exists");
  }
  return {};
}

Error index_not_found(std::string_view name) {
  return Error(ErrorCode::kIndexNotFound, "index '" + std::string(name) + "' not found");
}

/// The one table that has an index of that name.
Result<std::shared_ptr<storage::Table>> table_of_index(const storage::Catalog& catalog,
                                                       std::string_view name) {
  std::shared_ptr<storage::Table> found;
  for (const std::shared_ptr<storage::Table>& table : catalog.tables()) {
    if (find_index(table->def(), name) == nullptr) continue;
    if (found != nullptr) {
      return Error(ErrorCode::kInvalidArgument, "several tables have an index '" +
                                                    std::string(name) +
                                                    "': DROP INDEX requires table name");
    }
    found = table;
  }
  if (found == nullptr) return index_not_found(name);
  return found;
}

}  // namespace

Result<Rows> run_create_index(const StatementContext& context,
                              const sql::CreateIndexStatement& statement) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> table,
                    require_table(*context.session.catalog(), statement.table.text));
  const storage::TableDef& def = table->def();
  if (find_index(def, statement.index.text) != nullptr) {
    if (statement.if_not_exists) return Rows();
    return Error(ErrorCode::kIndexExists, "index already exists: " + statement.index.text);
  }
  storage::IndexDef index;
  index.name = statement.index.text;
  index.unique = statement.unique;
  ORRERY_TRY_ASSIGN(index.columns, find_columns(def, statement.columns));
  ORRERY_TRY(choose_index_kind(def, statement.method, &index));
  ORRERY_TRY(refuse_same_columns(def, index));
  ORRERY_TRY(in_write_statement(context.session.target(), [&](storage::Transaction& transaction) {
    return transaction.create_index(statement.table.text, std::move(index));
  }));
  return Rows();
}

Result<Rows> run_drop_index(const StatementContext& context, const sql::DropStatement& statement) {
  std::shared_ptr<const storage::Catalog> catalog = context.session.catalog();
  const std::string& name = statement.name.text;
  Result<std::shared_ptr<storage::Table>> table =
      statement.table.empty() ? table_of_index(*catalog, name)
                              : require_table(*catalog, statement.table.text);
  if (!table) {
    const bool missing = table.error().code() == ErrorCode::kIndexNotFound;
    if (missing && statement.if_exists) return Rows();
    return std::move(table).error();
  }
  const storage::IndexDef* index = find_index((*table)->def(), name);
  if (index == nullptr) {
    if (statement.if_exists) return Rows();
    return index_not_found(name);
  }
  ORRERY_TRY(in_write_statement(context.session.target(), [&](storage::Transaction& transaction) {
    return transaction.drop_index((*table)->def().name, index->name);
  }));
  return Rows();
}

}  // namespace orrery::engine
