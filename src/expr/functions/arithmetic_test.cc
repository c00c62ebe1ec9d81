#include <gtest/gtest.h>

#include <cmath>

#include "expr/call_for_test.h"

namespace orrery::expr {
namespace {

TEST(Arithmetic, Integers) {
  EXPECT_EQ(called("*", {I(7), I(2)}), "INTEGER 14");
  EXPECT_EQ(called("/", {I(7), I(2)}), "INTEGER 3");
  EXPECT_EQ(called("/", {I(-7), I(2)}), "INTEGER -3");
  EXPECT_EQ(called("/", {I(7), I(-2)}), "INTEGER -3");
  EXPECT_EQ(called("%", {I(7), I(-2)}), "INTEGER 1");
  EXPECT_EQ(called("%", {I(-7), I(3)}), "INTEGER -1");
  EXPECT_EQ(called("/", {I(1), I(0)}), "NULL");
  EXPECT_EQ(called("%", {I(INT64_MAX), I(0)}), "NULL");
  EXPECT_EQ(called("%", {I(INT64_MIN), I(-1)}), "INTEGER 0");
  EXPECT_EQ(called("NEG", {I(10)}), "INTEGER -10");
}

TEST(Arithmetic, IntegerOverflowIsAnError) {
  EXPECT_EQ(called("+", {I(INT64_MAX), I(1)}),
            "error: Integer overflow in arithmetic operation: 9223372036854775807 and 1");
  EXPECT_EQ(called("-", {I(-INT64_MAX), I(2)}),
            "error: Integer overflow in arithmetic operation: -9223372036854775807 and 2");
  EXPECT_EQ(called("*", {I(4611686018427387904), I(2)}),
            "error: Integer overflow in arithmetic operation: 4611686018427387904 and 2");
  EXPECT_EQ(called("/", {I(INT64_MIN), I(-1)}),
            "error: Integer overflow in arithmetic operation: -9223372036854775808 and -1");
  EXPECT_EQ(called("NEG", {I(INT64_MIN)}),
            "error: Integer overflow in arithmetic operation: 0 and -9223372036854775808");
}

TEST(Arithmetic, FloatsAndMixedNumbers) {
  EXPECT_EQ(called("-", {F(7.5), I(2)}), "FLOAT 5.5");
  EXPECT_EQ(called("%", {F(7.5), I(2)}), "FLOAT 1.5");
  EXPECT_EQ(called("%", {F(-5.5), I(2)}), "FLOAT -1.5");
  EXPECT_EQ(called("+", {F(0.1), F(0.2)}), "FLOAT 0.30000000000000004");
  EXPECT_EQ(called("*", {F(1e300), F(1e300)}), "FLOAT inf");
  EXPECT_EQ(called("/", {I(1), F(0.0)}), "NULL");
  EXPECT_EQ(called("/", {F(1.0), I(3)}), "FLOAT 0.3333333333333333");
}

TEST(Arithmetic, OtherTypesGiveNull) {
  EXPECT_EQ(called("+", {S("5"), I(1)}), "NULL");
  EXPECT_EQ(called("*", {S("5"), S("2")}), "NULL");
  EXPECT_EQ(called("+", {B(true), I(1)}), "NULL");
  EXPECT_EQ(called("NEG", {S("5")}), "NULL");
  EXPECT_EQ(called("+", {N(), I(3)}), "NULL");
}

TEST(Arithmetic, Timestamps) {
  EXPECT_EQ(called("+", {T("2024-01-31"), I(1)}), "TIMESTAMP 2024-02-01T00:00:00+00:00");
  EXPECT_EQ(called("+", {I(1), T("2024-01-31")}), "TIMESTAMP 2024-02-01T00:00:00+00:00");
  EXPECT_EQ(called("-", {T("2024-01-31"), I(1)}), "TIMESTAMP 2024-01-30T00:00:00+00:00");
  EXPECT_EQ(called("-", {T("2024-03-01"), T("2024-02-01")}), "TEXT 29 days 00:00:00");
  EXPECT_EQ(called("-", {T("2024-01-01 06:30:15"), T("2024-01-01")}), "TEXT 06:30:15");
  EXPECT_EQ(called("-", {T("2024-01-01"), T("2024-01-02 12:00:00")}), "TEXT -1 days -12:00:00");
  EXPECT_EQ(called("+", {T("2024-01-31"), I(INT64_MAX)}), "NULL");
}

TEST(Arithmetic, CellsOfDifferentTypesInOneColumn) {
  std::vector<ExprPtr> args;
  args.push_back(make_cast(make_constant(I(5), types::TypeId::kInteger), types::TypeId::kAny));
  args.push_back(make_constant(F(0.5), types::TypeId::kFloat));
  ExprPtr e = bound_call("+", std::move(args));
  EXPECT_EQ(e->type, types::TypeId::kAny);
  EXPECT_EQ(evaluated(*e), "FLOAT 5.5");
}

}  // namespace
}  // namespace orrery::expr
