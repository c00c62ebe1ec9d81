// Random types and values, and damage done to their encodings.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "types/algebraic_type_codec.h"
#include "types/bsatn.h"
#include "types/sats_json.h"

namespace orrery::types {
namespace {

using T = AlgebraicType;
using V = AlgebraicValue;

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  uint64_t below(uint64_t n) { return random_() % n; }

  T type(uint32_t depth) {
    if (depth == 0 || below(3) == 0) {
      return T::primitive(static_cast<TypeKind>(4 + below(16)));
    }
    switch (below(8)) {
      case 0:
        return T::array(type(depth - 1));
      case 1:
        return T::option(type(depth - 1));
      case 2:
        return T::bytes();
      case 3:
        return T::schedule_at();
      case 4:
        return T::sum(elements(depth, 1 + below(4)));
      default:
        return T::product(elements(depth, below(5)));
    }
  }

  V value(const T& type) {
    switch (type.kind()) {
      case TypeKind::kProduct: {
        std::vector<V> fields;
        for (const TypeElement& e : type.elements()) fields.push_back(value(e.type));
        return V::product(std::move(fields));
      }
      case TypeKind::kSum: {
        auto tag = static_cast<uint8_t>(below(type.elements().size()));
        return V::sum(tag, value(type.elements()[tag].type));
      }
      case TypeKind::kArray: {
        if (type.is(TypeForm::kBytes)) return V::bytes(text());
        std::vector<V> items(below(4));
        for (V& item : items) item = value(type.array_element());
        return V::array(std::move(items));
      }
      case TypeKind::kString:
        return V::string(text());
      default: {
        std::string bits(*type.fixed_bytes(), '\0');
        for (char& c : bits) c = static_cast<char>(below(4) == 0 ? random_() : 0);
        if (type.is(TypeKind::kBool)) bits[0] = static_cast<char>(bits[0] & 1);
        return *bsatn_decode(type, bits);
      }
    }
  }

 private:
  std::string text() {
    std::string out;
    for (uint64_t n = below(6); n > 0; --n) {
      constexpr const char* kPieces[] = {"a", "\"", "\\", "\n", "\u00e9", "\u65e5", "\U0001F600"};
      out += kPieces[below(7)];
    }
    return out;
  }
  std::vector<TypeElement> elements(uint32_t depth, uint64_t count) {
    std::vector<TypeElement> out;
    for (uint64_t i = 0; i < count; ++i) {
      T t = type(depth - 1);
      if (below(8) == 0) {
        out.push_back(TypeElement(t));
      } else {
        out.emplace_back("f" + std::to_string(i), t);
      }
    }
    return out;
  }

  std::mt19937_64 random_;
};

/// JSON has no NaN, no infinities, and its f32 keeps only finite ones.
bool has_non_finite(const V& v) {
  if (v.kind() == TypeKind::kF32) return !std::isfinite(v.as_f32());
  if (v.kind() == TypeKind::kF64) return !std::isfinite(v.as_f64());
  if (v.kind() == TypeKind::kSum) return has_non_finite(v.payload());
  if (v.is_bytes() || (v.kind() != TypeKind::kProduct && v.kind() != TypeKind::kArray))
    return false;
  for (const V& e : v.elements()) {
    if (has_non_finite(e)) return true;
  }
  return false;
}

std::string encode(const T& type, const V& value) {
  ByteWriter out;
  EXPECT_TRUE(bsatn_encode(type, value, &out).has_value());
  return out.buffer();
}

TEST(SatsProperty, TypesRoundTrip) {
  Generator g(1);
  for (int i = 0; i < 2000; ++i) {
    T type = g.type(4);
    ByteWriter out;
    encode_type(type, &out);
    ByteReader in(out.buffer());
    ASSERT_EQ(*decode_type(&in), type);
    std::string text;
    append_type_json(type, &text);
    auto json = JsonValue::parse(text);
    ASSERT_TRUE(json.has_value()) << text;
    ASSERT_EQ(*type_from_json(*json), type) << text;
  }
}

TEST(SatsProperty, ValuesRoundTrip) {
  Generator g(2);
  for (int i = 0; i < 5000; ++i) {
    T type = g.type(4);
    V value = g.value(type);
    std::string bytes = encode(type, value);
    SCOPED_TRACE(type.to_string());
    auto back = bsatn_decode(type, bytes);
    ASSERT_TRUE(back.has_value());
    ASSERT_EQ(*back, value);
    ASSERT_EQ(encode(type, *back), bytes);
    ASSERT_EQ(*bsatn_validate(type, bytes), bytes.size());
    ASSERT_EQ(*bsatn_skip(type, bytes), bytes.size());
    ASSERT_GE(bytes.size(), type.min_bytes());
    if (auto width = type.fixed_bytes()) {
      ASSERT_EQ(bytes.size(), *width);
    }
    if (has_non_finite(value)) continue;
    for (JsonShape shape : {JsonShape::kTyped, JsonShape::kPositional}) {
      auto text = value_to_json(type, value, shape);
      ASSERT_TRUE(text.has_value());
      auto json = JsonValue::parse(*text);
      ASSERT_TRUE(json.has_value()) << *text;
      auto from_json = json_to_value(type, *json);
      ASSERT_TRUE(from_json.has_value()) << *text << " " << from_json.error().message();
      ASSERT_EQ(encode(type, *from_json), bytes) << *text;
    }
  }
}

TEST(SatsProperty, OrderAndHashAgree) {
  Generator g(3);
  for (int i = 0; i < 1000; ++i) {
    T type = g.type(3);
    std::vector<V> values;
    for (int k = 0; k < 4; ++k) values.push_back(g.value(type));
    for (const V& a : values) {
      std::string ea = encode(type, a);
      for (const V& b : values) {
        std::string eb = encode(type, b);
        int c = V::compare(a, b);
        ASSERT_EQ(c, -V::compare(b, a));
        ASSERT_EQ(c, bsatn_compare(type, ea, eb)) << type.to_string();
        if (type.is_bytewise()) {
          ASSERT_EQ(c == 0, ea == eb);
        }
        if (c == 0) {
          ASSERT_EQ(a.hash(), b.hash());
          ASSERT_EQ(bsatn_hash(type, ea), bsatn_hash(type, eb)) << type.to_string();
        }
        for (const V& m : values) {  // transitive
          if (c <= 0 && V::compare(b, m) <= 0) {
            ASSERT_LE(V::compare(a, m), 0);
          }
        }
      }
    }
  }
}

/// Whatever the bytes, the functions agree with each other and stay inside them.
void check_agreement(const T& type, const std::string& original, std::string bytes) {
  // A fresh allocation of the exact size, so that a read past the end is seen by the sanitizer.
  std::vector<char> exact(bytes.begin(), bytes.end());
  std::string_view view(exact.data(), exact.size());
  auto value = bsatn_decode(type, view);
  auto length = bsatn_validate(type, view);
  auto skipped = bsatn_skip(type, view);
  std::string json;
  auto written = bsatn_to_json(type, view, JsonShape::kTyped, &json);
  if (!value && value.error().code() == ErrorCode::kLimit) {
    // Parts without width are counted only where they would cost memory.
    ASSERT_FALSE(written.has_value());
    return;
  }
  ASSERT_EQ(value.has_value(), length.has_value());
  ASSERT_EQ(written.has_value(), length.has_value());
  bsatn_compare(type, view, original);
  bsatn_compare(type, original, view);
  bsatn_hash(type, view);
  if (!length) return;
  ASSERT_TRUE(skipped.has_value());
  ASSERT_EQ(*skipped, *length);
  ASSERT_EQ(*written, *length);
  ASSERT_EQ(encode(type, *value), bytes.substr(0, *length));
  ASSERT_TRUE(json_validate(json).has_value()) << json;
}

TEST(SatsProperty, EveryCutAndEveryFlipIsHandled) {
  Generator g(4);
  for (int i = 0; i < 150; ++i) {
    T type = g.type(3);
    std::string bytes = encode(type, g.value(type));
    if (bytes.size() > 300) continue;
    SCOPED_TRACE(type.to_string());
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      check_agreement(type, bytes, bytes.substr(0, cut));
      ASSERT_FALSE(bsatn_validate(type, bytes.substr(0, cut)));
    }
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (uint8_t mask : {0x01, 0x02, 0x80, 0xff}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ mask);
        check_agreement(type, bytes, damaged);
      }
    }
  }
}

TEST(SatsProperty, DamagedTypesAreHandled) {
  Generator g(5);
  for (int i = 0; i < 300; ++i) {
    ByteWriter out;
    encode_type(g.type(3), &out);
    for (size_t at = 0; at < out.size(); ++at) {
      std::string damaged = out.buffer();
      damaged[at] = static_cast<char>(g.below(256));
      ByteReader in(damaged);
      auto type = decode_type(&in);
      if (!type) continue;
      ByteWriter again;
      encode_type(*type, &again);
      ASSERT_EQ(again.buffer(), damaged.substr(0, again.size()));
    }
  }
}

}  // namespace
}  // namespace orrery::types
