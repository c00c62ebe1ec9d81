#include "types/bsatn.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "types/algebraic_type_codec.h"

namespace orrery::types {
namespace {

using T = AlgebraicType;
using V = AlgebraicValue;
using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

std::string encode(const T& type, const V& value) {
  ByteWriter out;
  Status status = bsatn_encode(type, value, &out);
  EXPECT_TRUE(status.has_value()) << (status ? "" : status.error().message());
  return out.buffer();
}

TEST(Bsatn, ProductOfMixedFields) {
  T type = T::product({{"a", T::u8()}, {"b", T::option(T::string())}, {"c", T::bytes()}});
  V value = V::product(
      {V::unsigned_integer(TypeKind::kU8, 7), V::some(V::string("hi")), V::bytes("\x01\x02")});
  std::string bytes = encode(type, value);
  EXPECT_EQ(bytes, "\x07\x00\x02\x00\x00\x00hi\x02\x00\x00\x00\x01\x02"sv);
  auto back = bsatn_decode(type, bytes);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, value);
  EXPECT_EQ(back->hash(), value.hash());
  EXPECT_EQ(*bsatn_validate(type, bytes + "tail"), bytes.size());
  EXPECT_EQ(*bsatn_skip(type, bytes + "tail"), bytes.size());
}

TEST(Bsatn, ErrorsNameTheByte) {
  T type = T::product({{"a", T::u32()}, {"b", T::boolean()}});
  auto r = bsatn_validate(type, "\x01\x00\x00\x00\x05"sv);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kDecode);
  EXPECT_EQ(r.error().message(), "BSATN byte 4: invalid bool 5");
  EXPECT_EQ(*bsatn_skip(type, "\x01\x00\x00\x00\x05"sv), 5u);
  auto tag = bsatn_decode(T::option(T::u8()), "\x02\x00"sv);
  ASSERT_FALSE(tag);
  EXPECT_EQ(tag.error().message(), "BSATN byte 0: invalid sum tag 2 of Option<U8>");
}

TEST(Bsatn, LyingLengthsCostNothing) {
  T units = T::array(T::unit());
  EXPECT_EQ(*bsatn_validate(units, "\xff\xff\xff\xff"sv), 4u);
  auto many = bsatn_decode(units, "\xff\xff\xff\xff"sv);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code(), ErrorCode::kLimit);
  EXPECT_EQ(bsatn_decode(units, "\x10\x00\x00\x00"sv)->elements().size(), 16u);
  for (const T& t : {T::array(T::string()), T::string(), T::array(T::u256()),
                     T::array(T::option(T::u8())), T::bytes()}) {
    EXPECT_FALSE(bsatn_decode(t, "\xff\xff\xff\xff"sv));
    EXPECT_FALSE(bsatn_validate(t, "\xff\xff\xff\xff"sv));
    EXPECT_FALSE(bsatn_skip(t, "\xff\xff\xff\xff"sv));
  }
}

TEST(Bsatn, PartsWithoutBytesAreBounded) {
  std::vector<TypeElement> fields(5000);  // all unit
  fields.push_back(TypeElement("b", T::boolean()));
  T wide = T::array(T::product(fields));
  std::string bytes = "\x40\x00\x00\x00"s + std::string(64, '\1');
  EXPECT_EQ(*bsatn_validate(wide, bytes), bytes.size());
  auto r = bsatn_decode(wide, bytes);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kLimit);
}

TEST(Bsatn, RecursiveTypesAreBounded) {
  // 0: a list of nothing but more list; 1: a Ref to itself; 2: a product of itself.
  Typespace space({T::option(T::ref(0)), T::ref(1), T::product({{"x", T::ref(2)}})});
  std::string deep(100000, '\0');
  for (uint32_t i = 0; i < space.size(); ++i) {
    auto r = bsatn_decode(T::ref(i), deep, &space);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code(), ErrorCode::kLimit);
    EXPECT_FALSE(bsatn_validate(T::ref(i), deep, &space));
    EXPECT_FALSE(bsatn_skip(T::ref(i), deep, &space));
    EXPECT_EQ(bsatn_compare(T::ref(i), deep, deep, &space), 0);
    bsatn_hash(T::ref(i), deep, &space);
    EXPECT_FALSE(space.inline_refs(T::ref(i)));
  }
  EXPECT_EQ(*bsatn_validate(T::ref(0), "\0\0\x01"sv, &space), 3u);
  EXPECT_FALSE(bsatn_validate(T::ref(7), "\0"sv, &space));
  EXPECT_FALSE(bsatn_validate(T::ref(0), "\0"sv));
}

TEST(Bsatn, InlineRefs) {
  Typespace space(
      {T::u32(), T::product({{"a", T::ref(0)}, {"b", T::array(T::ref(0))}}), T::option(T::ref(1))});
  auto r = space.inline_refs(T::array(T::ref(2)));
  ASSERT_TRUE(r.has_value());
  EXPECT_EQ(*r, T::array(T::option(T::product({{"a", T::u32()}, {"b", T::array(T::u32())}}))));
  EXPECT_EQ(*space.resolve(T::ref(0)), T::u32());
  EXPECT_FALSE(space.inline_refs(T::ref(9)));
  // Doubling sixty times must not be written out.
  Typespace bomb;
  bomb.add(T::u8());
  for (uint32_t i = 0; i < 60; ++i) bomb.add(T::product({{"l", T::ref(i)}, {"r", T::ref(i)}}));
  auto huge = bomb.inline_refs(T::ref(60));
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().code(), ErrorCode::kLimit);
}

TEST(Bsatn, OrderOfPrimitives) {
  auto order = [](const T& t, const V& a, const V& b) {
    int in_place = bsatn_compare(t, encode(t, a), encode(t, b));
    EXPECT_EQ(in_place, V::compare(a, b));
    EXPECT_EQ(-in_place, bsatn_compare(t, encode(t, b), encode(t, a)));
    return in_place;
  };
  EXPECT_LT(
      order(T::i8(), V::signed_integer(TypeKind::kI8, -1), V::signed_integer(TypeKind::kI8, 1)), 0);
  EXPECT_LT(order(T::i128(), V::i128(-5), V::i128(3)), 0);
  EXPECT_LT(order(T::i256(), V::i256(I256::from(-5)), V::i256(I256::from(-3))), 0);
  EXPECT_GT(order(T::u128(), V::u128(static_cast<U128>(-5)), V::u128(3)), 0);
  EXPECT_GT(order(T::u64(), V::unsigned_integer(TypeKind::kU64, ~0ULL),
                  V::unsigned_integer(TypeKind::kU64, 1)),
            0);
  double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(order(T::f64(), V::f64(-0.0), V::f64(0.0)), 0);
  EXPECT_EQ(bsatn_hash(T::f64(), encode(T::f64(), V::f64(-0.0))),
            bsatn_hash(T::f64(), encode(T::f64(), V::f64(0.0))));
  EXPECT_EQ(V::f64(-0.0).hash(), V::f64(0.0).hash());
  EXPECT_EQ(order(T::f64(), V::f64(nan), V::f64(-nan)), 0);
  EXPECT_GT(order(T::f64(), V::f64(nan), V::f64(INFINITY)), 0);
  EXPECT_LT(order(T::f32(), V::f32(-INFINITY), V::f32(-1)), 0);
  EXPECT_LT(order(T::string(), V::string("ab"), V::string("b")), 0);
  EXPECT_LT(order(T::string(), V::string("a"), V::string("a\xc3\xa9")), 0);
  EXPECT_LT(order(T::option(T::u8()), V::some(V::unsigned_integer(TypeKind::kU8, 200)), V::none()),
            0);
  T list = T::array(T::i16());
  EXPECT_LT(order(list, V::array({}), V::array({V::signed_integer(TypeKind::kI16, -3)})), 0);
  EXPECT_LT(order(list, V::array({V::signed_integer(TypeKind::kI16, -3)}),
                  V::array({V::signed_integer(TypeKind::kI16, 2)})),
            0);
}

TEST(Bsatn, ComparingBrokenBytesIsSafe) {
  T t = T::product({{"a", T::string()}, {"b", T::f32()}});
  EXPECT_NE(bsatn_compare(t, "\x05\x00\x00\x00x"sv, "\x05\x00"sv), 0);
  bsatn_hash(t, "\x05\x00\x00\x00x"sv);
}

TEST(Bsatn, EncodeRefusesOtherTypes) {
  ByteWriter out;
  auto r = bsatn_encode(T::u8(), V::string("x"), &out);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kTypeMismatch);
  EXPECT_FALSE(bsatn_encode(T::product({{"a", T::u8()}}), V(), &out));
  EXPECT_FALSE(bsatn_encode(T::sum({{"a", T()}}), V::sum(1, V()), &out));
  EXPECT_FALSE(bsatn_encode(T::array(T::u16()), V::bytes("x"), &out));
}

TEST(TypeCodec, RoundTripAndLimits) {
  T type = T::product({{"k", T::ref(3)}, {"s", T::option(T::array(T::i256()))}});
  ByteWriter out;
  encode_type(type, &out);
  ByteReader in(out.buffer());
  EXPECT_EQ(*decode_type(&in), type);
  for (size_t cut = 0; cut < out.size(); ++cut) {
    ByteReader part(std::string_view(out.buffer()).substr(0, cut));
    EXPECT_FALSE(decode_type(&part)) << cut;
  }
  std::string arrays(5000, '\x03');
  ByteReader deep(arrays);
  auto r = decode_type(&deep);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kLimit);
  ByteReader lie("\x02\xff\xff\xff\xff"sv);
  EXPECT_FALSE(decode_type(&lie));
}

TEST(WideInt, Text) {
  U256 max;
  for (auto& limb : max.limbs) limb = ~uint64_t{0};
  EXPECT_EQ(to_decimal(max),
            "115792089237316195423570985008687907853269984665640564039457584007913129639935");
  EXPECT_EQ(parse_decimal_u256(to_decimal(max)), max);
  EXPECT_FALSE(parse_decimal_u256(
      "115792089237316195423570985008687907853269984665640564039457584007913129639936"));
  EXPECT_EQ(to_hex(U256()), "0");
  EXPECT_EQ(parse_hex_u256(to_hex(max)), max);
  EXPECT_FALSE(parse_hex_u256(to_hex(max) + "0"));
  EXPECT_EQ(parse_hex_u256("00000" + to_hex(max)), max);
  I128 min = static_cast<I128>(static_cast<U128>(1) << 127);
  EXPECT_EQ(to_decimal_i128(min), "-170141183460469231731687303715884105728");
  EXPECT_TRUE(parse_decimal_i128("-170141183460469231731687303715884105728") == min);
  EXPECT_FALSE(parse_decimal_i128("170141183460469231731687303715884105728"));
  EXPECT_FALSE(parse_decimal_i128("-170141183460469231731687303715884105729"));
  EXPECT_TRUE(parse_decimal_i128("-0") == I128{0});
  EXPECT_FALSE(parse_decimal_i128("-"));
  EXPECT_FALSE(parse_decimal_u128("340282366920938463463374607431768211456"));
  EXPECT_TRUE(parse_decimal_u128("340282366920938463463374607431768211455") ==
              static_cast<U128>(-1));
  EXPECT_EQ(to_decimal(I256::from(-12)), "-12");
  EXPECT_EQ(to_hex_padded(U256::from(0xabc), 8), "00000abc");
}

}  // namespace
}  // namespace orrery::types
