#include "server/auth/token.h"

#include "server/auth/base64url.h"

namespace orrery::server {
namespace {

using types::JsonKind;
using types::JsonValue;

Error refused(std::string_view what) {
  return Error(ErrorCode::kInvalidArgument, "Invalid token: " + std::string(what));
}

Status read_header(std::string_view json, ParsedToken* out) {
  Result<JsonValue> header = JsonValue::parse(json);
  if (!header || !header->is(JsonKind::kObject)) {
    return refused("the header is not a JSON object");
  }
  const JsonValue* name = header->find("alg");
  if (name == nullptr || !name->is(JsonKind::kString)) return refused("the header names no alg");
  std::optional<Algorithm> algorithm = algorithm_of_name(name->as_string());
  if (!algorithm) return refused("InvalidAlgorithm: only ES256, RS256 and HS256 are accepted");
  out->algorithm = *algorithm;
  if (header->find("crit") != nullptr) {
    return refused("the header demands extensions that are not known here");
  }
  const JsonValue* key_id = header->find("kid");
  if (key_id != nullptr && !key_id->is(JsonKind::kNull)) {
    if (!key_id->is(JsonKind::kString)) return refused("kid is not a string");
    out->key_id = key_id->as_string();
  }
  return {};
}

}  // namespace

Result<ParsedToken> parse_token(std::string_view text) {
  if (text.size() > kTokenBytesMax) return refused("it is too long");
  size_t first = text.find('.');
  size_t last = text.rfind('.');
  if (first == std::string_view::npos || text.find('.', first + 1) != last || first == last) {
    return refused("InvalidToken: it does not have three parts");
  }
  std::optional<std::string> header = base64url_decode(text.substr(0, first));
  std::optional<std::string> payload = base64url_decode(text.substr(first + 1, last - first - 1));
  std::optional<std::string> signature = base64url_decode(text.substr(last + 1));
  if (!header || !payload || !signature) return refused("InvalidToken: a part is not base64url");
  ParsedToken out;
  out.text = text;
  ORRERY_TRY(read_header(*header, &out));
  ORRERY_TRY_ASSIGN(out.claims, parse_claims(*payload));
  out.payload = std::move(*payload);
  out.signature = std::move(*signature);
  return out;
}

Status check_times(const Claims& claims, int64_t now_seconds) {
  if (claims.expires_at && *claims.expires_at + kClockLeewaySeconds < now_seconds) {
    return refused("ExpiredSignature: it expired " +
                   std::to_string(now_seconds - *claims.expires_at) + " seconds ago");
  }
  if (claims.not_before && *claims.not_before > now_seconds + kClockLeewaySeconds) {
    return refused("ImmatureSignature: it is not valid yet");
  }
  return {};
}

Status check_token(const ParsedToken& token, const VerifyKey& key, int64_t now_seconds) {
  if (token.algorithm != key.algorithm()) {
    return refused("InvalidAlgorithm: the key is for " +
                   std::string(algorithm_name(key.algorithm())));
  }
  if (!key.verify(token.signed_part(), token.signature)) {
    return refused("InvalidSignature: it was not signed by a key that is trusted here");
  }
  return check_times(token.claims, now_seconds);
}

Result<std::string> sign_token(const Claims& claims, const KeyPair& keys) {
  std::string out = base64url_encode(R"({"typ":"JWT","alg":"ES256"})");
  out += '.';
  out += base64url_encode(claims_json(claims));
  ORRERY_TRY_ASSIGN(std::string signature, keys.sign(out));
  out += '.';
  out += base64url_encode(signature);
  return out;
}

}  // namespace orrery::server
