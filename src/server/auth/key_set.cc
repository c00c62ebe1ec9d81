#include "server/auth/key_set.h"

#include "server/auth/base64url.h"
#include "types/json.h"

namespace orrery::server {
namespace {

using types::JsonKind;
using types::JsonValue;

constexpr size_t kKeysMax = 100;

Error refused(std::string_view what) {
  return Error(ErrorCode::kInvalidArgument, std::string(what));
}

/// A member's text; empty where there is none.
std::string_view text_of(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  if (value == nullptr || !value->is(JsonKind::kString)) return {};
  return value->as_string();
}

/// A member's base64url bytes; empty where there are none.
std::string bytes_of(const JsonValue& object, std::string_view name) {
  return base64url_decode(text_of(object, name)).value_or("");
}

/// A key that signs by an algorithm known here, or nothing.
std::optional<VerifyKey> read_key(const JsonValue& json) {
  std::string_view use = text_of(json, "use");
  if (!use.empty() && use != "sig") return std::nullopt;
  std::string_view type = text_of(json, "kty");
  std::string_view algorithm = text_of(json, "alg");
  if (type == "EC" && text_of(json, "crv") == "P-256" &&
      (algorithm.empty() || algorithm == "ES256")) {
    Result<VerifyKey> key = VerifyKey::from_p256_point(bytes_of(json, "x"), bytes_of(json, "y"));
    if (key) return std::move(*key);
  }
  if (type == "RSA" && (algorithm.empty() || algorithm == "RS256")) {
    Result<VerifyKey> key = VerifyKey::from_rsa_numbers(bytes_of(json, "n"), bytes_of(json, "e"));
    if (key) return std::move(*key);
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<NamedKey>> parse_key_set(std::string_view json) {
  Result<JsonValue> document = JsonValue::parse(json);
  const JsonValue* keys = document ? document->find("keys") : nullptr;
  if (keys == nullptr || !keys->is(JsonKind::kArray)) return refused("not a JSON web key set");
  if (keys->items().size() > kKeysMax) return refused("a key set of more than 100 keys");
  std::vector<NamedKey> out;
  for (const JsonValue& item : keys->items()) {
    std::optional<VerifyKey> key = read_key(item);
    if (!key) continue;
    std::string_view id = text_of(item, "kid");
    NamedKey named{std::nullopt, std::move(*key)};
    if (!id.empty()) named.id = id;
    out.push_back(std::move(named));
  }
  if (out.empty()) return refused("the key set has no key for ES256 or RS256");
  return out;
}

std::string discovery_url(std::string_view issuer) {
  while (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer) + "/.well-known/openid-configuration";
}

Result<std::string> key_set_url(std::string_view configuration_json) {
  Result<JsonValue> document = JsonValue::parse(configuration_json);
  std::string_view url = document ? text_of(*document, "jwks_uri") : std::string_view();
  if (url.empty()) return refused("the issuer's configuration names no jwks_uri");
  return std::string(url);
}

}  // namespace orrery::server
