#include "types/vector.h"

#include <gtest/gtest.h>

#include <string>

namespace orrery::types {
namespace {

const std::string kLong = "longer than twelve bytes";

TEST(StringRef, HoldsWhatItIsGiven) {
  const std::string text = "abcdefghijklmnop";
  for (size_t n = 0; n <= text.size(); ++n) {
    StringRef s(std::string_view(text).substr(0, n));
    EXPECT_EQ(s.view(), text.substr(0, n));
    EXPECT_EQ(s, StringRef(std::string_view(text).substr(0, n)));
  }
}

TEST(StringRef, OrdersByBytes) {
  const std::string texts[] = {"",
                               std::string(1, '\0'),
                               "a",
                               std::string("a\0", 2),
                               "ab",
                               "abcd",
                               "abcde",
                               "abce",
                               "abcdefghijkl",
                               "abcdefghijklm",
                               "abcdefghijkm",
                               "b",
                               "\xff"};
  for (const auto& a : texts) {
    for (const auto& b : texts) {
      int expected = a.compare(b);
      int got = StringRef::compare(StringRef(a), StringRef(b));
      EXPECT_EQ(expected < 0, got < 0) << a << " " << b;
      EXPECT_EQ(expected == 0, got == 0) << a << " " << b;
      EXPECT_EQ(StringRef(a) == StringRef(b), a == b);
    }
  }
}

TEST(Vector, ConstantsMoveAndAreReferenced) {
  Vector made;
  made.set_constant(Datum::text(kLong), TypeId::kText);
  Vector moved = std::move(made);
  Vector shown;
  shown.reference(moved);
  Vector elsewhere = std::move(moved);
  EXPECT_EQ(elsewhere.datum(7).view(), kLong);
  EXPECT_EQ(shown.datum(1000).view(), kLong);
  EXPECT_TRUE(shown.is_constant());

  Vector none;
  none.set_constant(Datum::null(), TypeId::kInteger);
  Vector none_moved = std::move(none);
  Vector none_shown;
  none_shown.reference(none_moved);
  none_moved.set_constant(Datum::integer(5), TypeId::kInteger);
  EXPECT_TRUE(none_shown.is_null(3));
  EXPECT_EQ(none_moved.datum(3).as_int64(), 5);
}

TEST(Vector, FlatAfterConstantAndBack) {
  Vector v;
  v.set_constant(Datum::null(), TypeId::kFloat);
  v.reset(TypeId::kInteger, 100);
  EXPECT_FALSE(v.has_nulls());
  for (uint32_t i = 0; i < 100; ++i) v.set_datum(i, i % 3 == 0 ? Datum() : Datum::integer(i));
  Vector moved = std::move(v);
  for (uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(moved.is_null(i), i % 3 == 0);
    if (i % 3 != 0) {
      EXPECT_EQ(moved.datum(i).as_int64(), i);
    }
  }
  moved.set_constant(Datum::boolean(true), TypeId::kBoolean);
  EXPECT_TRUE(moved.datum(99).as_bool());
  moved.reset(TypeId::kAny, 10);
  moved.set_datum(9, Datum::text("x"));
  moved.set_null(8);
  EXPECT_TRUE(moved.datum(8).is_null());
  EXPECT_EQ(moved.datum(9).view(), "x");
}

TEST(Vector, CopiesSelectedCells) {
  Vector from(TypeId::kText, 64);
  for (uint32_t i = 0; i < 8; ++i) {
    from.set_datum(i,
                   i == 5 ? Datum() : Datum::text(i % 2 == 0 ? std::string_view("even") : kLong));
  }
  const uint32_t rows[] = {1, 2, 5};
  Vector to(TypeId::kText, 64);
  to.copy_selected(from, {rows, 3}, 4, Vector::CopyStrings::kYes);
  EXPECT_EQ(to.datum(4).view(), kLong);
  EXPECT_NE(to.datum(4).view().data(), kLong.data());
  EXPECT_EQ(to.datum(5).view(), "even");
  EXPECT_TRUE(to.is_null(6));
}

}  // namespace
}  // namespace orrery::types
