// Claims: what a token says about its holder. Plain values; parsing refuses with kInvalidArgument
// and a reason that may be shown to whoever sent the token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "types/identity.h"
#include "types/json.h"

namespace orrery::server {

/// Of the issuer and the subject; neither may be empty.
inline constexpr size_t kClaimBytesMax = 128;

struct Claims {
  types::Identity identity;  ///< derived from issuer and subject
  std::string issuer;
  std::string subject;
  std::vector<std::string> audience;
  int64_t issued_at = 0;              ///< seconds since 1970-01-01 UTC
  std::optional<int64_t> expires_at;  ///< never without
  std::optional<int64_t> not_before;  ///< one of the others as written, known here by its meaning
  std::vector<types::JsonValue::Member> others;
};

/// Reads a token's payload and checks all that needs neither key nor clock.
Result<Claims> parse_claims(std::string_view json);
/// hex_identity, sub, iss, aud, iat, exp and the others.
std::string claims_json(const Claims& claims);

}  // namespace orrery::server
