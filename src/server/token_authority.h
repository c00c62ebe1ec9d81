// TokenAuthority: who makes and checks the tokens of this server. The seam between the API and
// server/auth/. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "types/identity.h"

namespace orrery::server {

/// Somebody whose token was checked.
struct TokenHolder {
  types::Identity identity;
  std::string token;
  std::string payload;  ///< the token's claims, JSON
};

class TokenAuthority {
 public:
  virtual ~TokenAuthority() = default;
  /// A new anonymous identity and its token, which does not expire.
  virtual Result<TokenHolder> mint() = 0;
  enum class Cost : uint8_t { kQuick, kMayBlock };
  /// kMayBlock where the issuer's keys may have to be fetched.
  virtual Cost verify_cost(std::string_view token) const = 0;
  /// The error's text is for whoever sent the token.
  virtual Result<TokenHolder> verify(std::string_view token) = 0;
  /// The same claims, signed by this server, good for so long.
  virtual Result<std::string> sign_again(const TokenHolder& holder, int64_t seconds) = 0;
  virtual std::string public_key_pem() const = 0;
};

}  // namespace orrery::server
