#include "types/sats_json.h"

#include <gtest/gtest.h>

#include "types/bsatn.h"

namespace orrery::types {
namespace {

using T = AlgebraicType;
using V = AlgebraicValue;

/// The positional JSON of what was read, or the error.
std::string through(const T& type, std::string_view text) {
  auto json = JsonValue::parse(text);
  if (!json) return json.error().message();
  auto value = json_to_value(type, *json);
  if (!value) return value.error().message();
  return *value_to_json(type, *value, JsonShape::kPositional);
}

const T& point() {
  static const auto* type = new T(T::product({{"x", T::i32()}, {"y", T::u8()}}));
  return *type;
}
const T& shape() {
  static const auto* type = new T(T::sum({{"Dot", T()}, {"At", point()}, {"7", T::u8()}}));
  return *type;
}

TEST(SatsJson, ProductsInBothShapes) {
  EXPECT_EQ(through(point(), "[-1,2]"), "[-1,2]");
  EXPECT_EQ(through(point(), R"({"y":2,"x":-1})"), "[-1,2]");
  EXPECT_EQ(through(T(), "{}"), "[]");
  EXPECT_EQ(through(T(), "[]"), "[]");
  EXPECT_EQ(through(point(), "[1]"), "JSON at $: expected 2 fields, not 1");
  EXPECT_EQ(through(point(), R"({"x":1})"), "JSON at $: field 'y' is missing");
  EXPECT_EQ(through(point(), R"({"x":1,"x":1})"), "JSON at $: field 'x' is there twice");
  EXPECT_EQ(through(point(), R"({"x":1,"y":2,"z":3})"), "JSON at $: no field is named 'z'");
  EXPECT_EQ(through(point(), R"({"x":1,"y":256})"), "JSON at $.y: 256 is no U8");
  EXPECT_EQ(through(T::array(point()), R"([[1,2],{"x":1,"y":true}])"),
            "JSON at $[1].y: expected a number, not boolean");
}

TEST(SatsJson, SumsByNameTagAndPosition) {
  for (std::string_view text : {R"({"At":[1,2]})", R"({"1":{"x":1,"y":2}})", "[1,[1,2]]",
                                R"(["At",[1,2]])", R"(["1",[1,2]])"}) {
    EXPECT_EQ(through(shape(), text), "[1,[1,2]]") << text;
  }
  EXPECT_EQ(through(shape(), R"({"7":5})"), "[2,5]");  // a name goes before a tag
  EXPECT_EQ(through(shape(), R"({"Dot":[]})"), "[0,[]]");
  EXPECT_EQ(through(shape(), R"("Dot")"), "JSON at $: expected an object or array, not string");
  EXPECT_EQ(through(shape(), R"({"Nope":[]})"), "JSON at $: unknown variant");
  EXPECT_EQ(through(shape(), "[3,[]]"), "JSON at $: unknown variant");
  EXPECT_EQ(through(shape(), "[-1,[]]"), "JSON at $: unknown variant");
  EXPECT_EQ(through(shape(), "null"), "JSON at $: expected an object or array, not null");
  EXPECT_EQ(through(shape(), R"({"At":[1,"a"]})"),
            "JSON at $.At[1]: expected a number, not string");
}

TEST(SatsJson, Options) {
  T nested = T::option(T::option(T::u8()));
  EXPECT_EQ(through(T::option(T::u8()), "null"), "[1,[]]");
  EXPECT_EQ(through(T::option(T::u8()), R"({"some":4})"), "[0,4]");
  EXPECT_EQ(through(T::option(T::u8()), R"({"none":[]})"), "[1,[]]");
  EXPECT_EQ(through(nested, "null"), "[1,[]]");
  EXPECT_EQ(through(nested, R"({"some":null})"), "[0,[1,[]]]");
  EXPECT_EQ(through(T::option(T::u8()), "4"), "JSON at $: expected an object or array, not number");
}

TEST(SatsJson, Numbers) {
  EXPECT_EQ(through(T::i8(), "-128"), "-128");
  EXPECT_EQ(through(T::i8(), "128"), "JSON at $: 128 is no I8");
  EXPECT_EQ(through(T::u64(), "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(through(T::u64(), "-1"), "JSON at $: -1 is no U64");
  EXPECT_EQ(through(T::u8(), "1.0"), "JSON at $: 1.0 is no U8");
  EXPECT_EQ(through(T::u8(), "1e1"), "JSON at $: 1e1 is no U8");
  EXPECT_EQ(through(T::u128(), "340282366920938463463374607431768211456"),
            "JSON at $: 340282366920938463463374607431768211456 is no U128");
  EXPECT_EQ(through(T::f64(), "3"), "3.0");
  EXPECT_EQ(through(T::f32(), "16777217"), "16777216.0");
  EXPECT_EQ(through(T::f32(), "1e39"), "JSON at $: 1e39 is no F32");
  EXPECT_EQ(through(T::f64(), "null"), "JSON at $: expected a number, not null");
  EXPECT_EQ(through(T::boolean(), "1"), "JSON at $: expected true or false, not number");
}

TEST(SatsJson, WideNumbersAreHexStrings) {
  std::string ones(64, 'f');
  EXPECT_EQ(through(T::u256(), "\"0x0\""), "\"0x0\"");
  EXPECT_EQ(through(T::u256(), "\"+0x0001A\""), "\"0x1a\"");
  EXPECT_EQ(through(T::u256(), "\"0x" + ones + "\""), "\"0x" + ones + "\"");
  EXPECT_EQ(through(T::i256(), "\"-0x1\""), "\"-0x1\"");
  EXPECT_EQ(through(T::i256(), "\"-0x8" + std::string(63, '0') + "\""),
            "\"-0x8" + std::string(63, '0') + "\"");
  EXPECT_EQ(through(T::i256(), "\"-0x0\""), "\"0x0\"");
  for (std::string_view bad :
       {"\"1\"", "\"0x\"", "\"0xg\"", "\"-0x1\"", "\"0X1\"", "12", "\"\"", "\"0x-1\"", "\"1a\""}) {
    EXPECT_TRUE(through(T::u256(), bad).starts_with("JSON at $")) << bad;
  }
  EXPECT_TRUE(through(T::u256(), "\"0x1" + std::string(64, '0') + "\"").starts_with("JSON at $"));
  EXPECT_TRUE(through(T::i256(), "\"0x8" + std::string(63, '0') + "\"").starts_with("JSON at $"));
  EXPECT_TRUE(through(T::i256(), "\"-0x8" + std::string(62, '0') + "1\"").starts_with("JSON at $"));
}

TEST(SatsJson, Bytes) {
  EXPECT_EQ(through(T::bytes(), "\"00fFA0\""), "\"00ffa0\"");
  EXPECT_EQ(through(T::bytes(), "[0,255,160]"), "\"00ffa0\"");
  EXPECT_EQ(through(T::bytes(), "\"\""), "\"\"");
  EXPECT_EQ(through(T::bytes(), "\"0\""), "JSON at $: an odd number of hex digits");
  EXPECT_EQ(through(T::bytes(), "\"0x00\""), "JSON at $: expected hex digits");
  EXPECT_EQ(through(T::bytes(), "[256]"), "JSON at $[0]: 256 is no U8");
}

TEST(SatsJson, NamelessElements) {
  T pair = T::product({TypeElement(T::u8()), TypeElement(T::string())});
  T choice = T::sum({TypeElement(T::u8()), TypeElement("B", T::u8())});
  V value = V::product({V::unsigned_integer(TypeKind::kU8, 3), V::string("x")});
  EXPECT_EQ(*value_to_json(pair, value, JsonShape::kTyped), R"([3,"x"])");
  V first = V::sum(0, V::unsigned_integer(TypeKind::kU8, 3));
  EXPECT_EQ(*value_to_json(choice, first, JsonShape::kTyped), R"({"0":3})");
  EXPECT_EQ(through(choice, R"({"0":3})"), "[0,3]");
  // A name that looks like another variant's tag must not lead there.
  EXPECT_EQ(
      *value_to_json(shape(), V::sum(2, V::unsigned_integer(TypeKind::kU8, 3)), JsonShape::kTyped),
      R"({"7":3})");
}

TEST(SatsJson, WritingChecksItsBytes) {
  std::string out;
  auto bad_bool = bsatn_to_json(T::boolean(), "\x02", JsonShape::kTyped, &out);
  ASSERT_FALSE(bad_bool);
  EXPECT_EQ(bad_bool.error().code(), ErrorCode::kDecode);
  auto many = bsatn_to_json(T::array(T()), "\xff\xff\xff\xff", JsonShape::kTyped, &out);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code(), ErrorCode::kLimit);
  EXPECT_LT(out.size(), 1000000u);
}

TEST(SatsJson, RecursionIsBounded) {
  Typespace space({T::ref(0)});
  auto r = json_to_value(T::ref(0), JsonValue(), &space);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kLimit);
}

TEST(SatsJson, TypesFromJsonAreChecked) {
  for (std::string_view bad :
       {"{}", "[]", "1", R"({"Nope":[]})", R"({"Ref":-1})", R"({"Ref":4294967296})",
        R"({"Array":[]})", R"({"Product":{}})", R"({"Sum":{"elements":[]}})",
        R"({"Product":{"elements":[{"name":{"some":"x"}}]}})",
        R"({"Product":{"elements":[{"name":7,"algebraic_type":{"U8":[]}}]}})",
        R"({"U8":[],"U16":[]})"}) {
    auto json = JsonValue::parse(bad);
    ASSERT_TRUE(json.has_value());
    EXPECT_FALSE(type_from_json(*json)) << bad;
  }
}

}  // namespace
}  // namespace orrery::types
