#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "env/simulated.h"
#include "server/auth/authority.h"
#include "server/auth/base64url.h"
#include "server/auth/tokens_for_test.h"

namespace orrery::server {
namespace {

class ManualClock final : public env::Clock {
 public:
  int64_t wall_nanos() override { return now_ * env::kNanosPerSecond; }
  int64_t monotonic_nanos() override { return now_ * env::kNanosPerSecond; }
  void sleep_nanos(int64_t) override {}
  void set(int64_t seconds) { now_ = seconds; }
  int64_t seconds() const { return now_; }

 private:
  std::atomic<int64_t> now_{kRecordedIssued};
};

KeyPair make_keys() {
  auto pair = KeyPair::generate();
  EXPECT_TRUE(pair.has_value()) << pair.error().message();
  return std::move(*pair);
}

std::string sign_payload(const KeyPair& keys, std::string_view payload,
                         std::string_view header = R"({"alg":"ES256"})") {
  std::string text = base64url_encode(header) + "." + base64url_encode(payload);
  return text + "." + base64url_encode(*keys.sign(text));
}

/// Refused with a text that has this in it.
template <class T>
void expect_refused(const Result<T>& result, std::string_view part) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(result.error().message().find(part), std::string::npos) << result.error().message();
}

TEST(Base64Url, KnownTexts) {
  for (auto [bytes, text] : {std::pair<std::string_view, std::string_view>{"", ""},
                             {"f", "Zg"},
                             {"fo", "Zm8"},
                             {"foo", "Zm9v"},
                             {"foob", "Zm9vYg"},
                             {"\xfb\xff\xfe", "-__-"}}) {
    EXPECT_EQ(base64url_encode(bytes), text);
    EXPECT_EQ(base64url_decode(text), bytes);
  }
  for (std::string_view bad : {"Z", "Zg==", "Zh", "Zm9", "+/+/", "Zm 9", "Zm9v\n"}) {
    EXPECT_FALSE(base64url_decode(bad).has_value()) << bad;
  }
}

// --- keys -------------------------------------------------------------------------------------

TEST(Keys, SignAndVerify) {
  KeyPair keys = make_keys();
  KeyPair others = make_keys();
  for (int i = 0; i < 50; ++i) {
    // Signatures whose numbers begin with zeros have the full length, too.
    std::string text = "text " + std::to_string(i);
    std::string signature = *keys.sign(text);
    EXPECT_EQ(signature.size(), 64u);
    EXPECT_TRUE(keys.verify_key().verify(text, signature));
    EXPECT_FALSE(keys.verify_key().verify(text + "x", signature));
    EXPECT_FALSE(others.verify_key().verify(text, signature));
  }
  EXPECT_FALSE(keys.verify_key().verify("", ""));
  EXPECT_FALSE(keys.verify_key().verify("", std::string(64, '\0')));
  EXPECT_FALSE(keys.verify_key().verify("", std::string(64, '\xff')));
}

TEST(Keys, PemRoundTrip) {
  KeyPair keys = make_keys();
  std::string private_pem = *keys.private_pem();
  EXPECT_TRUE(private_pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_TRUE(keys.public_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
  auto again = KeyPair::from_pem(keys.public_pem(), private_pem);
  ASSERT_TRUE(again.has_value()) << again.error().message();
  EXPECT_TRUE(keys.verify_key().verify("x", *again->sign("x")));
  EXPECT_EQ(*again->private_pem(), private_pem);

  expect_refused(KeyPair::from_pem(make_keys().public_pem(), private_pem), "do not belong");
  expect_refused(KeyPair::from_pem(keys.public_pem(), "nothing"), "private key");
  expect_refused(KeyPair::from_pem("nothing", private_pem), "public key");
  expect_refused(KeyPair::from_pem(kRsaPublicPem, private_pem), "do not belong");
  expect_refused(VerifyKey::from_pem(private_pem), "public key");
}

TEST(Keys, Files) {
  env::SimEnvironment sim(1);
  env::FileSystem& files = *sim.environment().files;
  auto made = KeyPair::load_or_create(files, "/keys/id_ecdsa.pub", "/keys/id_ecdsa");
  ASSERT_TRUE(made.has_value()) << made.error().message();
  auto loaded = KeyPair::load_or_create(files, "/keys/id_ecdsa.pub", "/keys/id_ecdsa");
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
  EXPECT_EQ(loaded->public_pem(), made->public_pem());
  EXPECT_TRUE(made->verify_key().verify("x", *loaded->sign("x")));

  ASSERT_TRUE(files.remove("/keys/id_ecdsa.pub"));
  expect_refused(KeyPair::load_or_create(files, "/keys/id_ecdsa.pub", "/keys/id_ecdsa"),
                 "not the public key");
  expect_refused(KeyPair::load_or_create(files, "/keys/id_ecdsa", "/keys/other"),
                 "not the private key");
  ASSERT_TRUE(files.open("/keys/id_ecdsa.pub", env::OpenMode::kCreate).value()->append("junk"));
  expect_refused(KeyPair::load_or_create(files, "/keys/id_ecdsa.pub", "/keys/id_ecdsa"),
                 "cannot be used");
}

TEST(Keys, WeakAndWrongKeys) {
  expect_refused(VerifyKey::from_secret(std::string(31, 'x')), "32 bytes");
  expect_refused(VerifyKey::from_p256_point(std::string(32, 'x'), std::string(32, 'y')),
                 "no point of the curve");
  expect_refused(VerifyKey::from_p256_point("x", "y"), "32 bytes");
  expect_refused(VerifyKey::from_rsa_numbers(std::string(128, '\xff'), "\x03"), "2048");
  expect_refused(VerifyKey::from_rsa_numbers(std::string(256, '\xff'), "\x02"), "exponent");
  expect_refused(VerifyKey::from_rsa_numbers(std::string(256, '\xff'), "\x01"), "exponent");
  expect_refused(VerifyKey::from_rsa_numbers(std::string(100000, '\xff'), "\x03"), "16384");
}

// --- tokens -----------------------------------------------------------------------------------

TEST(Tokens, RecordedOnesVerify) {
  struct Case {
    const char* token;
    VerifyKey key;
  };
  Case cases[] = {{kEs256Token, *VerifyKey::from_pem(kEcPublicPem)},
                  {kRs256Token, *VerifyKey::from_pem(kRsaPublicPem)},
                  {kRs256TokenWithoutKeyId, *VerifyKey::from_pem(kRsaPublicPem)},
                  {kHs256Token, *VerifyKey::from_secret(kSecret)}};
  for (const Case& c : cases) {
    auto token = parse_token(c.token);
    ASSERT_TRUE(token.has_value()) << token.error().message();
    EXPECT_EQ(token->claims.issuer, kRecordedIssuer);
    EXPECT_EQ(token->claims.subject, "user-1");
    EXPECT_EQ(token->claims.audience, std::vector<std::string>{"app"});
    EXPECT_EQ(token->claims.issued_at, kRecordedIssued);
    EXPECT_EQ(token->claims.expires_at, kRecordedExpires);
    ASSERT_EQ(token->claims.others.size(), 1u);
    EXPECT_EQ(token->claims.others[0].first, "role");
    EXPECT_EQ(token->claims.identity, types::Identity::from_claims(kRecordedIssuer, "user-1"));
    EXPECT_TRUE(check_token(*token, c.key, kRecordedIssued).has_value());
    EXPECT_TRUE(check_token(*token, c.key, kRecordedExpires + kClockLeewaySeconds).has_value());
    expect_refused(check_token(*token, c.key, kRecordedExpires + kClockLeewaySeconds + 1),
                   "ExpiredSignature");
    // No other key takes it, whatever kind it is.
    for (const Case& other : cases) {
      if (other.key.algorithm() != c.key.algorithm()) {
        expect_refused(check_token(*token, other.key, kRecordedIssued), "InvalidAlgorithm");
      }
    }
    expect_refused(check_token(*token, make_keys().verify_key(), kRecordedIssued), "Invalid");
  }
}

TEST(Tokens, CutAndChangedOnesAreRefused) {
  VerifyKey key = *VerifyKey::from_pem(kEcPublicPem);
  std::string token = kEs256Token;
  auto valid = [&key](const std::string& text) {
    auto parsed = parse_token(text);
    return parsed && check_token(*parsed, key, kRecordedIssued);
  };
  EXPECT_TRUE(valid(token));
  for (size_t size = 0; size < token.size(); ++size) {
    EXPECT_FALSE(valid(token.substr(0, size)));
    EXPECT_FALSE(valid(token.substr(size + 1)));
  }
  for (size_t at = 0; at < token.size(); ++at) {
    for (char c : {'A', 'B', '_', '.', '=', ' ', '\0'}) {
      if (token[at] == c) continue;
      std::string changed = token;
      changed[at] = c;
      EXPECT_FALSE(valid(changed)) << at << c;
    }
  }
  EXPECT_FALSE(valid(token + "."));
  EXPECT_FALSE(valid(token + "A"));
  EXPECT_FALSE(valid(token + std::string(kTokenBytesMax, 'A')));
}

/// "none", and a public key used as a secret.
TEST(Tokens, AlgorithmsCannotBeConfused) {
  std::string payload = base64url_encode(R"({"iss":"a","sub":"b","iat":1})");
  expect_refused(parse_token(base64url_encode(R"({"alg":"none"})") + "." + payload + "."),
                 "InvalidAlgorithm");
  expect_refused(parse_token(base64url_encode(R"({"alg":"HS512"})") + "." + payload + ".AA"),
                 "InvalidAlgorithm");
  auto token = parse_token(base64url_encode(R"({"alg":"HS256"})") + "." + payload + "." +
                           std::string(43, 'A'));
  ASSERT_TRUE(token.has_value());
  expect_refused(check_token(*token, *VerifyKey::from_pem(kEcPublicPem), 1), "InvalidAlgorithm");
  KeyPair keys = make_keys();
  expect_refused(parse_token(sign_payload(keys, R"({"iss":"a","sub":"b","iat":1})",
                                          R"({"alg":"ES256","crit":["x"]})")),
                 "extensions");
  expect_refused(parse_token(sign_payload(keys, R"({"iss":"a","sub":"b","iat":1})", "[]")),
                 "header");
}

TEST(Tokens, ClaimsAreChecked) {
  std::string long_name(129, 'x');
  std::string identity = types::Identity::from_claims("a", "b").to_hex();
  struct Case {
    std::string payload;
    const char* part;
  };
  for (const Case& c : std::vector<Case>{
           {"", "not a JSON object"},
           {"[]", "not a JSON object"},
           {R"({"sub":"b","iat":1})", "iss is missing"},
           {R"({"iss":"a","iat":1})", "sub is missing"},
           {R"({"iss":"a","sub":"b"})", "iat is missing"},
           {R"({"iss":"","sub":"b","iat":1})", "iss is empty"},
           {R"({"iss":"a","sub":"","iat":1})", "sub is empty"},
           {R"({"iss":")" + long_name + R"(","sub":"b","iat":1})", "iss has more than 128"},
           {R"({"iss":"a","sub":")" + long_name + R"(","iat":1})", "sub has more than 128"},
           {R"({"iss":1,"sub":"b","iat":1})", "iss is not a string"},
           {R"({"iss":"a","sub":"b","iat":"1"})", "iat is not"},
           {R"({"iss":"a","sub":"b","iat":1e300})", "iat is not"},
           {R"({"iss":"a","sub":"b","iat":1,"exp":"x"})", "exp is not"},
           {R"({"iss":"a","sub":"b","iat":1,"nbf":"x"})", "nbf is not"},
           {R"({"iss":"a","sub":"b","iat":1,"aud":3})", "aud is neither"},
           {R"({"iss":"a","sub":"b","iat":1,"aud":[3]})", "aud holds"},
           {R"({"iss":"a","sub":"b","iat":1,"sub":"c"})", "repeated"},
           {R"({"iss":"a","sub":"b","iat":1,"hex_identity":"12"})", "hex_identity is no"},
           {R"({"iss":"a","sub":"b","iat":1,"hex_identity":7})", "hex_identity is no"},
           {R"({"iss":"a","sub":"c","iat":1,"hex_identity":")" + identity + R"("})",
            "Identity mismatch"},
       }) {
    SCOPED_TRACE(c.payload);
    expect_refused(parse_claims(c.payload), c.part);
  }
  std::string many = R"({"iss":"a","sub":"b","iat":1)";
  for (int i = 0; i < 300; ++i) many += ",\"c" + std::to_string(i) + "\":1";
  expect_refused(parse_claims(many + "}"), "too many claims");
  for (const std::string& payload : {
           R"({"iss":"a","sub":"b","iat":1})" + std::string(),
           R"({"iss":"a","sub":"b","iat":1.9,"exp":null,"hex_identity":null,"aud":[]})" +
               std::string(),
           R"({"iss":"a","sub":"b","iat":1,"hex_identity":")" + identity + R"("})",
           R"({"iss":")" + long_name.substr(1) + R"(","sub":"b","iat":1})",
       }) {
    auto claims = parse_claims(payload);
    ASSERT_TRUE(claims.has_value()) << claims.error().message();
    EXPECT_EQ(claims->issued_at, 1);
    EXPECT_FALSE(claims->expires_at.has_value());
    auto again = parse_claims(claims_json(*claims));
    ASSERT_TRUE(again.has_value()) << again.error().message();
    EXPECT_EQ(again->identity, claims->identity);
  }
}

TEST(KeySet, OnlyWhatMaySign) {
  auto keys = parse_key_set(kKeySet);
  ASSERT_TRUE(keys.has_value()) << keys.error().message();
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_EQ((*keys)[0].id, "ec-1");
  EXPECT_EQ((*keys)[1].id, "rsa-1");
  EXPECT_TRUE(check_token(*parse_token(kEs256Token), (*keys)[0].key, kRecordedIssued).has_value());
  EXPECT_TRUE(check_token(*parse_token(kRs256Token), (*keys)[1].key, kRecordedIssued).has_value());
  for (std::string_view bad : {"", "{}", "[]", R"({"keys":{}})", R"({"keys":[]})",
                               R"({"keys":[1,"x",{},{"kty":"oct","k":"AAAA"}]})"}) {
    EXPECT_FALSE(parse_key_set(bad).has_value()) << bad;
  }
  EXPECT_EQ(discovery_url("https://a/b//"), "https://a/b/.well-known/openid-configuration");
  EXPECT_EQ(*key_set_url(R"({"jwks_uri":"https://a/k"})"), "https://a/k");
  EXPECT_FALSE(key_set_url(R"({"jwks_uri":1})").has_value());
  EXPECT_FALSE(key_set_url("x").has_value());
}

// --- authority --------------------------------------------------------------------------------

class AuthorityTest : public testing::Test {
 protected:
  std::unique_ptr<Authority> make(AuthOptions options = {}) {
    return std::make_unique<Authority>(make_keys(), std::move(options), clock_, random_,
                                       [this](const std::string& url) { return fetch(url); });
  }
  static AuthOptions allowing(ExternalIssuers issuers, std::vector<std::string> listed = {}) {
    return {.local_issuer = "localhost",
            .external_issuers = issuers,
            .listed_issuers = std::move(listed)};
  }
  Result<std::string> fetch(const std::string& url) {
    ++fetches_;
    auto it = documents_.find(url);
    if (it == documents_.end()) return Error(ErrorCode::kIo, "cannot fetch " + url);
    return it->second;
  }
  void publish() {
    documents_["https://issuer.example/.well-known/openid-configuration"] =
        R"({"issuer":"https://issuer.example/","jwks_uri":"https://issuer.example/keys"})";
    documents_["https://issuer.example/keys"] = kKeySet;
  }

  ManualClock clock_;
  env::SeededRandom random_{7};
  std::map<std::string, std::string> documents_;
  std::atomic<int> fetches_{0};
};

TEST_F(AuthorityTest, AnonymousTokens) {
  auto authority = make();
  auto minted = authority->mint();
  ASSERT_TRUE(minted.has_value()) << minted.error().message();
  auto claims = parse_claims(minted->payload);
  ASSERT_TRUE(claims.has_value());
  EXPECT_EQ(claims->issuer, "localhost");
  EXPECT_TRUE(types::parse_uuid(claims->subject).has_value());
  EXPECT_EQ(claims->subject[14], '4');
  EXPECT_EQ(minted->identity, claims->identity);
  EXPECT_EQ(minted->payload, R"({"hex_identity":")" + minted->identity.to_hex() + R"(","sub":")" +
                                 claims->subject +
                                 R"(","iss":"localhost","aud":["spacetimedb"],"iat":1700000000,)"
                                 R"("exp":null})");
  clock_.set(kRecordedIssued + 1000000000);  // it never expires
  auto known = authority->verify(minted->token);
  ASSERT_TRUE(known.has_value()) << known.error().message();
  EXPECT_EQ(known->identity, minted->identity);
  EXPECT_EQ(known->payload, minted->payload);
  EXPECT_EQ(known->token, minted->token);
  EXPECT_NE(authority->mint()->identity, minted->identity);
  expect_refused(make()->verify(minted->token), "InvalidSignature");
}

TEST_F(AuthorityTest, TokensOfOthersAreSignedAgain) {
  auto authority = make();
  std::string identity =
      types::Identity::from_claims("https://elsewhere.example", "somebody").to_hex();
  TokenHolder holder;
  holder.payload =
      R"({"iss":"https://elsewhere.example","sub":"somebody","aud":["a","b"],"iat":5,"exp":9,)"
      R"("role":"admin"})";
  auto token = authority->sign_again(holder, 60);
  ASSERT_TRUE(token.has_value()) << token.error().message();
  auto known = authority->verify(*token);
  ASSERT_TRUE(known.has_value()) << known.error().message();
  EXPECT_EQ(known->identity.to_hex(), identity);
  EXPECT_EQ(known->payload, R"({"hex_identity":")" + identity +
                                R"(","sub":"somebody","iss":"https://elsewhere.example",)"
                                R"("aud":["a","b"],"iat":1700000000,"exp":1700000060,)"
                                R"("role":"admin"})");
  clock_.set(clock_.seconds() + 60 + kClockLeewaySeconds + 1);
  expect_refused(authority->verify(*token), "ExpiredSignature");
  EXPECT_EQ(fetches_, 0);
}

TEST_F(AuthorityTest, OpensWithItsKeyFiles) {
  env::SimEnvironment sim(1);
  auto first = Authority::open("/k/id.pub", "/k/id", {}, sim.environment(), nullptr);
  ASSERT_TRUE(first.has_value()) << first.error().message();
  auto token = (*first)->mint();
  auto second = Authority::open("/k/id.pub", "/k/id", {}, sim.environment(), nullptr);
  ASSERT_TRUE(second.has_value()) << second.error().message();
  EXPECT_TRUE((*second)->verify(token->token).has_value());
  EXPECT_EQ((*second)->public_key_pem(), (*first)->public_key_pem());
  EXPECT_FALSE(Authority::open("/k/id.pub", "/k/none", {}, sim.environment(), nullptr));
}

/// Only what may have to wait for other servers is said to.
TEST_F(AuthorityTest, Cost) {
  using Cost = TokenAuthority::Cost;
  publish();
  auto authority = make(allowing(ExternalIssuers::kAnyHttps));
  EXPECT_EQ(authority->verify_cost("junk"), Cost::kQuick);
  EXPECT_EQ(authority->verify_cost(authority->mint()->token), Cost::kQuick);
  EXPECT_EQ(make()->verify_cost(kEs256Token), Cost::kQuick);
  TokenHolder external;
  external.payload = R"({"iss":"https://issuer.example/","sub":"x","iat":1})";
  EXPECT_EQ(authority->verify_cost(*authority->sign_again(external, 60)), Cost::kQuick);
  EXPECT_EQ(authority->verify_cost(kEs256Token), Cost::kMayBlock);
  EXPECT_EQ(fetches_, 0);
  ASSERT_TRUE(authority->verify(kEs256Token).has_value());
  EXPECT_EQ(authority->verify_cost(kEs256Token), Cost::kQuick);
  EXPECT_EQ(authority->verify_cost(kRs256TokenWithoutKeyId), Cost::kQuick);
  clock_.set(kRecordedIssued + 301);
  EXPECT_EQ(authority->verify_cost(kEs256Token), Cost::kMayBlock);
  clock_.set(kRecordedExpires + 61);
  EXPECT_EQ(authority->verify_cost(kEs256Token), Cost::kQuick);
}

TEST_F(AuthorityTest, NotBefore) {
  KeyPair keys = make_keys();
  std::string token =
      sign_payload(keys, R"({"iss":"a","sub":"b","iat":1700000000,"nbf":1700000100})");
  Authority authority(std::move(keys), {}, clock_, random_, nullptr);
  expect_refused(authority.verify(token), "ImmatureSignature");
  clock_.set(kRecordedIssued + 100 - kClockLeewaySeconds);
  EXPECT_TRUE(authority.verify(token).has_value());
}

TEST_F(AuthorityTest, ExternalIssuersOnlyWhereAllowed) {
  publish();
  expect_refused(make()->verify(kEs256Token), "InvalidSignature");
  expect_refused(make(allowing(ExternalIssuers::kListed, {"https://other"}))->verify(kEs256Token),
                 "InvalidSignature");
  EXPECT_EQ(fetches_, 0);
  for (const AuthOptions& options : {allowing(ExternalIssuers::kAnyHttps),
                                     allowing(ExternalIssuers::kListed, {kRecordedIssuer})}) {
    auto authority = make(options);
    for (const char* token : {kEs256Token, kRs256Token, kRs256TokenWithoutKeyId}) {
      fetches_ = 0;
      auto known = authority->verify(token);
      ASSERT_TRUE(known.has_value()) << known.error().message();
      EXPECT_EQ(known->identity, types::Identity::from_claims(kRecordedIssuer, "user-1"));
      EXPECT_EQ(fetches_, token == kEs256Token ? 2 : 0);
    }
    // Signed with a secret, which no issuer can publish.
    expect_refused(authority->verify(kHs256Token), "InvalidSignature");
    clock_.set(kRecordedExpires + 100);
    expect_refused(authority->verify(kEs256Token), "ExpiredSignature");
    clock_.set(kRecordedIssued);
  }
  // The local issuer is never asked for.
  fetches_ = 0;
  auto token = make()->mint()->token;
  expect_refused(make(allowing(ExternalIssuers::kAnyHttps))->verify(token), "InvalidSignature");
  EXPECT_EQ(fetches_, 0);
  // Also where its name is an address: who answers there does not sign for this server.
  AuthOptions local = allowing(ExternalIssuers::kAnyHttps);
  local.local_issuer = kRecordedIssuer;
  expect_refused(make(local)->verify(kEs256Token), "InvalidSignature");
  EXPECT_EQ(fetches_, 0);
}

TEST_F(AuthorityTest, KeysAreFetchedAgainAndKeptWhileThatFails) {
  publish();
  auto authority = make(allowing(ExternalIssuers::kAnyHttps));
  auto valid_at = [&](int64_t seconds) {
    clock_.set(kRecordedIssued + seconds);
    fetches_ = 0;
    return authority->verify(kEs256Token).has_value();
  };
  EXPECT_TRUE(valid_at(0));
  EXPECT_TRUE(valid_at(299));
  EXPECT_EQ(fetches_, 0);
  EXPECT_TRUE(valid_at(301));
  EXPECT_EQ(fetches_, 2);
  documents_.clear();
  EXPECT_TRUE(valid_at(700));
  EXPECT_EQ(fetches_, 1);
  EXPECT_TRUE(valid_at(705));
  EXPECT_EQ(fetches_, 0);  // the failure is remembered
  EXPECT_TRUE(valid_at(711));
  EXPECT_EQ(fetches_, 1);
}

TEST_F(AuthorityTest, OldKeysDoNotServeForEver) {
  publish();
  auto authority = make(allowing(ExternalIssuers::kAnyHttps));
  clock_.set(kRecordedExpires - 7300);
  ASSERT_TRUE(authority->verify(kEs256Token).has_value());
  documents_.clear();
  clock_.set(kRecordedExpires - 200);
  ASSERT_TRUE(authority->verify(kEs256Token).has_value());
  clock_.set(kRecordedExpires - 50);
  expect_refused(authority->verify(kEs256Token), "Error fetching public key for issuer");
  fetches_ = 0;
  expect_refused(authority->verify(kEs256Token), "Error fetching public key for issuer");
  EXPECT_EQ(fetches_, 0);
}

TEST_F(AuthorityTest, NewKeysOfAnIssuerAreFound) {
  publish();
  std::string all = documents_["https://issuer.example/keys"];
  std::string& published = documents_["https://issuer.example/keys"];
  published.replace(published.find("ec-1"), 4, "ec-0");
  auto authority = make(allowing(ExternalIssuers::kAnyHttps));
  expect_refused(authority->verify(kEs256Token), "Specified key ID not found");
  published = all;
  expect_refused(authority->verify(kEs256Token), "Specified key ID not found");
  clock_.set(kRecordedIssued + 11);
  EXPECT_TRUE(authority->verify(kEs256Token).has_value());
}

TEST_F(AuthorityTest, KeysMustComeSafely) {
  publish();
  documents_["https://issuer.example/.well-known/openid-configuration"] =
      R"({"jwks_uri":"http://issuer.example/keys"})";
  documents_["http://issuer.example/keys"] = kKeySet;
  auto authority = make(allowing(ExternalIssuers::kAnyHttps));
  expect_refused(authority->verify(kEs256Token), "not an https address");
}

TEST_F(AuthorityTest, ManyIssuersAndThreads) {
  publish();
  auto authority = make(allowing(ExternalIssuers::kAnyHttps));
  KeyPair stranger = make_keys();
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        std::string issuer = "https://issuer-" + std::to_string(t * 50 + i) + ".example";
        EXPECT_FALSE(authority->verify(
            sign_payload(stranger, R"({"iss":")" + issuer + R"(","sub":"b","iat":1})")));
        accepted += authority->verify(kEs256Token).has_value() ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 200);
}

}  // namespace
}  // namespace orrery::server
