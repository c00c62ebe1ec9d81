// SelectBinder: one SELECT body with the ORDER BY and LIMIT that belong to it.
//
// Every clause is bound over the columns of FROM first. Aggregate and window calls met on the way
// are collected and replaced by columns of their own; once all clauses are bound, what remains is
// rewritten in terms of the groups (regroup), and the operators are stacked in the order of SQL:
// FROM, WHERE, groups, HAVING, windows, select list, DISTINCT, ORDER BY, LIMIT. Lives for one bind.
#pragma once

#include "plan/binder.h"

namespace orrery::plan {

class SelectBinder {
 public:
  SelectBinder(Binder& binder, const sql::SelectBody& body, Scope* parent, CteBinding* ctes,
               uint32_t owner);

  Result<BoundQuery> bind(const std::vector<sql::OrderItem>& order_by, const sql::Expr* limit,
                          const sql::Expr* offset);

  // Called back by Binder::bind_function.
  Result<expr::ExprPtr> add_aggregate(const sql::FunctionExpr& e, expr::AggregateKind kind,
                                      ExprContext& in);
  Result<expr::ExprPtr> add_grouping(const sql::FunctionExpr& e, ExprContext& in);
  Result<expr::ExprPtr> add_window(const sql::FunctionExpr& e, ExprContext& in);

 private:
  struct Item {
    expr::ExprPtr expr;
    std::string_view name;
    std::string_view label;
    ColumnId id = kNoColumn;
    bool nullable = true;
  };
  struct Order {
    size_t item = SIZE_MAX;  ///< of the select list, else `expr`
    expr::ExprPtr expr;
    bool descending = false;
    bool nulls_first = false;
  };
  /// Window calls that share partitions and order.
  struct Window {
    std::vector<expr::ExprPtr> partition_by;
    std::vector<SortKey> order_by;
    std::vector<WindowCall> calls;
    std::vector<ColumnId> ids;
  };
  struct WindowParts {
    std::vector<expr::ExprPtr> partition_by;
    std::vector<SortKey> order_by;
    const sql::WindowFrame* frame = nullptr;
  };

  // bind_select.cc
  ExprContext context_of(Clause clause);
  Status bind_items();
  Status add_star(const sql::SelectItem& item);
  std::string_view label_of(const sql::SelectItem& item, size_t number, bool aggregates);
  Status bind_order(const std::vector<sql::OrderItem>& order_by);
  Status bind_order_item(const sql::OrderItem& item);
  size_t find_output(const sql::Expr& e) const;
  Result<size_t> find_ordinal(const sql::Expr& e, std::string_view clause) const;
  Status bind_distinct_on();
  RelPtr build_items(RelPtr rel);
  RelPtr build_order(RelPtr rel);
  ColumnId place(expr::ExprPtr e, std::string_view name, Rel* project, const ColumnSet& available);

  // bind_aggregate.cc
  /// WHERE reads enclosing scopes, and only to compare own columns with `=`: what is aggregated are
  /// the groups of those columns.
  bool is_equal_to_outer() const;
  Status bind_group_by();
  Result<uint32_t> add_group(const sql::Expr& e);
  Result<std::vector<std::vector<uint32_t>>> sets_of(const sql::GroupItem& item);
  Status bind_aggregate_arguments(const sql::FunctionExpr& e, expr::AggregateKind kind,
                                  ExprContext& in, AggregateCall* call);
  types::TypeId type_of_aggregate(const AggregateCall& call, bool window) const;
  expr::ExprPtr column_of_call(AggregateCall call, std::string_view name);
  expr::ExprPtr any_value(const expr::Expr& column);
  void regroup(expr::ExprPtr* e);
  void regroup_everything();
  RelPtr build_aggregate(RelPtr rel);

  // bind_window.cc
  Status window_parts(const sql::WindowSpec& spec, ExprContext& in, uint32_t depth,
                      WindowParts* out);
  Status bind_frame(const sql::WindowFrame* frame, const WindowParts& parts, WindowCall* call);
  Result<expr::ExprPtr> bind_frame_offset(const sql::FrameBound& bound);
  Status bind_window_call(const sql::FunctionExpr& e, ExprContext& in, WindowCall* call);
  RelPtr build_windows(RelPtr rel);

  Binder& binder_;
  PlanContext& context_;
  const sql::SelectBody& body_;
  Scope scope_;
  RelPtr rel_;
  std::vector<expr::ExprPtr> where_;
  ColumnSet from_columns_;

  bool aggregated_ = false;
  bool grouped_by_columns_ = false;  ///< GROUP BY names nothing but columns
  bool equal_to_outer_ = false;      ///< see is_equal_to_outer()
  bool plain_groups_ = true;         ///< no ROLLUP, CUBE or GROUPING SETS
  std::vector<expr::ExprPtr> groups_;
  std::vector<ColumnId> group_ids_;
  std::vector<std::vector<uint32_t>> grouping_sets_;
  std::vector<AggregateCall> calls_;
  std::vector<ColumnId> call_ids_;
  std::vector<uint32_t> grouping_;
  std::vector<ColumnId> grouping_ids_;
  uint32_t aggregate_uses_ = 0;

  std::vector<Window> windows_;
  bool in_window_ = false;

  std::vector<Item> items_;
  std::vector<expr::ExprPtr> having_;
  std::vector<Order> order_;
  std::vector<Order> distinct_on_;
};

/// ORDER BY's direction and NULL placement: NULL counts as larger than everything by default.
SortKey make_sort_key(expr::ExprPtr e, const sql::OrderItem& item);

}  // namespace orrery::plan
