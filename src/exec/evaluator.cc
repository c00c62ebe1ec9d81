#include "exec/evaluator.h"

#include "expr/function.h"

namespace orrery::exec {

using types::Chunk;
using types::Datum;
using types::Selection;
using types::Vector;

namespace {
bool caches_values(const expr::Expr& e) {
  if (e.kind == expr::ExprKind::kInList) return true;
  for (const auto& a : e.args) {
    if (caches_values(*a)) return true;
  }
  for (const auto& a : e.outer_args) {
    if (caches_values(*a)) return true;
  }
  return false;
}
}  // namespace

bool is_plain(const expr::Expr& e) {
  if (e.kind == expr::ExprKind::kSubquery) return false;
  if (e.function != nullptr && e.function->volatility == expr::Volatility::kVolatile) return false;
  for (const auto& a : e.args) {
    if (!is_plain(*a)) return false;
  }
  return true;
}

Evaluator::Evaluator(const expr::Expr& expr) : expr_(&expr), caches_values_(caches_values(expr)) {}

void Evaluator::begin_run() {
  if (caches_values_) state_.reset();
}

expr::ExprState& Evaluator::state() {
  if (!state_) state_.emplace(*expr_);
  return *state_;
}

Status Evaluator::evaluate(expr::EvalContext& context, const Chunk& in, const Selection& rows,
                           const Vector** out) {
  if (expr_->kind == expr::ExprKind::kColumn) {
    *out = &in.columns[expr_->index];
    return {};
  }
  *out = &scratch_;
  return state().evaluate(context, in, rows, scratch_);
}

Result<uint32_t> Evaluator::select(expr::EvalContext& context, const Chunk& in,
                                   const Selection& rows, uint32_t* out_rows) {
  return state().select(context, in, rows, out_rows);
}

EvaluatorList::EvaluatorList(const std::vector<expr::ExprPtr>& exprs) {
  list_.reserve(exprs.size());
  for (const auto& e : exprs) list_.emplace_back(*e);
}
void EvaluatorList::begin_run() {
  for (Evaluator& e : list_) e.begin_run();
}
Status EvaluatorList::evaluate(expr::EvalContext& context, const Chunk& in, const Selection& rows) {
  results_.resize(list_.size());
  for (size_t i = 0; i < list_.size(); ++i) {
    ORRERY_TRY(list_[i].evaluate(context, in, rows, &results_[i]));
  }
  return {};
}

Result<Datum> evaluate_value(const expr::Expr& e, expr::EvalContext& context, types::Value* owner) {
  switch (e.kind) {
    case expr::ExprKind::kConstant:
      return e.constant.datum();
    case expr::ExprKind::kParameter:
      return e.index < context.parameters.size() ? context.parameters[e.index] : Datum::null();
    case expr::ExprKind::kOuter:
      return e.index < context.outer.size() ? context.outer[e.index] : Datum::null();
    default:
      break;
  }
  ORRERY_TRY_ASSIGN(*owner, expr::evaluate_once(e, context));
  return owner->datum();
}

}  // namespace orrery::exec
