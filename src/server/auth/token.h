// JSON web tokens in their compact form: header.payload.signature.
//
// A ParsedToken owns its parts; it says nothing about who made it until check_token has been asked
// with a key. Errors are kInvalidArgument with a reason that may be shown to whoever sent the
// token. Stateless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/auth/claims.h"
#include "server/auth/keys.h"

namespace orrery::server {

inline constexpr size_t kTokenBytesMax = size_t{64} << 10;
/// How far the clock of an issuer may be from ours.
inline constexpr int64_t kClockLeewaySeconds = 60;

struct ParsedToken {
  std::string text;
  Algorithm algorithm = Algorithm::kEs256;
  std::optional<std::string> key_id;
  std::string payload;  ///< JSON
  Claims claims;
  std::string signature;

  /// header.payload
  std::string_view signed_part() const { return std::string_view(text).substr(0, text.rfind('.')); }
};

Result<ParsedToken> parse_token(std::string_view text);
/// Whether the key made the signature and the token holds at that time.
Status check_token(const ParsedToken& token, const VerifyKey& key, int64_t now_seconds);
/// The same without the signature.
Status check_times(const Claims& claims, int64_t now_seconds);
/// Signs claims as they are.
Result<std::string> sign_token(const Claims& claims, const KeyPair& keys);

}  // namespace orrery::server
