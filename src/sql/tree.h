// Copies and comparison of syntax trees.
//
// Recursion is bounded by the height of the tree (invariant 1 of sql/ast.h).
// Thread-safety: functions without shared state.
#pragma once

#include <cstdint>
#include <functional>

#include "sql/ast.h"

namespace orrery::sql {

ExprPtr clone(const Expr& expr);
QueryPtr clone(const Query& query);
TableRefPtr clone(const TableRef& table);
QueryBodyPtr clone(const QueryBody& body);
WindowSpec clone(const WindowSpec& spec);
OrderItem clone(const OrderItem& item);
ColumnDefinition clone(const ColumnDefinition& column);

/// True where both trees mean the same whatever the catalog holds: names compare without regard to
/// (ASCII) case, positions and source offsets do not count, two positional parameters are equal if
/// their index is.
bool same_expr(const Expr& a, const Expr& b);
bool same_query(const Query& a, const Query& b);
bool same_statement(const Statement& a, const Statement& b);
/// Equal trees (same_expr) have equal hashes. Not stable across versions.
uint64_t hash_expr(const Expr& expr);
/// ASCII case-insensitive equality of names.
bool same_name(const Name& a, const Name& b);

/// Calls `visit` with each direct child expression of `expr`, window parts and filters included;
/// queries inside subquery expressions are not entered. A child slot may be replaced by assigning
/// to the reference.
void for_each_child(Expr& expr, const std::function<void(ExprPtr&)>& visit);
void for_each_child(const Expr& expr, const std::function<void(const Expr&)>& visit);

}  // namespace orrery::sql
