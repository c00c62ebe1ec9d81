// The error of the FoundationDB client: one of FoundationDB's own codes, as its bindings show them.
//
// An Error is a value of two bytes. Code 0 is success and is never in an Error that a Result
// carries. The table of codes is errors.def (names, numbers and texts: flow/error_definitions.h of
// FoundationDB 7.3). Thread-safety: as a value.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace orrery::fdb {

class [[nodiscard]] Error {
 public:
  constexpr explicit Error(int code) : code_(static_cast<uint16_t>(code)) {}

  constexpr int code() const { return code_; }
  /// FoundationDB's name, e.g. "not_committed"; "unknown_error" where the code is none of the
  /// table's.
  std::string_view name() const;
  /// FoundationDB's sentence, e.g. "Transaction not committed due to conflict with another
  /// transaction".
  std::string_view message() const;

  /// The three predicates of fdb_error_predicate: whether running the transaction again may succeed
  /// (50000), whether the commit may have happened (50001), and whether it may be run again and
  /// certainly did not happen (50002).
  bool is_retryable() const;
  bool is_maybe_committed() const;
  bool is_retryable_not_committed() const;

  friend constexpr bool operator==(Error, Error) = default;

 private:
  uint16_t code_;
};

/// One constant per code, e.g. error::not_committed.
namespace error {
#define X(name, code, text) inline constexpr Error name{code};
#include "fdb/errors.def"
#undef X
}  // namespace error

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Error error) {
  return std::unexpected(error);
}

}  // namespace orrery::fdb

/// Passes a failure of a Result or Status expression on; usable in functions and, with co_return,
/// in coroutines.
#define FDB_TRY(expression)                                       \
  do {                                                            \
    if (auto fdb_status = (expression); !fdb_status) [[unlikely]] \
      return ::std::unexpected(fdb_status.error());               \
  } while (false)
#define FDB_CO_TRY(expression)                         \
  do {                                                 \
    auto fdb_status = (expression);                    \
    if (!fdb_status) [[unlikely]]                      \
      co_return ::std::unexpected(fdb_status.error()); \
  } while (false)
