// Queries (SELECT and what may stand in its place) of the syntax tree. See sql/ast.h for ownership
// and invariants.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sql/ast_expr.h"

namespace orrery::sql {

/// One member of a select list or of RETURNING.
struct SelectItem {
  enum class Kind : uint8_t { kExpr, kStar, kQualifiedStar };
  Kind kind = Kind::kExpr;
  Name qualifier;  ///< t of t.*
  ExprPtr expr;    ///< of kExpr
  Name alias;      ///< empty without one
  SourcePosition position;
  /// The bytes [begin, end) of the text given to the parser that the expression was read from.
  uint32_t source_begin = 0;
  uint32_t source_end = 0;
};

enum class AsOfKind : uint8_t { kTimestamp, kTransaction };

struct AsOf {
  AsOfKind kind = AsOfKind::kTimestamp;
  ExprPtr value;
};

enum class TableRefKind : uint8_t { kTable, kQuery, kFunction, kJoin };

struct TableRef {
  const TableRefKind kind;
  uint16_t height = 1;
  SourcePosition position;

  TableRef(const TableRef&) = delete;
  TableRef& operator=(const TableRef&) = delete;
  virtual ~TableRef() = default;

 protected:
  explicit TableRef(TableRefKind k) : kind(k) {}
};
using TableRefPtr = std::unique_ptr<TableRef>;

enum class Lateral : uint8_t { kNo, kYes };

/// AS alias (c1, c2)
struct TableAlias {
  Name name;  ///< empty without one
  std::vector<Name> columns;
};

/// A table, view or CTE by name.
struct NamedTable final : TableRef {
  static constexpr TableRefKind kKind = TableRefKind::kTable;
  NamedTable() : TableRef(kKind) {}
  Name name;
  TableAlias alias;
  std::unique_ptr<AsOf> as_of;  ///< or null
};

/// (SELECT ...) or (VALUES ...) as a source.
struct DerivedTable final : TableRef {
  static constexpr TableRefKind kKind = TableRefKind::kQuery;
  DerivedTable();
  ~DerivedTable() override;
  Lateral lateral = Lateral::kNo;
  std::unique_ptr<Query> query;
  TableAlias alias;
};

/// generate_series(1, 3) as a source.
struct FunctionTable final : TableRef {
  static constexpr TableRefKind kKind = TableRefKind::kFunction;
  FunctionTable() : TableRef(kKind) {}
  Lateral lateral = Lateral::kNo;
  std::string name;  ///< upper-cased
  ExprList arguments;
  TableAlias alias;
};

enum class JoinKind : uint8_t { kInner, kLeft, kRight, kFull, kCross };

/// JOIN without ON, USING or NATURAL has all three unset: a cross product.
struct JoinTable final : TableRef {
  static constexpr TableRefKind kKind = TableRefKind::kJoin;
  JoinTable() : TableRef(kKind) {}
  JoinKind join = JoinKind::kInner;
  bool natural = false;
  TableRefPtr left;
  TableRefPtr right;
  ExprPtr on;
  std::vector<Name> using_columns;
};

enum class QueryBodyKind : uint8_t { kSelect, kValues, kSetOperation, kNested };

struct QueryBody {
  const QueryBodyKind kind;
  uint16_t height = 1;
  SourcePosition position;

  QueryBody(const QueryBody&) = delete;
  QueryBody& operator=(const QueryBody&) = delete;
  virtual ~QueryBody() = default;

 protected:
  explicit QueryBody(QueryBodyKind k) : kind(k) {}
};
using QueryBodyPtr = std::unique_ptr<QueryBody>;

enum class DistinctKind : uint8_t { kNone, kDistinct, kDistinctOn };
enum class GroupKind : uint8_t { kExpr, kRollup, kCube, kGroupingSets };

/// One member of GROUP BY. kExpr: sets holds one list with one expression. kRollup and kCube: one
/// list per member (a member may be (a, b)). kGroupingSets: one list per set, possibly empty.
struct GroupItem {
  GroupKind kind = GroupKind::kExpr;
  std::vector<ExprList> sets;
  SourcePosition position;
};

struct NamedWindow {
  Name name;
  WindowSpec spec;
};

struct SelectBody final : QueryBody {
  static constexpr QueryBodyKind kKind = QueryBodyKind::kSelect;
  SelectBody() : QueryBody(kKind) {}
  DistinctKind distinct = DistinctKind::kNone;
  ExprList distinct_on;
  std::vector<SelectItem> items;
  std::vector<TableRefPtr> from;  ///< joined as a cross product; empty without FROM
  ExprPtr where;
  std::vector<GroupItem> group_by;
  ExprPtr having;
  std::vector<NamedWindow> windows;
};

/// VALUES (...), (...) as a source.
struct ValuesBody final : QueryBody {
  static constexpr QueryBodyKind kKind = QueryBodyKind::kValues;
  ValuesBody() : QueryBody(kKind) {}
  std::vector<ExprList> rows;
};

enum class SetOp : uint8_t { kUnion, kIntersect, kExcept };

/// Two or more operands combined from left to right by the same operation.
struct SetBody final : QueryBody {
  static constexpr QueryBodyKind kKind = QueryBodyKind::kSetOperation;
  SetBody() : QueryBody(kKind) {}
  SetOp op = SetOp::kUnion;
  bool all = false;
  std::vector<QueryBodyPtr> operands;
};

/// A query in parentheses that has WITH, ORDER BY, LIMIT or OFFSET of its own.
struct NestedBody final : QueryBody {
  static constexpr QueryBodyKind kKind = QueryBodyKind::kNested;
  NestedBody();
  ~NestedBody() override;
  std::unique_ptr<Query> query;
};

struct Cte {
  Name name;
  std::vector<Name> columns;
  std::unique_ptr<Query> query;
};

struct WithClause {
  bool recursive = false;
  std::vector<Cte> ctes;  ///< empty without WITH
};

/// A whole query: [WITH ...] body [ORDER BY ...] [LIMIT ...] [OFFSET ...]. FETCH FIRST n ROWS ONLY
/// is a limit.
struct Query {
  uint16_t height = 1;
  WithClause with;
  QueryBodyPtr body;
  std::vector<OrderItem> order_by;
  /// Or null. A literal here is a number >= 0, which may be a FLOAT (cut off); else its value is to
  /// be checked.
  ExprPtr limit;
  ExprPtr offset;  ///< likewise
  SourcePosition position;
};
using QueryPtr = std::unique_ptr<Query>;

}  // namespace orrery::sql
