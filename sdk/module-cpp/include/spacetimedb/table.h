// Tables: TableAccessor<T> is what ctx.db[table] gives, Table<T> the same under its older name; iteration decodes one row at
// a time from a chunk that the host filled. Accessors are small copyable values.
#pragma once

#include <iterator>

#include "spacetimedb/abi.h"
#include "spacetimedb/bsatn.h"
#include "spacetimedb/store.h"

namespace SpacetimeDB {

enum class InsertErrorType { UniqueConstraintViolation, AutoIncOverflow, Other };

struct InsertError {
  InsertErrorType type;
  uint16_t status_code;
  std::string message;
};

/// The inserted row, or why there is none.
template <class T>
class InsertResult {
 public:
  InsertResult(T&& row) : result_(std::in_place_index<0>, std::move(row)) {}
  InsertResult(InsertError error) : result_(std::in_place_index<1>, std::move(error)) {}
  bool is_ok() const { return result_.index() == 0; }
  bool is_err() const { return result_.index() == 1; }
  const T& ok() const { return get<0>(result_); }
  T&& take_ok() { return std::move(get<0>(result_)); }
  const InsertError& err() const { return get<1>(result_); }

 private:
  template <size_t kIndex, class Variant>
  static auto& get(Variant& result) {
    auto* const found = std::get_if<kIndex>(&result);
    if (found == nullptr) detail::fail(kIndex == 0 ? "ok() of a failed insert" : "err() of an insert that succeeded");
    return *found;
  }
  std::variant<T, InsertError> result_;
};

namespace detail {

InsertError insert_error(uint32_t status);

struct EndOfRows {};

/// An input iterator: holds the current row.
template <class T>
class RowIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = T*;
  using reference = T&;

  RowIterator() = default;
  [[gnu::always_inline]] explicit RowIterator(Cursor<T>&& cursor) : cursor_(std::move(cursor)), valid_(cursor_.here()) {
    if (valid_) cursor_.read(row_);
  }
  RowIterator(RowIterator&&) = default;
  RowIterator& operator=(RowIterator&&) = default;

  T& operator*() { return row_; }
  const T& operator*() const { return row_; }
  T* operator->() { return &row_; }
  [[gnu::always_inline]] RowIterator& operator++() {
    valid_ = cursor_.more();
    if (valid_) cursor_.read(row_);
    return *this;
  }
  friend bool operator==(const RowIterator& a, EndOfRows) { return !a.valid_; }
  friend bool operator==(const RowIterator& a, const RowIterator& b) { return a.valid_ == b.valid_; }

 private:
  Cursor<T> cursor_;
  T row_{};
  bool valid_ = false;
};

}  // namespace detail

template <class T>
using TableIterator = detail::RowIterator<T>;

template <class T>
class Table;

template <class T>
class TableAccessor {
  static_assert(bsatn::Serializable<T>, "the row type of a table needs SPACETIMEDB_STRUCT");

 public:
  using row_type = T;
  explicit TableAccessor(detail::TableSlot& slot) : slot_(&slot) {}

  /// Inserts a row and gives it back with its generated columns. A refused row (a unique constraint) traps the call.
  T insert(const T& row) const {
    detail::scratch()(row);
    T inserted = row;
    detail::insert_scratch(*slot_, &inserted);
    return inserted;
  }
  T insert(T&& row) const {
    detail::scratch()(row);
    detail::insert_scratch(*slot_, &row);
    return std::move(row);
  }
  InsertResult<T> try_insert(const T& row) const {
    detail::scratch()(row);
    T inserted = row;
    const uint32_t status = detail::try_insert_scratch(*slot_, &inserted);
    if (status != 0) return detail::insert_error(status);
    return std::move(inserted);
  }
  uint64_t count() const { return detail::count_rows(*slot_); }
  bool empty() const { return count() == 0; }
  /// Deletes all rows; how many there were.
  uint64_t clear() const { return detail::clear_rows(*slot_); }
  /// Deletes the row that is equal in every column; how many there were (tables are sets).
  uint32_t delete_by_value(const T& row) const { return delete_rows(&row, 1); }
  uint32_t delete_all_by_eq(const std::vector<T>& rows) const { return delete_rows(rows.data(), rows.size()); }
  uint32_t update_by_value(const T& old_row, const T& new_row) const {
    const uint32_t deleted = delete_by_value(old_row);
    if (deleted != 0) insert(new_row);
    return deleted;
  }
  [[gnu::always_inline]] detail::RowIterator<T> begin() const {
    return detail::RowIterator<T>(detail::Cursor<T>(detail::rows_of(*slot_)));
  }
  detail::EndOfRows end() const { return {}; }
  std::vector<T> collect() const { return detail::Cursor<T>(detail::rows_of(*slot_)).collect(); }
  Table<T> get_table() const { return Table<T>(*slot_); }
  Table<T> table() const { return get_table(); }

 protected:
  uint32_t delete_rows(const T* rows, size_t count) const {
    if (count == 0) return 0;
    bsatn::Writer& out = detail::scratch();
    out.write_u32_le(static_cast<uint32_t>(count));
    for (size_t i = 0; i < count; ++i) out(rows[i]);
    return detail::delete_scratch(*slot_);
  }

  detail::TableSlot* slot_;
};

template <class T>
class Table : public TableAccessor<T> {
 public:
  using TableAccessor<T>::TableAccessor;
  bool delete_by_value(const T& row) const { return TableAccessor<T>::delete_by_value(row) > 0; }
};

}  // namespace SpacetimeDB
