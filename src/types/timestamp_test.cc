#include "types/timestamp.h"

#include <gtest/gtest.h>

#include "types/cast.h"

namespace orrery::types {
namespace {

int64_t at(std::string_view text) {
  int64_t nanos = 0;
  EXPECT_TRUE(parse_timestamp(text, 0, &nanos)) << text;
  return nanos;
}

std::string plus(std::string_view text, std::string_view interval) {
  Interval i;
  int64_t nanos;
  if (!parse_interval(interval, &i) || !add_interval(at(text), i, &nanos)) return "none";
  std::string out;
  append_timestamp(nanos, &out);
  return out.substr(0, 10);
}

TEST(Timestamp, DaysGoThereAndBack) {
  EXPECT_EQ(days_from_civil(1970, 1, 1), 0);
  EXPECT_EQ(days_from_civil(2000, 3, 1), 11017);
  EXPECT_EQ(days_from_civil(0, 1, 1), -719528);
  for (int64_t day = -106751; day < 106751; ++day) {
    CivilTime c = civil_from_nanos(day * kNanosPerDay);
    ASSERT_EQ(days_from_civil(c.year, c.month, c.day), day);
    ASSERT_GE(c.day, 1u);
    ASSERT_LE(c.day, days_in_month(c.year, c.month));
  }
}

TEST(Timestamp, EndsOfTheRange) {
  CivilTime first = civil_from_nanos(INT64_MIN);
  EXPECT_EQ(first.year, 1677);
  EXPECT_EQ(first.day, 21u);
  EXPECT_EQ(first.hour, 0u);
  EXPECT_EQ(first.minute, 12u);
  EXPECT_EQ(first.nanosecond, 145224192u);
  CivilTime last = civil_from_nanos(INT64_MAX);
  EXPECT_EQ(last.year, 2262);
  EXPECT_EQ(last.hour, 23u);
  EXPECT_EQ(iso_week(floor_div(INT64_MIN, kNanosPerDay)), 38);
  EXPECT_EQ(iso_week(floor_div(INT64_MAX, kNanosPerDay)), 15);
}

TEST(Timestamp, Weeks) {
  EXPECT_EQ(day_of_week(days_from_civil(2024, 5, 16)), 4);
  EXPECT_EQ(day_of_week(days_from_civil(1969, 12, 28)), 0);
  EXPECT_EQ(iso_week(days_from_civil(2021, 1, 3)), 53);
  EXPECT_EQ(iso_week(days_from_civil(2020, 12, 31)), 53);
  EXPECT_EQ(iso_week(days_from_civil(2024, 12, 30)), 1);
  EXPECT_EQ(iso_week(days_from_civil(2024, 5, 16)), 20);
}

TEST(Timestamp, IntervalsClampToTheMonth) {
  EXPECT_EQ(plus("2025-01-31", "1 month"), "2025-02-28");
  EXPECT_EQ(plus("2024-01-31", "1 month"), "2024-02-29");
  EXPECT_EQ(plus("2024-12-31", "2 months"), "2025-02-28");
  EXPECT_EQ(plus("2024-02-29", "1 year"), "2025-02-28");
  EXPECT_EQ(plus("2024-03-31", "-1 MONTH"), "2024-02-29");
  EXPECT_EQ(plus("2024-01-01", "-13 months"), "2022-12-01");
  EXPECT_EQ(plus("2024-01-01", "3 weeks"), "2024-01-22");
  EXPECT_EQ(plus("2024-01-01", "1 day 24 hours"), "2024-01-03");
  EXPECT_EQ(plus("2024-01-01", "1 fortnight"), "none");
  EXPECT_EQ(plus("2024-01-01", "day"), "none");
  EXPECT_EQ(plus("2024-01-01", ""), "none");
  EXPECT_EQ(plus("2024-01-01", "9223372036854775807 years"), "none");
  EXPECT_EQ(plus("2024-01-01", "999999999 months"), "none");
}

TEST(Timestamp, Durations) {
  auto text = [](int64_t nanos) {
    std::string out;
    append_duration(nanos, &out);
    return out;
  };
  EXPECT_EQ(text(0), "00:00:00");
  EXPECT_EQ(text(12 * kNanosPerHour), "12:00:00");
  EXPECT_EQ(text(29 * kNanosPerDay), "29 days 00:00:00");
  EXPECT_EQ(text(-36 * kNanosPerHour), "-1 days -12:00:00");
  EXPECT_EQ(text(-1), "00:00:00");
  EXPECT_EQ(text(INT64_MIN), "-106751 days -23:47:16");
}

}  // namespace
}  // namespace orrery::types
