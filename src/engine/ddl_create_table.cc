// CREATE TABLE with a list of columns.
#include <unordered_set>
#include <utility>

#include "engine/dispatch.h"
#include "engine/names.h"
#include "engine/table_definition.h"
#include "plan/planner.h"
#include "sql/to_sql.h"

namespace orrery::engine {
namespace {

Status add_columns(const sql::CreateTableStatement& statement, storage::TableDef* table) {
  std::unordered_set<std::string> names;
  for (const sql::ColumnDefinition& definition : statement.columns) {
    if (!names.insert(lower_word(definition.name.text)).second) return duplicate_column();
    ORRERY_TRY_ASSIGN(storage::ColumnDef column, make_column(definition));
    table->columns.push_back(std::move(column));
  }
  return {};
}

void make_not_null(storage::TableDef* table, uint16_t column) {
  types::AlgebraicType& type = table->columns[column].type;
  type = with_nullability(type, Nullability::kNotNull);
}

/// One column as PRIMARY KEY: no type whose values are seldom equal when they should be.
Status require_key_type(const storage::ColumnDef& column) {
  switch (column.sql_type()) {
    case types::TypeId::kInteger:
    case types::TypeId::kText:
    case types::TypeId::kBoolean:
    case types::TypeId::kTimestamp:
      return {};
    default:
      return Error(ErrorCode::kParse, "parse error: PRIMARY KEY column '" + column.name +
                                          "' must be INTEGER type, got " +
                                          std::string(types::type_display_name(column.sql_type())) +
                                          ". INTEGER, TEXT, BOOLEAN and TIMESTAMP can be keys.");
  }
}

/// A PRIMARY KEY of several columns, or of one that is no INTEGER: NOT NULL and UNIQUE.
Status add_composite_key(storage::TableDef* table, std::vector<uint16_t> columns,
                         std::string name) {
  for (uint16_t column : columns) make_not_null(table, column);
  ORRERY_TRY_ASSIGN(storage::IndexDef index,
                    make_unique_index(*table, std::move(name), std::move(columns)));
  table->indexes.push_back(std::move(index));
  return {};
}

/// PRIMARY KEY and UNIQUE clauses of columns.
Status add_column_keys(const sql::CreateTableStatement& statement, storage::TableDef* table) {
  std::vector<uint16_t> primary;
  for (size_t i = 0; i < statement.columns.size(); ++i) {
    if (statement.columns[i].primary_key) primary.push_back(static_cast<uint16_t>(i));
  }
  if (primary.size() == 1 && table->columns[primary[0]].sql_type() == types::TypeId::kInteger) {
    add_primary_key(table, primary[0]);
  } else if (!primary.empty()) {
    if (primary.size() == 1) ORRERY_TRY(require_key_type(table->columns[primary[0]]));
    ORRERY_TRY(add_composite_key(table, primary, "unique_" + table->name + "_pk"));
  }
  for (size_t i = 0; i < statement.columns.size(); ++i) {
    const sql::ColumnDefinition& definition = statement.columns[i];
    if (!definition.unique || definition.primary_key) continue;
    ORRERY_TRY_ASSIGN(
        storage::IndexDef index,
        make_unique_index(*table, "unique_" + table->name + "_" + definition.name.text,
                          {static_cast<uint16_t>(i)}));
    table->indexes.push_back(std::move(index));
  }
  return {};
}

Status add_primary_key_clause(const sql::TableConstraint& constraint, std::string name,
                              storage::TableDef* table) {
  std::vector<uint16_t> columns;
  for (const sql::Name& column : constraint.columns) {
    const int32_t at = table->find_column(column.text);
    // A key over a column that is not there is accepted and means nothing, as programs expect.
    if (at < 0) return {};
    columns.push_back(static_cast<uint16_t>(at));
  }
  if (columns.size() == 1 && table->primary_key < 0 &&
      table->columns[columns[0]].sql_type() == types::TypeId::kInteger) {
    make_not_null(table, columns[0]);
    add_primary_key(table, columns[0]);
    return {};
  }
  if (columns.size() == 1) ORRERY_TRY(require_key_type(table->columns[columns[0]]));
  return add_composite_key(table, std::move(columns), std::move(name));
}

/// Table constraints; keys are numbered by their place among them.
Status add_constraints(const sql::CreateTableStatement& statement, storage::TableDef* table) {
  uint32_t number = 0;
  for (const sql::TableConstraint& constraint : statement.constraints) {
    const std::string name = "unique_" + table->name + "_" + std::to_string(number);
    switch (constraint.kind) {
      case sql::TableConstraintKind::kPrimaryKey:
        ORRERY_TRY(add_primary_key_clause(constraint, name, table));
        ++number;
        break;
      case sql::TableConstraintKind::kUnique: {
        ORRERY_TRY_ASSIGN(std::vector<uint16_t> columns, find_columns(*table, constraint.columns));
        ORRERY_TRY_ASSIGN(storage::IndexDef index,
                          make_unique_index(*table, name, std::move(columns)));
        table->indexes.push_back(std::move(index));
        ++number;
        break;
      }
      case sql::TableConstraintKind::kCheck:
        table->checks.push_back(sql::enclosed_text(*constraint.check));
        break;
      case sql::TableConstraintKind::kForeignKey:
        return not_supported_yet("FOREIGN KEY");
    }
  }
  return {};
}

}  // namespace

Result<Rows> run_create_table(const StatementContext& context,
                              const sql::CreateTableStatement& statement) {
  const std::string& name = statement.table.text;
  if (statement.if_not_exists && context.session.catalog()->find_table(name) != nullptr) {
    return Rows();
  }
  ORRERY_TRY(require_free_table_name(*context.session.catalog(), name));
  if (statement.columns.size() > UINT16_MAX) {
    return Error(ErrorCode::kLimit, "a table can have at most 65535 columns");
  }
  storage::TableDef table;
  table.name = name;
  ORRERY_TRY(add_columns(statement, &table));
  ORRERY_TRY(add_column_keys(statement, &table));
  ORRERY_TRY(add_constraints(statement, &table));
  ORRERY_TRY(in_write_statement(context.session.target(),
                                [&](storage::Transaction& transaction) -> Status {
                                  ORRERY_TRY_ASSIGN([[maybe_unused]] storage::TableId id,
                                                    transaction.create_table(std::move(table)));
                                  return {};
                                }));
  return Rows();
}

}  // namespace orrery::engine
