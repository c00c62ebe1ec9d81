// DatabaseResult and UpsertResult: values or errors with the place where they arose, for applications that pass failures of
// table operations around; and fail_reducer(), which makes the running reducer fail without returning an error from it.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#if __has_include(<source_location>)
#include <source_location>
#endif

#include "spacetimedb/logger.h"

namespace SpacetimeDB {

#if __has_include(<source_location>)
using SourceLocation = std::source_location;
#else
/// What the standard has, for the older library that distributions have emscripten with.
class SourceLocation {
 public:
  static constexpr SourceLocation current(const char* file = __builtin_FILE(), const char* function = __builtin_FUNCTION(),
                                          unsigned line = __builtin_LINE()) {
    SourceLocation here;
    here.file_ = file;
    here.function_ = function;
    here.line_ = line;
    return here;
  }
  constexpr const char* file_name() const { return file_; }
  constexpr const char* function_name() const { return function_; }
  constexpr unsigned line() const { return line_; }

 private:
  const char* file_ = "";
  const char* function_ = "";
  unsigned line_ = 0;
};
#endif

/// The reducer fails with this text even if it returns Ok().
void fail_reducer(std::string message);
template <class... A>
void fail_reducer_fmt(const char* text, A... args) {
  fail_reducer(detail::format(text, args...));
}

enum class DatabaseError { ConstraintViolation, DuplicateKey, NotFound, SerializationError, ConnectionError, Unknown };

struct ErrorInfo {
  DatabaseError error_type;
  std::string message;
  SourceLocation location;

  ErrorInfo(DatabaseError type, std::string text, SourceLocation where = SourceLocation::current())
      : error_type(type), message(std::move(text)), location(where) {}
};

template <class T>
using DatabaseResult = std::variant<T, ErrorInfo>;

template <class T>
constexpr bool is_ok(const DatabaseResult<T>& result) {
  return result.index() == 0;
}
template <class T>
constexpr bool is_error(const DatabaseResult<T>& result) {
  return result.index() != 0;
}
template <class T>
constexpr T& get_value(DatabaseResult<T>& result) {
  if (is_error(result)) std::abort();
  return *std::get_if<0>(&result);
}
template <class T>
constexpr const T& get_value(const DatabaseResult<T>& result) {
  if (is_error(result)) std::abort();
  return *std::get_if<0>(&result);
}
template <class T>
constexpr const ErrorInfo& get_error(const DatabaseResult<T>& result) {
  if (is_ok(result)) std::abort();
  return *std::get_if<1>(&result);
}
template <class T>
constexpr T unwrap_or(const DatabaseResult<T>& result, T fallback) {
  return is_ok(result) ? get_value(result) : std::move(fallback);
}
template <class T>
constexpr std::optional<T> to_optional(const DatabaseResult<T>& result) {
  return is_ok(result) ? std::optional<T>(get_value(result)) : std::nullopt;
}

enum class UpsertAction { Inserted, Updated };
template <class T>
struct UpsertResult {
  T value;
  UpsertAction action;
  UpsertResult(T row, UpsertAction what) : value(std::move(row)), action(what) {}
  bool was_inserted() const { return action == UpsertAction::Inserted; }
  bool was_updated() const { return action == UpsertAction::Updated; }
};

}  // namespace SpacetimeDB

/// The result itself: an error stays an error of the same type.
#define TRY_DB_OP(result) (result)
#define LOG_DB_ERROR(result)                                                                                       \
  do {                                                                                                             \
    if (is_error(result)) {                                                                                        \
      const ::SpacetimeDB::ErrorInfo& orrery_error = get_error(result);                                            \
      LOG_ERROR_F("[%s:%u in %s] database error: %s", orrery_error.location.file_name(),                           \
                  static_cast<unsigned>(orrery_error.location.line()), orrery_error.location.function_name(),      \
                  orrery_error.message.c_str());                                                                   \
    }                                                                                                              \
  } while (0)
