// Tests only: calls a scalar function the way the binder does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expr/eval.h"
#include "expr/function.h"
#include "types/cast.h"

namespace orrery::expr {

inline ExprPtr bound_call(std::string_view name, std::vector<ExprPtr> args) {
  std::vector<types::TypeId> types;
  for (const ExprPtr& a : args) types.push_back(a->type);
  auto resolved = resolve_function(name, types);
  if (!resolved) return nullptr;
  for (size_t i = 0; i < args.size(); ++i) {
    types::TypeId to = resolved->arguments[i];
    if (to != types::TypeId::kAny) args[i] = make_cast(std::move(args[i]), to);
  }
  return make_function(*resolved->function, resolved->result, std::move(args));
}

inline ExprPtr bound_call(std::string_view name, const std::vector<types::Datum>& args) {
  std::vector<ExprPtr> exprs;
  for (const types::Datum& d : args) exprs.push_back(make_constant(d, d.type()));
  return bound_call(name, std::move(exprs));
}

/// "INTEGER 3", "TEXT abc", "NULL", "error: ...".
inline std::string shown(const types::Datum& d) {
  if (d.is_null()) return "NULL";
  std::string out(types::type_name(d.type()));
  out.push_back(' ');
  types::append_text(d, &out);
  return out;
}

inline constexpr int64_t kTestNow = 1'700'000'000'123'456'789;

inline std::string evaluated(const Expr& e, EvalContext context = {}) {
  context.now_nanos = kTestNow;
  auto v = evaluate_once(e, context);
  return v ? shown(v->datum()) : "error: " + v.error().message();
}

inline std::string called(std::string_view name, const std::vector<types::Datum>& args) {
  ExprPtr e = bound_call(name, args);
  return e == nullptr ? "unresolved" : evaluated(*e);
}

// Short names for the cells that tests write by the hundred.
inline types::Datum I(int64_t v) {
  return types::Datum::integer(v);
}
inline types::Datum F(double v) {
  return types::Datum::floating(v);
}
inline types::Datum S(std::string_view v) {
  return types::Datum::text(v);
}
inline types::Datum B(bool v) {
  return types::Datum::boolean(v);
}
inline types::Datum J(std::string_view v) {
  return types::Datum::json(v);
}
inline types::Datum N() {
  return types::Datum::null();
}
inline types::Datum T(std::string_view text) {
  int64_t nanos;
  if (!types::parse_timestamp(text, kTestNow, &nanos)) return types::Datum::null();
  return types::Datum::timestamp(nanos);
}

}  // namespace orrery::expr
