#include "types/algebraic_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/blake3.h"
#include "base/keccak.h"
#include "types/json.h"

namespace orrery::types {
namespace {

std::string read_file(const std::string& name) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");
  std::string path = std::string(root == nullptr ? "." : root) + "/tests/data/spacetimedb/";
  std::ifstream in(path + name, std::ios::binary);
  EXPECT_TRUE(in.good()) << path << name;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}
JsonValue load(const std::string& name) {
  auto json = JsonValue::parse(read_file("identity/" + name));
  EXPECT_TRUE(json.has_value()) << name;
  return json ? std::move(*json) : JsonValue();
}
std::string unhex(std::string_view digits) {
  auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1])));
  }
  return out;
}

TEST(Identity, DerivedFromClaims) {
  JsonValue file = load("identity-from-claims.json");
  ASSERT_GT(file.find("vectors")->items().size(), 8u);
  for (const JsonValue& v : file.find("vectors")->items()) {
    U256 id = identity_from_claims(v.find("issuer")->as_string(), v.find("subject")->as_string());
    const std::string& text = v.find("identity_hex")->as_string();
    EXPECT_EQ(identity_to_text(id), text);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(&id), 32),
              unhex(v.find("bsatn_hex")->as_string()));
    EXPECT_EQ(parse_identity(text), id);
    EXPECT_TRUE(is_claims_identity(id));
  }
}

TEST(Identity, Checksum) {
  JsonValue file = load("identity-checksum.json");
  for (const JsonValue& v : file.find("vectors")->items()) {
    auto id = parse_identity(v.find("identity_hex")->as_string());
    ASSERT_TRUE(id);
    EXPECT_EQ(is_claims_identity(*id), v.find("checksum_valid")->as_bool());
  }
}

TEST(Identity, HashesOfPrograms) {
  JsonValue file = load("hashes.json");
  ASSERT_GT(file.find("vectors")->items().size(), 10u);
  for (const JsonValue& v : file.find("vectors")->items()) {
    const std::string& name = v.find("name")->as_string();
    std::string input;
    if (const JsonValue* hex = v.find("input_hex")) {
      input = unhex(hex->as_string());
    } else if (name == "counter_1000") {
      for (int i = 0; i < 1000; ++i) input.push_back(static_cast<char>(i % 256));
    } else {
      input = read_file(name);
    }
    EXPECT_EQ(digest_to_text(keccak256(input)), v.find("keccak256_hex")->as_string()) << name;
    EXPECT_EQ(digest_to_text(blake3(input)), v.find("blake3_hex")->as_string()) << name;
  }
}

TEST(Identity, DerivedHashes) {
  JsonValue file = load("derived-hashes.json");
  for (const JsonValue& v : file.find("view_arg_hashes")->items()) {
    std::string input("spacetimedb::view::args::v1\0", 28);
    input += unhex(v.find("args_bsatn_hex")->as_string());
    EXPECT_EQ(digest_to_text(blake3(input)), v.find("arg_hash_hex")->as_string());
  }
  for (const JsonValue& v : file.find("migration_tokens")->items()) {
    std::string input = v.find("database_identity")->as_string() +
                        v.find("old_program_hash")->as_string() +
                        v.find("new_program_hash")->as_string();
    EXPECT_EQ(digest_to_text(keccak256(input)), v.find("token_hex")->as_string());
  }
}

TEST(Text, IdentityWrappers) {
  std::string digits = "c200" + std::string(59, '0') + "F";
  auto id = parse_identity(digits);
  ASSERT_TRUE(id);
  EXPECT_EQ(parse_identity("0x" + digits), id);
  EXPECT_EQ(parse_identity("X'" + digits + "'"), id);
  EXPECT_FALSE(parse_identity(digits + "0"));
  EXPECT_FALSE(parse_identity(digits.substr(1)));
  EXPECT_FALSE(parse_identity("X'" + digits));
  EXPECT_FALSE(parse_identity("g" + digits.substr(1)));
  EXPECT_EQ(connection_id_to_text(0xABC), std::string(29, '0') + "abc");
  EXPECT_TRUE(parse_connection_id(std::string(29, '0') + "abc") == U128{0xABC});
  EXPECT_FALSE(parse_connection_id(std::string(28, '0') + "abc"));
}

TEST(Text, Uuid) {
  const std::string text = "936da01f-9abd-4d9d-80c7-02af85c822a8";
  auto uuid = parse_uuid(text);
  ASSERT_TRUE(uuid);
  EXPECT_EQ(to_decimal_u128(*uuid), "195965723427462096757863453463987888808");
  EXPECT_EQ(uuid_to_text(*uuid), text);
  EXPECT_TRUE(parse_uuid("936DA01F9ABD4D9D80C702AF85C822A8") == uuid);
  EXPECT_EQ(uuid_to_text(0), "00000000-0000-0000-0000-000000000000");
  EXPECT_FALSE(parse_uuid("936da01f9-abd-4d9d-80c7-02af85c822a8"));
  EXPECT_FALSE(parse_uuid("936da01f-9abd-4d9d-80c7-02af85c822a"));
  EXPECT_FALSE(parse_uuid(""));
}

TEST(Text, Timestamps) {
  EXPECT_EQ(timestamp_micros_to_text(0), "1970-01-01T00:00:00+00:00");
  EXPECT_EQ(timestamp_micros_to_text(9876543210), "1970-01-01T02:44:36.543210+00:00");
  EXPECT_EQ(timestamp_micros_to_text(-1), "1969-12-31T23:59:59.999999+00:00");
  EXPECT_EQ(timestamp_micros_to_text(1700000000123000), "2023-11-14T22:13:20.123+00:00");
  EXPECT_EQ(timestamp_micros_to_text(951782400000000), "2000-02-29T00:00:00+00:00");
  EXPECT_EQ(timestamp_micros_to_text(INT64_MAX), "+294247-01-10T04:00:54.775807+00:00");
  EXPECT_EQ(timestamp_micros_to_text(INT64_MIN), "-290308-12-21T19:59:05.224192+00:00");
  EXPECT_EQ(parse_timestamp_micros("2023-11-14T22:13:20Z"), 1700000000000000);
  EXPECT_EQ(parse_timestamp_micros("2023-11-15 00:13:20.1234567+02:00"), 1700000000123456);
  EXPECT_EQ(parse_timestamp_micros("2023-11-14t20:43:20.5-01:30"), 1700000000500000);
  for (std::string_view bad :
       {"", "2023-11-14", "2023-11-14T22:13:20", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z",
        "2023-00-01T00:00:00Z", "2023-01-00T00:00:00Z", "2023-01-01T24:00:00Z",
        "2023-01-01T00:60:00Z", "2023-01-01T00:00:61Z", "2023-01-01T00:00:00.Z",
        "2023-01-01T00:00:00+2:00", "2023-01-01T00:00:00Zx", "23-01-01T00:00:00Z",
        "+999999-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_timestamp_micros(bad)) << bad;
  }
  for (int64_t t : {INT64_MAX, INT64_MIN, int64_t{-62135596800000000}, int64_t{1709210096123456}}) {
    EXPECT_EQ(parse_timestamp_micros(timestamp_micros_to_text(t)), t);
  }
  int64_t day = 86400000000;
  for (int64_t t = -400 * 366 * day; t < 400 * 366 * day; t += 13 * day + 7001) {
    ASSERT_EQ(parse_timestamp_micros(timestamp_micros_to_text(t)), t);
  }
}

TEST(Text, Durations) {
  EXPECT_EQ(time_duration_to_text(1000000), "+1.000000");
  EXPECT_EQ(time_duration_to_text(-67419000000003), "-67419000.000003");
  EXPECT_EQ(time_duration_to_text(0), "+0.000000");
  EXPECT_EQ(time_duration_to_text(INT64_MIN), "-9223372036854.775808");
  for (int64_t t : {INT64_MAX, INT64_MIN, int64_t{-1}, int64_t{5}}) {
    EXPECT_EQ(parse_time_duration(time_duration_to_text(t)), t);
  }
  EXPECT_EQ(parse_time_duration("2"), 2000000);
  EXPECT_EQ(parse_time_duration("-2.5"), -2500000);
  EXPECT_FALSE(parse_time_duration(""));
  EXPECT_FALSE(parse_time_duration("+"));
  EXPECT_FALSE(parse_time_duration("1."));
  EXPECT_FALSE(parse_time_duration("9223372036855"));
}

}  // namespace
}  // namespace orrery::types
