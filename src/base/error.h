// Error: what every fallible operation of Orrery returns in place of a value.
//
// An Error is one word: a heap pointer to its detail. It is movable and explicitly copyable (clone()).
// Thread-safety: as a value; distinct objects may be used from distinct threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace orrery {

enum class ErrorCode : uint16_t {
#define X(name, sqlstate, retryable) name,
#include "base/errors.def"
#undef X
};

/// Returns the enumerator's name without its leading k, e.g. "TableNotFound".
std::string_view error_code_name(ErrorCode code);
/// Returns the five characters of the SQLSTATE class that belongs to `code`.
std::string_view error_sqlstate(ErrorCode code);
/// True where running the same transaction again may succeed.
bool error_is_retryable(ErrorCode code);

/// A place in the SQL text; line and column are 1-based, 0 means none. Columns count code points.
struct SourcePosition {
  uint32_t line = 0;
  uint32_t column = 0;
};

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message, SourcePosition position = {});
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;

  ErrorCode code() const { return detail_->code; }
  /// A message a person can act on. UTF-8, never empty.
  const std::string& message() const { return detail_->message; }
  SourcePosition position() const { return detail_->position; }
  void set_position(SourcePosition position) { detail_->position = position; }
  Error clone() const { return Error(code(), message(), position()); }

 private:
  struct Detail {
    ErrorCode code;
    SourcePosition position;
    std::string message;
  };
  std::unique_ptr<Detail> detail_;
};

}  // namespace orrery
