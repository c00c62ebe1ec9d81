// Expressions of the syntax tree. See sql/ast.h for ownership and invariants.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "types/type_id.h"

namespace orrery::sql {

struct Query;

enum class QuoteStyle : uint8_t {
  kNone,
  kDouble,    ///< "x": where no such column exists, the text x
  kBacktick,  ///< `x`: always a name
};

/// A name as it was typed. Comparison of names is the caller's matter (case-insensitive for tables
/// and columns).
struct Name {
  std::string text;
  QuoteStyle quote = QuoteStyle::kNone;
  SourcePosition position;

  bool empty() const { return text.empty(); }
};

enum class ExprKind : uint8_t {
  kLiteral,
  kParameter,
  kColumn,
  kUnary,
  kBinary,
  kLogical,
  kIs,
  kLike,
  kBetween,
  kInList,
  kInQuery,
  kExists,
  kQuantified,
  kSubquery,
  kRow,
  kCase,
  kCast,
  kExtract,
  kFunction,
  kDefault,
};

struct Expr {
  const ExprKind kind;
  uint16_t height = 1;  ///< nodes on the longest path down from here, subqueries included
  SourcePosition position;

  Expr(const Expr&) = delete;
  Expr& operator=(const Expr&) = delete;
  virtual ~Expr() = default;

 protected:
  explicit Expr(ExprKind k) : kind(k) {}
};
using ExprPtr = std::unique_ptr<Expr>;
using ExprList = std::vector<ExprPtr>;

/// Returns `node` (an Expr, QueryBody, TableRef or Statement) as the struct its kind says it is.
template <class T, class Node>
T& as(Node& node) {
  ORRERY_ASSERT(node.kind == T::kKind);
  return static_cast<T&>(node);
}
template <class T, class Node>
const T& as(const Node& node) {
  ORRERY_ASSERT(node.kind == T::kKind);
  return static_cast<const T&>(node);
}

enum class LiteralKind : uint8_t {
  kNull,
  kBoolean,    ///< integer: 0 or 1
  kInteger,    ///< integer
  kFloat,      ///< real
  kText,       ///< text
  kDate,       ///< DATE '...': text as typed
  kTime,       ///< TIME '...': text as typed; its type is TEXT
  kTimestamp,  ///< TIMESTAMP '...': text as typed
  kInterval,   ///< text normalised to "24 hour", integer = the amount; its type is TEXT
};

struct LiteralExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kLiteral;
  LiteralExpr() : Expr(kKind) {}
  LiteralKind literal = LiteralKind::kNull;
  types::TypeId type = types::TypeId::kNull;
  int64_t integer = 0;
  double real = 0;
  std::string text;  ///< of a whole number that is FLOAT because INTEGER does not hold it: its digits
};

struct ParameterExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kParameter;
  ParameterExpr() : Expr(kKind) {}
  /// $n is n - 1; the k-th ? of a statement is k - 1; :name is its place in
  /// Statement::parameter_names.
  uint32_t index = 0;
  std::string name;  ///< of :name, else empty
};

/// c, t.c, and t.* or * where a star may stand (select items, RETURNING; COUNT(*) is
/// FunctionExpr::star).
struct ColumnExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kColumn;
  ColumnExpr() : Expr(kKind) {}
  Name qualifier;  ///< empty without one
  Name name;
};

enum class UnaryOp : uint8_t { kNegate, kPlus, kBitNot, kNot };

struct UnaryExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kUnary;
  UnaryExpr() : Expr(kKind) {}
  UnaryOp op = UnaryOp::kNegate;
  ExprPtr operand;
};

enum class BinaryOp : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIsDistinct,     ///< IS DISTINCT FROM
  kIsNotDistinct,  ///< IS NOT DISTINCT FROM
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kConcat,
  kBitAnd,
  kBitOr,
  kBitXor,
  kShiftLeft,
  kShiftRight,
  kXor,       ///< logical
  kJsonGet,   ///< ->
  kJsonText,  ///< ->>
  kDistance,  ///< <=>
};

struct BinaryExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kBinary;
  BinaryExpr() : Expr(kKind) {}
  BinaryOp op = BinaryOp::kEqual;
  ExprPtr left;
  ExprPtr right;
};

enum class LogicalOp : uint8_t { kAnd, kOr };

/// a AND b AND c ..., a OR b OR c ...
struct LogicalExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kLogical;
  LogicalExpr() : Expr(kKind) {}
  LogicalOp op = LogicalOp::kAnd;
  ExprList operands;
};

enum class Negation : uint8_t { kPlain, kNegated };
enum class IsTest : uint8_t { kNull, kTrue, kFalse };

/// x IS [NOT] NULL | TRUE | FALSE
struct IsExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kIs;
  IsExpr() : Expr(kKind) {}
  IsTest test = IsTest::kNull;
  Negation negation = Negation::kPlain;
  ExprPtr operand;
};

enum class LikeOp : uint8_t { kLike, kILike, kGlob, kRegexp };

struct LikeExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kLike;
  LikeExpr() : Expr(kKind) {}
  LikeOp op = LikeOp::kLike;
  Negation negation = Negation::kPlain;
  ExprPtr operand;
  ExprPtr pattern;
  ExprPtr escape;  ///< null without ESCAPE
};

struct BetweenExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kBetween;
  BetweenExpr() : Expr(kKind) {}
  Negation negation = Negation::kPlain;
  ExprPtr operand;
  ExprPtr low;
  ExprPtr high;
};

/// x IN (a, b, ...), also x IN (); with a RowExpr on the left the items are RowExprs or subqueries.
struct InListExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kInList;
  InListExpr() : Expr(kKind) {}
  Negation negation = Negation::kPlain;
  ExprPtr operand;
  ExprList items;
};

struct InQueryExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kInQuery;
  InQueryExpr();
  ~InQueryExpr() override;
  Negation negation = Negation::kPlain;
  ExprPtr operand;
  std::unique_ptr<Query> query;
};

/// EXISTS (...); NOT EXISTS is a NOT above it.
struct ExistsExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kExists;
  ExistsExpr();
  ~ExistsExpr() override;
  std::unique_ptr<Query> query;
};

enum class Quantifier : uint8_t { kAny, kAll };

/// x op ANY|SOME|ALL (query); op is one of the six comparisons.
struct QuantifiedExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kQuantified;
  QuantifiedExpr();
  ~QuantifiedExpr() override;
  BinaryOp op = BinaryOp::kEqual;
  Quantifier quantifier = Quantifier::kAny;
  ExprPtr operand;
  std::unique_ptr<Query> query;
};

/// (SELECT ...) as a scalar, or as a row where a row value stands on the other side.
struct SubqueryExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kSubquery;
  SubqueryExpr();
  ~SubqueryExpr() override;
  std::unique_ptr<Query> query;
};

/// (a, b, ...) with two or more members.
struct RowExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kRow;
  RowExpr() : Expr(kKind) {}
  ExprList items;
};

struct CaseBranch {
  ExprPtr when;
  ExprPtr then;
};

struct CaseExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kCase;
  CaseExpr() : Expr(kKind) {}
  ExprPtr operand;  ///< null for the searched form
  std::vector<CaseBranch> branches;
  ExprPtr otherwise;  ///< null without ELSE
};

/// A type as it was named. VECTOR(3) has one argument; lengths and precisions are kept though
/// nothing uses them.
struct TypeName {
  std::string name;  ///< upper-cased: "DATE", "DOUBLE PRECISION", ...
  types::TypeId type = types::TypeId::kNull;
  std::vector<int64_t> arguments;
  SourcePosition position;
};

struct CastExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kCast;
  CastExpr() : Expr(kKind) {}
  ExprPtr operand;
  TypeName target;
};

enum class ExtractField : uint8_t {
  kYear,
  kMonth,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kDayOfWeek,     ///< DOW: Sunday is 0
  kIsoDayOfWeek,  ///< ISODOW: Monday is 1
  kDayOfYear,     ///< DOY
  kWeek,          ///< ISO week
  kQuarter,
  kEpoch,
};

struct ExtractExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kExtract;
  ExtractExpr() : Expr(kKind) {}
  ExtractField field = ExtractField::kYear;
  ExprPtr operand;
};

enum class SortDirection : uint8_t { kAscending, kDescending };
enum class NullsOrder : uint8_t { kDefault, kFirst, kLast };

struct OrderItem {
  ExprPtr expr;
  SortDirection direction = SortDirection::kAscending;
  NullsOrder nulls = NullsOrder::kDefault;
};

enum class FrameUnit : uint8_t { kRows, kRange };
enum class FrameBoundKind : uint8_t {
  kUnboundedPreceding,
  kPreceding,
  kCurrentRow,
  kFollowing,
  kUnboundedFollowing,
};

struct FrameBound {
  FrameBoundKind kind = FrameBoundKind::kCurrentRow;
  ExprPtr offset;  ///< of kPreceding and kFollowing, else null
};

/// The short form (ROWS n PRECEDING) has end = CURRENT ROW.
struct WindowFrame {
  FrameUnit unit = FrameUnit::kRange;
  FrameBound start;
  FrameBound end;
};

/// What stands in the parentheses of OVER (...) or of WINDOW w AS (...); OVER w is a spec with only
/// `base` set.
struct WindowSpec {
  Name base;  ///< the named window that this one refines, or empty
  ExprList partition_by;
  std::vector<OrderItem> order_by;
  std::unique_ptr<WindowFrame> frame;  ///< null without ROWS or RANGE
  SourcePosition position;
};

/// A call. CURRENT_TIMESTAMP and its kin without parentheses, POSITION(a IN b), SUBSTRING(a FROM b
/// FOR c) and TRIM(BOTH a FROM b) are calls with plain arguments.
struct FunctionExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kFunction;
  FunctionExpr() : Expr(kKind) {}
  std::string name;       ///< upper-cased
  bool star = false;      ///< COUNT(*): no arguments
  bool distinct = false;  ///< F(DISTINCT ...)
  ExprList arguments;
  std::vector<OrderItem> order_by;   ///< F(x ORDER BY ...)
  ExprPtr filter;                    ///< FILTER (WHERE ...), or null
  std::unique_ptr<WindowSpec> over;  ///< OVER ..., or null
};

/// DEFAULT in the place of a value (INSERT, UPDATE).
struct DefaultExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kDefault;
  DefaultExpr() : Expr(kKind) {}
};

}  // namespace orrery::sql
