#include "types/cast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace orrery::types {
namespace {

constexpr int64_t kNow = 1'700'000'000'123'456'789;  // 2023-11-14 22:13:20

std::string shown(const Datum& d) {
  if (d.is_null()) return "NULL";
  std::string out(type_name(d.type()));
  out.push_back(' ');
  append_text(d, &out);
  return out;
}

std::string cast(const Datum& d, TypeId to) {
  Arena arena;
  return shown(cast_datum(d, to, kNow, arena));
}

std::string number(double v) {
  std::string out;
  append_double(v, &out);
  return out;
}

std::string stored(const Datum& d, TypeId to, uint32_t dimension = 0) {
  Arena arena;
  auto r = coerce_for_column(d, to, dimension, "c", kNow, arena);
  return r ? shown(*r) : r.error().message();
}

TEST(Cast, Doubles) {
  EXPECT_EQ(number(1), "1");
  EXPECT_EQ(number(-0.0), "-0");
  EXPECT_EQ(number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(number(1e10), "10000000000");
  EXPECT_EQ(number(1e15), "1e15");
  EXPECT_EQ(number(1.5e17), "1.5e17");
  EXPECT_EQ(number(1e21), "1e21");
  EXPECT_EQ(number(1e-7), "1e-7");
  EXPECT_EQ(number(0.0015), "0.0015");
  EXPECT_EQ(number(INFINITY), "inf");
  EXPECT_EQ(number(-INFINITY), "-inf");
  EXPECT_EQ(number(NAN), "NaN");
  EXPECT_EQ(number(5e-324), "5e-324");
}

TEST(Cast, DoublesReadBackExactly) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    uint64_t bits = random();
    double v, back;
    std::memcpy(&v, &bits, 8);
    if (std::isnan(v)) continue;
    ASSERT_TRUE(parse_double(number(v), &back));
    EXPECT_EQ(v, back) << number(v);
  }
}

TEST(Cast, TextToNumbers) {
  EXPECT_EQ(cast(Datum::text(" 12 "), TypeId::kInteger), "INTEGER 12");
  EXPECT_EQ(cast(Datum::text("+12"), TypeId::kInteger), "INTEGER 12");
  for (const char* s : {"12.7", "12abc", "", " ", "+", "+-1", "0x1", "9223372036854775808"}) {
    EXPECT_EQ(cast(Datum::text(s), TypeId::kInteger), "NULL") << s;
  }
  EXPECT_EQ(cast(Datum::text("-9223372036854775808"), TypeId::kInteger),
            "INTEGER -9223372036854775808");
  EXPECT_EQ(cast(Datum::text("1e3"), TypeId::kFloat), "FLOAT 1000");
  EXPECT_EQ(cast(Datum::text(".5"), TypeId::kFloat), "FLOAT 0.5");
  EXPECT_EQ(cast(Datum::text("-inf"), TypeId::kFloat), "FLOAT -inf");
  EXPECT_EQ(cast(Datum::text("1e999"), TypeId::kFloat), "FLOAT inf");
  EXPECT_EQ(cast(Datum::text("1e-999"), TypeId::kFloat), "FLOAT 0");
  for (const char* s : {"", ".", "1e", "0x10", "1.2.3", "e5", "nano"}) {
    EXPECT_EQ(cast(Datum::text(s), TypeId::kFloat), "NULL") << s;
  }
}

TEST(Cast, NumbersSaturate) {
  EXPECT_EQ(cast(Datum::floating(-1.9), TypeId::kInteger), "INTEGER -1");
  EXPECT_EQ(cast(Datum::floating(1e30), TypeId::kInteger), "INTEGER 9223372036854775807");
  EXPECT_EQ(cast(Datum::floating(-1e30), TypeId::kInteger), "INTEGER -9223372036854775808");
  EXPECT_EQ(cast(Datum::floating(NAN), TypeId::kInteger), "INTEGER 0");
}

TEST(Cast, Booleans) {
  for (const char* s : {"true", "T", "yes", "Y", "1"}) {
    EXPECT_EQ(cast(Datum::text(s), TypeId::kBoolean), "BOOLEAN true") << s;
  }
  for (const char* s : {"FALSE", "f", "no", "n", "0"}) {
    EXPECT_EQ(cast(Datum::text(s), TypeId::kBoolean), "BOOLEAN false") << s;
  }
  EXPECT_EQ(cast(Datum::text("maybe"), TypeId::kBoolean), "NULL");
  EXPECT_EQ(cast(Datum::text(""), TypeId::kBoolean), "NULL");
  EXPECT_EQ(cast(Datum::floating(0.5), TypeId::kBoolean), "BOOLEAN true");
}

TEST(Cast, Timestamps) {
  auto ts = [](const char* s) { return cast(Datum::text(s), TypeId::kTimestamp); };
  EXPECT_EQ(ts("2023-05-15T14:30:45Z"), "TIMESTAMP 2023-05-15T14:30:45+00:00");
  EXPECT_EQ(ts("2023-05-15T14:30:45+02:00"), "TIMESTAMP 2023-05-15T12:30:45+00:00");
  EXPECT_EQ(ts("2023-05-15 14:30:45.123456789"), "TIMESTAMP 2023-05-15T14:30:45.123456789+00:00");
  EXPECT_EQ(ts("2023-05-15 14:30:45.1234567899"), "TIMESTAMP 2023-05-15T14:30:45.123456789+00:00");
  EXPECT_EQ(ts("2023/05/15 14:30:45"), "TIMESTAMP 2023-05-15T14:30:45+00:00");
  EXPECT_EQ(ts("2023-05-15"), "TIMESTAMP 2023-05-15T00:00:00+00:00");
  EXPECT_EQ(ts("14:30"), "TIMESTAMP 2023-11-14T14:30:00+00:00");
  EXPECT_EQ(ts("14:30:45.5"), "TIMESTAMP 2023-11-14T14:30:45.500+00:00");
  EXPECT_EQ(ts("1969-12-31 23:59:59.999"), "TIMESTAMP 1969-12-31T23:59:59.999+00:00");
  for (const char* s :
       {"2023-05-15 14:30", "05/15/2023", "2023/05/15", "20230515", "2023-13-01", "2023-02-29",
        "2023-05-15T14:30:45 +02", "2023-05-15T14:30:45+02", "", "x", "2023-05-15T24:00:00",
        "2023-05-15 14:30:60", "9999-01-01", "0001-01-01", "2023-05-15 14:30:45.", "14:3"}) {
    EXPECT_EQ(ts(s), "NULL") << s;
  }
  EXPECT_EQ(cast(Datum::integer(0), TypeId::kTimestamp), "TIMESTAMP 1970-01-01T00:00:00+00:00");
  EXPECT_EQ(cast(Datum::integer(-1), TypeId::kTimestamp), "NULL");
  EXPECT_EQ(cast(Datum::timestamp(5), TypeId::kInteger), "NULL");
}

TEST(Cast, TimestampsReadBackExactly) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    auto nanos = static_cast<int64_t>(random());
    if (i < 2) nanos = i == 0 ? INT64_MIN : INT64_MAX;
    std::string text;
    append_timestamp(nanos, &text);
    int64_t back;
    ASSERT_TRUE(parse_timestamp(text, 0, &back)) << text;
    EXPECT_EQ(nanos, back) << text;
  }
}

TEST(Cast, JsonVectorUuidBlob) {
  EXPECT_EQ(cast(Datum::text(" {\"a\": 1} "), TypeId::kJson), "JSON  {\"a\": 1} ");
  EXPECT_EQ(cast(Datum::text("{bad"), TypeId::kJson), "NULL");
  EXPECT_EQ(cast(Datum::boolean(true), TypeId::kJson), "JSON true");
  EXPECT_EQ(cast(Datum::floating(INFINITY), TypeId::kJson), "NULL");
  EXPECT_EQ(cast(Datum::text("[1, 2.5,-3e2]"), TypeId::kVector), "VECTOR [1.0, 2.5, -300.0]");
  EXPECT_EQ(cast(Datum::text("[]"), TypeId::kVector), "VECTOR []");
  for (const char* s : {"[", "1,2", "[1,]", "[a]", "[1 2]", ""}) {
    EXPECT_EQ(cast(Datum::text(s), TypeId::kVector), "NULL") << s;
  }
  EXPECT_EQ(cast(Datum::text("123E4567-e89b-12d3-a456-426614174000"), TypeId::kUuid),
            "UUID 123e4567-e89b-12d3-a456-426614174000");
  EXPECT_EQ(cast(Datum::text("123e4567"), TypeId::kUuid), "NULL");
  EXPECT_EQ(cast(Datum::text("ab"), TypeId::kBlob), "BLOB \\x6162");
}

TEST(Cast, StoringInColumns) {
  EXPECT_EQ(stored(Datum::text("12"), TypeId::kInteger), "INTEGER 12");
  EXPECT_EQ(stored(Datum::floating(1.7), TypeId::kInteger), "INTEGER 1");
  EXPECT_EQ(stored(Datum::boolean(true), TypeId::kText), "TEXT true");
  EXPECT_EQ(stored(Datum::integer(-5), TypeId::kTimestamp),
            "TIMESTAMP 1969-12-31T23:59:59.999999995+00:00");
  EXPECT_EQ(stored(Datum::null(), TypeId::kInteger), "NULL");
  EXPECT_EQ(stored(Datum::text("abc"), TypeId::kInteger),
            "cannot convert value 'abc' to Integer for column 'c'");
  EXPECT_EQ(stored(Datum::text("{bad}"), TypeId::kJson),
            "cannot convert value '{bad}' to Json for column 'c'");
  EXPECT_EQ(stored(Datum::text("[1,2,3]"), TypeId::kVector, 2),
            "Vector dimension mismatch: expected 2, got 3");
  EXPECT_EQ(stored(Datum::text("[1,2]"), TypeId::kVector, 2), "VECTOR [1.0, 2.0]");
}

}  // namespace
}  // namespace orrery::types
