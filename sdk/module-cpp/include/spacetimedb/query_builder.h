// The query builder: ctx.from[table].where(...), semijoins, and the SQL text they stand for. Expressions are that text from the
// start, so nothing but std::string is instantiated for them; types only keep columns of different tables and values of
// different types apart.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "spacetimedb/identity.h"
#include "spacetimedb/time.h"
#include "spacetimedb/uuid.h"

namespace SpacetimeDB {
namespace detail {

template <class T, bool kIsEvent>
struct RowOfTable;
template <class T, auto kMember>
struct MemberTag;

// Literals as SQL writes them.
std::string sql_literal(std::string_view text);
std::string sql_literal(bool value);
std::string sql_literal(int64_t value);
std::string sql_literal(uint64_t value);
std::string sql_literal(float value);
std::string sql_literal(double value);
std::string sql_literal(const u128& value);
std::string sql_literal(const i128& value);
std::string sql_literal(const u256& value);
std::string sql_literal(const i256& value);
std::string sql_literal(const Identity& value);
std::string sql_literal(const ConnectionId& value);
std::string sql_literal(const Uuid& value);
std::string sql_literal(Timestamp value);
std::string sql_literal(const std::vector<uint8_t>& bytes);
std::string sql_literal(TimeDuration) = delete;

template <class V>
std::string literal_of(const V& value) {
  if constexpr (std::is_same_v<V, bool>) {
    return sql_literal(value);
  } else if constexpr (std::is_integral_v<V>) {
    if constexpr (std::is_signed_v<V>) {
      return sql_literal(static_cast<int64_t>(value));
    } else {
      return sql_literal(static_cast<uint64_t>(value));
    }
  } else if constexpr (std::is_convertible_v<const V&, std::string_view>) {
    return sql_literal(std::string_view(value));
  } else {
    return sql_literal(value);
  }
}

std::string sql_column(const char* table, const char* column);
std::string sql_binary(const std::string& left, const char* op, const std::string& right);
/// SELECT of one table, with a predicate unless that is empty.
std::string sql_select(const char* table, const std::string& predicate);

/// The parts of a semijoin; `rows` names the side whose rows come out.
struct JoinText {
  const char* left;
  const char* right;
  const char* rows;
  std::string condition;
};
std::string sql_join(const JoinText& join, const std::string& left_predicate, const std::string& right_predicate);

}  // namespace detail

namespace query_builder {

/// A predicate over rows of T.
template <class T>
class BoolExpr {
 public:
  explicit BoolExpr(std::string sql) : sql_(std::move(sql)) {}
  static BoolExpr always(bool value) {
    return BoolExpr(detail::sql_binary(detail::sql_literal(value), " = ", detail::sql_literal(true)));
  }
  const std::string& format() const { return sql_; }
  [[nodiscard]] BoolExpr and_(const BoolExpr& other) const {
    return BoolExpr(detail::sql_binary(sql_, " AND ", other.sql_));
  }
  [[nodiscard]] BoolExpr or_(const BoolExpr& other) const {
    return BoolExpr(detail::sql_binary(sql_, " OR ", other.sql_));
  }
  [[nodiscard]] BoolExpr not_() const { return BoolExpr(detail::sql_binary("NOT ", "", sql_)); }
  [[nodiscard]] BoolExpr And(const BoolExpr& other) const { return and_(other); }
  [[nodiscard]] BoolExpr Or(const BoolExpr& other) const { return or_(other); }
  [[nodiscard]] BoolExpr Not() const { return not_(); }

 private:
  std::string sql_;
};

template <class T, class V>
class Col;

template <class T>
class ColumnRef {
 public:
  constexpr ColumnRef() = default;
  constexpr ColumnRef(const char* table, const char* column) : table_(table), column_(column) {}
  std::string format() const { return detail::sql_column(table_, column_); }
  constexpr const char* table_name() const { return table_; }
  constexpr const char* column_name() const { return column_; }

 private:
  const char* table_ = "";
  const char* column_ = "";
};

/// What a column of V may be compared with: V itself, a column of the same table and type, text for strings.
template <class T, class V, class R>
concept ComparableWith = std::is_same_v<V, R> || std::is_same_v<Col<T, V>, R> ||
                         (std::is_same_v<V, std::string> && std::is_convertible_v<const R&, std::string_view>);

/// A column of V in rows of T.
template <class T, class V>
class Col {
 public:
  constexpr Col() = default;
  constexpr Col(const char* table, const char* column) : column_(table, column) {}

  template <class R> [[nodiscard]] BoolExpr<T> eq(const R& rhs) const { return compare(" = ", rhs); }
  template <class R> [[nodiscard]] BoolExpr<T> ne(const R& rhs) const { return compare(" <> ", rhs); }
  template <class R> [[nodiscard]] BoolExpr<T> gt(const R& rhs) const { return compare(" > ", rhs); }
  template <class R> [[nodiscard]] BoolExpr<T> lt(const R& rhs) const { return compare(" < ", rhs); }
  template <class R> [[nodiscard]] BoolExpr<T> gte(const R& rhs) const { return compare(" >= ", rhs); }
  template <class R> [[nodiscard]] BoolExpr<T> lte(const R& rhs) const { return compare(" <= ", rhs); }
  template <class R> [[nodiscard]] BoolExpr<T> Eq(const R& rhs) const { return compare(" = ", rhs); }
  template <class R> [[nodiscard]] BoolExpr<T> Ne(const R& rhs) const { return compare(" <> ", rhs); }
  template <class R> [[nodiscard]] BoolExpr<T> Gt(const R& rhs) const { return compare(" > ", rhs); }
  template <class R> [[nodiscard]] BoolExpr<T> Lt(const R& rhs) const { return compare(" < ", rhs); }
  template <class R> [[nodiscard]] BoolExpr<T> Gte(const R& rhs) const { return compare(" >= ", rhs); }
  template <class R> [[nodiscard]] BoolExpr<T> Lte(const R& rhs) const { return compare(" <= ", rhs); }

  constexpr const ColumnRef<T>& column_ref() const { return column_; }

 private:
  template <class R>
  BoolExpr<T> compare(const char* op, const R& rhs) const {
    static_assert(ComparableWith<T, V, R>, "a column is compared with a value or a column of exactly its own type");
    if constexpr (std::is_same_v<Col, R>) {
      return BoolExpr<T>(detail::sql_binary(column_.format(), op, rhs.column_ref().format()));
    } else {
      return BoolExpr<T>(detail::sql_binary(column_.format(), op, detail::literal_of(rhs)));
    }
  }
  ColumnRef<T> column_;
};

template <class L, class R, class V>
struct IxJoinEq {
  ColumnRef<L> lhs;
  ColumnRef<R> rhs;
};

/// An indexed column, as given to the predicate of a semijoin: it can only be set equal to one of the other table.
template <class T, class V>
class IxCol {
 public:
  constexpr IxCol() = default;
  constexpr IxCol(const char* table, const char* column) : column_(table, column) {}
  template <class R, class W>
  [[nodiscard]] IxJoinEq<T, R, V> eq(const IxCol<R, W>& rhs) const {
    static_assert(std::is_same_v<V, W>, "the columns of a semijoin have the same type");
    return {column_, rhs.column_ref()};
  }
  template <class R, class W>
  [[nodiscard]] IxJoinEq<T, R, V> Eq(const IxCol<R, W>& rhs) const {
    return eq(rhs);
  }
  constexpr const ColumnRef<T>& column_ref() const { return column_; }

 private:
  ColumnRef<T> column_;
};

/// The SQL of a query over rows of T; what a view returns.
template <class T>
class RawQuery;
template <class T, class Cols, class IxCols>
class Table;

template <class Q>
struct query_row_type {};
template <class Q>
  requires requires { typename Q::orrery_query_row; }
struct query_row_type<Q> {
  using type = typename Q::orrery_query_row;
};
template <class Q>
using query_row_type_t = typename query_row_type<std::remove_cvref_t<Q>>::type;
template <class Q>
concept QueryLike = requires(const Q& query) {
  { query.into_sql() } -> std::convertible_to<std::string>;
};
template <class Q>
concept QueryBuilderReturn = requires { typename query_row_type_t<Q>; } && QueryLike<std::remove_cvref_t<Q>>;

template <class T>
class RawQuery {
 public:
  using row_type = T;
  using orrery_query_row = T;
  explicit RawQuery(std::string sql) : sql_(std::move(sql)) {}
  template <class Q>
    requires(!std::is_same_v<std::remove_cvref_t<Q>, RawQuery> && QueryBuilderReturn<Q> &&
             std::is_same_v<query_row_type_t<Q>, T>)
  RawQuery(const Q& query) : sql_(query.into_sql()) {}
  const std::string& sql() const { return sql_; }
  std::string into_sql() const { return sql_; }

 private:
  std::string sql_;
};

/// Specialised by SPACETIMEDB_STRUCT: get(table name) gives an object with a Col (an IxCol where indexed) per field.
template <class T>
struct HasCols;
template <class T>
struct HasIxCols;

}  // namespace query_builder

namespace detail {

void orrery_indexed_member();
void orrery_row_of_table();
template <class T, auto kMember>
inline constexpr bool kIndexedMember = requires { orrery_indexed_member(MemberTag<T, kMember>()); };
/// Rows of event tables are not kept, so nothing can be looked up in them.
template <class T>
inline constexpr bool kCanLookUp =
    requires { orrery_row_of_table(RowOfTable<T, false>()); } || !requires { orrery_row_of_table(RowOfTable<T, true>()); };

/// An indexed column, or something that has no members and so says which use is wrong.
template <class T, class V, bool kIndexed>
struct JoinColumn : query_builder::IxCol<T, V> {
  using query_builder::IxCol<T, V>::IxCol;
};
template <class T, class V>
struct JoinColumn<T, V, false> {
  constexpr JoinColumn(const char*, const char*) {}
  template <class R>
  auto eq(const R&) const {
    static_assert(sizeof(R) == 0, "a semijoin compares indexed columns; this one has no index");
  }
  template <class R>
  auto Eq(const R& rhs) const {
    return eq(rhs);
  }
};
template <class T, class V>
JoinColumn<T, V, true> join_column(const query_builder::IxCol<T, V>&);

template <class T>
query_builder::BoolExpr<T> predicate_of(query_builder::BoolExpr<T> expression) {
  return expression;
}
template <class T>
query_builder::BoolExpr<T> predicate_of(bool value) {
  return query_builder::BoolExpr<T>::always(value);
}
template <class T>
query_builder::BoolExpr<T> predicate_of(const query_builder::Col<T, bool>& column) {
  return column.eq(true);
}

template <class Cols, class F>
auto apply_predicate(const Cols& cols, const F& predicate) {
  static_assert(std::is_invocable_v<const F&, const Cols&>,
                "where() takes a function of the table's columns; indexed columns exist only in semijoins");
  return predicate(cols);
}
template <class T>
void add_predicate(std::string& all, const query_builder::BoolExpr<T>& one) {
  all = all.empty() ? one.format() : sql_binary(all, " AND ", one.format());
}

}  // namespace detail

namespace query_builder {

/// A semijoin: rows of T (one of the two sides) that have a partner. `cols` are those of T's side.
template <class T, class Cols>
class SemiJoin {
 public:
  using row_type = T;
  using orrery_query_row = T;
  SemiJoin(detail::JoinText join, Cols cols, std::string left, std::string right, bool filters_right)
      : join_(std::move(join)),
        cols_(std::move(cols)),
        left_(std::move(left)),
        right_(std::move(right)),
        filters_right_(filters_right) {}

  template <class F>
  [[nodiscard]] SemiJoin where(const F& predicate) const {
    SemiJoin next = *this;
    detail::add_predicate<T>(filters_right_ ? next.right_ : next.left_,
                             detail::predicate_of<T>(detail::apply_predicate(cols_, predicate)));
    return next;
  }
  template <class F> [[nodiscard]] SemiJoin Where(const F& predicate) const { return where(predicate); }
  template <class F> [[nodiscard]] SemiJoin filter(const F& predicate) const { return where(predicate); }
  template <class F> [[nodiscard]] SemiJoin Filter(const F& predicate) const { return where(predicate); }
  [[nodiscard]] RawQuery<T> build() const { return RawQuery<T>(into_sql()); }
  [[nodiscard]] std::string into_sql() const { return detail::sql_join(join_, left_, right_); }

 private:
  detail::JoinText join_;
  Cols cols_;
  std::string left_;
  std::string right_;
  bool filters_right_;
};

/// A table or view in a query, with the predicates given so far.
template <class T, class Cols, class IxCols>
class FromWhere {
 public:
  using row_type = T;
  using cols_type = Cols;
  using ix_cols_type = IxCols;
  using orrery_query_row = T;
  FromWhere(const char* table, Cols cols, IxCols ix_cols)
      : table_(table), cols_(std::move(cols)), ix_cols_(std::move(ix_cols)) {}

  const char* table_name() const { return table_; }
  const Cols& cols() const { return cols_; }
  const IxCols& ix_cols() const { return ix_cols_; }
  [[nodiscard]] RawQuery<T> build() const { return RawQuery<T>(into_sql()); }
  [[nodiscard]] std::string into_sql() const { return detail::sql_select(table_, predicate_); }

  template <class F>
  [[nodiscard]] FromWhere where(const F& predicate) const {
    FromWhere next = *this;
    detail::add_predicate<T>(next.predicate_, detail::predicate_of<T>(detail::apply_predicate(cols_, predicate)));
    return next;
  }
  template <class F> [[nodiscard]] FromWhere Where(const F& predicate) const { return where(predicate); }
  template <class F> [[nodiscard]] FromWhere filter(const F& predicate) const { return where(predicate); }
  template <class F> [[nodiscard]] FromWhere Filter(const F& predicate) const { return where(predicate); }

  /// Rows of this table that have a partner in `right`.
  template <class R, class RCols, class RIxCols, class F>
  [[nodiscard]] auto left_semijoin(const Table<R, RCols, RIxCols>& right, const F& on) const {
    return SemiJoin<T, Cols>(join(right, on, table_), cols_, predicate_, {}, false);
  }
  /// Rows of `right` that have a partner in this table.
  template <class R, class RCols, class RIxCols, class F>
  [[nodiscard]] auto right_semijoin(const Table<R, RCols, RIxCols>& right, const F& on) const {
    return SemiJoin<R, RCols>(join(right, on, right.table_name()), right.cols(), predicate_, {}, true);
  }
  template <class R, class RCols, class RIxCols, class F>
  [[nodiscard]] auto LeftSemijoin(const Table<R, RCols, RIxCols>& right, const F& on) const {
    return left_semijoin(right, on);
  }
  template <class R, class RCols, class RIxCols, class F>
  [[nodiscard]] auto RightSemijoin(const Table<R, RCols, RIxCols>& right, const F& on) const {
    return right_semijoin(right, on);
  }

 private:
  template <class R, class RCols, class RIxCols, class F>
  detail::JoinText join(const Table<R, RCols, RIxCols>& right, const F& on, const char* rows) const {
    static_assert(detail::kCanLookUp<R>, "an event table cannot be the lookup side of a semijoin: its rows are not kept");
    const auto equal = on(ix_cols_, right.ix_cols());
    static_assert(requires { equal.lhs.format(); equal.rhs.format(); },
                  "the predicate of a semijoin returns left.column.eq(right.column)");
    return {table_, right.table_name(), rows, equal.lhs.format() + " = " + equal.rhs.format()};
  }

  const char* table_;
  Cols cols_;
  IxCols ix_cols_;
  std::string predicate_;
};

/// A table or view in a query, without predicates; only such may be the right side of a semijoin.
template <class T, class Cols, class IxCols>
class Table : public FromWhere<T, Cols, IxCols> {
 public:
  using FromWhere<T, Cols, IxCols>::FromWhere;
  const char* name() const { return this->table_name(); }
};

}  // namespace query_builder

template <class T>
using Query = query_builder::RawQuery<T>;

namespace detail {

inline std::string filter_sql(std::string sql) { return sql; }
template <query_builder::QueryLike Q>
std::string filter_sql(const Q& query) {
  return query.into_sql();
}

}  // namespace detail

class QueryBuilder {
 public:
  template <class T, class Cols, class IxCols>
  [[nodiscard]] query_builder::Table<T, Cols, IxCols> table(const char* name, Cols cols, IxCols ix_cols) const {
    return {name, std::move(cols), std::move(ix_cols)};
  }
  /// A table by the tag of SPACETIMEDB_TABLE, or a view by `name_view`.
  template <class Tag>
  [[nodiscard]] auto table(const Tag& tag) const {
    using T = typename Tag::type;
    const char* const name = tag.__table_name_internal;
    return table<T>(name, query_builder::HasCols<T>::get(name), query_builder::HasIxCols<T>::get(name));
  }
  template <class Tag>
  [[nodiscard]] auto operator[](const Tag& tag) const {
    return table(tag);
  }
};

}  // namespace SpacetimeDB

#define ORRERY_QUERY_COL(field)                                                       \
  ::SpacetimeDB::query_builder::Col<Row, decltype(Row::field)> field{orrery_table, #field};
#define ORRERY_QUERY_IX_COL(field)                                                                                  \
  ::SpacetimeDB::detail::JoinColumn<Row, decltype(Row::field), ::SpacetimeDB::detail::kIndexedMember<Row, &Row::field>> \
      field{orrery_table, #field};
// Members are templates so that a struct costs nothing here until it is queried.
#define ORRERY_QUERY_COLUMNS(Type, ...)                                         \
  template <>                                                                   \
  struct SpacetimeDB::query_builder::HasCols<Type> {                            \
    template <class Row>                                                        \
    struct Columns {                                                            \
      const char* orrery_table;                                                        \
      explicit Columns(const char* from) : orrery_table(from) {}                       \
      ORRERY_EACH(ORRERY_QUERY_COL, __VA_ARGS__)                                \
    };                                                                          \
    template <class Row = Type>                                                 \
    static Columns<Row> get(const char* table) {                                \
      return Columns<Row>(table);                                               \
    }                                                                           \
  };                                                                            \
  template <>                                                                   \
  struct SpacetimeDB::query_builder::HasIxCols<Type> {                          \
    template <class Row>                                                        \
    struct Columns {                                                            \
      const char* orrery_table;                                                        \
      explicit Columns(const char* from) : orrery_table(from) {}                       \
      ORRERY_EACH(ORRERY_QUERY_IX_COL, __VA_ARGS__)                             \
    };                                                                          \
    template <class Row = Type>                                                 \
    static Columns<Row> get(const char* table) {                                \
      return Columns<Row>(table);                                               \
    }                                                                           \
  };
