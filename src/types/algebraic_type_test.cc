#include "types/algebraic_type.h"

#include <gtest/gtest.h>

namespace orrery::types {
namespace {

using T = AlgebraicType;

TEST(AlgebraicType, RecognisesForms) {
  EXPECT_EQ(T().form(), TypeForm::kUnit);
  EXPECT_EQ(T::product({}).form(), TypeForm::kUnit);
  EXPECT_EQ(T::array(T::u8()).form(), TypeForm::kBytes);
  EXPECT_EQ(T::option(T::i32()).form(), TypeForm::kOption);
  EXPECT_EQ(T::result(T::i32(), T::string()).form(), TypeForm::kResult);
  EXPECT_EQ(T::schedule_at().form(), TypeForm::kScheduleAt);
  EXPECT_EQ(T::product({{"__identity__", T::u256()}}).form(), TypeForm::kIdentity);
  EXPECT_EQ(T::product({{"__identity__", T::u128()}}).form(), TypeForm::kPlain);
  EXPECT_EQ(T::product({{"__identity__", T::u256()}, {"x", T::u8()}}).form(), TypeForm::kPlain);
  EXPECT_EQ(T::sum({{"none", T()}, {"some", T::u8()}}).form(), TypeForm::kPlain);
  EXPECT_EQ(T::sum({{"some", T::u8()}, {"none", T::u8()}}).form(), TypeForm::kPlain);
  EXPECT_EQ(T::sum({{"interval", T::time_duration()}, {"time", T::timestamp_micros()}}).form(),
            TypeForm::kPlain);
  EXPECT_EQ(T::product({{"__query__", T::ref(2)}}).form(), TypeForm::kQuery);
  EXPECT_EQ(T::json().form(), TypeForm::kJson);
  EXPECT_EQ(T::vector(0).vector_dimension(), 0u);
  EXPECT_EQ(T::vector(384).vector_dimension(), 384u);
  EXPECT_EQ(T::product({{"__vector_03__", T::array(T::f32())}}).form(), TypeForm::kPlain);
  EXPECT_EQ(T::product({{"__vector_3_", T::array(T::f32())}}).form(), TypeForm::kPlain);
  EXPECT_EQ(T::product({{"__vector_3__", T::array(T::f64())}}).form(), TypeForm::kPlain);
  EXPECT_EQ(T::product({{"__vector__", T::array(T::f32())}}).form(), TypeForm::kVector);
}

TEST(AlgebraicType, SqlTypes) {
  EXPECT_EQ(sql_type_of(T::integer()), TypeId::kInteger);
  EXPECT_EQ(sql_type_of(T::u32()), TypeId::kInteger);
  EXPECT_EQ(sql_type_of(T::u8()), TypeId::kInteger);
  EXPECT_EQ(sql_type_of(T::u64()), TypeId::kU64);
  EXPECT_EQ(sql_type_of(T::i128()), TypeId::kI128);
  EXPECT_EQ(sql_type_of(T::f32()), TypeId::kFloat);
  EXPECT_EQ(sql_type_of(T::timestamp()), TypeId::kTimestamp);
  EXPECT_EQ(sql_type_of(T::timestamp_micros()), TypeId::kTimestamp);
  EXPECT_EQ(sql_type_of(T::option(T::text())), TypeId::kText);
  EXPECT_EQ(sql_type_of(T::option(T::option(T::text()))), TypeId::kAlgebraic);
  EXPECT_EQ(sql_type_of(T::identity()), TypeId::kAlgebraic);
  for (uint8_t i = 1; i <= 9; ++i) {
    auto id = static_cast<TypeId>(i);
    EXPECT_EQ(sql_type_of(*algebraic_form_of(id, 7)), id);
    EXPECT_EQ(sql_type_of(T::option(*algebraic_form_of(id, 7))), id);
  }
  for (uint8_t i = static_cast<uint8_t>(TypeId::kU64); i < kTypeIdCount; ++i) {
    auto id = static_cast<TypeId>(i);
    EXPECT_TRUE(is_wide(id));
    EXPECT_EQ(sql_type_of(*algebraic_form_of(id)), id);
  }
  EXPECT_FALSE(algebraic_form_of(TypeId::kAny));
  EXPECT_TRUE(is_nullable(T::option(T::u8())));
  EXPECT_EQ(without_option(T::option(T::u8())), T::u8());
  EXPECT_EQ(without_option(T::u8()), T::u8());
}

TEST(AlgebraicType, Widths) {
  uint32_t n = 99;
  EXPECT_TRUE(fixed_width(T::u256(), &n));
  EXPECT_EQ(n, 32u);
  EXPECT_TRUE(fixed_width(T(), &n));
  EXPECT_EQ(n, 0u);
  T point = T::product({{"x", T::i32()}, {"b", T::boolean()}});
  EXPECT_TRUE(fixed_width(point, &n));
  EXPECT_EQ(n, 5u);
  EXPECT_FALSE(point.is_plain_bits());
  EXPECT_TRUE(T::product({{"x", T::i32()}, {"y", T::f64()}}).is_plain_bits());
  EXPECT_TRUE(fixed_width(T::schedule_at(), &n));
  EXPECT_EQ(n, 9u);
  EXPECT_FALSE(T::schedule_at().is_plain_bits());
  EXPECT_FALSE(fixed_width(T::option(T::u8()), &n));
  EXPECT_FALSE(fixed_width(T::string(), &n));
  EXPECT_FALSE(fixed_width(T::sum({}), &n));
  EXPECT_FALSE(fixed_width(T::ref(0), &n));
  EXPECT_EQ(T::option(T::string()).min_bytes(), 1u);
  EXPECT_EQ(T::product({{"a", T::string()}, {"b", T::u16()}}).min_bytes(), 6u);
}

TEST(AlgebraicType, EqualityHashAndText) {
  T a = T::product({{"x", T::i32()}, {"y", T::option(T::string())}});
  T b = T::product({{"x", T::i32()}, {"y", T::option(T::string())}});
  T c = T::product({{"x", T::i32()}, {"z", T::option(T::string())}});
  T nameless = T::product({TypeElement(T::i32()), TypeElement(T::option(T::string()))});
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.hash(), b.hash());
  EXPECT_FALSE(a == c);
  EXPECT_FALSE(a == nameless);
  EXPECT_FALSE(T::ref(1) == T::ref(2));
  EXPECT_FALSE(T::sum({}) == T());
  EXPECT_EQ(a.to_string(), "(x: I32, y: Option<String>)");
  EXPECT_EQ(nameless.to_string(), "(I32, Option<String>)");
  EXPECT_EQ(T::sum({{"A", T::u8()}, {"B", T()}}).to_string(), "(A: U8 | B)");
  EXPECT_EQ(T::vector(3).to_string(), "VECTOR(3)");
  EXPECT_EQ(T::array(T::ref(4)).to_string(), "Array<&4>");
  EXPECT_EQ(a.find_element("y"), 1u);
  EXPECT_FALSE(a.find_element("q"));
  EXPECT_EQ(a.depth(), 3u);
}

}  // namespace
}  // namespace orrery::types
