// Deep copies of syntax trees.
#include <memory>
#include <type_traits>
#include <utility>

#include "sql/tree.h"
#include "sql/tree_members.h"

namespace orrery::sql {
namespace {

template <class T>
constexpr bool kIsValue = std::is_arithmetic_v<T> || std::is_enum_v<T> ||
                          std::is_same_v<T, std::string> || std::is_same_v<T, Name>;

template <class T>
void copy(const T& from, T& to);
void copy(const ExprPtr& from, ExprPtr& to);
void copy(const QueryPtr& from, QueryPtr& to);
void copy(const TableRefPtr& from, TableRefPtr& to);
void copy(const QueryBodyPtr& from, QueryBodyPtr& to);
template <class T>
void copy(const std::unique_ptr<T>& from, std::unique_ptr<T>& to);
template <class T>
void copy(const std::vector<T>& from, std::vector<T>& to);

/// What is no part of the meaning, but of the copy.
template <class T>
void copy_place(const T& from, T& to) {
  if constexpr (requires { to.position; }) to.position = from.position;
  if constexpr (requires { to.height; }) to.height = from.height;
  if constexpr (requires { to.source_begin; }) {
    to.source_begin = from.source_begin;
    to.source_end = from.source_end;
  }
}

template <class T>
void copy_members(const T& from, T& to) {
  copy_place(from, to);
  auto source = members(from);
  auto target = members(to);
  [&]<size_t... I>(std::index_sequence<I...>) {
    (copy(std::get<I>(source), std::get<I>(target)), ...);
  }(std::make_index_sequence<std::tuple_size_v<decltype(source)>>());
}

template <class T>
void copy(const T& from, T& to) {
  if constexpr (kIsValue<T>) {
    to = from;
  } else {
    copy_members(from, to);
  }
}

template <class T>
void copy(const std::unique_ptr<T>& from, std::unique_ptr<T>& to) {
  if (!from) return;
  to = std::make_unique<T>();
  copy(*from, *to);
}

template <class T>
void copy(const std::vector<T>& from, std::vector<T>& to) {
  to.reserve(from.size());
  for (const T& item : from) copy(item, to.emplace_back());
}

template <class Base>
std::unique_ptr<Base> clone_node(const Base& node) {
  return dispatch(node, []<class T>(const T& concrete) -> std::unique_ptr<Base> {
    auto out = std::make_unique<T>();
    copy_members(concrete, *out);
    return out;
  });
}

void copy(const ExprPtr& from, ExprPtr& to) {
  if (from) to = clone_node(*from);
}
void copy(const QueryPtr& from, QueryPtr& to) {
  if (from) to = clone(*from);
}
void copy(const TableRefPtr& from, TableRefPtr& to) {
  if (from) to = clone_node(*from);
}
void copy(const QueryBodyPtr& from, QueryBodyPtr& to) {
  if (from) to = clone_node(*from);
}

}  // namespace

ExprPtr clone(const Expr& expr) {
  return clone_node(expr);
}
TableRefPtr clone(const TableRef& table) {
  return clone_node(table);
}
QueryBodyPtr clone(const QueryBody& body) {
  return clone_node(body);
}

QueryPtr clone(const Query& query) {
  auto out = std::make_unique<Query>();
  copy_members(query, *out);
  return out;
}

WindowSpec clone(const WindowSpec& spec) {
  WindowSpec out;
  copy_members(spec, out);
  return out;
}

OrderItem clone(const OrderItem& item) {
  OrderItem out;
  copy_members(item, out);
  return out;
}

ColumnDefinition clone(const ColumnDefinition& column) {
  ColumnDefinition out;
  copy_members(column, out);
  return out;
}

}  // namespace orrery::sql
