// Encodings recorded from SpacetimeDB's own library (tests/data/spacetimedb).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "types/algebraic_type_codec.h"
#include "types/bsatn.h"
#include "types/sats_json.h"

namespace orrery::types {
namespace {

std::string unhex(std::string_view digits) {
  auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1])));
  }
  return out;
}

JsonValue load(const std::string& name) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");
  std::ifstream in(std::string(root == nullptr ? "." : root) + "/tests/data/spacetimedb/" + name);
  std::stringstream text;
  text << in.rdbuf();
  auto json = JsonValue::parse(text.str());
  EXPECT_TRUE(json.has_value()) << name << ": " << (json ? "" : json.error().message());
  return json ? std::move(*json) : JsonValue();
}

struct Vector {
  std::string name;
  AlgebraicType type;
  Typespace space;
  std::string bytes;
  const JsonValue* json;
};

std::vector<Vector> vectors_of(const JsonValue& file) {
  std::vector<Vector> out;
  for (const JsonValue& v : file.find("vectors")->items()) {
    Vector one;
    one.name = v.find("name")->as_string();
    auto type = type_from_json(*v.find("type"));
    EXPECT_TRUE(type.has_value()) << one.name;
    one.type = *type;
    if (const JsonValue* space = v.find("typespace")) {
      auto types = typespace_from_json(*space);
      EXPECT_TRUE(types.has_value()) << one.name;
      one.space = std::move(*types);
    }
    one.bytes = unhex(v.find("hex")->as_string());
    one.json = &v;
    out.push_back(std::move(one));
  }
  return out;
}

void check_vector(const Vector& v) {
  SCOPED_TRACE(v.name);
  auto value = bsatn_decode(v.type, v.bytes, &v.space);
  ASSERT_TRUE(value.has_value()) << value.error().message();
  ByteWriter again;
  ASSERT_TRUE(bsatn_encode(v.type, *value, &again, &v.space).has_value());
  EXPECT_EQ(again.buffer(), v.bytes);
  EXPECT_EQ(*bsatn_validate(v.type, v.bytes, &v.space), v.bytes.size());
  EXPECT_EQ(*bsatn_skip(v.type, v.bytes, &v.space), v.bytes.size());
  EXPECT_EQ(bsatn_compare(v.type, v.bytes, v.bytes, &v.space), 0);

  const bool has_json_form = v.json->find("value")->kind() != JsonKind::kNull;
  for (auto [shape, key] : {std::pair(JsonShape::kTyped, "value"),
                            std::pair(JsonShape::kPositional, "value_positional")}) {
    const JsonValue& expected = *v.json->find(key);
    auto text = value_to_json(v.type, *value, shape, &v.space);
    ASSERT_TRUE(text.has_value());
    EXPECT_EQ(*text, expected.to_string());
    ByteWriter from_json;
    Status read = json_to_bsatn(v.type, expected, &from_json, &v.space);
    EXPECT_EQ(read.has_value(), has_json_form) << (read ? "" : read.error().message());
    if (read) {
      EXPECT_EQ(from_json.buffer(), v.bytes);
    }
  }
}

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, EncodesAndDecodes) {
  JsonValue file = load(std::string("bsatn/") + GetParam() + ".json");
  std::vector<Vector> all = vectors_of(file);
  ASSERT_GT(all.size(), 3u);
  for (const Vector& v : all) check_vector(v);
}

/// The order in place is the order of the values, for every pair of one type.
TEST_P(Golden, OrderInPlaceIsOrderOfValues) {
  JsonValue file = load(std::string("bsatn/") + GetParam() + ".json");
  std::vector<Vector> all = vectors_of(file);
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t k = i; k < all.size(); ++k) {
      if (!(all[i].type == all[k].type)) continue;
      const Vector &a = all[i], &b = all[k];
      auto va = bsatn_decode(a.type, a.bytes, &a.space);
      auto vb = bsatn_decode(b.type, b.bytes, &b.space);
      int c = bsatn_compare(a.type, a.bytes, b.bytes, &a.space);
      EXPECT_EQ(c, AlgebraicValue::compare(*va, *vb)) << a.name << " " << b.name;
      EXPECT_EQ(-c, bsatn_compare(a.type, b.bytes, a.bytes, &a.space));
      if (c == 0) {
        EXPECT_EQ(bsatn_hash(a.type, a.bytes, &a.space), bsatn_hash(b.type, b.bytes, &b.space));
        EXPECT_EQ(va->hash(), vb->hash());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Bsatn, Golden,
                         testing::Values("integers", "floats", "strings", "arrays", "products",
                                         "sums", "special", "refs"),
                         [](const auto& info) { return std::string(info.param); });

TEST(GoldenTypes, EncodesAndDecodes) {
  JsonValue file = load("bsatn/types.json");
  ASSERT_GT(file.find("vectors")->items().size(), 20u);
  for (const JsonValue& v : file.find("vectors")->items()) {
    SCOPED_TRACE(v.find("name")->as_string());
    std::string bytes = unhex(v.find("hex")->as_string());
    const JsonValue& json = *v.find("algebraic_type");
    auto type = type_from_json(json);
    ASSERT_TRUE(type.has_value()) << type.error().message();
    ByteWriter out;
    encode_type(*type, &out);
    EXPECT_EQ(out.buffer(), bytes);
    ByteReader in(bytes);
    auto decoded = decode_type(&in);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
    EXPECT_EQ(*decoded, *type);
    EXPECT_EQ(in.remaining(), 0u);
    std::string text;
    append_type_json(*decoded, &text);
    EXPECT_EQ(text, json.to_string());
  }
}

std::string problem_of(const Error& error) {
  const std::string& m = error.message();
  if (m.find("too short") != std::string::npos) return "BufferLength";
  if (m.find(" tag ") != std::string::npos) return "InvalidTag";
  if (m.find("invalid bool") != std::string::npos) return "InvalidBool";
  if (m.find("UTF-8") != std::string::npos) return "InvalidUtf8";
  return m;
}

TEST(GoldenErrors, AreRefusedForTheRightReason) {
  JsonValue file = load("bsatn/decode-errors.json");
  size_t refused = 0;
  for (const JsonValue& v : file.find("vectors")->items()) {
    SCOPED_TRACE(v.find("name")->as_string());
    std::string bytes = unhex(v.find("hex")->as_string());
    Typespace space;
    if (const JsonValue* types = v.find("typespace")) space = *typespace_from_json(*types);
    const JsonValue& error = *v.find("error");
    const JsonValue* json_type = v.find("type");
    if (json_type == nullptr || !json_type->is(JsonKind::kObject)) {
      ByteReader in(bytes);
      auto type = decode_type(&in);
      ASSERT_FALSE(type.has_value());
      EXPECT_EQ(problem_of(type.error()), error.as_string());
      ++refused;
      continue;
    }
    auto type = type_from_json(*json_type);
    ASSERT_TRUE(type.has_value());
    auto value = bsatn_decode(*type, bytes, &space);
    auto length = bsatn_validate(*type, bytes, &space);
    EXPECT_EQ(value.has_value(), length.has_value());
    if (error.is(JsonKind::kNull)) {
      ASSERT_TRUE(length.has_value()) << length.error().message();
      EXPECT_EQ(static_cast<int64_t>(*length), *v.find("consumed")->as_int64());
    } else {
      ASSERT_FALSE(length.has_value());
      EXPECT_EQ(problem_of(length.error()), error.as_string());
      EXPECT_EQ(problem_of(value.error()), problem_of(length.error()));
      ++refused;
    }
  }
  EXPECT_GT(refused, 70u);
}

}  // namespace
}  // namespace orrery::types
