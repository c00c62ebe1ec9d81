// Subqueries in expressions: scalar, EXISTS, IN, ANY and ALL.
#include <string>

#include "plan/binder.h"
#include "plan/construct.h"

namespace orrery::plan {

using expr::ExprPtr;
using expr::SubqueryKind;
using types::TypeId;

/// Binds the query and registers it with its first `columns_kept` columns.
Result<uint32_t> Binder::add_subquery(const sql::Query& query, ExprContext& in,
                                      size_t columns_min, size_t columns_kept) {
  auto index = static_cast<uint32_t>(context_.subqueries.size());
  context_.subqueries.emplace_back();
  ORRERY_TRY_ASSIGN(BoundQuery bound,
                    bind_query(query, &in.scope, in.scope.ctes, index + 1));
  if (bound.outputs.size() < columns_min) {
    return Error(ErrorCode::kBind, "the subquery has too few columns", query.position);
  }
  Subquery& subquery = context_.subqueries[index];
  subquery.rel = std::move(bound.rel);
  subquery.query = &query;
  subquery.ctes = in.scope.ctes;
  for (size_t i = 0; i < bound.outputs.size() && i < columns_kept; ++i) {
    subquery.columns.push_back(bound.outputs[i].id);
  }
  find_free_columns(context_, index);
  return index;
}

namespace {

ExprPtr subquery_expr(SubqueryKind kind, uint32_t index, TypeId type, SourcePosition position) {
  auto e = std::make_unique<expr::Expr>();
  e->kind = expr::ExprKind::kSubquery;
  e->subquery_kind = kind;
  e->type = type;
  e->index = index;
  e->nullable = kind != SubqueryKind::kExists;
  e->position = position;
  return e;
}

}  // namespace

Result<ExprPtr> Binder::bind_scalar(const sql::SubqueryExpr& e, ExprContext& in) {
  ORRERY_TRY_ASSIGN(uint32_t index, add_subquery(*e.query, in, 1, 1));
  TypeId type = context_.columns[context_.subqueries[index].columns[0]].type;
  return subquery_expr(SubqueryKind::kScalar, index, type, e.position);
}

Result<ExprPtr> Binder::bind_exists(const sql::ExistsExpr& e, ExprContext& in) {
  ORRERY_TRY_ASSIGN(uint32_t index, add_subquery(*e.query, in, 0, 0));
  return subquery_expr(SubqueryKind::kExists, index, TypeId::kBoolean, e.position);
}

Result<ExprPtr> Binder::subquery_test(SubqueryKind kind, const sql::Expr& operand,
                                      const sql::Query& query, ExprContext& in) {
  ORRERY_TRY_ASSIGN(std::vector<ExprPtr> members, bind_members(operand, in));
  ORRERY_TRY_ASSIGN(uint32_t index, add_subquery(query, in, members.size(), members.size()));
  ExprPtr test = subquery_expr(kind, index, TypeId::kBoolean, operand.position);
  const std::vector<ColumnId>& columns = context_.subqueries[index].columns;
  for (size_t i = 0; i < members.size(); ++i) {
    ExprPtr column = context_.column_ref(columns[i]);
    coerce_pair(&members[i], &column);
  }
  if (members.size() == 1) {
    test->args.push_back(std::move(members[0]));
    return test;
  }
  auto row = std::make_unique<expr::Expr>();
  row->kind = expr::ExprKind::kRow;
  row->args = std::move(members);
  test->args.push_back(std::move(row));
  return test;
}

Result<ExprPtr> Binder::bind_in_query(const sql::InQueryExpr& e, ExprContext& in) {
  ORRERY_TRY_ASSIGN(ExprPtr test,
                    subquery_test(SubqueryKind::kIn, *e.operand, *e.query, in));
  test->negated = e.negation == sql::Negation::kNegated;
  test->position = e.position;
  return test;
}

Result<ExprPtr> Binder::bind_quantified(const sql::QuantifiedExpr& e, ExprContext& in) {
  bool any = e.quantifier == sql::Quantifier::kAny;
  bool is_in = any && e.op == sql::BinaryOp::kEqual;
  bool is_not_in = !any && e.op == sql::BinaryOp::kNotEqual;
  SubqueryKind kind = is_in || is_not_in ? SubqueryKind::kIn
                      : any              ? SubqueryKind::kAny
                                         : SubqueryKind::kAll;
  ORRERY_TRY_ASSIGN(ExprPtr test, subquery_test(kind, *e.operand, *e.query, in));
  test->negated = is_not_in;
  test->position = e.position;
  if (kind == SubqueryKind::kIn) return test;
  constexpr expr::CompareOp kOps[] = {expr::CompareOp::kEqual,     expr::CompareOp::kNotEqual,
                                      expr::CompareOp::kLess,      expr::CompareOp::kLessEqual,
                                      expr::CompareOp::kGreater,   expr::CompareOp::kGreaterEqual};
  test->compare_op = kOps[static_cast<size_t>(e.op)];
  return test;
}

}  // namespace orrery::plan
