// Claims of tokens: just enough JSON to take strings and lists of strings out of the top level of an object.
#include "spacetimedb/auth_ctx.h"

#include "spacetimedb/abi.h"
#include "spacetimedb/contexts.h"
#include "call.h"

namespace SpacetimeDB {
namespace {

/// Reads JSON from the front of a text; on anything unexpected it stops at the end.
class Json {
 public:
  explicit Json(std::string_view text) : rest_(text) {}

  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool at(char c) {
    skip_space();
    return !rest_.empty() && rest_.front() == c;
  }
  std::string string() {
    std::string out;
    if (!take('"')) return stop();
    while (!rest_.empty() && rest_.front() != '"') {
      const char c = next();
      if (c != '\\') {
        out.push_back(c);
        continue;
      }
      const char escaped = next();
      switch (escaped) {
        case 'n': out.push_back('\n'); break;
        case 't': out.push_back('\t'); break;
        case 'r': out.push_back('\r'); break;
        case 'b': out.push_back('\b'); break;
        case 'f': out.push_back('\f'); break;
        case 'u': append_utf8(out, code_point()); break;
        default: out.push_back(escaped);
      }
    }
    take('"');
    return out;
  }
  /// Passes over one value of any kind; nesting is counted, not recursed into.
  void skip_value() {
    int depth = 0;
    do {
      skip_space();
      if (rest_.empty()) return;
      if (rest_.front() == '"') {
        string();
      } else {
        const char c = next();
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        if (depth == 0 && c != '}' && c != ']') {
          while (!rest_.empty() && rest_.front() != ',' && rest_.front() != '}' && rest_.front() != ']') next();
        }
      }
    } while (depth > 0);
  }

 private:
  char next() {
    if (rest_.empty()) return 0;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || (rest_.front() >= '\t' && rest_.front() <= '\r'))) next();
  }
  std::string stop() {
    rest_ = {};
    return {};
  }
  uint32_t hex4() {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = next();
      value = value * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value & 0xFFFF;
  }
  uint32_t code_point() {
    const uint32_t first = hex4();
    if (first < 0xD800 || first > 0xDBFF || !rest_.starts_with("\\u")) return first;
    rest_.remove_prefix(2);
    return 0x10000 + ((first & 0x3FF) << 10) + (hex4() & 0x3FF);
  }
  static void append_utf8(std::string& out, uint32_t c) {
    if (c < 0x80) {
      out.push_back(static_cast<char>(c));
      return;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    out.push_back(static_cast<char>(((0xFF00 >> (more + 1)) & 0xFF) | (c >> (6 * more))));
    for (int i = more; i-- > 0;) out.push_back(static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F)));
  }

  std::string_view rest_;
};

}  // namespace

JwtClaims::JwtClaims(std::string payload, Identity identity) : payload_(std::move(payload)), identity_(identity) {
  Json json(payload_);
  if (!json.take('{')) return;
  while (json.at('"')) {
    const std::string key = json.string();
    json.take(':');
    if (key == "sub" && json.at('"')) {
      subject_ = json.string();
    } else if (key == "iss" && json.at('"')) {
      issuer_ = json.string();
    } else if (key == "aud" && json.at('"')) {
      audience_.push_back(json.string());
    } else if (key == "aud" && json.take('[')) {
      while (json.at('"')) {
        audience_.push_back(json.string());
        json.take(',');
      }
      json.take(']');
    } else {
      json.skip_value();
    }
    json.take(',');
  }
}

struct AuthCtx::Claims {
  uint32_t owners = 1;
  std::optional<JwtClaims> token;
};

void AuthCtx::retain(Claims* claims) { ++claims->owners; }
void AuthCtx::release(Claims* claims) {
  if (--claims->owners == 0) delete claims;
}

AuthCtx AuthCtx::from_jwt_payload(std::string payload, Identity identity) {
  AuthCtx auth(false, {}, identity);
  auth.claims_ = new Claims;
  auth.claims_->token.emplace(std::move(payload), identity);
  return auth;
}

const std::optional<JwtClaims>& AuthCtx::get_jwt() const {
  if (claims_ != nullptr) return claims_->token;
  claims_ = new Claims;
  uint32_t source = 0;
  if (!internal_ && detail::host::get_jwt(&connection_.id, &source) == StatusCode::OK && source != 0) {
    const std::vector<uint8_t> payload = detail::read_source(source);
    claims_->token.emplace(std::string(payload.begin(), payload.end()), sender_);
  }
  return claims_->token;
}

Identity AuthCtx::get_caller_identity() const {
  if (!internal_ && get_jwt().has_value()) return get_jwt()->get_identity();
  return detail::database_identity();
}

}  // namespace SpacetimeDB
