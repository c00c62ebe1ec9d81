// Expressions: literals, names, operators, CASE, CAST.
#include <string>

#include "plan/binder.h"
#include "plan/construct.h"
#include "types/cast.h"

namespace orrery::plan {

using expr::ExprPtr;
using types::TypeId;

Result<ExprPtr> Binder::bind(const sql::Expr& e, ExprContext& in) {
  ORRERY_TRY(context_.spend(1));
  switch (e.kind) {
    case sql::ExprKind::kLiteral:
      return bind_literal(sql::as<sql::LiteralExpr>(e));
    case sql::ExprKind::kParameter:
      return bind_parameter(sql::as<sql::ParameterExpr>(e));
    case sql::ExprKind::kColumn:
      return bind_column(sql::as<sql::ColumnExpr>(e), in);
    case sql::ExprKind::kUnary:
      return bind_unary(sql::as<sql::UnaryExpr>(e), in);
    case sql::ExprKind::kBinary:
      return bind_binary(sql::as<sql::BinaryExpr>(e), in);
    case sql::ExprKind::kLogical:
      return bind_logical(sql::as<sql::LogicalExpr>(e), in);
    case sql::ExprKind::kIs:
      return bind_is(sql::as<sql::IsExpr>(e), in);
    case sql::ExprKind::kLike:
      return bind_like(sql::as<sql::LikeExpr>(e), in);
    case sql::ExprKind::kBetween:
      return bind_between(sql::as<sql::BetweenExpr>(e), in);
    case sql::ExprKind::kInList:
      return bind_in_list(sql::as<sql::InListExpr>(e), in);
    case sql::ExprKind::kInQuery:
      return bind_in_query(sql::as<sql::InQueryExpr>(e), in);
    case sql::ExprKind::kExists:
      return bind_exists(sql::as<sql::ExistsExpr>(e), in);
    case sql::ExprKind::kQuantified:
      return bind_quantified(sql::as<sql::QuantifiedExpr>(e), in);
    case sql::ExprKind::kSubquery:
      return bind_scalar(sql::as<sql::SubqueryExpr>(e), in);
    case sql::ExprKind::kRow:
      return Error(ErrorCode::kBind, "a row value cannot stand here", e.position);
    case sql::ExprKind::kCase:
      return bind_case(sql::as<sql::CaseExpr>(e), in);
    case sql::ExprKind::kCast:
      return bind_cast(sql::as<sql::CastExpr>(e), in);
    case sql::ExprKind::kExtract:
      return bind_extract(sql::as<sql::ExtractExpr>(e), in);
    case sql::ExprKind::kFunction:
      return bind_function(sql::as<sql::FunctionExpr>(e), in);
    case sql::ExprKind::kDefault:
      return Error(ErrorCode::kBind, "DEFAULT cannot stand here", e.position);
  }
  return Error(ErrorCode::kInternal, "unknown expression");
}

Result<ExprPtr> Binder::bind_condition(const sql::Expr& e, ExprContext& in) {
  ORRERY_TRY_ASSIGN(ExprPtr condition, bind(e, in));
  return to_boolean(std::move(condition));
}

Status bind_where(Binder& binder, const sql::Expr* where, ExprContext& in,
                  std::vector<ExprPtr>* out) {
  if (where == nullptr) return {};
  ORRERY_TRY_ASSIGN(ExprPtr condition, binder.bind_condition(*where, in));
  add_conjuncts(std::move(condition), out);
  return {};
}

Result<ExprPtr> Binder::bind_literal(const sql::LiteralExpr& e) {
  switch (e.literal) {
    case sql::LiteralKind::kNull:
      return null_constant();
    case sql::LiteralKind::kBoolean:
      return boolean_constant(e.integer != 0);
    case sql::LiteralKind::kInteger:
      return integer_constant(e.integer);
    case sql::LiteralKind::kFloat:
      return expr::make_constant(types::Datum::floating(e.real), TypeId::kFloat);
    case sql::LiteralKind::kText:
    case sql::LiteralKind::kTime:
    case sql::LiteralKind::kInterval:
      return text_constant(e.text);
    case sql::LiteralKind::kDate:
    case sql::LiteralKind::kTimestamp:
      break;
  }
  ExprPtr value = cast_to(text_constant(e.text), TypeId::kTimestamp);
  if (!is_null_constant(*value) && e.literal == sql::LiteralKind::kDate) {
    std::vector<ExprPtr> args;
    args.push_back(std::move(value));
    ORRERY_TRY_ASSIGN(value, call("DATE", std::move(args), e.position));
  }
  if (is_null_constant(*value)) {
    return Error(ErrorCode::kTypeMismatch, "type error: invalid timestamp '" + e.text + "'",
                 e.position);
  }
  return value;
}

Result<ExprPtr> Binder::bind_parameter(const sql::ParameterExpr& e) {
  std::span<const TypeId> types = context_.input.parameters;
  TypeId type = e.index < types.size() ? types[e.index] : TypeId::kNull;
  if (type == TypeId::kNull) return null_constant();
  auto parameter = std::make_unique<expr::Expr>();
  parameter->kind = expr::ExprKind::kParameter;
  parameter->type = type;
  parameter->nullable = false;
  parameter->index = e.index;
  parameter->position = e.position;
  return parameter;
}

namespace {

ExprPtr reference(const PlanContext& context, const ScopeColumn& column, SourcePosition position) {
  ExprPtr e = expr::make_column(column.id, context.columns[column.id].type, column.nullable);
  e->position = position;
  return e;
}

Error unknown_column(const sql::ColumnExpr& e) {
  std::string name = e.qualifier.empty() ? "" : e.qualifier.text + ".";
  return Error(ErrorCode::kColumnNotFound,
               "Compile error: Column '" + name + e.name.text + "' not found", e.position);
}

}  // namespace

Result<ExprPtr> Binder::bind_column(const sql::ColumnExpr& e, ExprContext& in) {
  if (!e.qualifier.empty()) {
    ORRERY_TRY_ASSIGN(Resolution found,
                      resolve(in.scope, e.qualifier.text, e.name.text, e.position));
    if (found.column == nullptr) return unknown_column(e);
    return reference(context_, *found.column, e.position);
  }
  if (in.alias_use == AliasUse::kBeforeColumns) {
    ORRERY_TRY_ASSIGN(ExprPtr aliased, bind_alias(e, in));
    if (aliased) return aliased;
  }
  ORRERY_TRY_ASSIGN(const ScopeColumn* here,
                    resolve_here(in.scope, {}, e.name.text, e.position));
  if (here != nullptr) return reference(context_, *here, e.position);
  if (in.alias_use == AliasUse::kAfterColumns) {
    ORRERY_TRY_ASSIGN(ExprPtr aliased, bind_alias(e, in));
    if (aliased) return aliased;
  }
  ORRERY_TRY_ASSIGN(Resolution found, resolve(in.scope, {}, e.name.text, e.position));
  if (found.column != nullptr) return reference(context_, *found.column, e.position);
  if (e.name.quote == sql::QuoteStyle::kDouble) return text_constant(e.name.text);
  return unknown_column(e);
}

Result<ExprPtr> Binder::bind_alias(const sql::ColumnExpr& e, ExprContext& in) {
  if (in.aliases == nullptr) return ExprPtr();
  for (const sql::SelectItem& item : *in.aliases) {
    if (item.kind != sql::SelectItem::Kind::kExpr || item.alias.empty()) continue;
    if (!equal_names(item.alias.text, e.name.text)) continue;
    ExprContext plain = in;
    plain.alias_use = AliasUse::kNone;
    return bind(*item.expr, plain);
  }
  return ExprPtr();
}

Result<ExprPtr> Binder::bind_unary(const sql::UnaryExpr& e, ExprContext& in) {
  ORRERY_TRY_ASSIGN(ExprPtr operand, bind(*e.operand, in));
  std::vector<ExprPtr> args;
  switch (e.op) {
    case sql::UnaryOp::kPlus:
      return operand;
    case sql::UnaryOp::kNot: {
      bool has_truth = operand->type == TypeId::kBoolean || operand->type == TypeId::kInteger ||
                       operand->type == TypeId::kFloat || operand->type == TypeId::kAny ||
                       operand->type == TypeId::kNull;
      if (!has_truth) return boolean_constant(false);  // neither 'a' nor NOT 'a' is true
      return negation(to_boolean(std::move(operand)));
    }
    case sql::UnaryOp::kNegate:
      args.push_back(std::move(operand));
      return call("NEG", std::move(args), e.position);
    case sql::UnaryOp::kBitNot:
      args.push_back(std::move(operand));
      return call("BITNOT", std::move(args), e.position);
  }
  return Error(ErrorCode::kInternal, "unknown operator");
}

Result<ExprPtr> Binder::bind_binary(const sql::BinaryExpr& e, ExprContext& in) {
  switch (e.op) {
    case sql::BinaryOp::kEqual:
    case sql::BinaryOp::kNotEqual:
    case sql::BinaryOp::kLess:
    case sql::BinaryOp::kLessEqual:
    case sql::BinaryOp::kGreater:
    case sql::BinaryOp::kGreaterEqual:
    case sql::BinaryOp::kIsDistinct:
    case sql::BinaryOp::kIsNotDistinct:
      return bind_comparison(e, in);
    case sql::BinaryOp::kConcat:
      return bind_concat(e, in);
    case sql::BinaryOp::kXor: {
      std::vector<ExprPtr> args;
      ORRERY_TRY_ASSIGN(ExprPtr left, bind_condition(*e.left, in));
      ORRERY_TRY_ASSIGN(ExprPtr right, bind_condition(*e.right, in));
      args.push_back(std::move(left));
      args.push_back(std::move(right));
      return call("XOR", std::move(args), e.position);
    }
    default:
      return bind_arithmetic(e, in);
  }
}

namespace {

std::string_view function_of(sql::BinaryOp op) {
  switch (op) {
    case sql::BinaryOp::kAdd:
      return "+";
    case sql::BinaryOp::kSubtract:
      return "-";
    case sql::BinaryOp::kMultiply:
      return "*";
    case sql::BinaryOp::kDivide:
      return "/";
    case sql::BinaryOp::kModulo:
      return "%";
    case sql::BinaryOp::kBitAnd:
      return "&";
    case sql::BinaryOp::kBitOr:
      return "|";
    case sql::BinaryOp::kBitXor:
      return "^";
    case sql::BinaryOp::kShiftLeft:
      return "<<";
    case sql::BinaryOp::kShiftRight:
      return ">>";
    case sql::BinaryOp::kJsonGet:
      return "->";
    case sql::BinaryOp::kJsonText:
      return "->>";
    case sql::BinaryOp::kDistance:
      return "<=>";
    default:
      return "";
  }
}

bool is_interval(const sql::Expr& e) {
  return e.kind == sql::ExprKind::kLiteral &&
         sql::as<sql::LiteralExpr>(e).literal == sql::LiteralKind::kInterval;
}

}  // namespace

Result<ExprPtr> Binder::bind_arithmetic(const sql::BinaryExpr& e, ExprContext& in) {
  ORRERY_TRY_ASSIGN(ExprPtr left, bind(*e.left, in));
  ORRERY_TRY_ASSIGN(ExprPtr right, bind(*e.right, in));
  std::string_view name = function_of(e.op);
  bool adds = e.op == sql::BinaryOp::kAdd;
  if (adds && is_interval(*e.left) && !is_interval(*e.right)) std::swap(left, right);
  if ((adds && (is_interval(*e.left) || is_interval(*e.right))) ||
      (e.op == sql::BinaryOp::kSubtract && is_interval(*e.right))) {
    name = adds ? "ADD_INTERVAL" : "SUB_INTERVAL";
  }
  std::vector<ExprPtr> args;
  args.push_back(std::move(left));
  args.push_back(std::move(right));
  return call(name, std::move(args), e.position);
}

Result<ExprPtr> Binder::bind_concat(const sql::BinaryExpr& e, ExprContext& in) {
  // a || b || c is one call, so that no intermediate text is made.
  std::vector<const sql::Expr*> operands = {e.right.get()};
  const sql::Expr* left = e.left.get();
  while (left->kind == sql::ExprKind::kBinary) {
    const auto& inner = sql::as<sql::BinaryExpr>(*left);
    if (inner.op != sql::BinaryOp::kConcat || operands.size() >= 200) break;
    operands.push_back(inner.right.get());
    left = inner.left.get();
  }
  operands.push_back(left);
  std::vector<ExprPtr> args;
  for (size_t i = operands.size(); i-- > 0;) {
    ORRERY_TRY_ASSIGN(ExprPtr arg, bind(*operands[i], in));
    args.push_back(std::move(arg));
  }
  return call("||", std::move(args), e.position);
}

Result<ExprPtr> Binder::bind_logical(const sql::LogicalExpr& e, ExprContext& in) {
  std::vector<ExprPtr> args;
  args.reserve(e.operands.size());
  for (const sql::ExprPtr& operand : e.operands) {
    ORRERY_TRY_ASSIGN(ExprPtr arg, bind_condition(*operand, in));
    args.push_back(std::move(arg));
  }
  return e.op == sql::LogicalOp::kAnd ? conjunction(std::move(args)) : disjunction(std::move(args));
}

Result<ExprPtr> Binder::bind_is(const sql::IsExpr& e, ExprContext& in) {
  ORRERY_TRY_ASSIGN(ExprPtr operand, bind(*e.operand, in));
  bool negated = e.negation == sql::Negation::kNegated;
  if (e.test == sql::IsTest::kNull) return is_null(std::move(operand), negated);
  if (operand->type != TypeId::kBoolean && operand->type != TypeId::kAny) {
    return boolean_constant(negated);  // 1 IS TRUE is false: only booleans are
  }
  auto test = std::make_unique<expr::Expr>();
  test->kind = expr::ExprKind::kIsBoolean;
  test->type = TypeId::kBoolean;
  test->nullable = false;
  test->negated = negated;
  test->index = e.test == sql::IsTest::kTrue ? 1 : 0;
  test->args.push_back(std::move(operand));
  return fold(std::move(test));
}

Result<ExprPtr> Binder::bind_like(const sql::LikeExpr& e, ExprContext& in) {
  constexpr std::string_view kNames[] = {"LIKE", "ILIKE", "GLOB", "REGEXP"};
  constexpr std::string_view kNegated[] = {"NOT LIKE", "NOT ILIKE", "NOT GLOB", "NOT REGEXP"};
  auto op = static_cast<size_t>(e.op);
  std::vector<ExprPtr> args;
  for (const sql::Expr* part : {e.operand.get(), e.pattern.get(), e.escape.get()}) {
    if (part == nullptr) continue;
    ORRERY_TRY_ASSIGN(ExprPtr arg, bind(*part, in));
    args.push_back(std::move(arg));
  }
  std::string_view name = e.negation == sql::Negation::kNegated ? kNegated[op] : kNames[op];
  return call(name, std::move(args), e.position);
}

Result<ExprPtr> Binder::bind_between(const sql::BetweenExpr& e, ExprContext& in) {
  ORRERY_TRY_ASSIGN(ExprPtr operand, bind(*e.operand, in));
  ORRERY_TRY_ASSIGN(ExprPtr low, bind(*e.low, in));
  ORRERY_TRY_ASSIGN(ExprPtr high, bind(*e.high, in));
  coerce_pair(&operand, &low);
  coerce_pair(&operand, &high);
  bool negated = e.negation == sql::Negation::kNegated;
  ExprPtr test;
  bool copies = !has_subquery(*operand) && !is_volatile(context_, *operand);
  if (copies && !low->nullable && !high->nullable) {
    std::vector<ExprPtr> parts;
    parts.push_back(
        compare(expr::CompareOp::kGreaterEqual, expr::clone(*operand), std::move(low)));
    parts.push_back(compare(expr::CompareOp::kLessEqual, std::move(operand), std::move(high)));
    test = conjunction(std::move(parts));
  } else {
    std::vector<ExprPtr> args;
    args.push_back(std::move(operand));
    args.push_back(std::move(low));
    args.push_back(std::move(high));
    ORRERY_TRY_ASSIGN(test, call("BETWEEN", std::move(args), e.position));
  }
  return negated ? negation(std::move(test)) : std::move(test);
}

Result<ExprPtr> Binder::bind_case(const sql::CaseExpr& e, ExprContext& in) {
  std::vector<ExprPtr> args;
  TypeId type = TypeId::kNull;
  bool nullable = e.otherwise == nullptr;
  for (const sql::CaseBranch& branch : e.branches) {
    ExprPtr when;
    if (e.operand) {
      ORRERY_TRY_ASSIGN(ExprPtr operand, bind(*e.operand, in));
      ORRERY_TRY_ASSIGN(ExprPtr value, bind(*branch.when, in));
      when = compare(expr::CompareOp::kEqual, std::move(operand), std::move(value));
    } else {
      ORRERY_TRY_ASSIGN(when, bind_condition(*branch.when, in));
    }
    ORRERY_TRY_ASSIGN(ExprPtr then, bind(*branch.then, in));
    nullable = nullable || then->nullable;
    args.push_back(std::move(when));
    args.push_back(std::move(then));
  }
  if (e.otherwise) {
    ORRERY_TRY_ASSIGN(ExprPtr otherwise, bind(*e.otherwise, in));
    nullable = nullable || otherwise->nullable;
    args.push_back(std::move(otherwise));
  }
  std::vector<ExprPtr*> values;
  for (size_t i = 1; i < args.size(); i += 2) values.push_back(&args[i]);
  if (args.size() % 2 == 1) values.push_back(&args.back());
  settle_constants(values);
  for (ExprPtr* value : values) type = merge_types(type, (*value)->type);
  for (ExprPtr* value : values) *value = widen(std::move(*value), type);
  auto out = std::make_unique<expr::Expr>();
  out->kind = expr::ExprKind::kCase;
  out->type = type;
  out->nullable = nullable;
  out->args = std::move(args);
  out->position = e.position;
  return fold(std::move(out));
}

Result<ExprPtr> Binder::bind_cast(const sql::CastExpr& e, ExprContext& in) {
  ORRERY_TRY_ASSIGN(ExprPtr operand, bind(*e.operand, in));
  if (e.target.name == "DATE") {
    std::vector<ExprPtr> args;
    args.push_back(cast_to(std::move(operand), TypeId::kTimestamp));
    return call("DATE", std::move(args), e.position);
  }
  return cast_to(std::move(operand), e.target.type);
}

Result<ExprPtr> Binder::bind_extract(const sql::ExtractExpr& e, ExprContext& in) {
  constexpr std::string_view kFields[] = {"YEAR",   "MONTH",       "DAY",         "HOUR", "MINUTE",
                                          "SECOND", "MILLISECOND", "MICROSECOND", "DOW",  "ISODOW",
                                          "DOY",    "WEEK",        "QUARTER",     "EPOCH"};
  ORRERY_TRY_ASSIGN(ExprPtr operand, bind(*e.operand, in));
  std::vector<ExprPtr> args;
  args.push_back(text_constant(kFields[static_cast<size_t>(e.field)]));
  args.push_back(std::move(operand));
  return call("EXTRACT", std::move(args), e.position);
}

}  // namespace orrery::plan
