// Result<T, E> is a column or argument type: a value or an error. Outcome<T> is what functions of a module return: a value or
// a text; ReducerResult is an Outcome without a value, and one that holds an error rolls the reducer back.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "spacetimedb/bsatn.h"

namespace SpacetimeDB {

template <class T, class E>
class Result {
 public:
  Result() = default;
  static Result ok(T value) {
    Result result;
    result.value_.template emplace<0>(std::move(value));
    return result;
  }
  static Result err(E error) {
    Result result;
    result.value_.template emplace<1>(std::move(error));
    return result;
  }

  bool is_ok() const { return value_.index() == 0; }
  bool is_err() const { return value_.index() == 1; }
  T& unwrap() { return checked<0>(value_); }
  const T& unwrap() const { return checked<0>(value_); }
  E& unwrap_err() { return checked<1>(value_); }
  const E& unwrap_err() const { return checked<1>(value_); }
  std::optional<T> ok_value() const { return is_ok() ? std::optional<T>(*std::get_if<0>(&value_)) : std::nullopt; }
  std::optional<E> err_value() const { return is_err() ? std::optional<E>(*std::get_if<1>(&value_)) : std::nullopt; }
  T unwrap_or(T fallback) const { return is_ok() ? *std::get_if<0>(&value_) : std::move(fallback); }
  bool operator==(const Result&) const = default;

 private:
  friend struct bsatn::bsatn_traits<Result>;
  template <size_t kIndex, class Variant>
  static auto& checked(Variant& value) {
    auto* const found = std::get_if<kIndex>(&value);
    if (found == nullptr) detail::fail(kIndex == 0 ? "unwrap of an error" : "unwrap_err of a value");
    return *found;
  }

  std::variant<T, E> value_;
};

template <class T>
class Outcome;

struct OutcomeError {
  std::string msg;
};

template <class T>
class [[nodiscard]] Outcome {
 public:
  using value_type = T;
  static Outcome Ok(T value) { return Outcome(std::in_place_index<0>, std::move(value)); }
  static Outcome Err(std::string error) { return Outcome(std::in_place_index<1>, OutcomeError{std::move(error)}); }

  bool is_ok() const { return value_.index() == 0; }
  bool is_err() const { return value_.index() == 1; }
  T& value() & { return *checked(); }
  const T& value() const& { return *const_cast<Outcome*>(this)->checked(); }
  T&& value() && { return std::move(*checked()); }
  const std::string& error() const {
    const OutcomeError* const found = std::get_if<1>(&value_);
    if (found == nullptr) detail::fail("error() of an Outcome that has none");
    return found->msg;
  }
  template <class U>
  T value_or(U&& fallback) const& {
    return is_ok() ? *std::get_if<0>(&value_) : T(std::forward<U>(fallback));
  }

 private:
  template <class Index, class Value>
  Outcome(Index index, Value&& value) : value_(index, std::forward<Value>(value)) {}
  T* checked() {
    T* const found = std::get_if<0>(&value_);
    if (found == nullptr) detail::fail("value() of an Outcome that holds an error");
    return found;
  }

  std::variant<T, OutcomeError> value_;
};

template <>
class [[nodiscard]] Outcome<void> {
 public:
  using value_type = void;
  static Outcome Ok() { return Outcome(); }
  static Outcome Err(std::string error) {
    Outcome outcome;
    outcome.failed_ = true;
    outcome.error_ = std::move(error);
    return outcome;
  }
  bool is_ok() const { return !failed_; }
  bool is_err() const { return failed_; }
  const std::string& error() const { return error_; }

 private:
  Outcome() = default;
  std::string error_;
  bool failed_ = false;
};
using ReducerResult = Outcome<void>;

inline Outcome<void> Ok() { return Outcome<void>::Ok(); }
inline Outcome<void> Err(std::string message) { return Outcome<void>::Err(std::move(message)); }
template <class T>
Outcome<std::decay_t<T>> Ok(T&& value) {
  return Outcome<std::decay_t<T>>::Ok(std::forward<T>(value));
}
template <class T>
Outcome<T> Err(std::string message) {
  return Outcome<T>::Err(std::move(message));
}

namespace bsatn {

template <class T, class E>
struct bsatn_traits<Result<T, E>> {
  static constexpr int32_t kFixed = -1;
  static constexpr bool kBitwise = false;
  static const detail::Element elements[2];
  static const detail::TypeDesc desc;
  static void write(Writer& out, const Result<T, E>& value) {
    detail::write_variant(out, value.value_, std::make_index_sequence<2>());
  }
  static void read(Reader& in, Result<T, E>& value) {
    detail::read_variant(in, value.value_, std::make_index_sequence<2>());
  }
};
template <class T, class E>
constinit const detail::Element bsatn_traits<Result<T, E>>::elements[2] = {{"ok", &bsatn_traits<T>::desc},
                                                                           {"err", &bsatn_traits<E>::desc}};
template <class T, class E>
constinit const detail::TypeDesc bsatn_traits<Result<T, E>>::desc{detail::TypeKind::kSum, 2, elements};

}  // namespace bsatn
}  // namespace SpacetimeDB
