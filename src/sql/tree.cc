// Comparison, hashing and walking of syntax trees.
#include "sql/tree.h"

#include <bit>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/hash.h"
#include "sql/tree_members.h"

namespace orrery::sql {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

template <class T>
constexpr bool kIsValue =
    std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, std::string>;

// --- equality

template <class T>
bool same(const T& a, const T& b);
bool same(const Name& a, const Name& b) {
  return same_name(a, b);
}
template <class T>
bool same(const std::unique_ptr<T>& a, const std::unique_ptr<T>& b) {
  return a && b ? same(*a, *b) : !a && !b;
}
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

template <class T>
bool same_members(const T& a, const T& b) {
  auto left = members(a);
  auto right = members(b);
  return [&]<size_t... I>(std::index_sequence<I...>) {
    return (same(std::get<I>(left), std::get<I>(right)) && ...);
  }(std::make_index_sequence<std::tuple_size_v<decltype(left)>>());
}

bool same_members(const LiteralExpr& a, const LiteralExpr& b) {
  if (a.literal != b.literal) return false;
  switch (a.literal) {
    case LiteralKind::kNull:
      return true;
    case LiteralKind::kBoolean:
    case LiteralKind::kInteger:
      return a.integer == b.integer;
    case LiteralKind::kFloat:
      return std::bit_cast<uint64_t>(a.real) == std::bit_cast<uint64_t>(b.real);
    case LiteralKind::kText:
    case LiteralKind::kDate:
    case LiteralKind::kTime:
    case LiteralKind::kTimestamp:
    case LiteralKind::kInterval:
      return a.text == b.text;
  }
  return false;
}

// A name in double quotes may turn out to be a text: it is not the same as the name without.
bool may_be_text(const ColumnExpr& e) {
  return e.qualifier.empty() && e.name.quote == QuoteStyle::kDouble;
}

bool same_members(const ColumnExpr& a, const ColumnExpr& b) {
  return same_name(a.qualifier, b.qualifier) && same_name(a.name, b.name) &&
         may_be_text(a) == may_be_text(b) && (!may_be_text(a) || a.name.text == b.name.text);
}

template <class Base>
bool same_node(const Base& a, const Base& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind) return false;
  return dispatch(a, [&]<class T>(const T& concrete) {
    return same_members(concrete, static_cast<const T&>(b));
  });
}

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (kIsValue<T>) {
    return a == b;
  } else if constexpr (std::is_abstract_v<T> || requires { dispatch(a, [](const auto&) {}); }) {
    return same_node(a, b);
  } else {
    return same_members(a, b);
  }
}

// --- hashing

uint64_t hash(uint64_t seed, const Name& name) {
  for (char c : name.text) seed = (seed ^ static_cast<unsigned char>(lower(c))) * 0x100000001b3ULL;
  return hash_u64(seed);
}
template <class T>
uint64_t hash(uint64_t seed, const T& value);
template <class T>
uint64_t hash(uint64_t seed, const std::unique_ptr<T>& p) {
  return p ? hash(seed, *p) : hash_combine(seed, 0);
}
template <class T>
uint64_t hash(uint64_t seed, const std::vector<T>& list) {
  seed = hash_combine(seed, list.size());
  for (const T& item : list) seed = hash(seed, item);
  return seed;
}

template <class T>
uint64_t hash_members(uint64_t seed, const T& node) {
  std::apply([&](const auto&... member) { ((seed = hash(seed, member)), ...); }, members(node));
  return seed;
}

uint64_t hash_members(uint64_t seed, const LiteralExpr& e) {
  seed = hash_combine(seed, static_cast<uint64_t>(e.literal));
  if (e.literal == LiteralKind::kFloat) return hash_combine(seed, std::bit_cast<uint64_t>(e.real));
  return hash_combine(hash_combine(seed, static_cast<uint64_t>(e.integer)), hash_bytes(e.text));
}

template <class T>
uint64_t hash(uint64_t seed, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return hash_combine(seed, hash_bytes(value));
  } else if constexpr (std::is_same_v<T, double>) {
    return hash_combine(seed, std::bit_cast<uint64_t>(value));
  } else if constexpr (kIsValue<T>) {
    return hash_combine(seed, static_cast<uint64_t>(value));
  } else if constexpr (requires { dispatch(value, [](const auto&) {}); }) {
    seed = hash_combine(seed, static_cast<uint64_t>(value.kind));
    return dispatch(value, [&](const auto& concrete) { return hash_members(seed, concrete); });
  } else {
    return hash_members(seed, value);
  }
}

// --- walking

using Visit = std::function<void(ExprPtr&)>;

template <class T>
void walk(std::vector<T>& list, const Visit& visit);
void walk(std::unique_ptr<WindowSpec>& spec, const Visit& visit);
void walk(std::unique_ptr<WindowFrame>& frame, const Visit& visit);

template <class T>
void walk(T& member, const Visit& visit) {
  if constexpr (std::is_same_v<T, ExprPtr>) {
    if (member) visit(member);
  } else if constexpr (std::is_same_v<T, OrderItem> || std::is_same_v<T, CaseBranch> ||
                       std::is_same_v<T, WindowSpec> || std::is_same_v<T, WindowFrame> ||
                       std::is_same_v<T, FrameBound>) {
    std::apply([&](auto&... inner) { (walk(inner, visit), ...); }, members(member));
  }
}
template <class T>
void walk(std::vector<T>& list, const Visit& visit) {
  for (T& item : list) walk(item, visit);
}
void walk(std::unique_ptr<WindowSpec>& spec, const Visit& visit) {
  if (spec) walk(*spec, visit);
}
void walk(std::unique_ptr<WindowFrame>& frame, const Visit& visit) {
  if (frame) walk(*frame, visit);
}

}  // namespace

bool same_name(const Name& a, const Name& b) {
  if (a.text.size() != b.text.size()) return false;
  for (size_t i = 0; i < a.text.size(); ++i) {
    if (lower(a.text[i]) != lower(b.text[i])) return false;
  }
  return true;
}

bool same_expr(const Expr& a, const Expr& b) {
  return same_node(a, b);
}
bool same_query(const Query& a, const Query& b) {
  return same_members(a, b);
}
bool same_statement(const Statement& a, const Statement& b) {
  return same_node(a, b);
}
uint64_t hash_expr(const Expr& expr) {
  return hash(0, expr);
}

void for_each_child(Expr& expr, const std::function<void(ExprPtr&)>& visit) {
  dispatch(expr, [&]<class T>(const T& concrete) {
    auto& node = const_cast<T&>(concrete);  // `expr` is not const; dispatch serves both
    std::apply([&](auto&... member) { (walk(member, visit), ...); }, members(node));
  });
}

void for_each_child(const Expr& expr, const std::function<void(const Expr&)>& visit) {
  // The slots are only read.
  for_each_child(const_cast<Expr&>(expr), [&](ExprPtr& child) { visit(*child); });
}

}  // namespace orrery::sql
