// base64url without padding (RFC 4648, section 5), as tokens use it. Stateless.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orrery::server {

std::string base64url_encode(std::string_view bytes);
/// Nothing for other characters, padding, impossible lengths, and bits that should be 0 but are
/// not: one text for one value, so that a token cannot be changed without its signature noticing.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace orrery::server
