// SHOW and DESCRIBE.
#include <algorithm>
#include <utility>

#include "engine/dispatch.h"
#include "engine/table_definition.h"

namespace orrery::engine {
namespace {

using types::Datum;

plan::OutputColumn text_column(std::string_view name) {
  return {std::string(name), types::TypeId::kText, false};
}

Rows show_tables(const storage::Catalog& catalog) {
  ResultTable out({text_column("table_name")});
  for (const std::shared_ptr<storage::Table>& table : catalog.tables()) {
    const Datum row[] = {Datum::text(table->def().name)};
    out.add_row(row);
  }
  return out.finish();
}

Rows show_views(const storage::Catalog& catalog) {
  ResultTable out({text_column("view_name")});
  for (const storage::ViewDef* view : catalog.views()) {
    const Datum row[] = {Datum::text(view->name)};
    out.add_row(row);
  }
  return out.finish();
}

std::string column_names(const storage::TableDef& table, const storage::IndexDef& index) {
  std::string out;
  for (uint16_t column : index.columns) {
    if (!out.empty()) out += ", ";
    out += table.columns[column].name;
  }
  return index.columns.size() > 1 ? "(" + out + ")" : out;
}

Rows show_indexes(const storage::TableDef& table) {
  ResultTable out({text_column("table_name"),
                   text_column("index_name"),
                   text_column("column_name"),
                   text_column("index_type"),
                   {"is_unique", types::TypeId::kBoolean, false},
                   text_column("options")});
  for (const storage::IndexDef& index : table.indexes) {
    if (index.primary) continue;
    const std::string columns = column_names(table, index);
    const Datum row[] = {Datum::text(table.name),      Datum::text(index.name),
                         Datum::text(columns),         Datum::text(index.method),
                         Datum::boolean(index.unique), Datum::text("")};
    out.add_row(row);
  }
  return out.finish();
}

bool is_unique_alone(const storage::TableDef& table, uint16_t column) {
  return std::any_of(
      table.indexes.begin(), table.indexes.end(), [&](const storage::IndexDef& index) {
        return index.unique && !index.primary && index.columns == std::vector<uint16_t>{column};
      });
}

bool is_in_unique_key(const storage::TableDef& table, uint16_t column) {
  return std::any_of(
      table.indexes.begin(), table.indexes.end(), [&](const storage::IndexDef& index) {
        return index.unique && !index.primary &&
               std::find(index.columns.begin(), index.columns.end(), column) != index.columns.end();
      });
}

std::string column_text(const storage::TableDef& table, uint16_t at) {
  const storage::ColumnDef& column = table.columns[at];
  std::string out = column.name + " " + std::string(types::type_display_name(column.sql_type()));
  const uint32_t dimension = types::without_option(column.type).vector_dimension();
  if (dimension > 0) out += "(" + std::to_string(dimension) + ")";
  if (table.primary_key == at) {
    out += " PRIMARY KEY";
    if (column.auto_increment) out += " AUTO_INCREMENT";
  }
  if (is_unique_alone(table, at)) out += " UNIQUE";
  if (table.primary_key != at && !column.nullable()) out += " NOT NULL";
  if (!column.default_sql.empty()) out += " DEFAULT " + column.default_sql;
  if (!column.check_sql.empty()) out += " CHECK (" + column.check_sql + ")";
  return out;
}

std::string create_table_text(const storage::TableDef& table) {
  std::string out = "CREATE TABLE " + table.name + " (";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (i > 0) out += ", ";
    out += column_text(table, static_cast<uint16_t>(i));
  }
  for (const storage::IndexDef& index : table.indexes) {
    if (index.implicit && !index.primary && index.columns.size() > 1) {
      out += ", UNIQUE " + column_names(table, index);
    }
  }
  for (const std::string& check : table.checks) out += ", CHECK (" + check + ")";
  return out + ")";
}

Rows show_create_table(const storage::TableDef& table) {
  ResultTable out({text_column("Table"), text_column("Create Table")});
  const std::string text = create_table_text(table);
  const Datum row[] = {Datum::text(table.name), Datum::text(text)};
  out.add_row(row);
  return out.finish();
}

Result<Rows> show_create_view(const storage::Catalog& catalog, std::string_view name) {
  const storage::ViewDef* view = catalog.find_view(name);
  if (view == nullptr) {
    return Error(ErrorCode::kViewNotFound, "view '" + std::string(name) + "' not found");
  }
  ResultTable out({text_column("View"), text_column("Create View")});
  const std::string text = "CREATE VIEW " + view->name + " AS " + view->sql;
  const Datum row[] = {Datum::text(view->name), Datum::text(text)};
  out.add_row(row);
  return out.finish();
}

}  // namespace

Result<Rows> run_show(const StatementContext& context, const sql::ShowStatement& statement) {
  std::shared_ptr<const storage::Catalog> catalog = context.session.catalog();
  switch (statement.show) {
    case sql::ShowKind::kTables:
      return show_tables(*catalog);
    case sql::ShowKind::kViews:
      return show_views(*catalog);
    case sql::ShowKind::kCreateView:
      return show_create_view(*catalog, statement.name.text);
    case sql::ShowKind::kCreateTable:
    case sql::ShowKind::kIndexes:
      break;
  }
  ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> table,
                    require_table(*catalog, statement.name.text));
  return statement.show == sql::ShowKind::kCreateTable ? show_create_table(table->def())
                                                       : show_indexes(table->def());
}

Result<Rows> run_describe(const StatementContext& context,
                          const sql::DescribeStatement& statement) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> found,
                    require_table(*context.session.catalog(), statement.table.text));
  const storage::TableDef& table = found->def();
  ResultTable out({text_column("Field"), text_column("Type"), text_column("Null"),
                   text_column("Key"), text_column("Default"), text_column("Extra")});
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const auto at = static_cast<uint16_t>(i);
    const storage::ColumnDef& column = table.columns[at];
    const bool primary = table.primary_key == at;
    const Datum row[] = {Datum::text(column.name),
                         Datum::text(types::type_display_name(column.sql_type())),
                         Datum::text(column.nullable() ? "YES" : "NO"),
                         Datum::text(primary                       ? "PRI"
                                     : is_in_unique_key(table, at) ? "UNI"
                                                                   : ""),
                         Datum::text(column.default_sql),
                         Datum::text(column.auto_increment ? "auto_increment" : "")};
    out.add_row(row);
  }
  return out.finish();
}

}  // namespace orrery::engine
