// Texts of the subscription dialect: what is read, and what is said of what is not.
#include "subscribe/dialect.h"

#include <gtest/gtest.h>

namespace orrery::subscribe {
namespace {

std::string error_of(std::string_view sql) {
  auto select = parse_select(sql);
  EXPECT_FALSE(select) << sql;
  return select ? "" : select.error().message();
}

TEST(Dialect, ReadsWhatQueryBuildersWrite) {
  for (std::string_view sql : {
           "select * from t",
           "SELECT * FROM \"t\" WHERE (\"t\".\"c\" = 1)",
           "SELECT \"l\".* FROM \"l\" JOIN \"r\" ON \"l\".\"a\" = \"r\".\"b\" WHERE TRUE",
           "select * from t where a = 1 or a = 2;",
           "select t.* from t join s",
           "select t.* from t inner join s on t.c = s.d",
           "select a.* from t as a join s as b on a.c = b.d",
           "select a.* from t a cross join s b",
           "select * from t where x = :sender",
           "select * from ns.t where ns.t.a = 1",
           "select ns.t.* from \"ns\".\"s\" join ns.t on ns.s.a = ns.t.a",
           "select * from t where a = 1e3 and b = .5 and c = -1 and d = +1 and e = 1.",
           "select * from t where a = 0xAB or a = X'ab' or a = x''",
           "select * from t where (((a <> 1) and not (b != 2)))",
           "select * from t where a = 'it''s \\' and b = 'x'",
           "select * from t -- all\n where /* of /* it */ */ a = 1",
           "select * from t where true",
           "select * from t where t.order = 1 and t.limit = 2",
       }) {
    auto select = parse_select(sql);
    EXPECT_TRUE(select) << sql << ": " << select.error().message();
  }
}

TEST(Dialect, KeepsNamesAndTextsAsTheyAre) {
  auto select = parse_select("SELECT \"Q\"\"x\".* FROM Ab AS \"Q\"\"x\" WHERE nAme = 'a''b\\n'");
  ASSERT_TRUE(select);
  EXPECT_EQ(select->star, "Q\"x");
  EXPECT_EQ(select->from[0].table, "Ab");
  EXPECT_EQ(select->from[0].alias, "Q\"x");
  EXPECT_EQ(select->where->operands[0].text, "nAme");
  EXPECT_EQ(select->where->operands[1].text, "a'b\\n");
}

TEST(Dialect, ChainsAreFlatAndBindAsUsual) {
  auto select = parse_select("select * from t where a = 1 or b = 2 and not c = 3 and d = 4 or e");
  ASSERT_TRUE(select);
  const Syntax& where = *select->where;
  ASSERT_EQ(where.kind, SyntaxKind::kOr);
  ASSERT_EQ(where.operands.size(), 3U);
  EXPECT_EQ(where.operands[1].kind, SyntaxKind::kAnd);
  ASSERT_EQ(where.operands[1].operands.size(), 3U);
  EXPECT_EQ(where.operands[1].operands[1].kind, SyntaxKind::kNot);
  EXPECT_EQ(where.operands[2].kind, SyntaxKind::kColumn);
}

TEST(Dialect, SaysWhatIsNotSupported) {
  EXPECT_EQ(error_of(""), "Empty SQL query");
  EXPECT_EQ(error_of(";;"), "Empty SQL query");
  EXPECT_EQ(error_of("delete from t"), "Unsupported: Non-SELECT queries");
  EXPECT_EQ(error_of("select 1"), "Unsupported projection expression: 1");
  EXPECT_EQ(error_of("select a"), "A FROM clause is required");
  EXPECT_EQ(error_of("select * from t; select * from s"),
            "Multiple SQL statements are not supported");
  EXPECT_EQ(error_of("select * from t, s"), "Implicit joins are not supported");
  EXPECT_EQ(error_of("select t.* from t left join s on t.a = s.a"),
            "Non-inner joins are not supported");
  EXPECT_EQ(error_of("select t.* from t join s on t.a < s.a"), "Non-inner joins are not supported");
  EXPECT_EQ(error_of("select t.* from t join s using (a)"), "Non-inner joins are not supported");
  EXPECT_EQ(error_of("select *, a from t"), "Mixed wildcard projections are not supported");
  EXPECT_EQ(error_of("select a, t.* from t"), "Mixed wildcard projections are not supported");
  EXPECT_EQ(error_of("select count(*) from t"), "Aggregate expressions must have column aliases");
  EXPECT_EQ(error_of("select distinct a from t"), "Unsupported SELECT: select distinct a from t");
  EXPECT_EQ(error_of("select * from t limit 5"), "Unsupported: select * from t limit 5");
  EXPECT_EQ(error_of("select * from t order by a"), "Unsupported: select * from t order by a");
  EXPECT_EQ(error_of("select * from t group by a"),
            "Unsupported SELECT: select * from t group by a");
  EXPECT_EQ(error_of("select * from t union select * from s"),
            "Unsupported set operation: select * from t union select * from s");
  EXPECT_EQ(error_of("select * from (select * from t)"),
            "Unsupported FROM expression: (select * from t)");
  EXPECT_EQ(error_of("select * from t where a + 1 = 2"), "Unsupported binary operator: +");
  EXPECT_EQ(error_of("select * from t where a in (1)"), "Unsupported expression: a in (1)");
  EXPECT_EQ(error_of("select * from t where a is null"), "Unsupported expression: a is null");
  EXPECT_EQ(error_of("select * from t where a = null"), "Unsupported literal expression: NULL");
  EXPECT_EQ(error_of("select * from t where a = :who"), "Unsupported literal expression: :who");
  EXPECT_EQ(error_of("select * from t where -a = 1"), "Unsupported expression: -a = 1");
  EXPECT_EQ(error_of("select * from t where f(a) = 1"), "Unsupported expression: f(a) = 1");
}

TEST(Dialect, SaysWhereTheTextIsWrong) {
  EXPECT_EQ(error_of("select * from"),
            "sql parser error: Expected identifier, found: EOF at Line: 1, Column 14");
  EXPECT_EQ(error_of("select * from t where\n a ="),
            "sql parser error: Expected an expression, found: EOF at Line: 2, Column 5");
  EXPECT_EQ(error_of("select * from t where (a = 1"),
            "sql parser error: Expected ), found: EOF at Line: 1, Column 29");
  EXPECT_EQ(error_of("selec * from t"),
            "sql parser error: Expected an SQL statement, found: selec at Line: 1, Column 1");
  EXPECT_EQ(error_of("select * from t where a = 'x"),
            "sql parser error: Unterminated string literal at Line: 1, Column 29");
  EXPECT_EQ(error_of("select * from t t t"),
            "sql parser error: Expected end of statement, found: t at Line: 1, Column 19");
  EXPECT_EQ(error_of("select * from t where a = \xff"), "sql parser error: not UTF-8");
}

TEST(Dialect, DeepAndLongTextsAreRefusedOrRead) {
  std::string deep =
      "select * from t where " + std::string(10000, '(') + "a = 1" + std::string(10000, ')');
  EXPECT_EQ(error_of(deep), "Recursion limit exceeded, `sql-parser::parse_expr`");
  std::string nested =
      "select * from t where " + std::string(200, '(') + "a = 1" + std::string(200, ')');
  EXPECT_TRUE(parse_select(nested));
  std::string chain = "select * from t where a = 0";
  for (int i = 1; i < 3000; ++i) chain += " or a = " + std::to_string(i);
  auto select = parse_select(chain);
  ASSERT_TRUE(select);
  EXPECT_EQ(select->where->operands.size(), 3000U);
  std::string nots = "select * from t where ";
  for (int i = 0; i < 5000; ++i) nots += "not ";
  EXPECT_TRUE(parse_select(nots + "a = 1"));
  EXPECT_EQ(error_of("select * from t where a = '" + std::string(60000, 'x') + "'").substr(0, 41),
            "SQL query exceeds maximum allowed length:");
}

TEST(Dialect, AllTables) {
  EXPECT_TRUE(is_all_tables_query("SELECT * FROM *"));
  EXPECT_TRUE(is_all_tables_query("  select\n* From\t*  "));
  EXPECT_FALSE(is_all_tables_query("select *from *"));
  EXPECT_FALSE(is_all_tables_query("select * from * where true"));
  EXPECT_FALSE(is_all_tables_query("select * from t"));
}

}  // namespace
}  // namespace orrery::subscribe
