#include "types/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "types/json_number.h"

namespace orrery::types {
namespace {

std::string compact(std::string_view text, JsonKeyOrder order = JsonKeyOrder::kAsGiven) {
  auto r = JsonValue::parse(text);
  return r ? r->to_string(order) : r.error().message();
}

TEST(Json, KeepsOrderAndNumbers) {
  EXPECT_EQ(compact(" { \"b\" : [1, 2.50 , -0, 1E+2] , \"a\":null,\"b\":true } "),
            R"({"b":[1,2.50,-0,1E+2],"a":null,"b":true})");
  EXPECT_EQ(compact(R"({"b":1,"a":{"d":2,"c":[]}})", JsonKeyOrder::kSorted),
            R"({"a":{"c":[],"d":2},"b":1})");
  EXPECT_EQ(compact("123456789012345678901234567890"), "123456789012345678901234567890");
  auto doc = JsonValue::parse(R"({"x":1,"x":2,"f":1.5,"big":1e999})");
  EXPECT_EQ(doc->find("x")->as_int64(), 2);
  EXPECT_EQ(doc->find("f")->as_double(), 1.5);
  EXPECT_FALSE(doc->find("f")->as_int64());
  EXPECT_FALSE(doc->find("big")->as_double());
  EXPECT_EQ(doc->find("y"), nullptr);
}

TEST(Json, Strings) {
  auto doc = JsonValue::parse(R"("a\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00é")");
  ASSERT_TRUE(doc.has_value());
  EXPECT_EQ(doc->as_string(), "a\"\\/\b\f\n\r\tA\u00e9\U0001F600\u00e9");
  EXPECT_EQ(doc->to_string(), "\"a\\\"\\\\/\\b\\f\\n\\r\\tA\u00e9\U0001F600\u00e9\"");
  std::string out;
  append_json_string(std::string_view("\0\x1f\x7f", 3), &out);
  EXPECT_EQ(out, "\"\\u0000\\u001f\x7f\"");
}

TEST(Json, ErrorsNameTheByte) {
  EXPECT_EQ(compact("[1,2"), "invalid JSON at byte 4: expected ',' or ']'");
  EXPECT_EQ(compact("{\"a\" 1}"), "invalid JSON at byte 5: expected ':'");
  EXPECT_EQ(compact("1 2"), "invalid JSON at byte 2: text after the value");
  for (std::string_view bad : {"",
                               " ",
                               "[",
                               "]",
                               "{",
                               "}",
                               "[1,]",
                               "{,}",
                               "{\"a\":1,}",
                               "{a:1}",
                               "{\"a\"}",
                               "01",
                               "-",
                               "1.",
                               ".5",
                               "+1",
                               "1e",
                               "1e+",
                               "tru",
                               "nul",
                               "NaN",
                               "'a'",
                               "\"",
                               "\"\\\"",
                               "\"\\x\"",
                               "\"\\u12\"",
                               "\"\\ud800\"",
                               "\"\\udc00\"",
                               "\"\\ud800\\u0041\"",
                               "\"\x01\"",
                               "\"\xff\"",
                               "\"\xed\xa0\x80\"",
                               "[1 2]",
                               "[}",
                               "{]",
                               "[1}",
                               "{\"a\":1]",
                               "truefalse",
                               "1a",
                               "\xef\xbb\xbf"
                               "1"}) {
    EXPECT_FALSE(JsonValue::parse(bad)) << bad;
    EXPECT_FALSE(json_validate(bad)) << bad;
  }
}

TEST(Json, DepthIsBounded) {
  std::string at_limit = std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']');
  EXPECT_EQ(compact(at_limit), at_limit);
  EXPECT_FALSE(JsonValue::parse("[" + at_limit + "]"));
  EXPECT_FALSE(JsonValue::parse(std::string(1000000, '[')));
  std::string mixed;
  for (int i = 0; i < 64; ++i) mixed += "{\"a\":[";
  mixed += "1";
  for (int i = 0; i < 64; ++i) mixed += "]}";
  EXPECT_EQ(compact(mixed), mixed);
}

TEST(Json, PullReaderSkipsValues) {
  JsonReader in(R"({"skip":{"a":[1,{"b":2}]},"n":7})");
  EXPECT_EQ(in.next()->kind, JsonTokenKind::kBeginObject);
  EXPECT_EQ(in.next()->text, "skip");
  auto first = in.next();
  EXPECT_EQ(*in.skip_value(*first), R"({"a":[1,{"b":2}]})");
  EXPECT_EQ(in.next()->text, "n");
  auto seven = in.next();
  EXPECT_EQ(*in.skip_value(*seven), "7");
  EXPECT_EQ(in.next()->kind, JsonTokenKind::kEndObject);
  EXPECT_EQ(in.next()->kind, JsonTokenKind::kEnd);
  EXPECT_EQ(in.next()->kind, JsonTokenKind::kEnd);
}

TEST(JsonNumber, ShortestText) {
  auto text = [](double x) {
    std::string out;
    append_json_f64(x, &out);
    return out;
  };
  EXPECT_EQ(text(1), "1.0");
  EXPECT_EQ(text(-0.0), "-0.0");
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(123.25), "123.25");
  EXPECT_EQ(text(1e15), "1000000000000000.0");
  EXPECT_EQ(text(1e16), "1e16");
  EXPECT_EQ(text(1234567890123456789.0), "1.2345678901234568e18");
  EXPECT_EQ(text(1e-5), "0.00001");
  EXPECT_EQ(text(1e-7), "1e-7");
  EXPECT_EQ(text(-1.5e300), "-1.5e300");
  EXPECT_EQ(text(INFINITY), "null");
  EXPECT_EQ(text(std::nan("")), "null");
}

TEST(JsonNumber, RoundTrips) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    double x = std::bit_cast<double>(random());
    float f = std::bit_cast<float>(static_cast<uint32_t>(random()));
    std::string text;
    if (std::isfinite(x)) {
      append_json_f64(x, &text);
      EXPECT_TRUE(json_validate(text).has_value()) << text;
      EXPECT_EQ(parse_json_f64(text), x) << text;
    }
    if (std::isfinite(f)) {
      text.clear();
      append_json_f32(f, &text);
      EXPECT_EQ(parse_json_f32(text), f) << text;
    }
  }
  EXPECT_FALSE(parse_json_f64("1e400"));
  EXPECT_FALSE(parse_json_f64("-1e99999999999999999999"));
  EXPECT_FALSE(parse_json_f32("1e39"));
  EXPECT_EQ(parse_json_f64("1e-400"), 0.0);
  EXPECT_EQ(parse_json_f64("0e999"), 0.0);
  EXPECT_EQ(parse_json_f64("0.00001e-99999999999999999999"), 0.0);
  EXPECT_TRUE(std::signbit(*parse_json_f64("-1e-400")));
  EXPECT_EQ(parse_json_f64("5e-324"), 5e-324);
  EXPECT_EQ(parse_json_f64("1" + std::string(300, '0')), 1e300);
}

TEST(Json, MutatedTextNeverCrashes) {
  const std::string seed = R"({"a":[1,-2.5e3,"x\u00e9\n",null,true],"b":{"c":"\ud83d\ude00"}})";
  std::mt19937 random(11);
  for (int i = 0; i < 20000; ++i) {
    std::string text = seed.substr(0, random() % (seed.size() + 1));
    for (int k = 0; k < 3 && !text.empty(); ++k) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    auto r = JsonValue::parse(text);
    EXPECT_EQ(r.has_value(), json_validate(text).has_value());
    if (r) {
      EXPECT_EQ(compact(r->to_string()), r->to_string());
    }
  }
}

}  // namespace
}  // namespace orrery::types
