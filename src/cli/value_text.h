// A value of a module's types as people read it: identities in hex, times in RFC 3339, options as
// their value or NULL, other products and sums as JSON. Stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "types/algebraic_type.h"
#include "types/datum.h"
#include "types/json.h"

namespace orrery::cli {

struct ValueText {
  std::string text;
  bool is_null = false;
  bool is_number = false;
};

/// Of the BSATN at the front of `bytes`; `type` has no Refs. kDecode where it is malformed.
Result<ValueText> value_text(const types::AlgebraicType& type, std::string_view bytes);
/// Of the JSON that servers answer with.
Result<ValueText> value_text(const types::AlgebraicType& type, const types::JsonValue& json);

}  // namespace orrery::cli
