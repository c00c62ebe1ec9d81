// Names, types and literals of queries, with the messages that clients see.
#include <gtest/gtest.h>

#include <cmath>

#include "subscribe/bound_query.h"
#include "subscribe/hosted_tables_for_test.h"
#include "subscribe/literal.h"

namespace orrery::subscribe {
namespace {

using A = types::AlgebraicType;

const schema::ModuleDef& definition() {
  static const schema::ModuleDef def = make_test_definition({
      {.name = "t",
       .columns = {{"ts", A::timestamp_micros()},
                   {"i8", A::i8()},
                   {"u8", A::u8()},
                   {"i16", A::i16()},
                   {"u16", A::u16()},
                   {"i32", A::i32()},
                   {"u32", A::u32()},
                   {"i64", A::i64()},
                   {"u64", A::u64()},
                   {"f32", A::f32()},
                   {"f64", A::f64()},
                   {"i128", A::i128()},
                   {"u128", A::u128()},
                   {"i256", A::i256()},
                   {"u256", A::u256()},
                   {"str", A::string()},
                   {"flag", A::boolean()},
                   {"arr", A::array(A::string())},
                   {"opt", A::option(A::u32())}}},
      {.name = "s",
       .columns = {{"id", A::identity()},
                   {"u32", A::u32()},
                   {"arr", A::array(A::string())},
                   {"bytes", A::bytes()},
                   {"conn", A::connection_id()},
                   {"uuid", A::uuid()}}},
      {.name = "hidden", .columns = {{"a", A::u32()}}, .is_private = true},
  });
  return def;
}

Result<BoundQuery> bound(std::string_view sql, Privacy privacy = Privacy::kHidePrivate) {
  ORRERY_TRY_ASSIGN(SelectSyntax select, parse_select(sql));
  return bind_select({definition(), test_identity(7), privacy}, select);
}
std::string error_of(std::string_view sql) {
  auto query = bound(sql);
  EXPECT_FALSE(query) << sql;
  return query ? "" : query.error().message();
}

TEST(Bind, TakesWhatTheOriginalTakes) {
  for (std::string_view sql : {
           "select * from t where i32 = -1",
           "select * from t where u32 = +1",
           "select * from t where u32 = 1e3",
           "select * from t where u32 = 1E3",
           "select * from t where f32 = 1e3",
           "select * from t where f32 = 1e-3",
           "select * from t where f32 = .1",
           "select * from t where f32 = 1e40",
           "select * from t where u256 = 1e40",
           "select * from t where u32 = '5'",
           "select * from t where ts = '2025-02-10T15:45:30Z'",
           "select * from t where ts = '2025-02-10T15:45:30.123456789Z'",
           "select * from t where ts = '2025-02-10 15:45:30+02:00'",
           "select * from t where ts = '2025-02-10 15:45:30.123+02:00'",
           "select * from t where true",
           "select * from t where t.u32 = 1",
           "select * from s where id = :sender",
           "select * from s where bytes = :sender",
           "select * from s where :sender = id",
           "select * from t where t.u32 = 1 or t.str = ''",
           "select * from s where s.bytes = 0xABCD or bytes = X'ABCD'",
           "select * from s as r where r.bytes = 0xABCD or bytes = X'ABCD'",
           "select t.* from t join s",
           "select t.* from t join s join s as r where t.u32 = s.u32 and s.u32 = r.u32",
           "select t.* from t join s on t.u32 = s.u32 where t.f32 = 0.1",
           "select * from t where u32 = u32",
           "select * from t where flag",
           "select * from t where flag = true and (u32 = 1) = (i8 = 2)",
           "select * from s where conn = 0x00000000000000000000000000000001",
           "select * from s where uuid = '67e55044-10b1-426f-9247-bb680e5fe0c8'",
       }) {
    auto query = bound(sql);
    EXPECT_TRUE(query) << sql << ": " << query.error().message();
  }
  for (const char* column : {"i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64",
                             "i128", "u128", "i256", "u256"}) {
    EXPECT_TRUE(bound(std::string("select * from t where ") + column + " = 127")) << column;
  }
}

TEST(Bind, SaysWhatIsUnknown) {
  EXPECT_EQ(error_of("select * from r"),
            "no such table: `r`. If the table exists, it may be marked private.");
  EXPECT_EQ(error_of("select * from hidden"),
            "no such table: `hidden`. If the table exists, it may be marked private.");
  EXPECT_TRUE(bound("select * from hidden", Privacy::kShowAll));
  EXPECT_EQ(error_of("select * from T"),
            "no such table: `T`. If the table exists, it may be marked private.");
  EXPECT_EQ(error_of("select * from t where t.a = 1"), "`a` is not in scope");
  EXPECT_EQ(error_of("select * from t where U32 = 1"), "`U32` is not in scope");
  EXPECT_EQ(error_of("select * from t as r where t.u32 = 5"), "`t` is not in scope");
  EXPECT_EQ(error_of("select t.* from t join s on t.u32 = r.u32 join s as r"),
            "`r` is not in scope");
  EXPECT_EQ(error_of("select x.* from t"), "`x` is not in scope");
}

TEST(Bind, SaysWhichTypesDoNotFit) {
  EXPECT_EQ(error_of("select * from t where u8 = -1"),
            "The literal expression `-1` cannot be parsed as type `U8`");
  for (std::string_view sql :
       {"u8 = 1e3", "u8 = 0.1", "u32 = 1e-3", "i8 = 128", "i8 = -129", "u256 = 1e78", "u32 = 'str'",
        "u32 = 1.3", "u32 = 1e999999999999", "u32 = 0x10", "flag = 1", "ts = 'yesterday'",
        "u256 = 1e2000000000", "opt = 1", "arr = 'x'"}) {
    std::string message = error_of("select * from t where " + std::string(sql));
    EXPECT_NE(message.find("cannot be parsed as type"), std::string::npos) << sql << message;
  }
  EXPECT_EQ(error_of("select * from t where arr = :sender"),
            "Unexpected type: (expected) (__identity__: U256) != Array<String> (inferred)");
  EXPECT_EQ(error_of("select t.* from t join s on t.arr = s.arr"),
            "Invalid binary operator `=` for type `Array<String>`");
  EXPECT_EQ(error_of("select t.* from t join s on t.u32 = s.arr"),
            "Unexpected type: (expected) Array<String> != U32 (inferred)");
  EXPECT_EQ(error_of("select * from t where str"),
            "Unexpected type: (expected) String != Bool (inferred)");
  EXPECT_EQ(error_of("select * from t where 1"),
            "The literal expression `1` cannot be parsed as type `Bool`");
  EXPECT_EQ(error_of("select * from t where 1 = 1"), "Cannot resolve type for literal expression");
  EXPECT_EQ(error_of("select * from t where opt = opt"),
            "Invalid binary operator `=` for type `(some: U32 | none: ())`");
}

TEST(Bind, WantsOneWholeTable) {
  std::string projection =
      "Column projections are not supported in subscriptions; Subscriptions must return a table "
      "type";
  EXPECT_EQ(error_of("select u32 from t"), projection);
  EXPECT_EQ(error_of("select count(*) as n from t"), projection);
  EXPECT_EQ(error_of("select * from t join s"), "SELECT * is not supported for joins");
  EXPECT_EQ(error_of("select t.* from t join t"), "Duplicate name `t`");
  EXPECT_EQ(error_of("select t.* from t join s on t.u32 = s.u32 where bytes = 0xABCD"),
            "Names must be qualified when using joins");
}

std::string encoded(std::string_view text, const A& type,
                    LiteralSpelling spelling = LiteralSpelling::kText) {
  auto bytes = encode_literal(text, spelling, type);
  return bytes ? *bytes : "(none)";
}

TEST(Literal, IntegersOfAllWidths) {
  EXPECT_EQ(encoded("-128", A::i8()), "\x80");
  EXPECT_EQ(encoded("255", A::u8()), "\xFF");
  EXPECT_EQ(encoded("256", A::u8()), "(none)");
  EXPECT_EQ(encoded("1.50e1", A::u8()), "\x0F");
  EXPECT_EQ(encoded("-0", A::u8()), std::string(1, '\0'));
  EXPECT_EQ(encoded("18446744073709551615", A::u64()), std::string(8, '\xFF'));
  EXPECT_EQ(encoded("18446744073709551616", A::u64()), "(none)");
  EXPECT_EQ(encoded("-170141183460469231731687303715884105728", A::i128()),
            std::string(15, '\0') + "\x80");
  EXPECT_EQ(encoded("170141183460469231731687303715884105728", A::i128()), "(none)");
  std::string top =
      "115792089237316195423570985008687907853269984665640564039457584007913129639935";
  EXPECT_EQ(encoded(top, A::u256()), std::string(32, '\xFF'));
  EXPECT_EQ(encoded("-1", A::i256()), std::string(32, '\xFF'));
  EXPECT_EQ(encoded(top, A::i256()), "(none)");
}

TEST(Literal, OtherTypes) {
  float f = 0.1F;
  EXPECT_EQ(encoded("0.1", A::f32()), std::string(reinterpret_cast<char*>(&f), 4));
  double infinity = HUGE_VAL;
  EXPECT_EQ(encoded("1e999", A::f64()), std::string(reinterpret_cast<char*>(&infinity), 8));
  EXPECT_EQ(encoded("1e-999", A::f64()), std::string(8, '\0'));
  EXPECT_EQ(encoded("nan", A::f64()), "(none)");
  EXPECT_EQ(encoded("x'y", A::string()), test_string("x'y"));
  EXPECT_EQ(encoded("00fF", A::bytes(), LiteralSpelling::kHex),
            test_string(std::string("\0\xFF", 2)));
  EXPECT_EQ(encoded("0f0", A::bytes(), LiteralSpelling::kHex), "(none)");
  types::Identity who = test_identity(7);
  EXPECT_EQ(encoded(who.to_hex(), A::identity(), LiteralSpelling::kHex), who.bytes());
  EXPECT_EQ(encoded("0x" + who.to_hex(), A::identity()), who.bytes());
  EXPECT_EQ(encoded("07", A::identity()), "(none)");
  EXPECT_EQ(encoded("true", A::boolean()), "(none)");
}

}  // namespace
}  // namespace orrery::subscribe
