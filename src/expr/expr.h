// Bound expressions: names resolved, every node typed. Built by the binder (plan/), evaluated by
// expr/eval.h.
//
// A column reference names a column of the input chunk; an outer reference names a slot of the
// values that an enclosing row passes to a correlated subquery; parameters are typed when the
// statement is bound (a plan is made for one list of parameter types). Trees are immutable once
// bound, so one plan serves many executions at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "types/datum.h"

namespace orrery::expr {

struct ScalarFunction;  // expr/function.h
struct Subplan;         // a subquery's plan; defined and run by the layers above

enum class ExprKind : uint8_t {
  kConstant,   ///< constant
  kParameter,  ///< index = parameter number, from 0
  kColumn,     ///< index = column of the input chunk
  kOuter,      ///< index = slot of EvalContext::outer
  kFunction,   ///< function(args...): every argument evaluated, see ScalarFunction
  kCompare,    ///< args[0] compare_op args[1]; types already made comparable, or total-order across
               ///< kinds
  kAnd,        ///< n-ary, three-valued, errors of a later argument only for rows not yet FALSE
  kOr,         ///< n-ary
  kNot,
  kIsNull,     ///< negated: IS NOT NULL
  kIsBoolean,  ///< IS [NOT] TRUE / FALSE; index = 1 for TRUE, 0 for FALSE; never NULL
  kDistinct,   ///< IS [NOT] DISTINCT FROM
  kCase,  ///< args = [when, then]* [else]; searched form (the binder rewrites the simple one); lazy
          ///< per row
  kCoalesce,  ///< lazy per row
  kCast,      ///< args[0] to type, by the rules of CAST (NULL where it cannot be)
  kInList,  ///< args[0] [NOT] IN args[1..]; constants and parameters are hashed once per execution
  kSubquery,  ///< subquery_kind over subplan
  kRow,       ///< row value; only as an argument of kCompare, kInList and kSubquery
};

enum class CompareOp : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };
enum class SubqueryKind : uint8_t { kScalar, kExists, kIn, kAny, kAll };

struct Expr {
  ExprKind kind = ExprKind::kConstant;
  types::TypeId type = types::TypeId::kNull;  ///< static type of the result; kAny where rows differ
  bool nullable = true;                       ///< false: never NULL
  bool negated = false;                       ///< NOT IN, IS NOT NULL, NOT EXISTS, ...
  CompareOp compare_op = CompareOp::kEqual;
  SubqueryKind subquery_kind = SubqueryKind::kScalar;
  uint32_t index = 0;
  types::Value constant;
  const ScalarFunction* function = nullptr;
  std::vector<std::unique_ptr<Expr>> args;  ///< kSubquery: the left side (kIn, kAny, kAll), if any
  std::shared_ptr<const Subplan> subplan;
  /// kSubquery: what the enclosing row passes to the subplan; slot i of its EvalContext::outer.
  std::vector<std::unique_ptr<Expr>> outer_args;
  SourcePosition position;
};
using ExprPtr = std::unique_ptr<Expr>;

/// Deeper trees are refused by the evaluator (kLimit): evaluation recurses.
#if defined(__wasi__)
inline constexpr uint32_t kExprDepthMax = 500;
#else
inline constexpr uint32_t kExprDepthMax = 4000;
#endif

ExprPtr make_constant(const types::Datum& value, types::TypeId type);
ExprPtr make_column(uint32_t index, types::TypeId type, bool nullable);
ExprPtr make_compare(CompareOp op, ExprPtr left, ExprPtr right);
ExprPtr make_and(std::vector<ExprPtr> args);  ///< one argument is returned as it is
ExprPtr make_cast(ExprPtr arg, types::TypeId to);
ExprPtr make_function(const ScalarFunction& function, types::TypeId type,
                      std::vector<ExprPtr> args);
ExprPtr clone(const Expr& e);
bool same(const Expr& a, const Expr& b);

/// True where the value depends on nothing but constants (no column, parameter, outer slot,
/// subquery, volatile call).
bool is_constant_expr(const Expr& e);
/// True where the value is one per execution: no column, no subquery, no volatile call; parameters
/// and outer allowed.
bool is_row_independent(const Expr& e);
/// Adds every column index that the tree reads to `columns` (ascending, no duplicates).
void collect_columns(const Expr& e, std::vector<uint32_t>* columns);
/// Replaces column i by map[i] everywhere (UINT32_MAX must not occur).
void remap_columns(Expr* e, const std::vector<uint32_t>& map);
/// Text for EXPLAIN; column i is printed as names[i].
std::string to_text(const Expr& e, const std::vector<std::string>& names);

}  // namespace orrery::expr
