// Comparisons, IN lists and row values.
#include "plan/binder.h"
#include "plan/construct.h"

namespace orrery::plan {

using expr::CompareOp;
using expr::ExprPtr;
using types::TypeId;

namespace {

CompareOp compare_op(sql::BinaryOp op) {
  switch (op) {
    case sql::BinaryOp::kNotEqual:
      return CompareOp::kNotEqual;
    case sql::BinaryOp::kLess:
      return CompareOp::kLess;
    case sql::BinaryOp::kLessEqual:
      return CompareOp::kLessEqual;
    case sql::BinaryOp::kGreater:
      return CompareOp::kGreater;
    case sql::BinaryOp::kGreaterEqual:
      return CompareOp::kGreaterEqual;
    default:
      return CompareOp::kEqual;
  }
}

ExprPtr distinct_test(ExprPtr left, ExprPtr right, bool negated) {
  coerce_pair(&left, &right);
  auto e = std::make_unique<expr::Expr>();
  e->kind = expr::ExprKind::kDistinct;
  e->type = TypeId::kBoolean;
  e->nullable = false;
  e->negated = negated;
  e->args.push_back(std::move(left));
  e->args.push_back(std::move(right));
  return fold(std::move(e));
}

Error row_length(SourcePosition position) {
  return Error(ErrorCode::kBind, "row values must have the same number of members", position);
}

}  // namespace

Result<std::vector<ExprPtr>> Binder::bind_members(const sql::Expr& e, ExprContext& in) {
  if (e.kind == sql::ExprKind::kRow) return bind_list(sql::as<sql::RowExpr>(e).items, in);
  std::vector<ExprPtr> out;
  ORRERY_TRY_ASSIGN(ExprPtr value, bind(e, in));
  out.push_back(std::move(value));
  return out;
}

Result<ExprPtr> Binder::bind_comparison(const sql::BinaryExpr& e, ExprContext& in) {
  ORRERY_TRY_ASSIGN(std::vector<ExprPtr> left, bind_members(*e.left, in));
  ORRERY_TRY_ASSIGN(std::vector<ExprPtr> right, bind_members(*e.right, in));
  if (left.size() != right.size()) {
    bool subquery = e.left->kind == sql::ExprKind::kSubquery ||
                    e.right->kind == sql::ExprKind::kSubquery;
    if (subquery) {
      return Error(ErrorCode::kNotSupported,
                   "not supported yet: comparison of a row value with a subquery", e.position);
    }
    return row_length(e.position);
  }
  bool distinct = e.op == sql::BinaryOp::kIsDistinct || e.op == sql::BinaryOp::kIsNotDistinct;
  if (!distinct && left.size() == 1) {
    return compare(compare_op(e.op), std::move(left[0]), std::move(right[0]));
  }
  if (!distinct) return compare_rows(compare_op(e.op), std::move(left), std::move(right));
  bool negated = e.op == sql::BinaryOp::kIsNotDistinct;
  std::vector<ExprPtr> parts;
  for (size_t i = 0; i < left.size(); ++i) {
    parts.push_back(distinct_test(std::move(left[i]), std::move(right[i]), negated));
  }
  return negated ? conjunction(std::move(parts)) : disjunction(std::move(parts));
}

Result<ExprPtr> Binder::bind_in_list(const sql::InListExpr& e, ExprContext& in) {
  if (e.operand->kind == sql::ExprKind::kRow) return bind_row_in_list(e, in);
  ORRERY_TRY_ASSIGN(ExprPtr operand, bind(*e.operand, in));
  bool negated = e.negation == sql::Negation::kNegated;
  if (e.items.empty()) return boolean_constant(negated);
  auto out = std::make_unique<expr::Expr>();
  out->kind = expr::ExprKind::kInList;
  out->type = TypeId::kBoolean;
  out->negated = negated;
  out->position = e.position;
  out->nullable = operand->nullable;
  out->args.reserve(e.items.size() + 1);
  out->args.push_back(std::move(operand));
  for (const sql::ExprPtr& item : e.items) {
    ORRERY_TRY_ASSIGN(ExprPtr value, bind(*item, in));
    coerce_pair(&out->args[0], &value);
    out->nullable = out->nullable || value->nullable;
    out->args.push_back(std::move(value));
  }
  if (out->args.size() == 2) {
    return compare(negated ? CompareOp::kNotEqual : CompareOp::kEqual, std::move(out->args[0]),
                   std::move(out->args[1]));
  }
  return fold(std::move(out));
}

Result<ExprPtr> Binder::bind_row_in_list(const sql::InListExpr& e, ExprContext& in) {
  std::vector<ExprPtr> alternatives;
  for (const sql::ExprPtr& item : e.items) {
    ORRERY_TRY_ASSIGN(std::vector<ExprPtr> left, bind_members(*e.operand, in));
    ORRERY_TRY_ASSIGN(std::vector<ExprPtr> right, bind_members(*item, in));
    if (left.size() != right.size()) return row_length(item->position);
    alternatives.push_back(compare_rows(CompareOp::kEqual, std::move(left), std::move(right)));
  }
  ExprPtr found = disjunction(std::move(alternatives));
  return e.negation == sql::Negation::kNegated ? negation(std::move(found)) : std::move(found);
}

}  // namespace orrery::plan
