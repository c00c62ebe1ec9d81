// Definitions of columns and indexes as the catalog keeps them, made from their syntax trees, and
// what several DDL statements ask of definitions.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/dispatch.h"
#include "sql/ast.h"
#include "storage/catalog.h"
#include "storage/schema.h"
#include "storage/table.h"

namespace orrery::engine {

Error table_not_found(std::string_view name);
Error column_not_found(std::string_view name);
Error duplicate_column();
Error not_supported_yet(std::string_view what);

/// The table of that name; kTableNotFound for views and where there is none.
Result<std::shared_ptr<storage::Table>> require_table(const storage::Catalog& catalog,
                                                      std::string_view name);
/// A new table of that name would not clash with a table or a view.
Status require_free_table_name(const storage::Catalog& catalog, std::string_view name);

/// The catalog's form of a column. PRIMARY KEY makes it NOT NULL; keys and indexes are the
/// caller's.
Result<storage::ColumnDef> make_column(const sql::ColumnDefinition& definition);
/// The algebraic form of a named SQL type.
Result<types::AlgebraicType> column_type(const sql::TypeName& type);
/// The same type with or without NULL.
enum class Nullability : uint8_t { kNotNull, kNullable };
types::AlgebraicType with_nullability(const types::AlgebraicType& type, Nullability nullability);

/// Positions of the named columns.
Result<std::vector<uint16_t>> find_columns(const storage::TableDef& table,
                                           std::span<const sql::Name> names);
/// Kind and method name for an index over these columns.
Status choose_index_kind(const storage::TableDef& table, sql::IndexMethod method,
                         storage::IndexDef* index);
/// UNIQUE (...) of a table.
Result<storage::IndexDef> make_unique_index(const storage::TableDef& table, std::string name,
                                            std::vector<uint16_t> columns);
/// Makes `column` the table's primary key, with its index.
void add_primary_key(storage::TableDef* table, uint16_t column);

/// The value that DEFAULT (or its absence) gives existing rows for `column`.
Result<types::Value> default_value(const StatementContext& context,
                                   const storage::ColumnDef& column);
/// kCheck where a row of the table, as the transaction sees it, makes the condition FALSE.
Status check_existing_rows(const StatementContext& context, storage::Transaction& transaction,
                           std::string_view table, std::string_view check_sql,
                           std::string_view column);

}  // namespace orrery::engine
