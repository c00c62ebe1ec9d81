#include "types/wide_number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "types/cast.h"
#include "types/compare.h"

namespace orrery::types {
namespace {

std::string text_of(const std::optional<WideNumber>& n) { return n ? to_decimal(*n) : "-"; }

Datum cell(std::string_view text, TypeId type, Arena& arena) {
  return wide_datum(*parse_wide(text), type, arena).value_or(Datum::null());
}

TEST(WideNumber, CountsLikePython) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");  // set by ctest
  const std::string here = __FILE__;
  const std::string folder =
      root != nullptr ? std::string(root) + "/src/types" : here.substr(0, here.rfind('/'));
  std::ifstream in(folder + "/testdata/wide_numbers.txt");
  ASSERT_TRUE(in.good());
  int count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    std::istringstream words(line);
    std::string a, b, sum, difference, product, quotient, rest;
    words >> a >> b >> sum >> difference >> product >> quotient >> rest;
    const std::optional<WideNumber> x = parse_wide(a), y = parse_wide(b);
    ASSERT_TRUE(x && y) << line;
    EXPECT_EQ(to_decimal(*x), a);
    EXPECT_EQ(text_of(add(*x, *y)), sum) << line;
    EXPECT_EQ(text_of(subtract(*x, *y)), difference) << line;
    EXPECT_EQ(text_of(multiply(*x, *y)), product) << line;
    if (*y != WideNumber()) {
      WideNumber left;
      EXPECT_EQ(to_decimal(divide(*x, *y, &left)), quotient) << line;
      EXPECT_EQ(to_decimal(left), rest) << line;
    }
    EXPECT_EQ(to_double(*x), std::strtod(a.c_str(), nullptr)) << a;
    EXPECT_EQ((*x <=> *y) < 0, difference != "-" ? difference.starts_with('-') : x->negative);
  }
  EXPECT_EQ(count, 300);
}

TEST(WideNumber, CellsHoldWhatTheirTypesDo) {
  Arena arena;
  const struct {
    TypeId type;
    const char *least, *most, *below, *above;
  } kBounds[] = {
      {TypeId::kU64, "0", "18446744073709551615", "-1", "18446744073709551616"},
      {TypeId::kU128, "0", "340282366920938463463374607431768211455", "-1",
       "340282366920938463463374607431768211456"},
      {TypeId::kI128, "-170141183460469231731687303715884105728",
       "170141183460469231731687303715884105727", "-170141183460469231731687303715884105729",
       "170141183460469231731687303715884105728"},
      {TypeId::kU256, "0",
       "115792089237316195423570985008687907853269984665640564039457584007913129639935", "-1",
       nullptr},
      {TypeId::kI256,
       "-57896044618658097711785492504343953926634992332820282019728792003956564819968",
       "57896044618658097711785492504343953926634992332820282019728792003956564819967",
       "-57896044618658097711785492504343953926634992332820282019728792003956564819969",
       "57896044618658097711785492504343953926634992332820282019728792003956564819968"},
  };
  for (const auto& bound : kBounds) {
    for (const char* text : {bound.least, bound.most}) {
      const Datum d = cell(text, bound.type, arena);
      ASSERT_EQ(d.type(), bound.type);
      EXPECT_EQ(d.view().size(), wide_bytes(bound.type));
      EXPECT_EQ(to_decimal(wide_number(d)), text);
      std::string printed;
      append_text(d, &printed);
      EXPECT_EQ(printed, text);
      EXPECT_EQ(total_order(d, cast_datum(Datum::text(text), bound.type, 0, arena)), 0);
    }
    EXPECT_TRUE(cell(bound.below, bound.type, arena).is_null());
    if (bound.above != nullptr) EXPECT_TRUE(cell(bound.above, bound.type, arena).is_null());
    EXPECT_TRUE(cast_datum(Datum::text("many"), bound.type, 0, arena).is_null());
  }
}

/// Numbers of all types in their order, equal ones side by side.
TEST(WideNumber, OneOrderAndOneHashForAllTypes) {
  Arena arena;
  const std::vector<std::vector<Datum>> kinds = {
      {cell("-170141183460469231731687303715884105728", TypeId::kI128, arena),
       cell("-170141183460469231731687303715884105728", TypeId::kI256, arena),
       Datum::floating(-0x1p127)},
      {Datum::integer(-1), cell("-1", TypeId::kI128, arena), Datum::floating(-1)},
      {Datum::integer(255), cell("255", TypeId::kU64, arena), cell("255", TypeId::kI256, arena)},
      {Datum::floating(255.5)},
      {Datum::integer(256), cell("256", TypeId::kU64, arena), cell("256", TypeId::kU256, arena)},
      {Datum::integer(INT64_MAX), cell("9223372036854775807", TypeId::kU64, arena)},
      {Datum::floating(0x1p63), cell("9223372036854775808", TypeId::kU64, arena)},
      {cell("18446744073709551615", TypeId::kU64, arena),
       cell("0xFFFFFFFFFFFFFFFF", TypeId::kI128, arena)},
      {Datum::floating(0x1p64), cell("18446744073709551616", TypeId::kU128, arena)},
      {Datum::floating(INFINITY)},
      {Datum::floating(NAN)},
  };
  for (size_t i = 0; i < kinds.size(); ++i) {
    for (size_t k = 0; k < kinds.size(); ++k) {
      for (const Datum& a : kinds[i]) {
        for (const Datum& b : kinds[k]) {
          const int order = total_order(a, b);
          EXPECT_EQ(order < 0, i < k) << i << " " << k;
          EXPECT_EQ(order == 0, i == k) << i << " " << k;
          if (i == k) EXPECT_EQ(hash_datum(a), hash_datum(b)) << i;
        }
      }
    }
  }
}

TEST(WideNumber, JointTypes) {
  EXPECT_EQ(joint_arithmetic_type(TypeId::kU64, TypeId::kInteger), TypeId::kU64);
  EXPECT_EQ(joint_arithmetic_type(TypeId::kU128, TypeId::kI128), TypeId::kI128);
  EXPECT_EQ(joint_arithmetic_type(TypeId::kI128, TypeId::kU256), TypeId::kU256);
  EXPECT_EQ(joint_whole_type(TypeId::kU64, TypeId::kInteger), TypeId::kI128);
  EXPECT_EQ(joint_whole_type(TypeId::kU64, TypeId::kU128), TypeId::kU128);
  EXPECT_EQ(joint_whole_type(TypeId::kU128, TypeId::kI128), TypeId::kI256);
  EXPECT_EQ(joint_whole_type(TypeId::kU256, TypeId::kInteger), TypeId::kAny);
}

}  // namespace
}  // namespace orrery::types
