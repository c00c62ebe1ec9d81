// Literals of the subscription dialect: text to the BSATN of a value of a column's type.
//
// Which spelling a literal has does not matter (the original takes '5' for a number); what its
// column's type makes of the text does. Nothing where the text is no value of the type, or the type
// has no literals. Stateless.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "types/algebraic_type.h"

namespace orrery::subscribe {

enum class LiteralSpelling : uint8_t { kText, kHex };

/// `text` of a number with its sign, of a string, or the digits of a hex literal.
std::optional<std::string> encode_literal(std::string_view text, LiteralSpelling spelling,
                                          const types::AlgebraicType& type);
/// Types whose values can be compared: Bool, integers, floats, String, bytes, Identity,
/// ConnectionId, Timestamp, Uuid.
bool is_comparable(const types::AlgebraicType& type);
/// The type as the original's messages name it.
std::string type_text(const types::AlgebraicType& type);

}  // namespace orrery::subscribe
