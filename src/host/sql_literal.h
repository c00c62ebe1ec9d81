// Literals of a client's statement as values of the module's types. Stateless.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sql/ast.h"
#include "types/algebraic_type.h"
#include "types/datum.h"

namespace orrery::host {

/// Hex literals (0xAB, X'AB') are texts "0xAB" from here on, which is how columns read them.
std::string with_hex_as_text(std::string_view sql);

/// The literal where it meets a column of the type; nothing where SQL reads it the same way. Errors
/// carry the texts that the original's clients know.
Result<std::optional<types::Value>> literal_value(const sql::LiteralExpr& literal,
                                                  const types::AlgebraicType& type);
/// A whole number that INTEGER does not hold, of the narrowest type that does; or one written in
/// hexadecimal digits, of any size. Nothing for other literals.
std::optional<types::Value> wide_literal(const sql::LiteralExpr& literal);

/// A cell of TypeId::kAlgebraic.
template <class T>
types::Value bsatn_value(const T& value) {
  return types::Value(types::Datum::string(
      types::TypeId::kAlgebraic,
      types::StringRef(reinterpret_cast<const char*>(&value), sizeof(value))));
}
types::Value bytes_value(std::string_view bytes);

}  // namespace orrery::host
