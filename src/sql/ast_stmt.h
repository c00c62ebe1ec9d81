// Statements of the syntax tree. See sql/ast.h for ownership and invariants.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sql/ast_expr.h"
#include "sql/ast_query.h"

namespace orrery::sql {

enum class StatementKind : uint8_t {
  kSelect,
  kInsert,
  kUpdate,
  kDelete,
  kTruncate,
  kCopy,
  kCreateTable,
  kAlterTable,
  kCreateIndex,
  kCreateView,
  kDrop,
  kBegin,
  kCommit,
  kRollback,
  kSavepoint,
  kRollbackTo,
  kRelease,
  kSet,
  kShow,
  kDescribe,
  kPragma,
  kAnalyze,
  kVacuum,
  kExplain,
  kExpression,
};

struct Statement {
  const StatementKind kind;
  uint16_t height = 1;
  SourcePosition position;
  /// The statement's bytes [begin, end) of the text given to the parser, without the semicolon.
  uint32_t source_begin = 0;
  uint32_t source_end = 0;
  /// How many positional values it takes: the highest $n, or the number of ?.
  uint32_t parameter_count = 0;
  /// The distinct :names in order of appearance.
  std::vector<std::string> parameter_names;

  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  virtual ~Statement() = default;

 protected:
  explicit Statement(StatementKind k) : kind(k) {}
};
using StatementPtr = std::unique_ptr<Statement>;

struct SelectStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kSelect;
  SelectStatement() : Statement(kKind) {}
  QueryPtr query;
};

/// column = value
struct Assignment {
  Name column;
  ExprPtr value;
};

enum class ConflictAction : uint8_t {
  kError,      ///< no clause
  kDoNothing,  ///< ON CONFLICT ... DO NOTHING
  kDoUpdate,   ///< ON CONFLICT ... DO UPDATE SET, ON DUPLICATE KEY UPDATE
};

struct InsertStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kInsert;
  InsertStatement() : Statement(kKind) {}
  WithClause with;  ///< of WITH ... INSERT
  Name table;
  std::vector<Name> columns;  ///< empty: all, in order
  // Exactly one of the next three says where the rows come from.
  std::vector<ExprList> rows;  ///< VALUES; a cell may be DefaultExpr
  QueryPtr query;              ///< INSERT ... SELECT
  bool default_values = false;
  ConflictAction on_conflict = ConflictAction::kError;
  std::vector<Name> conflict_columns;  ///< empty: any constraint
  std::vector<Assignment> conflict_assignments;
  ExprPtr conflict_where;  ///< or null
  std::vector<SelectItem> returning;
};

struct UpdateStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kUpdate;
  UpdateStatement() : Statement(kKind) {}
  WithClause with;
  Name table;
  std::vector<Assignment> assignments;
  ExprPtr where;
  std::vector<SelectItem> returning;
};

struct DeleteStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kDelete;
  DeleteStatement() : Statement(kKind) {}
  WithClause with;
  Name table;
  Name alias;
  ExprPtr where;
  std::vector<SelectItem> returning;
};

struct TruncateStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kTruncate;
  TruncateStatement() : Statement(kKind) {}
  Name table;
};

enum class CopyFormat : uint8_t { kCsv, kJson };

/// COPY t [(columns)] FROM 'path' [WITH (...)]
struct CopyStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kCopy;
  CopyStatement() : Statement(kKind) {}
  Name table;
  std::vector<Name> columns;
  std::string path;
  CopyFormat format = CopyFormat::kCsv;
  bool header = true;
  std::string delimiter = ",";  ///< one code point
  std::string null_text;        ///< what stands for NULL in CSV
};

enum class ForeignKeyAction : uint8_t { kRestrict, kNoAction, kCascade, kSetNull };

struct ForeignKeyTarget {
  Name table;
  Name column;  ///< empty: the primary key
  ForeignKeyAction on_delete = ForeignKeyAction::kRestrict;
  ForeignKeyAction on_update = ForeignKeyAction::kRestrict;
};

struct ColumnDefinition {
  Name name;
  TypeName type;
  bool not_null = false;
  bool primary_key = false;
  bool auto_increment = false;
  bool unique = false;
  ExprPtr default_value;  ///< or null
  ExprList checks;
  std::unique_ptr<ForeignKeyTarget> references;  ///< or null
};

enum class TableConstraintKind : uint8_t { kPrimaryKey, kUnique, kCheck, kForeignKey };

struct TableConstraint {
  TableConstraintKind kind = TableConstraintKind::kUnique;
  std::vector<Name> columns;  ///< of all but kCheck
  ExprPtr check;              ///< of kCheck
  ForeignKeyTarget target;    ///< of kForeignKey
  SourcePosition position;
};

struct CreateTableStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateTable;
  CreateTableStatement() : Statement(kKind) {}
  Name table;
  bool if_not_exists = false;
  std::vector<ColumnDefinition> columns;
  std::vector<TableConstraint> constraints;
  QueryPtr query;  ///< CREATE TABLE t AS ..., or null
};

enum class AlterAction : uint8_t {
  kAddColumn,
  kDropColumn,
  kRenameColumn,
  kRenameTable,
  kModifyColumn,
};

struct AlterTableStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kAlterTable;
  AlterTableStatement() : Statement(kKind) {}
  AlterAction action = AlterAction::kAddColumn;
  Name table;
  ColumnDefinition definition;  ///< of kAddColumn and kModifyColumn
  Name column;                  ///< of kDropColumn and kRenameColumn
  Name new_name;                ///< of kRenameColumn and kRenameTable
};

enum class IndexMethod : uint8_t { kAutomatic, kBTree, kHash, kBitmap, kHnsw };

/// key = value of WITH (...); the value is a number, text or word, as typed without quotes.
struct IndexOption {
  std::string key;  ///< lower-cased
  std::string value;
  SourcePosition position;
};

struct CreateIndexStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateIndex;
  CreateIndexStatement() : Statement(kKind) {}
  Name index;
  Name table;
  bool unique = false;
  bool if_not_exists = false;
  std::vector<Name> columns;
  IndexMethod method = IndexMethod::kAutomatic;
  std::vector<IndexOption> options;
};

struct CreateViewStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateView;
  CreateViewStatement() : Statement(kKind) {}
  Name view;
  bool if_not_exists = false;
  QueryPtr query;
};

enum class DropKind : uint8_t { kTable, kIndex, kView };

struct DropStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kDrop;
  DropStatement() : Statement(kKind) {}
  DropKind drop = DropKind::kTable;
  bool if_exists = false;
  Name name;
  Name table;  ///< ON table of DROP INDEX; may be empty
};

enum class IsolationLevel : uint8_t {
  kUnspecified,
  kReadUncommitted,
  kReadCommitted,
  kRepeatableRead,
  kSnapshot,
  kSerializable,
};

struct BeginStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kBegin;
  BeginStatement() : Statement(kKind) {}
  IsolationLevel isolation = IsolationLevel::kUnspecified;
};

struct CommitStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kCommit;
  CommitStatement() : Statement(kKind) {}
};

struct RollbackStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kRollback;
  RollbackStatement() : Statement(kKind) {}
};

/// Names of savepoints are case-sensitive.
struct SavepointStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kSavepoint;
  SavepointStatement() : Statement(kKind) {}
  Name name;
};

struct RollbackToStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kRollbackTo;
  RollbackToStatement() : Statement(kKind) {}
  Name name;
};

struct ReleaseStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kRelease;
  ReleaseStatement() : Statement(kKind) {}
  Name name;
};

/// SET name = value
struct SetStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kSet;
  SetStatement() : Statement(kKind) {}
  Name name;
  ExprPtr value;  ///< a bare word is a ColumnExpr
};

enum class ShowKind : uint8_t { kTables, kViews, kCreateTable, kCreateView, kIndexes };

struct ShowStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kShow;
  ShowStatement() : Statement(kKind) {}
  ShowKind show = ShowKind::kTables;
  Name name;  ///< of the last three
};

struct DescribeStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kDescribe;
  DescribeStatement() : Statement(kKind) {}
  Name table;
};

/// PRAGMA name [= value]
struct PragmaStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kPragma;
  PragmaStatement() : Statement(kKind) {}
  Name name;
  ExprPtr value;  ///< or null; a bare word is a ColumnExpr
};

struct AnalyzeStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kAnalyze;
  AnalyzeStatement() : Statement(kKind) {}
  Name table;  ///< empty: all
};

struct VacuumStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kVacuum;
  VacuumStatement() : Statement(kKind) {}
  Name table;  ///< empty: all
};

struct ExplainStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kExplain;
  ExplainStatement() : Statement(kKind) {}
  bool analyze = false;
  StatementPtr statement;
};

/// A bare expression. Text whose first word starts no statement is read as one: executing `SELEC 1`
/// complains of a column, while preparing it must complain of the statement
/// (ParseOptions::unknown_statement chooses).
struct ExpressionStatement final : Statement {
  static constexpr StatementKind kKind = StatementKind::kExpression;
  ExpressionStatement() : Statement(kKind) {}
  ExprPtr expr;
};

}  // namespace orrery::sql
