#include "server/auth/claims.h"

#include <cmath>

namespace orrery::server {
namespace {

using types::JsonKind;
using types::JsonValue;

constexpr size_t kClaimsMax = 256;

Error refused(std::string_view what) {
  return Error(ErrorCode::kInvalidArgument, "Invalid token: " + std::string(what));
}

Result<std::string> name_claim(const JsonValue& value, std::string_view name) {
  if (!value.is(JsonKind::kString)) return refused(std::string(name) + " is not a string");
  const std::string& text = value.as_string();
  if (text.empty()) return refused(std::string(name) + " is empty");
  if (text.size() > kClaimBytesMax) {
    return refused(std::string(name) + " has more than " + std::to_string(kClaimBytesMax) +
                   " bytes");
  }
  return text;
}

/// Seconds; a fraction, which some issuers write, is cut off.
Result<int64_t> time_claim(const JsonValue& value, std::string_view name) {
  constexpr double kLatest = 1e15;
  if (value.is(JsonKind::kNumber)) {
    std::optional<double> n = value.as_double();
    if (n && std::fabs(*n) <= kLatest) return static_cast<int64_t>(std::floor(*n));
  }
  return refused(std::string(name) + " is not a point in time");
}

Result<std::vector<std::string>> audience_claim(const JsonValue& value) {
  std::vector<std::string> out;
  if (value.is(JsonKind::kString)) {
    out.push_back(value.as_string());
    return out;
  }
  if (!value.is(JsonKind::kArray)) return refused("aud is neither string nor array");
  for (const JsonValue& item : value.items()) {
    if (!item.is(JsonKind::kString)) return refused("aud holds something that is not a string");
    out.push_back(item.as_string());
  }
  return out;
}

/// What of the payload is not one of the claims that Claims has fields for.
Status other_claim(const JsonValue::Member& member, Claims* out) {
  if (member.first == "nbf" && !member.second.is(JsonKind::kNull)) {
    ORRERY_TRY_ASSIGN(out->not_before, time_claim(member.second, "nbf"));
  }
  out->others.push_back(member);
  return {};
}

Status read_claim(const JsonValue::Member& member, Claims* out,
                  std::optional<types::Identity>* stated) {
  const auto& [name, value] = member;
  if (name == "iss") {
    ORRERY_TRY_ASSIGN(out->issuer, name_claim(value, name));
  } else if (name == "sub") {
    ORRERY_TRY_ASSIGN(out->subject, name_claim(value, name));
  } else if (name == "aud") {
    ORRERY_TRY_ASSIGN(out->audience, audience_claim(value));
  } else if (name == "iat") {
    ORRERY_TRY_ASSIGN(out->issued_at, time_claim(value, name));
  } else if (name == "exp") {
    if (value.is(JsonKind::kNull)) return {};
    ORRERY_TRY_ASSIGN(out->expires_at, time_claim(value, name));
  } else if (name == "hex_identity") {
    if (value.is(JsonKind::kNull)) return {};
    if (value.is(JsonKind::kString)) *stated = types::Identity::parse(value.as_string());
    if (!*stated) return refused("hex_identity is no identity");
  } else {
    return other_claim(member, out);
  }
  return {};
}

}  // namespace

Result<Claims> parse_claims(std::string_view json) {
  Result<JsonValue> payload = JsonValue::parse(json);
  if (!payload || !payload->is(JsonKind::kObject)) {
    return refused("the payload is not a JSON object");
  }
  if (payload->members().size() > kClaimsMax) return refused("it has too many claims");
  Claims out;
  std::optional<types::Identity> stated;
  for (size_t i = 0; i < payload->members().size(); ++i) {
    const JsonValue::Member& member = payload->members()[i];
    // Readers that take the first of two and readers that take the last would see two tokens.
    for (size_t k = 0; k < i; ++k) {
      if (payload->members()[k].first == member.first) return refused("a claim is repeated");
    }
    ORRERY_TRY(read_claim(member, &out, &stated));
  }
  for (std::string_view name : {"iss", "sub", "iat"}) {
    if (payload->find(name) == nullptr) return refused(std::string(name) + " is missing");
  }
  out.identity = types::Identity::from_claims(out.issuer, out.subject);
  if (stated && *stated != out.identity) {
    return refused("Identity mismatch: hex_identity is " + stated->to_hex() +
                   " but issuer and subject give " + out.identity.to_hex());
  }
  return out;
}

std::string claims_json(const Claims& claims) {
  std::vector<JsonValue> audience;
  for (const std::string& one : claims.audience) audience.push_back(JsonValue::string(one));
  std::vector<JsonValue::Member> members = {
      {"hex_identity", JsonValue::string(claims.identity.to_hex())},
      {"sub", JsonValue::string(claims.subject)},
      {"iss", JsonValue::string(claims.issuer)},
      {"aud", JsonValue::array(std::move(audience))},
      {"iat", JsonValue::integer(claims.issued_at)},
      {"exp", claims.expires_at ? JsonValue::integer(*claims.expires_at) : JsonValue()}};
  for (const JsonValue::Member& other : claims.others) members.push_back(other);
  return JsonValue::object(std::move(members)).to_string();
}

}  // namespace orrery::server
