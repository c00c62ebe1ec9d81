// Indexes: what ctx.db[table_field] and ctx.db[table_index] give. Keys are converted to the column's type before they are
// encoded, so filter(0) works on any integer column.
#pragma once

#include <tuple>

#include "spacetimedb/range_queries.h"
#include "spacetimedb/table.h"

namespace SpacetimeDB {
namespace detail {

template <class F, class T>
void write_start(bsatn::Writer& out, const Range<T>& range) {
  out.write_u8(range.start ? kIncluded : kUnbounded);
  if (range.start) out(static_cast<const F&>(*range.start));
}
template <class F, class T>
void write_end(bsatn::Writer& out, const Range<T>& range) {
  out.write_u8(!range.end ? kUnbounded : range.bound_type == RangeBound::Inclusive ? kIncluded : kExcluded);
  if (range.end) out(static_cast<const F&>(*range.end));
}

template <class F>
Rows* rows_at(IndexSlot& index, const F& key) {
  scratch()(key);
  return scan_point(index);
}
template <class F, class T>
Rows* rows_in(IndexSlot& index, const Range<T>& range) {
  bsatn::Writer& out = scratch();
  write_start<F>(out, range);
  const size_t start_end = out.size();
  write_end<F>(out, range);
  return scan_range(index, {0, 0, start_end});
}
template <class F>
uint32_t delete_at(IndexSlot& index, const F& key) {
  bsatn::Writer& out = scratch();
  out.write_u8(kIncluded);
  out(key);
  return delete_by_bound(index);
}
template <class T, class F>
std::optional<T> find_row(IndexSlot& index, const F& key) {
  constexpr int32_t kSize = bsatn::bsatn_traits<T>::kFixed;
  scratch()(key);
  const Rows* const found = only_row(index);
  std::optional<T> row;
  if (found->size == 0) return row;
  if constexpr (kSize > 0) {
    if (found->size < static_cast<size_t>(kSize)) cut_row();
    bsatn::bsatn_traits<T>::load(found->begin(), row.emplace());
  } else {
    bsatn::Reader in(found->begin(), found->size);
    in(row.emplace());
  }
  return row;
}

}  // namespace detail

/// The rows of an index scan, read once, in index order. The scan sees the table as it was when filter() was called.
template <class T>
class IndexIteratorRange {
 public:
  explicit IndexIteratorRange(detail::Rows* rows) : cursor_(rows) {}
  detail::RowIterator<T> begin() { return detail::RowIterator<T>(std::move(cursor_)); }
  detail::EndOfRows end() const { return {}; }
  std::vector<T> collect() { return cursor_.collect(); }
  /// Counts the rows, and with that uses them up.
  size_t size() {
    size_t rows = 0;
    T row{};
    for (; cursor_.more(); ++rows) cursor_.read(row);
    return rows;
  }
  size_t count() { return size(); }

 private:
  detail::Cursor<T> cursor_;
};

template <class T, class F>
class TypedFieldAccessor : public TableAccessor<T> {
 public:
  using table_type = T;
  using field_type = F;
  TypedFieldAccessor(detail::IndexSlot& index, F T::*member)
      : TableAccessor<T>(*index.table), index_(&index), member_(member) {}
  std::string_view field_name() const { return index_->field; }
  constexpr F T::*member_pointer() const { return member_; }
  /// Deletes the rows with this value in the field; how many there were.
  uint32_t delete_by_value(const F& value) const { return detail::delete_at(*index_, value); }
  /// Replaces the row with the same value in the field; false when there is none.
  bool update_by_index(const T& row) const {
    detail::scratch()(row);
    return detail::update_scratch(*index_, nullptr);
  }

 protected:
  detail::IndexSlot* index_;
  F T::*member_;
};

template <class T, class F>
class TypedPrimaryKeyAccessor : public TypedFieldAccessor<T, F> {
 public:
  using TypedFieldAccessor<T, F>::TypedFieldAccessor;
  std::optional<T> find(const F& key) const { return detail::find_row<T>(*this->index_, key); }
  bool delete_by_key(const F& key) const { return detail::delete_at(*this->index_, key) > 0; }
  bool update(const T& row) const { return this->update_by_index(row); }
  T try_insert_or_update(const T& row) const {
    if (!find(row.*this->member_)) return this->insert(row);
    update(row);
    return row;
  }
};

template <class T, class F>
class TypedUniqueAccessor : public TypedFieldAccessor<T, F> {
 public:
  using TypedFieldAccessor<T, F>::TypedFieldAccessor;
  std::optional<T> find(const F& value) const { return detail::find_row<T>(*this->index_, value); }
  bool delete_by_value(const F& value) const { return detail::delete_at(*this->index_, value) > 0; }
  bool update(const T& row) const { return this->update_by_index(row); }
};

template <class T, class F>
class TypedIndexedAccessor : public TypedFieldAccessor<T, F> {
 public:
  using TypedFieldAccessor<T, F>::TypedFieldAccessor;
  IndexIteratorRange<T> filter(const F& value) const {
    return IndexIteratorRange<T>(detail::rows_at(*this->index_, value));
  }
  template <class U>
  IndexIteratorRange<T> filter(const Range<U>& range) const {
    return IndexIteratorRange<T>(detail::rows_in<F>(*this->index_, range));
  }
  uint32_t delete_all(const F& value) const { return detail::delete_at(*this->index_, value); }
};

namespace detail {

/// Encodes the arguments of a multi-column filter: all but the last are the prefix, the last is a value or a range.
template <class T, class... F>
struct MultiColumnScan {
  template <size_t kColumn>
  using Field = std::tuple_element_t<kColumn, std::tuple<F...>>;

  template <size_t kColumn, class Value>
  static void write_value(bsatn::Writer& out, const Value& value) {
    static_assert(std::is_convertible_v<Value, Field<kColumn>>,
                  "a value given to filter() of a multi-column index does not have the type of its column");
    out(static_cast<const Field<kColumn>&>(value));
  }
  template <size_t kColumn, class Value>
  static void write_last(bsatn::Writer& out, ScanBounds& bounds, const Value& value) {
    bounds.prefix_end = out.size();
    bounds.prefix_columns = kColumn;
    if constexpr (is_range_v<Value>) {
      write_start<Field<kColumn>>(out, value);
      bounds.start_end = out.size();
      write_end<Field<kColumn>>(out, value);
    } else {
      out.write_u8(kIncluded);
      write_value<kColumn>(out, value);
      bounds.start_end = out.size();  // the same bytes are both bounds
    }
  }
  template <class... V, size_t... kPrefix>
  static Rows* open(IndexSlot& index, const std::tuple<V...>& values, std::index_sequence<kPrefix...>) {
    static_assert(sizeof...(V) <= sizeof...(F), "filter() has more values than the index has columns");
    bsatn::Writer& out = scratch();
    ScanBounds bounds;
    (write_value<kPrefix>(out, std::get<kPrefix>(values)), ...);
    write_last<sizeof...(kPrefix)>(out, bounds, std::get<sizeof...(kPrefix)>(values));
    return scan_range(index, bounds);
  }
  template <class Value>
  static Rows* open_prefix(IndexSlot& index, const Value& first) {
    bsatn::Writer& out = scratch();
    write_value<0>(out, first);
    ScanBounds bounds{out.size(), 1, 0};
    out.write_u8(kUnbounded);
    bounds.start_end = out.size();
    return scan_range(index, bounds);
  }
};

}  // namespace detail

template <class T, class... F>
class TypedMultiColumnIndexAccessor : public TableAccessor<T> {
 public:
  explicit TypedMultiColumnIndexAccessor(detail::IndexSlot& index) : TableAccessor<T>(*index.table), index_(&index) {}
  /// Values of the leading columns; the last one may be a Range.
  template <class... V>
    requires(sizeof...(V) > 0)
  IndexIteratorRange<T> filter(const std::tuple<V...>& values) const {
    return IndexIteratorRange<T>(
        detail::MultiColumnScan<T, F...>::open(*index_, values, std::make_index_sequence<sizeof...(V) - 1>()));
  }
  /// All rows with this value in the first column, or in this range of it.
  template <class V>
  IndexIteratorRange<T> filter(const V& first) const {
    if constexpr (is_range_v<V>) {
      return filter(std::tuple<V>(first));
    } else {
      return IndexIteratorRange<T>(detail::MultiColumnScan<T, F...>::open_prefix(*index_, first));
    }
  }

 private:
  detail::IndexSlot* index_;
};

}  // namespace SpacetimeDB
