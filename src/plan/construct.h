// Constructors of bound expressions that apply the dialect's typing rules and fold constants.
//
// All take and give expressions over logical column ids or positions alike: nothing here looks at
// what an index means. An expression that fails to fold (integer overflow) stays as it is and fails
// for the rows that reach it.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "expr/expr.h"

namespace orrery::plan {

expr::ExprPtr null_constant(types::TypeId type = types::TypeId::kNull);
expr::ExprPtr boolean_constant(bool value);
expr::ExprPtr integer_constant(int64_t value);
expr::ExprPtr text_constant(std::string_view text);
bool is_null_constant(const expr::Expr& e);
bool is_true_constant(const expr::Expr& e);
/// FALSE or NULL: no row passes a filter with it.
bool is_never_true(const expr::Expr& e);

/// Evaluates it now where it depends on constants only and on no clock.
expr::ExprPtr fold(expr::ExprPtr e);

/// The type of a column whose cells come from both: the common one, or kAny.
types::TypeId merge_types(types::TypeId a, types::TypeId b);
/// Constants of INTEGER that are not negative take the wide type of one of the others, so that
/// COALESCE(u64, 0) is a U64.
void settle_constants(std::span<expr::ExprPtr* const> values);
/// Conversion to a type that holds every value of the old one as it is (kAny, or from NULL).
expr::ExprPtr widen(expr::ExprPtr e, types::TypeId to);
/// CAST, folded.
expr::ExprPtr cast_to(expr::ExprPtr e, types::TypeId to);
/// A literal or parameter beside a value of another kind takes the value's type; two constants stay.
void coerce_pair(expr::ExprPtr* a, expr::ExprPtr* b);

expr::ExprPtr compare(expr::CompareOp op, expr::ExprPtr left, expr::ExprPtr right);
/// Member by member for row values; the caller has checked that the lengths agree.
expr::ExprPtr compare_rows(expr::CompareOp op, std::vector<expr::ExprPtr> left,
                           std::vector<expr::ExprPtr> right);
expr::ExprPtr conjunction(std::vector<expr::ExprPtr> args);
expr::ExprPtr disjunction(std::vector<expr::ExprPtr> args);
expr::ExprPtr negation(expr::ExprPtr arg);
expr::ExprPtr is_null(expr::ExprPtr arg, bool negated);
expr::ExprPtr coalesce(std::vector<expr::ExprPtr> args);
/// Truth value by the rules of WHERE: numbers other than 0 are true, text never is.
expr::ExprPtr to_boolean(expr::ExprPtr e);
/// A call by name. Error: kFunctionNotFound "Compile error: Function not found: X".
Result<expr::ExprPtr> call(std::string_view name, std::vector<expr::ExprPtr> args,
                           SourcePosition position = {});
/// Splits a condition into the conjuncts that a row must all pass; a TRUE is dropped.
void add_conjuncts(expr::ExprPtr condition, std::vector<expr::ExprPtr>* out);

/// The operator that gives the same with the sides exchanged: < for >.
expr::CompareOp mirrored(expr::CompareOp op);

}  // namespace orrery::plan
