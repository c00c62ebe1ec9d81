#include "server/auth/authority.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace orrery::server {
namespace {

constexpr int64_t kRefreshSeconds = 300;
constexpr int64_t kExpirySeconds = 7200;
/// Between two tries to fetch the keys of one issuer.
constexpr int64_t kRetrySeconds = 10;
constexpr size_t kIssuersMax = 64;
constexpr std::string_view kHttps = "https://";

Error refused(std::string message) {
  return Error(ErrorCode::kInvalidArgument, std::move(message));
}

}  // namespace

Authority::Authority(KeyPair keys, AuthOptions options, env::Clock& clock, env::Random& random,
                     FetchDocument fetch)
    : keys_(std::move(keys)),
      options_(std::move(options)),
      clock_(clock),
      random_(random),
      fetch_(std::move(fetch)) {}

Result<std::unique_ptr<Authority>> Authority::open(std::string_view public_key_path,
                                                   std::string_view private_key_path,
                                                   AuthOptions options,
                                                   const env::Environment& environment,
                                                   FetchDocument fetch) {
  ORRERY_TRY_ASSIGN(KeyPair keys,
                    KeyPair::load_or_create(*environment.files, public_key_path, private_key_path));
  return std::make_unique<Authority>(std::move(keys), std::move(options), *environment.clock,
                                     *environment.random, std::move(fetch));
}

Result<TokenHolder> Authority::mint() {
  std::array<uint8_t, 16> bytes;
  random_.fill(bytes);
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);  // the variant of RFC 9562
  types::U128 uuid = 0;
  for (uint8_t byte : bytes) uuid = uuid << 8 | byte;
  Claims claims;
  claims.issuer = options_.local_issuer;
  claims.subject = types::uuid_to_text(uuid);
  claims.audience = {"spacetimedb"};
  return sign(std::move(claims), std::nullopt);
}

Result<TokenHolder> Authority::sign(Claims claims, std::optional<int64_t> seconds) const {
  claims.identity = types::Identity::from_claims(claims.issuer, claims.subject);
  claims.issued_at = now_seconds();
  claims.expires_at = std::nullopt;
  if (seconds) claims.expires_at = claims.issued_at + *seconds;
  ORRERY_TRY_ASSIGN(std::string token, sign_token(claims, keys_));
  return TokenHolder{claims.identity, std::move(token), claims_json(claims)};
}

Result<std::string> Authority::sign_again(const TokenHolder& holder, int64_t seconds) {
  ORRERY_TRY_ASSIGN(Claims claims, parse_claims(holder.payload));
  ORRERY_TRY_ASSIGN(TokenHolder again, sign(std::move(claims), seconds));
  return std::move(again.token);
}

TokenAuthority::Cost Authority::verify_cost(std::string_view text) const {
  Result<ParsedToken> token = parse_token(text);
  if (!token || token->claims.issuer == options_.local_issuer ||
      !is_allowed(token->claims.issuer) || !check_times(token->claims, now_seconds())) {
    return Cost::kQuick;
  }
  {
    LockGuard<Mutex> guard(mutex_);
    auto it = cache_.find(token->claims.issuer);
    // A key that is not known is looked for again.
    if (it != cache_.end() && it->second.keys != nullptr && !it->second.fetching &&
        monotonic_seconds() - it->second.fetched_at < kRefreshSeconds &&
        it->second.keys->has(token->key_id)) {
      return Cost::kQuick;
    }
  }
  return check_token(*token, keys_.verify_key(), now_seconds()) ? Cost::kQuick : Cost::kMayBlock;
}

Result<TokenHolder> Authority::verify(std::string_view text) {
  ORRERY_TRY_ASSIGN(ParsedToken token, parse_token(text));
  Status local = check_token(token, keys_.verify_key(), now_seconds());
  if (!local) {
    // What the local issuer says must be signed by the local key, and what is out of date need
    // not be asked for.
    if (token.claims.issuer == options_.local_issuer) return std::move(local).error();
    ORRERY_TRY(check_times(token.claims, now_seconds()));
    if (!is_allowed(token.claims.issuer)) return std::move(local).error();
    ORRERY_TRY(check_external(token));
  }
  return TokenHolder{token.claims.identity, std::move(token.text), std::move(token.payload)};
}

bool Authority::is_allowed(std::string_view issuer) const {
  if (options_.external_issuers == ExternalIssuers::kNone || fetch_ == nullptr) return false;
  if (std::find(options_.listed_issuers.begin(), options_.listed_issuers.end(), issuer) !=
      options_.listed_issuers.end()) {
    return true;
  }
  return options_.external_issuers == ExternalIssuers::kAnyHttps && issuer.starts_with(kHttps) &&
         issuer.size() > kHttps.size();
}

Status Authority::check_external(const ParsedToken& token) {
  // A key that is not known may be a new one: then keys are fetched again, though not for every
  // token.
  for (int64_t age_max : {kRefreshSeconds, kRetrySeconds}) {
    ORRERY_TRY_ASSIGN(auto issuer, keys_of(token.claims.issuer, age_max));
    if (!issuer->has(token.key_id)) continue;
    Status last = refused("Invalid token: InvalidSignature: no key of the issuer made it");
    for (const NamedKey& named : issuer->keys) {
      if (token.key_id && named.id != token.key_id) continue;
      if (named.key.algorithm() != token.algorithm) continue;
      last = check_token(token, named.key, now_seconds());
      if (last) return {};
    }
    return last;
  }
  return refused("Specified key ID not found in JWKs");
}

bool Authority::IssuerKeys::has(const std::optional<std::string>& id) const {
  if (!id) return !keys.empty();
  return std::any_of(keys.begin(), keys.end(),
                     [&id](const NamedKey& named) { return named.id == id; });
}

Result<std::shared_ptr<const Authority::IssuerKeys>> Authority::keys_of(const std::string& issuer,
                                                                        int64_t age_max) {
  UniqueLock<Mutex> lock(mutex_);
  while (true) {
    if (!cache_.contains(issuer)) make_room();
    CacheEntry& entry = cache_[issuer];
    int64_t now = monotonic_seconds();
    bool usable = entry.keys != nullptr && now - entry.fetched_at < kExpirySeconds;
    if (usable && (entry.fetching || now - entry.fetched_at < age_max)) return entry.keys;
    if (!entry.fetching) {
      if (!entry.tried_at || now - *entry.tried_at >= kRetrySeconds) break;
      if (usable) return entry.keys;
      return refused(entry.problem);
    }
    fetched_.wait(lock);
  }
  cache_[issuer].fetching = true;
  lock.unlock();
  auto fetched = fetch_keys(issuer);
  lock.lock();
  fetched_.notify_all();
  // Entries that are being fetched stay, so this is the same one.
  CacheEntry& entry = cache_[issuer];
  int64_t now = monotonic_seconds();
  entry.fetching = false;
  entry.tried_at = now;
  if (fetched) {
    entry.keys = *fetched;
    entry.fetched_at = now;
    return entry.keys;
  }
  entry.problem =
      "Error fetching public key for issuer " + issuer + ": " + fetched.error().message();
  if (entry.keys != nullptr && now - entry.fetched_at < kExpirySeconds) return entry.keys;
  return refused(entry.problem);
}

Result<std::shared_ptr<const Authority::IssuerKeys>> Authority::fetch_keys(
    const std::string& issuer) const {
  ORRERY_TRY_ASSIGN(std::string configuration, fetch_(discovery_url(issuer)));
  ORRERY_TRY_ASSIGN(std::string url, key_set_url(configuration));
  // Keys that anybody on the way could have changed are no keys.
  if (issuer.starts_with(kHttps) && !url.starts_with(kHttps)) {
    return refused("its jwks_uri is not an https address");
  }
  ORRERY_TRY_ASSIGN(std::string document, fetch_(url));
  auto out = std::make_shared<IssuerKeys>();
  ORRERY_TRY_ASSIGN(out->keys, parse_key_set(document));
  return std::shared_ptr<const IssuerKeys>(std::move(out));
}

/// Forgets the issuer that was tried longest ago where there are too many.
void Authority::make_room() {
  if (cache_.size() < kIssuersMax) return;
  auto oldest = cache_.end();
  for (auto it = cache_.begin(); it != cache_.end(); ++it) {
    if (it->second.fetching) continue;
    if (oldest == cache_.end() || it->second.tried_at < oldest->second.tried_at) oldest = it;
  }
  if (oldest != cache_.end()) cache_.erase(oldest);
}

}  // namespace orrery::server
