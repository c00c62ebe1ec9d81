// Authority: the TokenAuthority of a real server, with a key pair of its own.
//
// Tokens signed by the server's own key hold whatever issuer they name (short-lived ones are signed
// here for holders of others' tokens). Other tokens are checked with the keys of their issuer,
// found by OpenID Connect discovery through a function that fetches documents, where the options
// allow that issuer. Keys are used for 5 minutes, then fetched again; while that fails the old ones
// serve for 2 hours. Failures to fetch are remembered for a short while, so that bad tokens do not
// make the server hammer others.
//
// Thread-safe; a fetch blocks the caller that needs it, not others. Refusals are kInvalidArgument
// with a reason for the one who sent the token (HTTP 401); kInternal where OpenSSL fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sync.h"
#include "env/environment.h"
#include "server/auth/key_set.h"
#include "server/auth/token.h"
#include "server/token_authority.h"

namespace orrery::server {

/// Who may issue tokens besides the server itself.
enum class ExternalIssuers : uint8_t {
  kNone,
  kListed,
  kAnyHttps,  ///< any whose name is an https address, and those listed
};

struct AuthOptions {
  std::string local_issuer = "localhost";
  ExternalIssuers external_issuers = ExternalIssuers::kNone;
  std::vector<std::string> listed_issuers;
};

/// The body of the document at that address. Called from any thread, several at once.
using FetchDocument = std::function<Result<std::string>(const std::string& url)>;

class Authority final : public TokenAuthority {
 public:
  /// `clock` and `random` outlive it; `fetch` may be null where no external issuer is allowed.
  Authority(KeyPair keys, AuthOptions options, env::Clock& clock, env::Random& random,
            FetchDocument fetch);
  /// With the key pair of these files, which is made where neither exists.
  static Result<std::unique_ptr<Authority>> open(std::string_view public_key_path,
                                                 std::string_view private_key_path,
                                                 AuthOptions options,
                                                 const env::Environment& environment,
                                                 FetchDocument fetch);

  Result<TokenHolder> mint() override;
  Cost verify_cost(std::string_view token) const override;
  Result<TokenHolder> verify(std::string_view token) override;
  Result<std::string> sign_again(const TokenHolder& holder, int64_t seconds) override;
  std::string public_key_pem() const override { return keys_.public_pem(); }

  /// A token with these claims, but for the identity and the times, which are set here. Without
  /// `seconds` it does not expire.
  Result<TokenHolder> sign(Claims claims, std::optional<int64_t> seconds) const;
  const std::string& local_issuer() const { return options_.local_issuer; }

 private:
  struct IssuerKeys {
    std::vector<NamedKey> keys;
    /// Any key at all where no id is asked for.
    bool has(const std::optional<std::string>& id) const;
  };
  struct CacheEntry {
    std::shared_ptr<const IssuerKeys> keys;  ///< null where none were ever fetched
    int64_t fetched_at = 0;                  ///< monotonic seconds
    std::optional<int64_t> tried_at;
    std::string problem;    ///< of the last try
    bool fetching = false;  ///< by some thread, right now
  };

  int64_t now_seconds() const { return clock_.wall_nanos() / env::kNanosPerSecond; }
  int64_t monotonic_seconds() const { return clock_.monotonic_nanos() / env::kNanosPerSecond; }
  /// Whether a token that the local key did not sign may be checked with its issuer's keys.
  bool is_allowed(std::string_view issuer) const;
  Status check_external(const ParsedToken& token);
  /// Keys no older than `age_max` where they can be had.
  Result<std::shared_ptr<const IssuerKeys>> keys_of(const std::string& issuer, int64_t age_max);
  Result<std::shared_ptr<const IssuerKeys>> fetch_keys(const std::string& issuer) const;
  void make_room();

  const KeyPair keys_;
  const AuthOptions options_;
  env::Clock& clock_;
  env::Random& random_;
  const FetchDocument fetch_;
  mutable Mutex mutex_;
  ConditionVariable fetched_;
  std::map<std::string, CacheEntry> cache_;
};

}  // namespace orrery::server
