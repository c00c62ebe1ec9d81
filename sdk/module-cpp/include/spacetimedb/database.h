// Tags of tables and fields, and the db members of contexts that turn a tag into an accessor. The writable forms are those of
// reducers and transactions; views get read-only forms in which whole tables cannot be read and nothing can be changed.
#pragma once

#include "spacetimedb/identity.h"
#include "spacetimedb/index.h"
#include "spacetimedb/registry.h"
#include "spacetimedb/uuid.h"

namespace SpacetimeDB {

/// Types that may be keys of an index.
template <class T>
concept FilterableValue =
    std::is_integral_v<T> || std::is_enum_v<T> || std::is_same_v<T, std::string> || std::is_same_v<T, Identity> ||
    std::is_same_v<T, ConnectionId> || std::is_same_v<T, Timestamp> || std::is_same_v<T, Uuid> ||
    std::is_same_v<T, u128> || std::is_same_v<T, i128> || std::is_same_v<T, u256> || std::is_same_v<T, i256>;
/// Types of columns whose values can be generated.
template <class T>
concept AutoIncrementable =
    (std::is_integral_v<T> && !std::is_same_v<T, bool>) || std::is_same_v<T, u128> || std::is_same_v<T, i128> ||
    std::is_same_v<T, u256> || std::is_same_v<T, i256>;

/// Base of the tag that SPACETIMEDB_TABLE defines.
template <class T>
struct TableTag {
  using type = T;
};

template <class T, class F, FieldConstraint kConstraint, bool kIsEvent = false>
struct FieldTag {
  using table_type = T;
  using field_type = F;
  static constexpr FieldConstraint constraint = kConstraint;
  detail::IndexSlot* index;
  F T::*member;
};
template <class T, class F, bool kIsEvent = false>
using PrimaryKeyFieldTag = FieldTag<T, F, FieldConstraint::PrimaryKey, kIsEvent>;
template <class T, class F, bool kIsEvent = false>
using UniqueFieldTag = FieldTag<T, F, FieldConstraint::Unique, kIsEvent>;
template <class T, class F, bool kIsEvent = false>
using IndexedFieldTag = FieldTag<T, F, FieldConstraint::Indexed, kIsEvent>;

template <class T, bool kIsEvent, class... F>
struct MultiColumnIndexTag {
  detail::IndexSlot* index;
};

class DatabaseContext {
 public:
  template <class Tag>
    requires requires { Tag::orrery_slot; }
  TableAccessor<typename Tag::type> operator[](const Tag&) const {
    return TableAccessor<typename Tag::type>(Tag::orrery_slot);
  }
  template <class T, class F, bool kIsEvent>
  TypedPrimaryKeyAccessor<T, F> operator[](const FieldTag<T, F, FieldConstraint::PrimaryKey, kIsEvent>& tag) const {
    return {*tag.index, tag.member};
  }
  template <class T, class F, bool kIsEvent>
  TypedUniqueAccessor<T, F> operator[](const FieldTag<T, F, FieldConstraint::Unique, kIsEvent>& tag) const {
    return {*tag.index, tag.member};
  }
  template <class T, class F, bool kIsEvent>
  TypedIndexedAccessor<T, F> operator[](const FieldTag<T, F, FieldConstraint::Indexed, kIsEvent>& tag) const {
    return {*tag.index, tag.member};
  }
  template <class T, bool kIsEvent, class... F>
  TypedMultiColumnIndexAccessor<T, F...> operator[](const MultiColumnIndexTag<T, kIsEvent, F...>& tag) const {
    return TypedMultiColumnIndexAccessor<T, F...>(*tag.index);
  }
  /// A table by a name known only at run time.
  template <class T>
  TableAccessor<T> table(std::string_view name) const {
    return TableAccessor<T>(detail::slot_by_name(name));
  }
};

template <class T>
class ReadOnlyTableAccessor {
 public:
  explicit ReadOnlyTableAccessor(detail::TableSlot& slot) : slot_(&slot) {}
  uint64_t count() const { return detail::count_rows(*slot_); }

  // A view is refreshed by what it read, so it may read through indexes only.
  auto begin() const = delete;
  auto end() const = delete;
  std::vector<T> collect() const = delete;
  Table<T> table() const = delete;
  Table<T> get_table() const = delete;
  T insert(const T&) const = delete;
  uint64_t clear() const = delete;
  uint32_t delete_by_value(const T&) const = delete;
  uint32_t update_by_value(const T&, const T&) const = delete;

 private:
  detail::TableSlot* slot_;
};

template <class T, class F>
class ReadOnlyFieldAccessor : public ReadOnlyTableAccessor<T> {
 public:
  explicit ReadOnlyFieldAccessor(detail::IndexSlot& index) : ReadOnlyTableAccessor<T>(*index.table), index_(&index) {}
  bool update(const T&) const = delete;
  uint32_t delete_all(const F&) const = delete;
  bool delete_by_key(const F&) const = delete;

 protected:
  detail::IndexSlot* index_;
};

template <class T, class F>
class ReadOnlyUniqueAccessor : public ReadOnlyFieldAccessor<T, F> {
 public:
  using ReadOnlyFieldAccessor<T, F>::ReadOnlyFieldAccessor;
  std::optional<T> find(const F& value) const { return detail::find_row<T>(*this->index_, value); }
  std::optional<T> try_get(const F& value) const { return find(value); }
};
template <class T, class F>
using ReadOnlyPrimaryKeyAccessor = ReadOnlyUniqueAccessor<T, F>;

template <class T, class F>
class ReadOnlyIndexedAccessor : public ReadOnlyFieldAccessor<T, F> {
 public:
  using ReadOnlyFieldAccessor<T, F>::ReadOnlyFieldAccessor;
  IndexIteratorRange<T> filter(const F& value) const {
    return IndexIteratorRange<T>(detail::rows_at(*this->index_, value));
  }
  template <class U>
  IndexIteratorRange<T> filter(const Range<U>& range) const {
    return IndexIteratorRange<T>(detail::rows_in<F>(*this->index_, range));
  }
};

template <class T, class... F>
class ReadOnlyMultiColumnIndexAccessor {
 public:
  explicit ReadOnlyMultiColumnIndexAccessor(detail::IndexSlot& index) : accessor_(index) {}
  template <class V>
  IndexIteratorRange<T> filter(const V& values) const {
    return accessor_.filter(values);
  }

 private:
  TypedMultiColumnIndexAccessor<T, F...> accessor_;
};

class ReadOnlyDatabaseContext {
 public:
  template <class Tag>
    requires requires { Tag::orrery_slot; }
  ReadOnlyTableAccessor<typename Tag::type> operator[](const Tag&) const {
    static_assert(!Tag::__is_event_internal, "Event tables are not accessible from views: their rows are never stored");
    return ReadOnlyTableAccessor<typename Tag::type>(Tag::orrery_slot);
  }
  template <class T, class F, FieldConstraint kConstraint, bool kIsEvent>
  auto operator[](const FieldTag<T, F, kConstraint, kIsEvent>& tag) const {
    static_assert(!kIsEvent, "Event tables are not accessible from views: their rows are never stored");
    if constexpr (kConstraint == FieldConstraint::Indexed) {
      return ReadOnlyIndexedAccessor<T, F>(*tag.index);
    } else {
      return ReadOnlyUniqueAccessor<T, F>(*tag.index);
    }
  }
  template <class T, bool kIsEvent, class... F>
  auto operator[](const MultiColumnIndexTag<T, kIsEvent, F...>& tag) const {
    static_assert(!kIsEvent, "Event tables are not accessible from views: their rows are never stored");
    return ReadOnlyMultiColumnIndexAccessor<T, F...>(*tag.index);
  }
  template <class T>
  ReadOnlyTableAccessor<T> table(std::string_view name) const {
    return ReadOnlyTableAccessor<T>(detail::slot_by_name(name));
  }
};

}  // namespace SpacetimeDB
