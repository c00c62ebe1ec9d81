#include "plan/construct.h"

#include <algorithm>

#include "expr/eval.h"
#include "expr/function.h"
#include "plan/logical.h"
#include "types/cast.h"
#include "types/wide_number.h"

namespace orrery::plan {

using expr::CompareOp;
using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;
using types::Datum;
using types::TypeId;

ExprPtr null_constant(TypeId type) { return expr::make_constant(Datum::null(), type); }

ExprPtr boolean_constant(bool value) {
  return expr::make_constant(Datum::boolean(value), TypeId::kBoolean);
}

ExprPtr integer_constant(int64_t value) {
  return expr::make_constant(Datum::integer(value), TypeId::kInteger);
}

ExprPtr text_constant(std::string_view text) {
  return expr::make_constant(Datum::text(text), TypeId::kText);
}

bool is_null_constant(const Expr& e) {
  return e.kind == ExprKind::kConstant && e.constant.is_null();
}

bool is_true_constant(const Expr& e) {
  return e.kind == ExprKind::kConstant && e.constant.type() == TypeId::kBoolean &&
         e.constant.datum().as_bool();
}

bool is_never_true(const Expr& e) {
  if (e.kind != ExprKind::kConstant) return false;
  return e.constant.is_null() ||
         (e.constant.type() == TypeId::kBoolean && !e.constant.datum().as_bool());
}

namespace {

/// Text such as "14:30" means a time of the day on which the statement runs.
bool reads_clock(const Expr& constant) {
  if (constant.constant.type() != TypeId::kText) return false;
  std::string_view text = constant.constant.datum().view();
  int64_t one = 0;
  int64_t other = 0;
  constexpr int64_t kSomeDay = int64_t{1'000'000'000} * 86400 * 9000;
  return text.find(':') != std::string_view::npos && types::parse_timestamp(text, 0, &one) &&
         types::parse_timestamp(text, kSomeDay, &other) && one != other;
}

bool is_foldable(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kConstant:
    case ExprKind::kParameter:
    case ExprKind::kColumn:
    case ExprKind::kOuter:
    case ExprKind::kSubquery:
    case ExprKind::kRow:
      return false;
    case ExprKind::kFunction:
      if (e.function->volatility != expr::Volatility::kImmutable) return false;
      break;
    default:
      break;
  }
  return !e.args.empty() && std::all_of(e.args.begin(), e.args.end(), [](const ExprPtr& arg) {
    return arg->kind == ExprKind::kConstant && !reads_clock(*arg);
  });
}

}  // namespace

ExprPtr fold(ExprPtr e) {
  if (!is_foldable(*e)) return e;
  expr::EvalContext context;
  uint64_t unused_random = 1;
  context.random_state = &unused_random;
  auto value = expr::evaluate_once(*e, context);
  if (!value) return e;
  TypeId type = e->type == TypeId::kAny && !value->is_null() ? value->type() : e->type;
  ExprPtr constant = expr::make_constant(value->datum(), type);
  constant->position = e->position;
  return constant;
}

TypeId merge_types(TypeId a, TypeId b) {
  if (a == b || b == TypeId::kNull) return a;
  if (types::is_whole(a) && types::is_whole(b)) return types::joint_whole_type(a, b);
  return a == TypeId::kNull ? b : TypeId::kAny;
}

ExprPtr widen(ExprPtr e, TypeId to) {
  if (e->type == to || to == TypeId::kNull) return e;
  if (is_null_constant(*e)) return null_constant(to);
  return expr::make_cast(std::move(e), to);
}

ExprPtr cast_to(ExprPtr e, TypeId to) {
  if (e->type == to) return e;
  if (is_null_constant(*e)) return null_constant(to);
  return fold(expr::make_cast(std::move(e), to));
}

namespace {

bool is_literal(const Expr& e) {
  return e.kind == ExprKind::kConstant || e.kind == ExprKind::kParameter;
}

/// The literal's type gives way to `to` in a comparison.
bool yields_to(const Expr& literal, TypeId to) {
  TypeId from = literal.type;
  if (from == to || from == TypeId::kNull || from == TypeId::kAny) return false;
  if (to == TypeId::kNull || to == TypeId::kAny) return false;
  return !(types::is_number(from) && types::is_number(to));
}

}  // namespace

void coerce_pair(ExprPtr* a, ExprPtr* b) {
  if (is_literal(**a) && !expr::is_row_independent(**b) && yields_to(**a, (*b)->type)) {
    *a = cast_to(std::move(*a), (*b)->type);
  } else if (is_literal(**b) && !expr::is_row_independent(**a) && yields_to(**b, (*a)->type)) {
    *b = cast_to(std::move(*b), (*a)->type);
  }
}

ExprPtr compare(CompareOp op, ExprPtr left, ExprPtr right) {
  coerce_pair(&left, &right);
  if (is_null_constant(*left) || is_null_constant(*right)) return null_constant(TypeId::kBoolean);
  return fold(expr::make_compare(op, std::move(left), std::move(right)));
}

ExprPtr compare_rows(CompareOp op, std::vector<ExprPtr> left, std::vector<ExprPtr> right) {
  std::vector<ExprPtr> parts;
  if (op == CompareOp::kEqual || op == CompareOp::kNotEqual) {
    for (size_t i = 0; i < left.size(); ++i) {
      parts.push_back(compare(op, std::move(left[i]), std::move(right[i])));
    }
    return op == CompareOp::kEqual ? conjunction(std::move(parts)) : disjunction(std::move(parts));
  }
  // (a, b) < (c, d) is a < c OR (a = c AND b < d); only the last member takes part in <=.
  CompareOp strict = op;
  if (op == CompareOp::kLessEqual) strict = CompareOp::kLess;
  if (op == CompareOp::kGreaterEqual) strict = CompareOp::kGreater;
  for (size_t i = 0; i < left.size(); ++i) {
    std::vector<ExprPtr> term;
    for (size_t j = 0; j < i; ++j) {
      term.push_back(compare(CompareOp::kEqual, expr::clone(*left[j]), expr::clone(*right[j])));
    }
    bool last = i + 1 == left.size();
    term.push_back(compare(last ? op : strict, expr::clone(*left[i]), expr::clone(*right[i])));
    parts.push_back(conjunction(std::move(term)));
  }
  return disjunction(std::move(parts));
}

namespace {

bool any_nullable(const std::vector<ExprPtr>& args) {
  return std::any_of(args.begin(), args.end(), [](const ExprPtr& a) { return a->nullable; });
}

bool calls_volatile(const Expr& e) {
  if (e.kind == ExprKind::kFunction && e.function->volatility == expr::Volatility::kVolatile) {
    return true;
  }
  return std::any_of(e.args.begin(), e.args.end(),
                     [](const ExprPtr& arg) { return calls_volatile(*arg); });
}

/// AND and OR: `absorbing` is the constant that decides, the other one is dropped.
ExprPtr connective(ExprKind kind, bool absorbing, std::vector<ExprPtr> args) {
  std::vector<ExprPtr> kept;
  for (ExprPtr& arg : args) {
    if (arg->kind == kind) {
      for (ExprPtr& inner : arg->args) kept.push_back(std::move(inner));
      continue;
    }
    if (arg->kind == ExprKind::kConstant && !arg->constant.is_null()) {
      if (arg->constant.datum().as_bool() == absorbing) return boolean_constant(absorbing);
      continue;
    }
    kept.push_back(std::move(arg));
  }
  if (kept.empty()) return boolean_constant(!absorbing);
  if (kept.size() == 1) return std::move(kept[0]);
  auto e = std::make_unique<Expr>();
  e->kind = kind;
  e->type = TypeId::kBoolean;
  e->nullable = any_nullable(kept);
  e->args = std::move(kept);
  return fold(std::move(e));
}

}  // namespace

ExprPtr conjunction(std::vector<ExprPtr> args) {
  return connective(ExprKind::kAnd, false, std::move(args));
}

namespace {

/// What `e` compares with a literal for equality, or nullptr.
const Expr* equality_operand(const Expr& e) {
  bool equal = e.kind == ExprKind::kCompare && e.compare_op == CompareOp::kEqual;
  return equal && is_literal(*e.args[1]) && !is_literal(*e.args[0]) ? e.args[0].get() : nullptr;
}

/// a = 1 OR a = 2 OR a = 3 is a IN (1, 2, 3), which is tested by one lookup.
ExprPtr as_in_list(ExprPtr e) {
  constexpr size_t kWorthwhile = 3;
  if (e->kind != ExprKind::kOr || e->args.size() < kWorthwhile) return e;
  const Expr* operand = equality_operand(*e->args[0]);
  if (operand == nullptr || has_subquery(*operand)) return e;
  for (const ExprPtr& arg : e->args) {
    const Expr* other = equality_operand(*arg);
    if (other == nullptr || !expr::same(*operand, *other)) return e;
  }
  if (calls_volatile(*operand)) return e;
  auto list = std::make_unique<Expr>();
  list->kind = ExprKind::kInList;
  list->type = TypeId::kBoolean;
  list->nullable = e->nullable;
  list->position = e->position;
  std::vector<ExprPtr> members;
  for (ExprPtr& arg : e->args) members.push_back(std::move(arg->args[1]));
  list->args.push_back(std::move(e->args[0]->args[0]));
  for (ExprPtr& member : members) list->args.push_back(std::move(member));
  return list;
}

}  // namespace

ExprPtr disjunction(std::vector<ExprPtr> args) {
  return as_in_list(connective(ExprKind::kOr, true, std::move(args)));
}

ExprPtr negation(ExprPtr arg) {
  if (arg->kind == ExprKind::kNot) return std::move(arg->args[0]);
  if (arg->kind == ExprKind::kIsNull || arg->kind == ExprKind::kIsBoolean ||
      arg->kind == ExprKind::kDistinct || arg->kind == ExprKind::kInList ||
      (arg->kind == ExprKind::kSubquery && arg->subquery_kind != expr::SubqueryKind::kScalar)) {
    arg->negated = !arg->negated;
    return arg;
  }
  if (arg->kind == ExprKind::kCompare && arg->args[0]->kind != ExprKind::kRow) {
    constexpr CompareOp kOpposite[] = {CompareOp::kNotEqual,     CompareOp::kEqual,
                                       CompareOp::kGreaterEqual, CompareOp::kGreater,
                                       CompareOp::kLessEqual,    CompareOp::kLess};
    arg->compare_op = kOpposite[static_cast<uint8_t>(arg->compare_op)];
    return arg;
  }
  auto e = std::make_unique<Expr>();
  e->kind = ExprKind::kNot;
  e->type = TypeId::kBoolean;
  e->nullable = arg->nullable;
  e->args.push_back(std::move(arg));
  return fold(std::move(e));
}

ExprPtr is_null(ExprPtr arg, bool negated) {
  if (!arg->nullable) return boolean_constant(negated);
  auto e = std::make_unique<Expr>();
  e->kind = ExprKind::kIsNull;
  e->type = TypeId::kBoolean;
  e->nullable = false;
  e->negated = negated;
  e->args.push_back(std::move(arg));
  return fold(std::move(e));
}

void settle_constants(std::span<ExprPtr* const> values) {
  TypeId wide = TypeId::kNull;
  for (ExprPtr* e : values) {
    if (types::is_wide((*e)->type)) wide = (*e)->type;
  }
  if (wide == TypeId::kNull) return;
  for (ExprPtr* e : values) {
    const bool fits = (*e)->kind == ExprKind::kConstant && (*e)->type == TypeId::kInteger &&
                      !is_null_constant(**e) && (*e)->constant.datum().as_int64() >= 0;
    if (fits) *e = cast_to(std::move(*e), wide);
  }
}

ExprPtr coalesce(std::vector<ExprPtr> args) {
  std::vector<ExprPtr*> values;
  for (ExprPtr& arg : args) values.push_back(&arg);
  settle_constants(values);
  std::vector<ExprPtr> kept;
  TypeId type = TypeId::kNull;
  for (ExprPtr& arg : args) {
    if (is_null_constant(*arg)) continue;
    type = merge_types(type, arg->type);
    bool last = !arg->nullable;
    kept.push_back(std::move(arg));
    if (last) break;
  }
  if (kept.empty()) return null_constant();
  if (kept.size() == 1) return std::move(kept[0]);
  auto e = std::make_unique<Expr>();
  e->kind = ExprKind::kCoalesce;
  e->type = type;
  e->nullable = kept.back()->nullable;
  for (ExprPtr& arg : kept) e->args.push_back(widen(std::move(arg), type));
  return fold(std::move(e));
}

ExprPtr to_boolean(ExprPtr e) {
  switch (e->type) {
    case TypeId::kBoolean:
      return e;
    case TypeId::kInteger:
    case TypeId::kFloat:
    case TypeId::kU64:
    case TypeId::kU128:
    case TypeId::kI128:
    case TypeId::kU256:
    case TypeId::kI256:
      return compare(CompareOp::kNotEqual, std::move(e), integer_constant(0));
    case TypeId::kNull:
      return null_constant(TypeId::kBoolean);
    case TypeId::kAny:
      return expr::make_cast(std::move(e), TypeId::kBoolean);
    default:
      return is_null_constant(*e) ? null_constant(TypeId::kBoolean) : boolean_constant(false);
  }
}

Result<ExprPtr> call(std::string_view name, std::vector<ExprPtr> args, SourcePosition position) {
  std::vector<TypeId> types;
  types.reserve(args.size());
  for (const ExprPtr& arg : args) types.push_back(arg->type);
  auto resolved = expr::resolve_function(name, types);
  if (!resolved) {
    const Error& error = resolved.error();
    if (error.code() != ErrorCode::kFunctionNotFound) {
      return Error(error.code(), error.message(), position);
    }
    return Error(error.code(), "Compile error: " + error.message(), position);
  }
  for (size_t i = 0; i < args.size(); ++i) {
    TypeId want = i < resolved->arguments.size() ? resolved->arguments[i] : TypeId::kAny;
    if (want != TypeId::kAny && want != args[i]->type) args[i] = cast_to(std::move(args[i]), want);
  }
  ExprPtr e = expr::make_function(*resolved->function, resolved->result, std::move(args));
  e->position = position;
  return fold(std::move(e));
}

namespace {

constexpr size_t kFactoredMax = 64;  ///< terms and factors: beyond this the search is not worth it

bool has_factor(const Expr& term, const Expr& factor) {
  if (term.kind != ExprKind::kAnd) return expr::same(term, factor);
  return std::any_of(term.args.begin(), term.args.end(),
                     [&](const ExprPtr& arg) { return expr::same(*arg, factor); });
}

/// The terms without the factor; an empty list where a term was nothing else.
std::vector<ExprPtr> without_factor(std::vector<ExprPtr> terms, const Expr& factor) {
  for (ExprPtr& term : terms) {
    if (term->kind != ExprKind::kAnd) return {};
    std::vector<ExprPtr> rest;
    for (ExprPtr& arg : term->args) {
      if (!expr::same(*arg, factor)) rest.push_back(std::move(arg));
    }
    if (rest.empty()) return {};
    term = conjunction(std::move(rest));
  }
  return terms;
}

/// (a AND b) OR (a AND c) is a AND (b OR c): what all terms share can be tested early.
ExprPtr take_factors(ExprPtr either, std::vector<ExprPtr>* out) {
  if (either->kind != ExprKind::kOr || either->args.size() > kFactoredMax) return either;
  std::vector<ExprPtr> factors;
  const Expr& first = *either->args[0];
  size_t count = first.kind == ExprKind::kAnd ? first.args.size() : 1;
  for (size_t i = 0; i < count && i < kFactoredMax; ++i) {
    const Expr& factor = first.kind == ExprKind::kAnd ? *first.args[i] : first;
    if (has_subquery(factor) || calls_volatile(factor)) continue;
    bool shared = std::all_of(either->args.begin(), either->args.end(),
                              [&](const ExprPtr& term) { return has_factor(*term, factor); });
    if (shared) factors.push_back(expr::clone(factor));
  }
  std::vector<ExprPtr> terms = std::move(either->args);
  for (ExprPtr& factor : factors) {
    if (!terms.empty()) terms = without_factor(std::move(terms), *factor);
    add_conjuncts(std::move(factor), out);
  }
  return terms.empty() ? nullptr : disjunction(std::move(terms));
}

}  // namespace

void add_conjuncts(ExprPtr condition, std::vector<ExprPtr>* out) {
  if (condition->kind == ExprKind::kAnd) {
    for (ExprPtr& arg : condition->args) add_conjuncts(std::move(arg), out);
    return;
  }
  condition = take_factors(std::move(condition), out);
  if (!condition) return;
  // Where only TRUE counts, BETWEEN is the pair of comparisons that indexes understand.
  if (condition->kind == ExprKind::kFunction && condition->function->name == "BETWEEN" &&
      !has_subquery(*condition)) {
    out->push_back(compare(CompareOp::kGreaterEqual, expr::clone(*condition->args[0]),
                           std::move(condition->args[1])));
    out->push_back(compare(CompareOp::kLessEqual, std::move(condition->args[0]),
                           std::move(condition->args[2])));
    return;
  }
  if (!is_true_constant(*condition)) out->push_back(std::move(condition));
}

CompareOp mirrored(CompareOp op) {
  switch (op) {
    case CompareOp::kLess:
      return CompareOp::kGreater;
    case CompareOp::kLessEqual:
      return CompareOp::kGreaterEqual;
    case CompareOp::kGreater:
      return CompareOp::kLess;
    case CompareOp::kGreaterEqual:
      return CompareOp::kLessEqual;
    case CompareOp::kEqual:
    case CompareOp::kNotEqual:
      break;
  }
  return op;
}

}  // namespace orrery::plan
