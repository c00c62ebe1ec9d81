#include "fdb/ryw/atomic.h"

#include <gtest/gtest.h>

#include <string>

namespace orrery::fdb::ryw {
namespace {

using std::string_literals::operator""s;
using enum MutationType;

/// The result as text: "absent" or the bytes.
std::string result(MutationType type, std::optional<std::string> existing, const std::string& operand) {
  Arena arena;
  Value e;
  if (existing) e = *existing;
  const Value v = apply_atomic(type, e, operand, arena);
  return v ? std::string(*v) : "absent";
}

TEST(Atomic, CodesAreThoseOfTheWire) {
  EXPECT_EQ(static_cast<int>(kAddValue), 2);
  EXPECT_EQ(static_cast<int>(kAnd), 6);
  EXPECT_EQ(static_cast<int>(kOr), 7);
  EXPECT_EQ(static_cast<int>(kXor), 8);
  EXPECT_EQ(static_cast<int>(kAppendIfFits), 9);
  EXPECT_EQ(static_cast<int>(kMax), 12);
  EXPECT_EQ(static_cast<int>(kMin), 13);
  EXPECT_EQ(static_cast<int>(kSetVersionstampedKey), 14);
  EXPECT_EQ(static_cast<int>(kSetVersionstampedValue), 15);
  EXPECT_EQ(static_cast<int>(kByteMin), 16);
  EXPECT_EQ(static_cast<int>(kByteMax), 17);
  EXPECT_EQ(static_cast<int>(kMinV2), 18);
  EXPECT_EQ(static_cast<int>(kAndV2), 19);
  EXPECT_EQ(static_cast<int>(kCompareAndClear), 20);
  int atomic = 0;
  for (uint32_t code = 0; code < 300; code++) atomic += is_atomic(code);
  EXPECT_EQ(atomic, 14);
  for (uint32_t code : {0u, 1u, 3u, 4u, 5u, 10u, 11u, 21u, 22u, 23u, 24u, 32u, 34u, 0x80000002u}) {
    EXPECT_FALSE(is_atomic(code)) << code;
    EXPECT_EQ(atomic_operation(code, 730).error(), error::invalid_mutation_type);
  }
}

TEST(Atomic, MinAndAndChangedTheirMeaningAt510) {
  EXPECT_EQ(*atomic_operation(13, 509), kMin);
  EXPECT_EQ(*atomic_operation(6, 509), kAnd);
  EXPECT_EQ(*atomic_operation(13, 510), kMinV2);
  EXPECT_EQ(*atomic_operation(6, 510), kAndV2);
  EXPECT_EQ(*atomic_operation(12, 730), kMax);
}

TEST(Atomic, Add) {
  EXPECT_EQ(result(kAddValue, std::nullopt, "\x05\x00"s), "\x05\x00"s);
  EXPECT_EQ(result(kAddValue, "", "\x05\x00"s), "\x05\x00"s);
  EXPECT_EQ(result(kAddValue, "x", ""), "");
  EXPECT_EQ(result(kAddValue, "\xff", "\x01\x00"s), "\x00\x01"s);
  EXPECT_EQ(result(kAddValue, "\xff\xff\x07", "\x01\x00"s), "\x00\x00"s);  // cut to the operand
  EXPECT_EQ(result(kAddValue, "\xff\xff", "\x01\xff"), "\x00\xff"s);
}

TEST(Atomic, BitsAndTheCUnitTests) {
  EXPECT_EQ(result(kAndV2, "a", "b"), "`");
  EXPECT_EQ(result(kAndV2, "c", "ad"), "a\0"s);
  EXPECT_EQ(result(kAndV2, "abc", "e"), "a");
  EXPECT_EQ(result(kAndV2, std::nullopt, "e"), "e");
  EXPECT_EQ(result(kAndV2, "", "e"), "\0"s);
  EXPECT_EQ(result(kAnd, std::nullopt, "ee"), "\0\0"s);
  EXPECT_EQ(result(kAnd, "x", ""), "");
  EXPECT_EQ(result(kOr, "a", "b"), "c");
  EXPECT_EQ(result(kOr, "b", "ad"), "cd");
  EXPECT_EQ(result(kOr, "abc", "d"), "e");
  EXPECT_EQ(result(kOr, std::nullopt, "d"), "d");
  EXPECT_EQ(result(kXor, "a", "b"), "\x03");
  EXPECT_EQ(result(kXor, "b", "ad"), "\x03"s + "d");
  EXPECT_EQ(result(kXor, "abc", "d"), "\x05");
  EXPECT_EQ(result(kXor, "", "d"), "d");
  EXPECT_EQ(result(kXor, "abc", ""), "");
}

TEST(Atomic, AppendIfFits) {
  EXPECT_EQ(result(kAppendIfFits, "f", "db"), "fdb");
  EXPECT_EQ(result(kAppendIfFits, std::nullopt, "foundation"), "foundation");
  EXPECT_EQ(result(kAppendIfFits, "f", ""), "f");
  const std::string most(99'998, 'x');
  EXPECT_EQ(result(kAppendIfFits, most, "ab"), most + "ab");
  EXPECT_EQ(result(kAppendIfFits, most, "abc"), most);
}

TEST(Atomic, MaxAndMinAreNumbersOfTheOperandsSize) {
  EXPECT_EQ(result(kMax, "a", "b"), "b");
  EXPECT_EQ(result(kMax, "b", "aa"), "aa");
  EXPECT_EQ(result(kMax, "cba", "b"), "c");
  EXPECT_EQ(result(kMax, "b", "a\0"s), "b\0"s);
  EXPECT_EQ(result(kMax, std::nullopt, "q"), "q");
  EXPECT_EQ(result(kMax, "q", ""), "");
  EXPECT_EQ(result(kMinV2, "a", "b"), "a");
  EXPECT_EQ(result(kMinV2, "b", "aa"), "b\0"s);
  EXPECT_EQ(result(kMinV2, "cba", "b"), "b");
  EXPECT_EQ(result(kMinV2, std::nullopt, "b"), "b");
  EXPECT_EQ(result(kMinV2, "", "b"), "\0"s);
  EXPECT_EQ(result(kMin, std::nullopt, "bb"), "\0\0"s);
  EXPECT_EQ(result(kMin, std::nullopt, "\0\0"s), "\0\0"s);
  EXPECT_EQ(result(kMin, "q", ""), "");
}

TEST(Atomic, ByteMinAndByteMaxCompareWholeStrings) {
  EXPECT_EQ(result(kByteMax, "a", "b"), "b");
  EXPECT_EQ(result(kByteMax, "b", "cc"), "cc");
  EXPECT_EQ(result(kByteMax, "cba", "b"), "cba");
  EXPECT_EQ(result(kByteMax, std::nullopt, "b"), "b");
  EXPECT_EQ(result(kByteMin, "a", "b"), "a");
  EXPECT_EQ(result(kByteMin, "a", "aa"), "a");
  EXPECT_EQ(result(kByteMin, "abc", "b"), "abc");
  EXPECT_EQ(result(kByteMin, std::nullopt, "b"), "b");
  EXPECT_EQ(result(kByteMin, "", "b"), "");
  EXPECT_EQ(result(kByteMin, "\xff", "\x01"), "\x01");
}

TEST(Atomic, CompareAndClear) {
  EXPECT_EQ(result(kCompareAndClear, "bar", "bar"), "absent");
  EXPECT_EQ(result(kCompareAndClear, "foundation", "bar"), "foundation");
  EXPECT_EQ(result(kCompareAndClear, std::nullopt, "bar"), "absent");
  EXPECT_EQ(result(kCompareAndClear, "", ""), "absent");
}

TEST(Atomic, JoiningNeedsEqualSizesButForFive) {
  for (MutationType type : {kAnd, kAndV2, kAppendIfFits, kByteMin, kByteMax, kSetValue}) {
    EXPECT_FALSE(joins_equal_sizes_only(type));
  }
  for (MutationType type : {kAddValue, kOr, kXor, kMax, kMin, kMinV2, kSetVersionstampedKey,
                            kSetVersionstampedValue, kCompareAndClear}) {
    EXPECT_TRUE(joins_equal_sizes_only(type));
  }
}

}  // namespace
}  // namespace orrery::fdb::ryw
