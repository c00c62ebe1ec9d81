// Binder: syntax trees to logical plans and bound expressions.
//
// Resolves names, types every expression, applies the dialect's coercions, and turns each query
// into a tree of Rel. One Binder serves one planning run; its methods recurse as deep as the syntax
// tree is high (bounded by the parser). Methods are spread over bind_*.cc by subject.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "plan/context.h"
#include "plan/scope.h"
#include "sql/ast.h"

namespace orrery::plan {

class SelectBinder;

struct BoundQuery {
  RelPtr rel;
  std::vector<ScopeColumn> outputs;  ///< table is empty; label always set
};

/// How the aliases of the select list take part in the lookup of an unqualified name.
enum class AliasUse : uint8_t { kNone, kAfterColumns, kBeforeColumns };
enum class Clause : uint8_t { kSelect, kWhere, kGroupBy, kHaving, kOrderBy, kOn, kOther };

struct ExprContext {
  Scope& scope;
  Clause clause = Clause::kOther;
  /// Takes aggregate and window calls; nullptr where they are not allowed.
  SelectBinder* select = nullptr;
  const std::vector<sql::SelectItem>* aliases = nullptr;
  AliasUse alias_use = AliasUse::kNone;
  bool in_aggregate = false;  ///< inside the arguments of an aggregate: no further one
};

class Binder {
 public:
  explicit Binder(PlanContext& context) : context_(context) {}
  PlanContext& context() { return context_; }

  // bind_expr.cc
  Result<expr::ExprPtr> bind(const sql::Expr& e, ExprContext& in);
  /// The same as a truth value.
  Result<expr::ExprPtr> bind_condition(const sql::Expr& e, ExprContext& in);

  // bind_query.cc
  Result<BoundQuery> bind_query(const sql::Query& query, Scope* parent, CteBinding* ctes,
                                uint32_t owner);
  Result<BoundQuery> bind_body(const sql::QueryBody& body, Scope* parent, CteBinding* ctes,
                               uint32_t owner);
  BoundQuery finish_values(RelPtr values);
  Status add_limit(const sql::Expr* limit, const sql::Expr* offset, Scope& scope, RelPtr* rel);
  /// The parts, equally wide, under a set operation; columns whose types differ become kAny.
  BoundQuery combine(SetOperation op, std::vector<BoundQuery> parts);
  void unify_outputs(std::vector<BoundQuery>* parts, std::vector<ColumnId>* columns);
  /// A projection over `query` so that its columns have these types.
  void widen_outputs(BoundQuery* query, const std::vector<types::TypeId>& types);

  // bind_with.cc
  /// Declares the CTEs of a WITH clause in front of `outer`; the bindings live in the Binder. Those
  /// that `query` reads once are bound in place, others once for all (all of them without `query`).
  CteBinding* declare_ctes(const sql::WithClause& with, const sql::Query* query,
                                 Scope* scope, CteBinding* outer, uint32_t owner);
  Result<BoundQuery> bind_cte_reference(CteBinding& binding);

  // bind_from.cc
  Result<RelPtr> bind_from(const std::vector<sql::TableRefPtr>& from, Scope& scope);
  Result<RelPtr> scan_table(std::shared_ptr<storage::Table> table, std::string_view alias,
                            Scope& scope);

  // bind_call.cc
  Result<expr::ExprPtr> bind_function(const sql::FunctionExpr& e, ExprContext& in);
  Result<std::vector<expr::ExprPtr>> bind_list(const sql::ExprList& list, ExprContext& in);

 private:
  // bind_expr.cc
  Result<expr::ExprPtr> bind_literal(const sql::LiteralExpr& e);
  Result<expr::ExprPtr> bind_parameter(const sql::ParameterExpr& e);
  Result<expr::ExprPtr> bind_column(const sql::ColumnExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_alias(const sql::ColumnExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_unary(const sql::UnaryExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_binary(const sql::BinaryExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_arithmetic(const sql::BinaryExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_concat(const sql::BinaryExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_logical(const sql::LogicalExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_is(const sql::IsExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_like(const sql::LikeExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_between(const sql::BetweenExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_case(const sql::CaseExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_cast(const sql::CastExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_extract(const sql::ExtractExpr& e, ExprContext& in);

  // bind_compare.cc
  Result<expr::ExprPtr> bind_comparison(const sql::BinaryExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_in_list(const sql::InListExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_row_in_list(const sql::InListExpr& e, ExprContext& in);
  /// The members of a row value, of a subquery used as one (one column each), or just the value.
  Result<std::vector<expr::ExprPtr>> bind_members(const sql::Expr& e, ExprContext& in);

  // bind_subquery.cc
  Result<expr::ExprPtr> bind_scalar(const sql::SubqueryExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_exists(const sql::ExistsExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_in_query(const sql::InQueryExpr& e, ExprContext& in);
  Result<expr::ExprPtr> bind_quantified(const sql::QuantifiedExpr& e, ExprContext& in);
  Result<uint32_t> add_subquery(const sql::Query& query, ExprContext& in, size_t columns_min,
                                size_t columns_kept);
  Result<expr::ExprPtr> subquery_test(expr::SubqueryKind kind, const sql::Expr& operand,
                                      const sql::Query& query, ExprContext& in);

  // bind_call.cc
  Result<expr::ExprPtr> bind_scalar_call(const sql::FunctionExpr& e, ExprContext& in);

  // bind_query.cc
  Result<BoundQuery> bind_values(const sql::ValuesBody& body, Scope* parent,
                                 CteBinding* ctes, uint32_t owner);
  Result<BoundQuery> bind_set(const sql::SetBody& body, Scope* parent, CteBinding* ctes,
                              uint32_t owner);
  Status order_outputs(const std::vector<sql::OrderItem>& items, BoundQuery* query, Scope* parent,
                       CteBinding* ctes, uint32_t owner);

  // bind_with.cc
  Result<BoundQuery> bind_cte_body(CteBinding& binding);
  Result<BoundQuery> bind_recursive(CteBinding& binding);
  Result<BoundQuery> bind_members(CteBinding& binding, const sql::SetBody& body, size_t begin,
                                  size_t end);
  Result<BoundQuery> bind_steps(CteBinding& binding, const sql::SetBody& body, size_t begin,
                                BoundQuery anchor);
  BoundQuery read_cte(const CteBinding& binding);
  void name_cte_columns(const sql::Cte& cte, BoundQuery* body);

  // bind_from.cc
  Result<RelPtr> bind_table_ref(const sql::TableRef& ref, Scope& scope);
  Result<RelPtr> bind_named_table(const sql::NamedTable& ref, Scope& scope);
  Result<RelPtr> bind_view(const storage::ViewDef& view, const sql::NamedTable& ref, Scope& scope);
  Result<RelPtr> bind_derived(const sql::DerivedTable& ref, Scope& scope);
  Result<RelPtr> bind_series(const sql::FunctionTable& ref, Scope& scope);
  Result<RelPtr> bind_join(const sql::JoinTable& ref, Scope& scope);
  Result<RelPtr> bind_using(const sql::JoinTable& ref, Scope& scope, size_t left_begin,
                            size_t right_begin, RelPtr left, RelPtr right);
  RelPtr merge_columns(sql::JoinKind kind, Scope& scope,
                       std::vector<std::pair<size_t, size_t>> pairs, RelPtr joined);
  Status add_source(BoundQuery* query, std::string_view table, const sql::TableAlias& alias,
                    Scope& scope);

  PlanContext& context_;
  std::deque<CteBinding> cte_bindings_;
};

/// A condition's conjuncts; see add_conjuncts.
Status bind_where(Binder& binder, const sql::Expr* where, ExprContext& in,
                  std::vector<expr::ExprPtr>* out);

}  // namespace orrery::plan
