// Reading packed tuples, element by element without copying, or whole.
//
// Every encoding that the bindings write is read; what is cut short, nested deeper than kDepthMax,
// of a code that is reserved, or text that is no UTF-8 is error 2250 invalid_tuple_data_type.
// Integers that are longer than they need be are taken as the numbers they are. Fewer elements than
// asked for: 2251 invalid_tuple_index. Thread-safety: a Reader is for one thread; it borrows the
// bytes.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "fdb/error.h"
#include "fdb/layers/tuple.h"

namespace orrery::fdb::tuple {

/// Says how many of the bytes in `rest` are the payload of a user's value; a failure or more than
/// there are is 2250.
using UserSize = Result<size_t> (*)(uint8_t code, std::string_view rest);

struct UnpackOptions {
  /// Without it values of users' codes are 2250.
  UserSize user_size = nullptr;
};

Result<Tuple> unpack(std::string_view packed, const UnpackOptions& options = {});

class Reader {
 public:
  explicit Reader(std::string_view packed, const UnpackOptions& options = {})
      : rest_(packed), options_(options) {}

  bool at_end() const { return rest_.empty(); }
  /// Undefined at the end; nullopt for a code that is none.
  std::optional<Kind> next_kind() const;
  /// What has not been read.
  std::string_view rest() const { return rest_; }

  /// The next element, whatever it is.
  Result<Element> read();
  /// Passes over it.
  Status skip();
  /// The next element, which must be a T: an integer type (2250 where the number does not fit),
  /// bool, float, double, std::string, OwnedBytes, Uuid, Versionstamp, Tuple, Null, or
  /// std::optional of one of them, which takes a null too.
  template <class T>
  Result<T> read_as();

 private:
  /// An element's encoding without its code.
  struct Item {
    uint8_t code = 0;
    std::string_view body;
    size_t escapes = 0;
  };
  enum class Place : uint8_t { kTop, kNested };

  Result<Item> take(Place place);
  Result<Item> take_string(uint8_t code);
  Result<Item> take_fixed(uint8_t code, size_t header, size_t size);
  Result<Element> element(const Item& item, int depth);
  Result<Tuple> tuple_body(int depth);
  static bool is_text(const Item& item);
  static Result<std::string> text(const Item& item);
  static std::string unescaped(const Item& item);
  static Result<BigInt> integer(const Item& item);
  static std::optional<int64_t> small_integer(const Item& item);

  std::string_view rest_;
  UnpackOptions options_;
  friend Result<Tuple> unpack(std::string_view packed, const UnpackOptions& options);
};

namespace detail {

template <class T>
struct OptionalOf {
  static constexpr bool kIs = false;
};
template <class T>
struct OptionalOf<std::optional<T>> {
  static constexpr bool kIs = true;
  using Type = T;
};

/// The element as a T where it is one.
template <class T>
std::optional<T> as(const Element& element) {
  if constexpr (TupleInteger<T>) {
    if (auto number = element.int64(); number && std::in_range<T>(*number)) {
      return static_cast<T>(*number);
    }
    if (auto number = element.uint64(); number && std::in_range<T>(*number)) {
      return static_cast<T>(*number);
    }
    return std::nullopt;
  } else if constexpr (std::same_as<T, bool>) {
    return element.boolean();
  } else if constexpr (std::same_as<T, float>) {
    return element.single();
  } else if constexpr (std::same_as<T, double>) {
    return element.number();
  } else if constexpr (std::same_as<T, std::string>) {
    return element.string() != nullptr ? std::optional<T>(*element.string()) : std::nullopt;
  } else if constexpr (std::same_as<T, OwnedBytes>) {
    return element.bytes() != nullptr ? std::optional<T>(T{*element.bytes()}) : std::nullopt;
  } else if constexpr (std::same_as<T, Uuid>) {
    return element.uuid() != nullptr ? std::optional<T>(*element.uuid()) : std::nullopt;
  } else if constexpr (std::same_as<T, Versionstamp>) {
    return element.versionstamp() != nullptr ? std::optional<T>(*element.versionstamp())
                                             : std::nullopt;
  } else if constexpr (std::same_as<T, Tuple>) {
    return element.tuple() != nullptr ? std::optional<T>(*element.tuple()) : std::nullopt;
  } else if constexpr (std::same_as<T, BigInt>) {
    return element.big_int();
  } else {
    static_assert(std::same_as<T, Null>, "no type of the tuple layer");
    return element.is_null() ? std::optional<T>(Null{}) : std::nullopt;
  }
}

}  // namespace detail

template <class T>
Result<T> Reader::read_as() {
  if (at_end()) return fail(error::invalid_tuple_index);
  Result<Item> item = take(Place::kTop);
  if (!item) return fail(item.error());
  // The two that keys are made of are not made Elements first.
  if constexpr (TupleInteger<T>) {
    auto number = small_integer(*item);
    if (number && std::in_range<T>(*number)) return static_cast<T>(*number);
  } else if constexpr (std::same_as<T, std::string>) {
    if (is_text(*item)) return text(*item);
  }
  Result<Element> element = this->element(*item, 0);
  if (!element) return fail(element.error());
  if constexpr (detail::OptionalOf<T>::kIs) {
    if (element->is_null()) return T{};
    auto value = detail::as<typename detail::OptionalOf<T>::Type>(*element);
    if (value) return T(*std::move(value));
  } else {
    auto value = detail::as<T>(*element);
    if (value) return *std::move(value);
  }
  return fail(error::invalid_tuple_data_type);
}

/// A tuple of just these types: unpack_as<int64_t, std::string>(key).
template <class... Ts>
Result<std::tuple<Ts...>> unpack_as(std::string_view packed) {
  Reader reader(packed);
  std::optional<Error> failed;
  auto next = [&]<class T>(std::optional<T>& into) {
    if (failed) return;
    Result<T> value = reader.read_as<T>();
    if (value) {
      into.emplace(*std::move(value));
    } else {
      failed = value.error();
    }
  };
  std::tuple<std::optional<Ts>...> values;
  std::apply([&](auto&... each) { (next(each), ...); }, values);
  if (failed) return fail(*failed);
  if (!reader.at_end()) return fail(error::invalid_tuple_index);
  return std::apply([](auto&... each) { return std::tuple<Ts...>(*std::move(each)...); }, values);
}

}  // namespace orrery::fdb::tuple
