#include "types/identity.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <unordered_set>

#include "types/json.h"

namespace orrery::types {
namespace {

JsonValue load(const std::string& name) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");
  std::ifstream in(std::string(root == nullptr ? "." : root) + "/tests/data/spacetimedb/identity/" +
                   name);
  std::stringstream text;
  text << in.rdbuf();
  auto json = JsonValue::parse(text.str());
  EXPECT_TRUE(json.has_value()) << name;
  return json ? std::move(*json) : JsonValue();
}

std::string unhex(std::string_view digits) {
  std::string out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

TEST(IdentityValue, Golden) {
  JsonValue file = load("identity-from-claims.json");
  for (const JsonValue& v : file.find("vectors")->items()) {
    Identity id =
        Identity::from_claims(v.find("issuer")->as_string(), v.find("subject")->as_string());
    std::string wire = unhex(v.find("bsatn_hex")->as_string());
    EXPECT_EQ(id.to_hex(), v.find("identity_hex")->as_string());
    EXPECT_EQ(id.bytes(), wire);
    EXPECT_EQ(Identity::from_bytes(wire.data()), id);
    EXPECT_EQ(Identity::parse(id.to_hex()), id);
    EXPECT_TRUE(id.has_checksum());
    EXPECT_FALSE(id.is_zero());
  }
}

TEST(IdentityValue, OrderAndHash) {
  Identity small = *Identity::parse(std::string(63, '0') + "1");
  Identity large = *Identity::parse("1" + std::string(63, '0'));
  EXPECT_LT(small, large);
  EXPECT_EQ(small.bytes()[0], 1);
  EXPECT_TRUE(Identity().is_zero());
  std::unordered_set<Identity> set = {small, large, small};
  EXPECT_EQ(set.size(), 2u);
  EXPECT_FALSE(Identity::parse("c200").has_value());
}

TEST(ConnectionIdValue, TextAndBytes) {
  ConnectionId id = *ConnectionId::parse("0123456789abcdef0011223344556677");
  EXPECT_EQ(id.to_hex(), "0123456789abcdef0011223344556677");
  EXPECT_EQ(id.bytes(), unhex("7766554433221100efcdab8967452301"));
  EXPECT_EQ(ConnectionId::from_bytes(id.bytes().data()), id);
  EXPECT_FALSE(ConnectionId::parse("0123456789abcdef001122334455667").has_value());
  EXPECT_FALSE(ConnectionId::parse("0123456789abcdef001122334455667g").has_value());
  EXPECT_TRUE(ConnectionId().is_zero());
  std::unordered_set<ConnectionId> set = {id, ConnectionId(), id};
  EXPECT_EQ(set.size(), 2u);
}

TEST(DigestValue, Derived) {
  JsonValue file = load("derived-hashes.json");
  for (const JsonValue& v : file.find("view_arg_hashes")->items()) {
    Digest digest = view_argument_digest(unhex(v.find("args_bsatn_hex")->as_string()));
    EXPECT_EQ(digest.to_hex(), v.find("arg_hash_hex")->as_string());
    EXPECT_EQ(Digest::parse(digest.to_hex()), digest);
    EXPECT_EQ(to_hex_padded(digest.as_u256(), 64).substr(62), digest.to_hex().substr(0, 2));
  }
  for (const JsonValue& v : file.find("migration_tokens")->items()) {
    Digest token = migration_token(*Identity::parse(v.find("database_identity")->as_string()),
                                   *Digest::parse(v.find("old_program_hash")->as_string()),
                                   *Digest::parse(v.find("new_program_hash")->as_string()));
    EXPECT_EQ(token.to_hex(), v.find("token_hex")->as_string());
  }
  EXPECT_EQ(program_digest("abc").to_hex(),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
}

}  // namespace
}  // namespace orrery::types
