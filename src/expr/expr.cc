#include "expr/expr.h"

#include <algorithm>

#include "base/assert.h"
#include "expr/function.h"
#include "types/cast.h"
#include "types/compare.h"

namespace orrery::expr {

using types::Datum;
using types::TypeId;

ExprPtr make_constant(const Datum& value, TypeId type) {
  auto e = std::make_unique<Expr>();
  e->kind = ExprKind::kConstant;
  e->type = type;
  e->nullable = value.is_null();
  e->constant = types::Value(value);
  return e;
}

ExprPtr make_column(uint32_t index, TypeId type, bool nullable) {
  auto e = std::make_unique<Expr>();
  e->kind = ExprKind::kColumn;
  e->type = type;
  e->nullable = nullable;
  e->index = index;
  return e;
}

ExprPtr make_compare(CompareOp op, ExprPtr left, ExprPtr right) {
  auto e = std::make_unique<Expr>();
  e->kind = ExprKind::kCompare;
  e->type = TypeId::kBoolean;
  e->compare_op = op;
  e->nullable = left->nullable || right->nullable;
  e->args.push_back(std::move(left));
  e->args.push_back(std::move(right));
  return e;
}

ExprPtr make_and(std::vector<ExprPtr> args) {
  ORRERY_ASSERT(!args.empty());
  if (args.size() == 1) return std::move(args[0]);
  auto e = std::make_unique<Expr>();
  e->kind = ExprKind::kAnd;
  e->type = TypeId::kBoolean;
  e->nullable = std::any_of(args.begin(), args.end(), [](auto& a) { return a->nullable; });
  e->args = std::move(args);
  return e;
}

ExprPtr make_cast(ExprPtr arg, TypeId to) {
  if (arg->type == to) return arg;
  auto e = std::make_unique<Expr>();
  e->kind = ExprKind::kCast;
  e->type = to;
  bool lossless = to == TypeId::kText || to == TypeId::kAny ||
                  (to == TypeId::kFloat && arg->type == TypeId::kInteger);
  e->nullable = arg->nullable || !lossless;
  e->args.push_back(std::move(arg));
  return e;
}

ExprPtr make_function(const ScalarFunction& function, TypeId type, std::vector<ExprPtr> args) {
  auto e = std::make_unique<Expr>();
  e->kind = ExprKind::kFunction;
  e->type = type;
  e->function = &function;
  e->args = std::move(args);
  return e;
}

ExprPtr clone(const Expr& e) {
  auto copy = std::make_unique<Expr>();
  copy->kind = e.kind;
  copy->type = e.type;
  copy->nullable = e.nullable;
  copy->negated = e.negated;
  copy->compare_op = e.compare_op;
  copy->subquery_kind = e.subquery_kind;
  copy->index = e.index;
  copy->constant = e.constant;
  copy->function = e.function;
  copy->subplan = e.subplan;
  copy->position = e.position;
  copy->args.reserve(e.args.size());
  for (const ExprPtr& arg : e.args) copy->args.push_back(clone(*arg));
  copy->outer_args.reserve(e.outer_args.size());
  for (const ExprPtr& arg : e.outer_args) copy->outer_args.push_back(clone(*arg));
  return copy;
}

namespace {

bool same_list(const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!same(*a[i], *b[i])) return false;
  }
  return true;
}

bool same_constant(const Datum& a, const Datum& b) {
  if (a.type() != b.type()) return false;
  if (a.type() == TypeId::kFloat) return a.as_int64() == b.as_int64();  // 0.0 and -0.0 print apart
  return a.is_null() || types::total_order(a, b) == 0;
}

/// Where kStable calls count as one value per execution or not.
enum class Reach : uint8_t { kConstant, kExecution };

bool is_fixed(const Expr& e, Reach reach) {
  switch (e.kind) {
    case ExprKind::kColumn:
    case ExprKind::kSubquery:
      return false;
    case ExprKind::kParameter:
    case ExprKind::kOuter:
      return reach == Reach::kExecution;
    case ExprKind::kFunction:
      if (e.function->volatility == Volatility::kVolatile) return false;
      if (e.function->volatility == Volatility::kStable && reach == Reach::kConstant) return false;
      break;
    default:
      break;
  }
  return std::all_of(e.args.begin(), e.args.end(),
                     [reach](const ExprPtr& arg) { return is_fixed(*arg, reach); });
}

}  // namespace

bool same(const Expr& a, const Expr& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind || a.type != b.type || a.negated != b.negated ||
      a.compare_op != b.compare_op || a.index != b.index || a.function != b.function ||
      a.subquery_kind != b.subquery_kind || a.subplan != b.subplan) {
    return false;
  }
  if (a.kind == ExprKind::kConstant && !same_constant(a.constant.datum(), b.constant.datum())) {
    return false;
  }
  return same_list(a.args, b.args) && same_list(a.outer_args, b.outer_args);
}

bool is_constant_expr(const Expr& e) {
  return is_fixed(e, Reach::kConstant);
}

bool is_row_independent(const Expr& e) {
  return is_fixed(e, Reach::kExecution);
}

void collect_columns(const Expr& e, std::vector<uint32_t>* columns) {
  if (e.kind == ExprKind::kColumn) {
    auto at = std::lower_bound(columns->begin(), columns->end(), e.index);
    if (at == columns->end() || *at != e.index) columns->insert(at, e.index);
  }
  for (const ExprPtr& arg : e.args) collect_columns(*arg, columns);
  for (const ExprPtr& arg : e.outer_args) collect_columns(*arg, columns);
}

void remap_columns(Expr* e, const std::vector<uint32_t>& map) {
  if (e->kind == ExprKind::kColumn) {
    ORRERY_ASSERT(e->index < map.size() && map[e->index] != UINT32_MAX);
    e->index = map[e->index];
  }
  for (ExprPtr& arg : e->args) remap_columns(arg.get(), map);
  for (ExprPtr& arg : e->outer_args) remap_columns(arg.get(), map);
}

}  // namespace orrery::expr
