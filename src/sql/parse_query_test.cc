#include <string>

#include "sql/parse_test_support.h"

namespace orrery::sql {
namespace {

const Query& query_of(const StatementPtr& statement) {
  return *as<SelectStatement>(*statement).query;
}
const SelectBody& body_of(const StatementPtr& statement) {
  return as<SelectBody>(*query_of(statement).body);
}

TEST(ParseQuery, ClausesInOrder) {
  EXPECT_EQ(canonical("select distinct a x, b as \"Y z\", t.*, * from t where a > 1 group by a, b "
                      "having count(*) > 1 "
                      "window w as (order by a), v as (partition by b) order by a desc nulls "
                      "first, 2 limit 3 offset 4"),
            "SELECT DISTINCT a AS x, b AS \"Y z\", t.*, * FROM t WHERE (a > 1) GROUP BY a, b HAVING "
            "COUNT(*) > 1 "
            "WINDOW w AS (ORDER BY a), v AS (PARTITION BY b) ORDER BY a DESC NULLS FIRST, 2 LIMIT "
            "3 OFFSET 4");
}

TEST(ParseQuery, ItemsKeepTheirSource) {
  std::string sql = "SELECT count( * ) AS n, a+1 m, T.* FROM t";
  auto statement = parse_one(sql);
  const auto& items = body_of(statement).items;
  auto source = [&](size_t i) {
    return sql.substr(items[i].source_begin, items[i].source_end - items[i].source_begin);
  };
  EXPECT_EQ(source(0), "count( * )");
  EXPECT_EQ(source(1), "a+1");
  EXPECT_EQ(source(2), "T.*");
  EXPECT_EQ(items[1].alias.text, "m");
  EXPECT_EQ(items[2].qualifier.text, "T");
  EXPECT_EQ(statement->source_end, sql.size());
}

TEST(ParseQuery, Aliases) {
  EXPECT_EQ(canonical("SELECT a value, b AS end FROM t"), "SELECT a AS value, b AS `end` FROM t");
  EXPECT_NE(parse_error("SELECT 1 AS 'x'").find("expected identifier (name), got ''x''"),
            std::string::npos);
  EXPECT_NE(parse_error("SELECT a AS FROM t"), "no error");
  EXPECT_NE(parse_error("SELECT a b c FROM t"), "no error");
}

TEST(ParseQuery, Joins) {
  EXPECT_EQ(canonical("select * from a join b on a.x = b.x left outer join c using (x, y) natural "
                      "full join d cross join e"),
            "SELECT * FROM a JOIN b ON a.x = b.x LEFT JOIN c USING (x, y) NATURAL FULL JOIN d "
            "CROSS JOIN e");
  EXPECT_EQ(canonical("select * from a, b c, (d join e on true)"),
            "SELECT * FROM a, b AS c, d JOIN e ON TRUE");
  EXPECT_EQ(canonical("select * from a join (b right join c on 1 = 1) on 2 = 2"),
            "SELECT * FROM a JOIN (b RIGHT JOIN c ON 1 = 1) ON 2 = 2");
  EXPECT_EQ(canonical("select * from a inner join b"), "SELECT * FROM a JOIN b");
  EXPECT_EQ(canonical("select * from a, lateral (select a.x) l"),
            "SELECT * FROM a, LATERAL (SELECT a.x) AS l");
  EXPECT_NE(parse_error("SELECT * FROM a LEFT b"), "no error");
}

TEST(ParseQuery, Sources) {
  EXPECT_EQ(canonical("select * from (values (1, 'a'), (2, default)) as t(c1, c2)"),
            "SELECT * FROM (VALUES (1, 'a'), (2, DEFAULT)) AS t(c1, c2)");
  EXPECT_EQ(canonical("select * from generate_series(1, 3) g(v), (select 1)"),
            "SELECT * FROM GENERATE_SERIES(1, 3) AS g(v), (SELECT 1)");
  EXPECT_EQ(canonical("select * from ((select 1) union (select 2)) x"),
            "SELECT * FROM (SELECT 1 UNION SELECT 2) AS x");
  EXPECT_EQ(canonical("select * from ((select 1) x join t on true)"),
            "SELECT * FROM (SELECT 1) AS x JOIN t ON TRUE");
  EXPECT_EQ(canonical("select * from (((select 1))) x"), "SELECT * FROM (SELECT 1) AS x");
}

TEST(ParseQuery, AsOfBeforeAndAfterTheAlias) {
  const char* expected =
      "SELECT * FROM t AS OF TRANSACTION 5 AS x JOIN u AS OF TIMESTAMP '2024-01-01' ON TRUE";
  EXPECT_EQ(
      canonical(
          "select * from t as of transaction 5 x join u as of timestamp '2024-01-01' on true"),
      expected);
  EXPECT_EQ(
      canonical(
          "select * from t as x as of transaction 5 join u as of timestamp '2024-01-01' on true"),
      expected);
  EXPECT_EQ(canonical("select * from t x as of transaction 5"),
            "SELECT * FROM t AS OF TRANSACTION 5 AS x");
  EXPECT_NE(
      parse_error("SELECT * FROM t AS OF").find("expected TRANSACTION or TIMESTAMP after AS OF"),
      std::string::npos);
  EXPECT_NE(parse_error("SELECT * FROM t AS OF TRANSACTION 'x'").find("requires integer value"),
            std::string::npos);
}

TEST(ParseQuery, SetOperationsBindAsTheStandardSays) {
  auto set = [](const QueryBody& body) { return &as<SetBody>(body); };
  auto statement = parse_one("SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT SELECT 4");
  const SetBody* except = set(*query_of(statement).body);
  EXPECT_EQ(except->op, SetOp::kExcept);
  const SetBody* both = set(*except->operands[0]);
  EXPECT_EQ(both->op, SetOp::kUnion);
  EXPECT_EQ(set(*both->operands[1])->op, SetOp::kIntersect);
  auto flat = parse_one("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION SELECT 4");
  EXPECT_EQ(set(*set(*query_of(flat).body)->operands[0])->operands.size(), 3u);
}

TEST(ParseQuery, ParenthesisedOperands) {
  EXPECT_EQ(canonical("(SELECT 1) UNION (SELECT 2)"), "SELECT 1 UNION SELECT 2");
  EXPECT_EQ(
      canonical("(select 1 order by 1 limit 1) union all ((select 2) except select 3) order by 1"),
      "(SELECT 1 ORDER BY 1 LIMIT 1) UNION ALL (SELECT 2 EXCEPT SELECT 3) ORDER BY 1");
  EXPECT_EQ(canonical("((SELECT 1 LIMIT 1))"), "SELECT 1 LIMIT 1");
  EXPECT_EQ(canonical("((SELECT 1 LIMIT 1)) LIMIT 2"), "(SELECT 1 LIMIT 1) LIMIT 2");
  EXPECT_NE(parse_error("SELECT 1 ORDER BY 1 UNION SELECT 2"), "no error");
}

TEST(ParseQuery, GroupingForms) {
  EXPECT_EQ(
      canonical(
          "select 1 from t group by rollup(a, (b, c)), cube(d), grouping sets ((a, b), a, ())"),
      "SELECT 1 FROM t GROUP BY ROLLUP(a, (b, c)), CUBE(d), GROUPING SETS ((a, b), (a), ())");
  EXPECT_EQ(canonical("select 1 from t group by (a, b), c"), "SELECT 1 FROM t GROUP BY a, b, c");
  EXPECT_EQ(canonical("select 1 from t group by (a, (b, c)), rollup((a, (b, c)))"),
            "SELECT 1 FROM t GROUP BY a, b, c, ROLLUP((a, b, c))");
  EXPECT_NE(parse_error("SELECT 1 FROM t GROUP BY a WITH ROLLUP"), "no error");
}

TEST(ParseQuery, OfIsNoAliasWithoutAs) {
  EXPECT_NE(parse_error("SELECT * FROM t OF"), "no error");
  EXPECT_EQ(canonical("SELECT * FROM t `of`"), "SELECT * FROM t AS `of`");
}

TEST(ParseQuery, DistinctOn) {
  EXPECT_EQ(canonical("select distinct on (a, b) c from t"), "SELECT DISTINCT ON (a, b) c FROM t");
  EXPECT_EQ(canonical("select all a from t"), "SELECT a FROM t");
}

TEST(ParseQuery, CommonTableExpressions) {
  EXPECT_EQ(canonical("with recursive t(n) as (select 1 union all select n + 1 from t), u as "
                      "(select 2) select * from t, u"),
            "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t), u AS (SELECT 2) "
            "SELECT * FROM t, u");
  EXPECT_EQ(canonical("select * from (with t as (select 5 as k) select k from t) z"),
            "SELECT * FROM (WITH t AS (SELECT 5 AS k) SELECT k FROM t) AS z");
  EXPECT_EQ(canonical("with recursive as (select 1) select * from recursive"),
            "WITH recursive AS (SELECT 1) SELECT * FROM recursive");
}

TEST(ParseQuery, Limits) {
  EXPECT_EQ(canonical("select 1 offset 2 rows fetch next 3 rows only"),
            "SELECT 1 LIMIT 3 OFFSET 2");
  EXPECT_EQ(canonical("select 1 fetch first 1 row only"), "SELECT 1 LIMIT 1");
  EXPECT_EQ(canonical("select 1 limit $1 + 1 offset ?"), "SELECT 1 LIMIT $1 + 1 OFFSET $1");
  EXPECT_EQ(canonical("select 1 limit 2.5"), "SELECT 1 LIMIT 2.5");
  EXPECT_NE(parse_error("SELECT 1 LIMIT -1").find("LIMIT must be non-negative, got -1"),
            std::string::npos);
  EXPECT_NE(parse_error("SELECT 1 OFFSET -1").find("OFFSET must be non-negative, got -1"),
            std::string::npos);
  for (const char* bad : {"'x'", "NULL", "ALL", "2, 3", "(SELECT 2)", "1 LIMIT 1"}) {
    EXPECT_NE(parse_error(std::string("SELECT 1 LIMIT ") + bad), "no error") << bad;
  }
}

TEST(ParseQuery, CommentsStandAnywhere) {
  EXPECT_EQ(canonical("SELECT /* a */ 1 -- b\n + # c\n 2 /* d */"), "SELECT 1 + 2");
}

TEST(ParseQuery, PositionsOfNodes) {
  auto statement = parse_one("SELECT\n  a +\n  nope\nFROM t");
  const Expr& sum = *body_of(statement).items[0].expr;
  EXPECT_EQ(sum.position.line, 2u);
  EXPECT_EQ(sum.position.column, 5u);
  EXPECT_EQ(as<BinaryExpr>(sum).right->position.line, 3u);
  EXPECT_EQ(as<BinaryExpr>(sum).right->position.column, 3u);
}

}  // namespace
}  // namespace orrery::sql
