// ALTER TABLE: each form makes a new definition, and says where its columns come from.
#include <algorithm>
#include <functional>
#include <utility>

#include "engine/dispatch.h"
#include "engine/names.h"
#include "engine/table_definition.h"
#include "sql/parser.h"
#include "sql/to_sql.h"
#include "sql/tree.h"

namespace orrery::engine {
namespace {

struct Alteration {
  storage::TableDef def;
  std::vector<storage::ColumnSource> sources;  ///< one per column of def

  explicit Alteration(const storage::TableDef& old) : def(old) {
    for (size_t i = 0; i < old.columns.size(); ++i) {
      storage::ColumnSource source;
      source.old_column = static_cast<int32_t>(i);
      sources.push_back(std::move(source));
    }
  }
};

Result<uint16_t> require_column(const storage::TableDef& table, const sql::Name& name) {
  const int32_t column = table.find_column(name.text);
  if (column < 0) return column_not_found(name.text);
  return static_cast<uint16_t>(column);
}

/// Calls visit with each column reference of the tree; subqueries are not entered.
void visit_columns(sql::Expr& expr, const std::function<void(sql::ColumnExpr&)>& visit) {
  if (expr.kind == sql::ExprKind::kColumn) visit(sql::as<sql::ColumnExpr>(expr));
  sql::for_each_child(expr, [&](sql::ExprPtr& child) { visit_columns(*child, visit); });
}

bool mentions_column(std::string_view check_sql, std::string_view column) {
  Result<sql::ExprPtr> parsed = sql::parse_expression(check_sql);
  if (!parsed) return false;
  bool found = false;
  visit_columns(**parsed, [&](sql::ColumnExpr& reference) {
    found = found || same_word(reference.name.text, column);
  });
  return found;
}

Result<std::string> rename_in_check(const std::string& check_sql, std::string_view from,
                                    const std::string& to) {
  if (check_sql.empty()) return check_sql;
  Result<sql::ExprPtr> parsed = sql::parse_expression(check_sql);
  if (!parsed) return check_sql;  // it never held, and will not now
  visit_columns(**parsed, [&](sql::ColumnExpr& reference) {
    if (same_word(reference.name.text, from)) reference.name.text = to;
  });
  return sql::enclosed_text(**parsed);
}

Status rewrite(storage::Transaction& transaction, const std::string& table,
               Alteration& alteration) {
  return transaction.rewrite_table(table, std::move(alteration.def), alteration.sources);
}

Status add_column(const StatementContext& context, storage::Transaction& transaction,
                  const sql::AlterTableStatement& statement, Alteration& alteration) {
  const sql::ColumnDefinition& definition = statement.definition;
  storage::TableDef& def = alteration.def;
  if (def.find_column(definition.name.text) >= 0) return duplicate_column();
  if (definition.primary_key) return not_supported_yet("ALTER TABLE ADD COLUMN with PRIMARY KEY");
  ORRERY_TRY_ASSIGN(storage::ColumnDef column, make_column(definition));
  storage::ColumnSource source;
  ORRERY_TRY_ASSIGN(source.fill, default_value(context, column));
  const std::string check = column.check_sql;
  def.columns.push_back(std::move(column));
  alteration.sources.push_back(std::move(source));
  if (definition.unique) {
    ORRERY_TRY_ASSIGN(storage::IndexDef index,
                      make_unique_index(def, "unique_" + def.name + "_" + definition.name.text,
                                        {static_cast<uint16_t>(def.columns.size() - 1)}));
    def.indexes.push_back(std::move(index));
  }
  ORRERY_TRY(rewrite(transaction, statement.table.text, alteration));
  if (check.empty()) return {};
  return check_existing_rows(context, transaction, statement.table.text, check,
                             definition.name.text);
}

Status drop_column(storage::Transaction& transaction, const sql::AlterTableStatement& statement,
                   Alteration& alteration) {
  storage::TableDef& def = alteration.def;
  ORRERY_TRY_ASSIGN(uint16_t column, require_column(def, statement.column));
  if (def.primary_key == column) {
    return Error(ErrorCode::kInvalidArgument,
                 "cannot drop primary key column '" + def.columns[column].name + "'");
  }
  if (def.columns.size() == 1) {
    return Error(ErrorCode::kInvalidArgument,
                 "cannot drop the only column of table '" + def.name + "'");
  }
  const std::string name = def.columns[column].name;
  auto refuse = [&](const std::string& check) -> Status {
    if (check.empty() || !mentions_column(check, name)) return {};
    return Error(ErrorCode::kInvalidArgument,
                 "cannot drop column '" + name + "': CHECK " + check + " uses it");
  };
  for (const std::string& check : def.checks) ORRERY_TRY(refuse(check));
  for (size_t i = 0; i < def.columns.size(); ++i) {
    if (i != column) ORRERY_TRY(refuse(def.columns[i].check_sql));
  }
  std::erase_if(def.indexes, [&](const storage::IndexDef& index) {
    return std::find(index.columns.begin(), index.columns.end(), column) != index.columns.end();
  });
  for (storage::IndexDef& index : def.indexes) {
    for (uint16_t& at : index.columns) {
      if (at > column) --at;
    }
  }
  std::erase_if(def.sequences,
                [&](const storage::SequenceDef& sequence) { return sequence.column == column; });
  for (storage::SequenceDef& sequence : def.sequences) {
    if (sequence.column > column) --sequence.column;
  }
  if (def.primary_key > column) --def.primary_key;
  def.columns.erase(def.columns.begin() + column);
  alteration.sources.erase(alteration.sources.begin() + column);
  return rewrite(transaction, statement.table.text, alteration);
}

Status rename_column(storage::Transaction& transaction, const sql::AlterTableStatement& statement,
                     Alteration& alteration) {
  storage::TableDef& def = alteration.def;
  ORRERY_TRY_ASSIGN(uint16_t column, require_column(def, statement.column));
  const int32_t taken = def.find_column(statement.new_name.text);
  if (taken >= 0 && taken != column) return duplicate_column();
  const std::string old_name = def.columns[column].name;
  for (storage::ColumnDef& other : def.columns) {
    ORRERY_TRY_ASSIGN(other.check_sql,
                      rename_in_check(other.check_sql, old_name, statement.new_name.text));
  }
  for (std::string& check : def.checks) {
    ORRERY_TRY_ASSIGN(check, rename_in_check(check, old_name, statement.new_name.text));
  }
  def.columns[column].name = statement.new_name.text;
  return rewrite(transaction, statement.table.text, alteration);
}

Status rename_table(storage::Transaction& transaction, const sql::AlterTableStatement& statement,
                    Alteration& alteration) {
  const std::string& to = statement.new_name.text;
  if (!same_word(to, statement.table.text)) {
    ORRERY_TRY(require_free_table_name(*transaction.catalog(), to));
  }
  alteration.def.name = to;
  return rewrite(transaction, statement.table.text, alteration);
}

Status modify_column(const StatementContext& context, storage::Transaction& transaction,
                     const sql::AlterTableStatement& statement, Alteration& alteration) {
  const sql::ColumnDefinition& definition = statement.definition;
  storage::TableDef& def = alteration.def;
  ORRERY_TRY_ASSIGN(uint16_t at, require_column(def, definition.name));
  ORRERY_TRY_ASSIGN(storage::ColumnDef column, make_column(definition));
  const storage::ColumnDef& old = def.columns[at];
  column.name = old.name;
  column.alias = old.alias;
  if (definition.default_value == nullptr) column.default_sql = old.default_sql;
  const bool new_check = !column.check_sql.empty();
  if (!new_check) column.check_sql = old.check_sql;
  if (def.primary_key == at) {
    if (column.sql_type() != types::TypeId::kInteger) {
      return Error(ErrorCode::kInvalidArgument,
                   "cannot change the type of primary key column '" + old.name + "'");
    }
    column.type = old.type;
    column.auto_increment = old.auto_increment || definition.auto_increment;
  }
  const std::string check = column.check_sql;
  def.columns[at] = std::move(column);
  for (storage::IndexDef& index : def.indexes) {
    const bool uses =
        std::find(index.columns.begin(), index.columns.end(), at) != index.columns.end();
    if (uses && !index.primary && index.implicit) {
      ORRERY_TRY(choose_index_kind(def, sql::IndexMethod::kAutomatic, &index));
    }
  }
  ORRERY_TRY(rewrite(transaction, statement.table.text, alteration));
  if (!new_check) return {};
  return check_existing_rows(context, transaction, statement.table.text, check,
                             definition.name.text);
}

}  // namespace

Result<Rows> run_alter_table(const StatementContext& context,
                             const sql::AlterTableStatement& statement) {
  ORRERY_TRY(in_write_statement(
      context.session.target(), [&](storage::Transaction& transaction) -> Status {
        ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> table,
                          require_table(*transaction.catalog(), statement.table.text));
        Alteration alteration(table->def());
        switch (statement.action) {
          case sql::AlterAction::kAddColumn:
            return add_column(context, transaction, statement, alteration);
          case sql::AlterAction::kDropColumn:
            return drop_column(transaction, statement, alteration);
          case sql::AlterAction::kRenameColumn:
            return rename_column(transaction, statement, alteration);
          case sql::AlterAction::kRenameTable:
            return rename_table(transaction, statement, alteration);
          case sql::AlterAction::kModifyColumn:
            return modify_column(context, transaction, statement, alteration);
        }
        return Error(ErrorCode::kInternal, "unknown ALTER");
      }));
  return Rows();
}

}  // namespace orrery::engine
