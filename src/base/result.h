// Result<T>: a value or an Error, with the interface of std::expected<T, Error> but [[nodiscard]] and usable
// without exceptions on every compiler Orrery supports. Status is Result<void>.
//
// Use ORRERY_TRY(status_expression); and ORRERY_TRY_ASSIGN(declaration, result_expression); to pass errors up.
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "base/error.h"

namespace orrery {

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : ok_(true) { new (&value_) T(std::move(value)); }  // NOLINT: implicit by design
  Result(Error error) : ok_(false) { new (&error_) Error(std::move(error)); }  // NOLINT
  template <class U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>)
  Result(U&& value) : ok_(true) {  // NOLINT
    new (&value_) T(std::forward<U>(value));
  }
  Result(Result&& other) noexcept : ok_(other.ok_) { take(std::move(other)); }
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      destroy();
      ok_ = other.ok_;
      take(std::move(other));
    }
    return *this;
  }
  ~Result() { destroy(); }

  bool has_value() const { return ok_; }
  explicit operator bool() const { return ok_; }
  T& value() & {
    ORRERY_ASSERT(ok_);
    return value_;
  }
  const T& value() const& {
    ORRERY_ASSERT(ok_);
    return value_;
  }
  T&& value() && {
    ORRERY_ASSERT(ok_);
    return std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & {
    ORRERY_ASSERT(!ok_);
    return error_;
  }
  const Error& error() const& {
    ORRERY_ASSERT(!ok_);
    return error_;
  }
  Error&& error() && {
    ORRERY_ASSERT(!ok_);
    return std::move(error_);
  }
  template <class U>
  T value_or(U&& fallback) && {
    return ok_ ? std::move(value_) : static_cast<T>(std::forward<U>(fallback));
  }

 private:
  void take(Result&& other) {
    if (ok_) {
      new (&value_) T(std::move(other.value_));
    } else {
      new (&error_) Error(std::move(other.error_));
    }
  }
  void destroy() {
    if (ok_) {
      value_.~T();
    } else {
      error_.~Error();
    }
  }

  bool ok_;
  union {
    T value_;
    Error error_;
  };
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(new Error(std::move(error))) {}  // NOLINT: implicit by design

  bool has_value() const { return error_ == nullptr; }
  explicit operator bool() const { return error_ == nullptr; }
  Error& error() & {
    ORRERY_ASSERT(error_ != nullptr);
    return *error_;
  }
  const Error& error() const& {
    ORRERY_ASSERT(error_ != nullptr);
    return *error_;
  }
  Error&& error() && {
    ORRERY_ASSERT(error_ != nullptr);
    return std::move(*error_);
  }

 private:
  std::unique_ptr<Error> error_;
};

using Status = Result<void>;

}  // namespace orrery

#define ORRERY_TRY(expr)                                              \
  do {                                                                \
    if (auto orrery_status_ = (expr); !orrery_status_) {              \
      return std::move(orrery_status_).error();                       \
    }                                                                 \
  } while (0)

#define ORRERY_CONCAT_(a, b) a##b
#define ORRERY_CONCAT(a, b) ORRERY_CONCAT_(a, b)
#define ORRERY_TRY_ASSIGN(decl, expr) ORRERY_TRY_ASSIGN_(ORRERY_CONCAT(orrery_r_, __LINE__), decl, expr)
#define ORRERY_TRY_ASSIGN_(tmp, decl, expr)       \
  auto tmp = (expr);                              \
  if (!tmp) return std::move(tmp).error();        \
  decl = std::move(tmp).value()
