// Function calls: scalar ones here; aggregates and windows go to the SELECT that collects them.
#include <string>

#include "plan/bind_select.h"
#include "plan/binder.h"
#include "plan/construct.h"

namespace orrery::plan {

using expr::ExprPtr;
using types::TypeId;

Result<std::vector<ExprPtr>> Binder::bind_list(const sql::ExprList& list, ExprContext& in) {
  std::vector<ExprPtr> out;
  out.reserve(list.size());
  for (const sql::ExprPtr& item : list) {
    ORRERY_TRY_ASSIGN(ExprPtr e, bind(*item, in));
    out.push_back(std::move(e));
  }
  return out;
}

namespace {

Error not_found(const sql::FunctionExpr& e) {
  return Error(ErrorCode::kFunctionNotFound, "Compile error: Function not found: " + e.name,
               e.position);
}

}  // namespace

Result<ExprPtr> Binder::bind_function(const sql::FunctionExpr& e, ExprContext& in) {
  if (e.over) {
    if (in.select == nullptr || in.in_aggregate) {
      return Error(ErrorCode::kNotSupported,
                   "not supported: Window functions require special execution context", e.position);
    }
    return in.select->add_window(e, in);
  }
  expr::AggregateKind kind;
  if (expr::find_aggregate(e.name, &kind)) {
    if (in.clause == Clause::kWhere) {
      return Error(ErrorCode::kInvalidArgument,
                   "invalid argument: aggregate functions are not allowed in WHERE clause (use "
                   "HAVING instead)",
                   e.position);
    }
    if (in.select == nullptr || in.in_aggregate) return not_found(e);
    return in.select->add_aggregate(e, kind, in);
  }
  if (e.name == "GROUPING") {
    if (in.select == nullptr || in.in_aggregate) return not_found(e);
    return in.select->add_grouping(e, in);
  }
  if (e.star || e.distinct || e.filter || !e.order_by.empty()) return not_found(e);
  return bind_scalar_call(e, in);
}

namespace {

/// IIF(condition, then, else), evaluated lazily.
ExprPtr if_call(std::vector<ExprPtr> args) {
  ExprPtr* values[] = {&args[1], &args[2]};
  settle_constants(values);
  TypeId type = merge_types(args[1]->type, args[2]->type);
  auto out = std::make_unique<expr::Expr>();
  out->kind = expr::ExprKind::kCase;
  out->type = type;
  out->nullable = args[1]->nullable || args[2]->nullable;
  out->args.push_back(to_boolean(std::move(args[0])));
  out->args.push_back(widen(std::move(args[1]), type));
  out->args.push_back(widen(std::move(args[2]), type));
  return fold(std::move(out));
}

}  // namespace

Result<ExprPtr> Binder::bind_scalar_call(const sql::FunctionExpr& e, ExprContext& in) {
  ORRERY_TRY_ASSIGN(std::vector<ExprPtr> args, bind_list(e.arguments, in));
  if (e.name == "COALESCE" && !args.empty()) return coalesce(std::move(args));
  if (e.name == "IFNULL" && args.size() == 2) return coalesce(std::move(args));
  if (e.name == "IIF" && args.size() == 3) return if_call(std::move(args));
  return call(e.name, std::move(args), e.position);
}

}  // namespace orrery::plan
