// What can be wrong with a module definition, and the list that gathers it.
//
// Messages quote names and types of the definition, shortened where they are very long, and the
// list keeps at most kValidationErrorsMax of them, so a hostile definition cannot make the report
// larger than itself by much. Plain values; not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "types/algebraic_type.h"

namespace orrery::schema {

enum class ValidationErrorKind : uint8_t {
#define X(name) k##name,
#include "schema/validation_errors.def"
#undef X
};
/// "DuplicateName", ...
std::string_view validation_error_kind_name(ValidationErrorKind kind);

inline constexpr size_t kValidationErrorsMax = 1000;

struct ValidationError {
  ValidationErrorKind kind;
  /// Of kIdentifierError and kClientCodegenError: which ("Empty", "NonSpecialTypeNotAUse", ...).
  std::string_view detail;
  std::string message;
  friend bool operator==(const ValidationError&, const ValidationError&) = default;
  friend auto operator<=>(const ValidationError&, const ValidationError&) = default;
};
using ValidationErrors = std::vector<ValidationError>;

/// Sorts, and drops what is there twice.
void sort_validation_errors(ValidationErrors* errors);
/// All messages, one per line. Asserts that there are some.
Error validation_error(const ValidationErrors& errors);

/// `name` between backquotes, shortened.
std::string quoted(std::string_view name);
/// The type in words, shortened.
std::string type_text(const types::AlgebraicType& type);

}  // namespace orrery::schema
