// Canonical text of statements.
#include "sql/sql_printer.h"
#include "sql/to_sql.h"

namespace orrery::sql {
namespace {

std::string_view action_words(ForeignKeyAction action) {
  switch (action) {
    case ForeignKeyAction::kRestrict:
      return "RESTRICT";
    case ForeignKeyAction::kNoAction:
      return "NO ACTION";
    case ForeignKeyAction::kCascade:
      return "CASCADE";
    case ForeignKeyAction::kSetNull:
      return "SET NULL";
  }
  return "";
}

std::string_view method_word(IndexMethod method) {
  switch (method) {
    case IndexMethod::kAutomatic:
      return "";
    case IndexMethod::kBTree:
      return "BTREE";
    case IndexMethod::kHash:
      return "HASH";
    case IndexMethod::kBitmap:
      return "BITMAP";
    case IndexMethod::kHnsw:
      return "HNSW";
  }
  return "";
}

std::string_view isolation_words(IsolationLevel level) {
  switch (level) {
    case IsolationLevel::kUnspecified:
      return "";
    case IsolationLevel::kReadUncommitted:
      return " ISOLATION LEVEL READ UNCOMMITTED";
    case IsolationLevel::kReadCommitted:
      return " ISOLATION LEVEL READ COMMITTED";
    case IsolationLevel::kRepeatableRead:
      return " ISOLATION LEVEL REPEATABLE READ";
    case IsolationLevel::kSnapshot:
      return " ISOLATION LEVEL SNAPSHOT";
    case IsolationLevel::kSerializable:
      return " ISOLATION LEVEL SERIALIZABLE";
  }
  return "";
}

std::string_view drop_words(DropKind kind) {
  switch (kind) {
    case DropKind::kTable:
      return "DROP TABLE ";
    case DropKind::kIndex:
      return "DROP INDEX ";
    case DropKind::kView:
      return "DROP VIEW ";
  }
  return "";
}

}  // namespace

void SqlPrinter::insert(const InsertStatement& s) {
  with_clause(s.with);
  add("INSERT INTO ").add(to_sql(s.table));
  if (!s.columns.empty()) add(" ");
  name_list(s.columns);
  if (s.default_values) {
    add(" DEFAULT VALUES");
  } else if (s.query) {
    add(" ");
    query(*s.query);
  } else {
    add(" VALUES ");
    rows(s.rows);
  }
  if (s.on_conflict != ConflictAction::kError) {
    add(" ON CONFLICT ");
    name_list(s.conflict_columns);
    if (!s.conflict_columns.empty()) add(" ");
    add(s.on_conflict == ConflictAction::kDoNothing ? "DO NOTHING" : "DO UPDATE SET ");
    assignments(s.conflict_assignments);
    where(s.conflict_where);
  }
  returning(s.returning);
}

void SqlPrinter::assignments(const std::vector<Assignment>& list) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) add(", ");
    add(to_sql(list[i].column)).add(" = ");
    expr(*list[i].value);
  }
}

void SqlPrinter::update(const UpdateStatement& s) {
  with_clause(s.with);
  add("UPDATE ").add(to_sql(s.table)).add(" SET ");
  assignments(s.assignments);
  where(s.where);
  returning(s.returning);
}

void SqlPrinter::delete_from(const DeleteStatement& s) {
  with_clause(s.with);
  add("DELETE FROM ").add(to_sql(s.table));
  if (!s.alias.empty()) add(" AS ").add(to_sql(s.alias));
  where(s.where);
  returning(s.returning);
}

void SqlPrinter::copy(const CopyStatement& s) {
  add("COPY ").add(to_sql(s.table));
  if (!s.columns.empty()) add(" ");
  name_list(s.columns);
  add(" FROM ").add(quote_text(s.path));
  add(s.format == CopyFormat::kCsv ? " WITH (FORMAT CSV" : " WITH (FORMAT JSON");
  add(s.header ? ", HEADER TRUE" : ", HEADER FALSE");
  add(", DELIMITER ").add(quote_text(s.delimiter));
  add(", NULL ").add(quote_text(s.null_text)).add(")");
}

void SqlPrinter::create_table(const CreateTableStatement& s) {
  add(s.if_not_exists ? "CREATE TABLE IF NOT EXISTS " : "CREATE TABLE ").add(to_sql(s.table));
  if (s.query) {
    add(" AS ");
    return query(*s.query);
  }
  std::string_view gap = " (";
  for (const ColumnDefinition& column : s.columns) {
    add(gap);
    column_definition(column);
    gap = ", ";
  }
  for (const TableConstraint& constraint : s.constraints) {
    add(gap);
    table_constraint(constraint);
    gap = ", ";
  }
  add(")");
}

void SqlPrinter::column_definition(const ColumnDefinition& column) {
  add(to_sql(column.name)).add(" ");
  type_name(column.type);
  if (column.primary_key) add(" PRIMARY KEY");
  if (column.auto_increment) add(" AUTO_INCREMENT");
  if (column.not_null) add(" NOT NULL");
  if (column.unique) add(" UNIQUE");
  if (column.default_value) {
    add(" DEFAULT ");
    expr(*column.default_value);
  }
  for (const ExprPtr& check : column.checks) {
    add(" CHECK (");
    expr(*check);
    add(")");
  }
  if (column.references) {
    add(" ");
    foreign_key(*column.references);
  }
}

void SqlPrinter::foreign_key(const ForeignKeyTarget& target) {
  add("REFERENCES ").add(to_sql(target.table));
  if (!target.column.empty()) add("(").add(to_sql(target.column)).add(")");
  add(" ON DELETE ").add(action_words(target.on_delete));
  add(" ON UPDATE ").add(action_words(target.on_update));
}

void SqlPrinter::table_constraint(const TableConstraint& constraint) {
  switch (constraint.kind) {
    case TableConstraintKind::kPrimaryKey:
      add("PRIMARY KEY ");
      return name_list(constraint.columns);
    case TableConstraintKind::kUnique:
      add("UNIQUE ");
      return name_list(constraint.columns);
    case TableConstraintKind::kCheck:
      add("CHECK (");
      expr(*constraint.check);
      add(")");
      return;
    case TableConstraintKind::kForeignKey:
      add("FOREIGN KEY ");
      name_list(constraint.columns);
      add(" ");
      return foreign_key(constraint.target);
  }
}

void SqlPrinter::create_index(const CreateIndexStatement& s) {
  add(s.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ")
      .add(s.if_not_exists ? "IF NOT EXISTS " : "");
  add(to_sql(s.index)).add(" ON ").add(to_sql(s.table)).add(" ");
  name_list(s.columns);
  if (s.method != IndexMethod::kAutomatic) add(" USING ").add(method_word(s.method));
  for (size_t i = 0; i < s.options.size(); ++i) {
    Name key;
    key.text = s.options[i].key;
    add(i == 0 ? " WITH (" : ", ").add(to_sql(key)).add(" = ").add(quote_text(s.options[i].value));
  }
  if (!s.options.empty()) add(")");
}

void SqlPrinter::alter_table(const AlterTableStatement& s) {
  add("ALTER TABLE ").add(to_sql(s.table));
  switch (s.action) {
    case AlterAction::kAddColumn:
      add(" ADD COLUMN ");
      return column_definition(s.definition);
    case AlterAction::kModifyColumn:
      add(" MODIFY COLUMN ");
      return column_definition(s.definition);
    case AlterAction::kDropColumn:
      add(" DROP COLUMN ").add(to_sql(s.column));
      return;
    case AlterAction::kRenameColumn:
      add(" RENAME COLUMN ").add(to_sql(s.column)).add(" TO ").add(to_sql(s.new_name));
      return;
    case AlterAction::kRenameTable:
      add(" RENAME TO ").add(to_sql(s.new_name));
      return;
  }
}

void SqlPrinter::drop(const DropStatement& s) {
  add(drop_words(s.drop)).add(s.if_exists ? "IF EXISTS " : "").add(to_sql(s.name));
  if (!s.table.empty()) add(" ON ").add(to_sql(s.table));
}

void SqlPrinter::show(const ShowStatement& s) {
  switch (s.show) {
    case ShowKind::kTables:
      add("SHOW TABLES");
      return;
    case ShowKind::kViews:
      add("SHOW VIEWS");
      return;
    case ShowKind::kCreateTable:
      add("SHOW CREATE TABLE ").add(to_sql(s.name));
      return;
    case ShowKind::kCreateView:
      add("SHOW CREATE VIEW ").add(to_sql(s.name));
      return;
    case ShowKind::kIndexes:
      add("SHOW INDEXES FROM ").add(to_sql(s.name));
      return;
  }
}

void SqlPrinter::setting(const Name& name, const ExprPtr& value) {
  add(to_sql(name));
  if (!value) return;
  add(" = ");
  expr(*value);
}

void SqlPrinter::statement(const Statement& s) {
  switch (s.kind) {
    case StatementKind::kSelect:
      return query(*as<SelectStatement>(s).query);
    case StatementKind::kInsert:
      return insert(as<InsertStatement>(s));
    case StatementKind::kUpdate:
      return update(as<UpdateStatement>(s));
    case StatementKind::kDelete:
      return delete_from(as<DeleteStatement>(s));
    case StatementKind::kCopy:
      return copy(as<CopyStatement>(s));
    case StatementKind::kCreateTable:
      return create_table(as<CreateTableStatement>(s));
    case StatementKind::kAlterTable:
      return alter_table(as<AlterTableStatement>(s));
    case StatementKind::kCreateIndex:
      return create_index(as<CreateIndexStatement>(s));
    case StatementKind::kCreateView: {
      const auto& view = as<CreateViewStatement>(s);
      add(view.if_not_exists ? "CREATE VIEW IF NOT EXISTS " : "CREATE VIEW ")
          .add(to_sql(view.view))
          .add(" AS ");
      return query(*view.query);
    }
    case StatementKind::kDrop:
      return drop(as<DropStatement>(s));
    case StatementKind::kShow:
      return show(as<ShowStatement>(s));
    case StatementKind::kExplain:
      add(as<ExplainStatement>(s).analyze ? "EXPLAIN ANALYZE " : "EXPLAIN ");
      return statement(*as<ExplainStatement>(s).statement);
    case StatementKind::kExpression:
      add("(");  // its first word may be one that begins a statement
      expr(*as<ExpressionStatement>(s).expr);
      add(")");
      return;
    default:
      return other_statement(s);
  }
}

void SqlPrinter::other_statement(const Statement& s) {
  auto add_optional = [&](const Name& name) {
    if (!name.empty()) add(" ").add(to_sql(name));
  };
  switch (s.kind) {
    case StatementKind::kTruncate:
      add("TRUNCATE TABLE ").add(to_sql(as<TruncateStatement>(s).table));
      return;
    case StatementKind::kBegin:
      add("BEGIN").add(isolation_words(as<BeginStatement>(s).isolation));
      return;
    case StatementKind::kCommit:
      add("COMMIT");
      return;
    case StatementKind::kRollback:
      add("ROLLBACK");
      return;
    case StatementKind::kSavepoint:
      add("SAVEPOINT ").add(to_sql(as<SavepointStatement>(s).name));
      return;
    case StatementKind::kRollbackTo:
      add("ROLLBACK TO SAVEPOINT ").add(to_sql(as<RollbackToStatement>(s).name));
      return;
    case StatementKind::kRelease:
      add("RELEASE SAVEPOINT ").add(to_sql(as<ReleaseStatement>(s).name));
      return;
    case StatementKind::kSet:
      add("SET ");
      return setting(as<SetStatement>(s).name, as<SetStatement>(s).value);
    case StatementKind::kPragma:
      add("PRAGMA ");
      return setting(as<PragmaStatement>(s).name, as<PragmaStatement>(s).value);
    case StatementKind::kDescribe:
      add("DESCRIBE TABLE ").add(to_sql(as<DescribeStatement>(s).table));
      return;
    case StatementKind::kAnalyze:
      add("ANALYZE");
      return add_optional(as<AnalyzeStatement>(s).table);
    case StatementKind::kVacuum:
      add("VACUUM");
      return add_optional(as<VacuumStatement>(s).table);
    default:
      return;
  }
}

std::string to_sql(const Statement& statement) {
  SqlPrinter printer(SqlStyle::kSql);
  printer.statement(statement);
  return printer.take();
}

}  // namespace orrery::sql
