// Random values of every described type. Strings and elements lie in the generator, which has to outlive the values.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "fdb/wire/key_value_list.h"
#include "fdb/wire/message.h"

namespace orrery::fdb::wire {

class RandomMessages {
 public:
  explicit RandomMessages(uint64_t seed) : random_(seed) {}

  template <class T>
  T make() {
    T value{};
    if constexpr (std::is_same_v<T, bool>) {
      value = below(2) == 1;
    } else if constexpr (kKind<T> == Kind::kScalar) {
      uint64_t bits = below(3) == 0 ? below(3) : random_();
      std::memcpy(&value, &bits, sizeof value);
      // What is no number equals nothing, not even itself.
      if constexpr (std::is_floating_point_v<T>) value = static_cast<T>(static_cast<int64_t>(bits)) / 8;
    } else if constexpr (kKind<T> == Kind::kStruct) {
      fill(value, typename T::WireStruct());
    } else if constexpr (kKind<T> == Kind::kBlob) {
      fill_blob(value);
    } else if constexpr (kKind<T> == Kind::kVector) {
      fill_vector(value);
    } else if constexpr (kKind<T> == Kind::kUnion) {
      fill_union(value);
    } else if constexpr (std::is_same_v<T, KeyRange>) {
      fill_range(value.begin, value.end);
    } else if constexpr (std::is_same_v<T, Mutation>) {
      value.type = static_cast<MutationType>(below(24));
      value.param1 = make<std::string_view>();
      value.param2 = make<std::string_view>();
      if (value.type == MutationType::kClearRange) fill_range(value.param1, value.param2);
    } else {
      fill(value, FieldsOf<T>());
    }
    return value;
  }

  uint64_t below(uint64_t limit) { return random_() % limit; }

 private:
  template <class T, auto... kMembers>
  void fill(T& value, Fields<kMembers...>) {
    ((value.*kMembers = make<MemberType<kMembers>>()), ...);
  }

  std::string_view keep(std::string bytes) { return strings_.emplace_back(std::move(bytes)); }

  void fill_blob(std::string_view& value) {
    std::string bytes(below(4) == 0 ? below(300) : below(6), '\0');
    for (char& c : bytes) c = static_cast<char>(below(3) == 0 ? 0 : random_());
    value = keep(std::move(bytes));
  }
  void fill_blob(VersionVector& value) {
    std::string_view bytes = make<std::string_view>();
    if (!bytes.empty()) value.bytes = bytes;
  }
  void fill_blob(TagSet& value) {
    std::string tags;
    for (uint64_t i = below(4); i > 0; --i) {
      std::string tag(below(20), 't');
      tags += static_cast<char>(tag.size());
      tags += tag;
    }
    value.bytes = keep(std::move(tags));
  }
  void fill_blob(KeyValueList& value) {
    KeyValueListBuilder rows;
    for (uint64_t i = below(5); i > 0; --i) rows.append(make<std::string_view>(), make<std::string_view>());
    value.assign_wire_bytes(keep(std::string(rows.list().wire_bytes())));
  }

  template <class T>
  void fill_vector(Vector<T>& value) {
    auto elements = std::make_shared<std::vector<T>>();
    for (uint64_t i = below(4); i > 0; --i) elements->push_back(make<T>());
    value = *elements;
    vectors_.push_back(std::move(elements));
  }
  template <class T, size_t kCount>
  void fill_vector(std::array<T, kCount>& value) {
    for (T& element : value) element = make<T>();
  }

  template <class T>
  void fill_union(std::optional<T>& value) {
    if (below(2) == 1) value = make<T>();
  }
  template <class... T>
  void fill_union(std::variant<T...>& value) {
    uint64_t chosen = below(sizeof...(T));
    uint64_t i = 0;
    ((i++ == chosen ? void(value = make<T>()) : void()), ...);
  }

  void fill_range(std::string_view& begin, std::string_view& end) {
    begin = make<std::string_view>();
    end = below(2) == 0 ? keep(std::string(begin) + '\0') : make<std::string_view>();
    if (begin > end) std::swap(begin, end);
  }

  std::mt19937_64 random_;
  std::deque<std::string> strings_;
  std::vector<std::shared_ptr<void>> vectors_;
};

}  // namespace orrery::fdb::wire
