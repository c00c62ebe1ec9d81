// What the binder accepts, refuses, names and types.
#include "plan/database_for_test.h"

namespace orrery::plan {
namespace {

using test::BenchmarkTables;
using test::RuleTables;
using types::TypeId;

TEST(Binder, ErrorTexts) {
  struct Case {
    std::string_view sql;
    std::string_view message;
  };
  const Case kCases[] = {
      {"SELECT nope FROM t", "Compile error: Column 'nope' not found"},
      {"SELECT x.nope FROM t x", "Compile error: Column 'x.nope' not found"},
      {"SELECT z.id FROM t", "Compile error: Column 'z.id' not found"},
      {"SELECT `nope` FROM t", "Compile error: Column 'nope' not found"},
      {"SELECT * FROM nope", "table or view 'nope' not found"},
      {"SELECT z.* FROM t", "table or view 'z' not found"},
      {"SELECT *", "Compile error: SELECT * needs a FROM clause"},
      {"SELECT id FROM t, s", "Compile error: Column 'id' is ambiguous"},
      {"SELECT NOSUCH(1)", "Compile error: Function not found: NOSUCH"},
      {"SELECT id FROM t WHERE COUNT(*) > 1",
       "invalid argument: aggregate functions are not allowed in WHERE clause (use HAVING instead)"},
      {"SELECT COUNT(*) FROM t GROUP BY COUNT(*)", "Compile error: Function not found: COUNT"},
      {"SELECT ROW_NUMBER()", "Compile error: Function not found: ROW_NUMBER"},
      {"SELECT id FROM t WHERE ROW_NUMBER() OVER () = 1",
       "not supported: Window functions require special execution context"},
      {"SELECT SUM(a) OVER nope FROM t", "not supported: Unknown window name: nope"},
      {"SELECT SUM(a) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING) FROM t",
       "parse error: a window frame must not end before it starts at position line 1, column 33"},
      {"SELECT id FROM t ORDER BY 9", "Compile error: ORDER BY position 9 is not in the select list"},
      {"SELECT id FROM t ORDER BY nope", "Compile error: Column 'nope' not found"},
      {"SELECT id FROM t GROUP BY 7", "Compile error: GROUP BY position 7 is not in the select list"},
      {"SELECT id FROM t GROUP BY nope", "Compile error: Column 'nope' not found"},
      {"SELECT id FROM t LIMIT -1", "parse error: LIMIT must be non-negative, got -1 at position line 1, column 24"},
      {"SELECT id FROM t LIMIT 'x'", "parse error: LIMIT must be an integer at position line 1, column 24"},
      {"SELECT id FROM t LIMIT 1 OFFSET NULL",
       "parse error: OFFSET must be an integer at position line 1, column 33"},
      {"SELECT id FROM t UNION SELECT id, a FROM t",
       "each UNION query must have the same number of columns: left has 1, right has 2"},
      {"SELECT id FROM t EXCEPT ALL SELECT id, a FROM t",
       "each EXCEPT query must have the same number of columns: left has 1, right has 2"},
      {"SELECT * FROM t JOIN s USING (nope)", "Compile error: Column 'nope' not found"},
      {"SELECT (1, 2) = (1, 2, 3)", "row values must have the same number of members"},
      {"SELECT * FROM generate_series(1)",
       "invalid argument: GENERATE_SERIES requires 2 or 3 arguments: (start, stop[, step])"},
      {"SELECT * FROM t AS OF TRANSACTION 1", "not supported yet: AS OF"},
      {"WITH RECURSIVE c(n) AS (SELECT n + 1 FROM c) SELECT n FROM c",
       "invalid argument: Recursive CTE must have UNION ALL between anchor and recursive members"},
      {"INSERT INTO nope VALUES (1)", "table 'nope' not found"},
      {"INSERT INTO v VALUES (1)", "table 'v' not found"},
      {"INSERT INTO s (id, nope) VALUES (1, 2)", "column 'nope' not found"},
      {"INSERT INTO s VALUES (1, 2)",
       "invalid argument: INSERT has 3 columns but 2 values provided"},
      {"INSERT INTO s (id, v) SELECT id FROM t",
       "invalid argument: INSERT has 2 columns but SELECT returns 1 columns"},
      {"UPDATE s SET nope = 1", "column 'nope' not found"},
      {"UPDATE s SET v = 1, v = 2", "column 'v' is assigned twice"},
      {"UPDATE s SET id = 1",
       "invalid argument: cannot UPDATE primary key column 'id'. Use DELETE + INSERT instead"},
      {"DELETE FROM s WHERE nope = 1", "Compile error: Column 'nope' not found"},
  };
  for (const Case& c : kCases) EXPECT_EQ(RuleTables::get().error(c.sql), c.message) << c.sql;
}

TEST(Binder, ErrorsPointAtTheText) {
  auto planned = RuleTables::get().plan("SELECT id,\n  nope FROM t");
  ASSERT_FALSE(planned.has_value());
  EXPECT_EQ(planned.error().code(), ErrorCode::kColumnNotFound);
  EXPECT_EQ(planned.error().position().line, 2u);
  EXPECT_EQ(planned.error().position().column, 3u);
}

TEST(Binder, Labels) {
  using Labels = std::vector<std::string>;
  test::Database& db = RuleTables::get();
  EXPECT_EQ(db.labels("SELECT ID, t.A, b AS Bee FROM t"), (Labels{"ID", "A", "Bee"}));
  EXPECT_EQ(db.labels("SELECT 1, 'x'"), (Labels{"column1", "column2"}));
  EXPECT_EQ(db.labels("SELECT a + 1, LENGTH(c), CAST(a AS TEXT) FROM t"),
            (Labels{"expr1", "LENGTH", "a"}));
  EXPECT_EQ(db.labels("SELECT COUNT(*), sum(a) + 1, COUNT(DISTINCT b), 7 FROM t"),
            (Labels{"COUNT(*)", "SUM(a) + 1", "COUNT(b)", "7"}));
  EXPECT_EQ(db.labels("SELECT ROW_NUMBER() OVER (ORDER BY id) FROM t"), (Labels{"ROW_NUMBER()"}));
  EXPECT_EQ(db.labels("SELECT * FROM s JOIN w ON TRUE"),
            (Labels{"s.id", "s.t_id", "s.v", "w.k", "w.x"}));
  EXPECT_EQ(db.labels("SELECT x.* FROM s x JOIN w ON TRUE"), (Labels{"id", "t_id", "v"}));
  EXPECT_EQ(db.labels("SELECT * FROM s NATURAL JOIN t"),
            (Labels{"id", "s.t_id", "s.v", "t.a", "t.b", "t.c", "t.d"}));
  EXPECT_EQ(db.labels("SELECT t.b, COUNT(*) FROM t JOIN s ON s.t_id = t.id GROUP BY t.b"),
            (Labels{"t.b", "COUNT(*)"}));
  EXPECT_EQ(db.labels("SELECT * FROM v"), (Labels{"id", "a1"}));
  EXPECT_EQ(db.labels("SELECT * FROM (VALUES (1, 2)) AS q(m, n)"), (Labels{"m", "n"}));
  EXPECT_EQ(db.labels("WITH q(a, b) AS (SELECT 1) SELECT * FROM q"), (Labels{"a", "col1"}));
  EXPECT_EQ(db.labels("UPDATE s SET v = 1 RETURNING id, v + 1, v AS w"),
            (Labels{"id", "column_1", "w"}));
}

std::vector<TypeId> types_of(std::string_view sql, std::vector<TypeId> parameters = {}) {
  auto planned = RuleTables::get().plan(sql, std::move(parameters));
  EXPECT_TRUE(planned.has_value()) << planned.error().message();
  std::vector<TypeId> out;
  if (!planned) return out;
  for (const OutputColumn& column : (*planned)->columns) out.push_back(column.type);
  return out;
}

TEST(Binder, Types) {
  using Types = std::vector<TypeId>;
  constexpr TypeId kInt = TypeId::kInteger;
  constexpr TypeId kFloat = TypeId::kFloat;
  constexpr TypeId kAny = TypeId::kAny;
  // Sums of integers: FLOAT by plain groups, else INTEGER until they overflow.
  EXPECT_EQ(types_of("SELECT SUM(a), SUM(d), AVG(a), COUNT(*) FROM t"),
            (Types{kAny, kFloat, kFloat, kInt}));
  EXPECT_EQ(types_of("SELECT b, SUM(a) FROM t GROUP BY b"), (Types{kInt, kFloat}));
  EXPECT_EQ(types_of("SELECT SUM(a) FROM t GROUP BY b % 2"), (Types{kAny}));
  EXPECT_EQ(types_of("SELECT SUM(a) FROM t GROUP BY ROLLUP(b)"), (Types{kAny}));
  EXPECT_EQ(types_of("SELECT SUM(a) FILTER (WHERE b > 1) FROM t GROUP BY b"), (Types{kAny}));
  EXPECT_EQ(types_of("SELECT (SELECT SUM(v) FROM s WHERE t_id = t.id) FROM t"), (Types{kFloat}));
  EXPECT_EQ(types_of("SELECT (SELECT SUM(v) FROM s WHERE t_id = t.id AND v > 1) / 2 FROM t"),
            (Types{kFloat}));
  EXPECT_EQ(types_of("SELECT (SELECT SUM(v) FROM s WHERE t_id >= t.id) FROM t"), (Types{kAny}));
  EXPECT_EQ(types_of("SELECT (SELECT SUM(v) FROM s WHERE t_id = t.id AND v > t.a) FROM t"),
            (Types{kAny}));
  EXPECT_EQ(types_of("SELECT (SELECT t.a + SUM(v) FROM s) FROM t"),
            types_of("SELECT (SELECT SUM(v) + t.a FROM s) FROM t"));
  EXPECT_EQ(types_of("SELECT 1 UNION ALL SELECT 2"), (Types{kInt}));
  EXPECT_EQ(types_of("SELECT 1 UNION ALL SELECT NULL"), (Types{kInt}));
  EXPECT_EQ(types_of("SELECT 1 UNION ALL SELECT 1.5"), (Types{kAny}));
  EXPECT_EQ(types_of("SELECT CASE WHEN a > 1 THEN 1 ELSE 'x' END, COALESCE(a, b) FROM t"),
            (Types{kAny, kInt}));
  EXPECT_EQ(types_of("SELECT $1, $2, $3", {kInt, TypeId::kText}),
            (Types{kInt, TypeId::kText, TypeId::kNull}));
  EXPECT_EQ(types_of("SELECT value FROM generate_series(1, 2.5)"), (Types{kFloat}));
  EXPECT_EQ(types_of("SELECT value FROM generate_series('2024-01-01', '2024-01-02')"),
            (Types{TypeId::kTimestamp}));
  // The step of a recursion may widen what the anchor gave.
  EXPECT_EQ(types_of("WITH RECURSIVE c(n) AS (SELECT NULL UNION ALL SELECT 1 FROM c) "
                     "SELECT n FROM c"),
            (Types{kInt}));
}

TEST(Binder, NullabilityFollowsOuterJoins) {
  auto planned = RuleTables::get().plan(
      "SELECT t.id, s.id, COALESCE(s.id, 0) FROM t LEFT JOIN s ON s.t_id = t.id");
  ASSERT_TRUE(planned.has_value());
  EXPECT_FALSE((*planned)->columns[0].nullable);
  EXPECT_TRUE((*planned)->columns[1].nullable);
  EXPECT_FALSE((*planned)->columns[2].nullable);
}

/// Which error there is tells how a name was understood.
TEST(Binder, AliasesAreSeen) {
  test::Database& db = RuleTables::get();
  EXPECT_EQ(db.error("SELECT a + 1 AS m FROM t WHERE m > 3 ORDER BY m"), "no error");
  EXPECT_EQ(db.error("SELECT b AS g, COUNT(*) AS n FROM t GROUP BY g HAVING n > 1"), "no error");
  EXPECT_EQ(db.error("SELECT a + 1 AS m, m + 1 FROM t"), "Compile error: Column 'm' not found");
  EXPECT_EQ(db.error("SELECT COUNT(*) AS n FROM t WHERE n > 1"),
            "invalid argument: aggregate functions are not allowed in WHERE clause (use HAVING "
            "instead)");
}

TEST(Binder, AliasThatShadowsAColumn) {
  test::Database& db = RuleTables::get();
  // GROUP BY: the alias. WHERE: the column.
  std::string grouped = db.explain("SELECT b % 2 AS b, COUNT(*) FROM t GROUP BY b");
  EXPECT_NE(grouped.find("(b % 2)"), std::string::npos) << grouped;
  std::string filtered = db.explain("SELECT -a AS a FROM t WHERE a = 3");
  EXPECT_NE(filtered.find("Index Cond: a = 3"), std::string::npos) << filtered;
}

TEST(Binder, DoubleQuotesFallBackToText) {
  test::Database& db = RuleTables::get();
  EXPECT_EQ(db.labels("SELECT \"abc\""), std::vector<std::string>{"abc"});
  EXPECT_EQ(types_of("SELECT \"abc\", \"a\" FROM t"),
            (std::vector<TypeId>{TypeId::kText, TypeId::kInteger}));
}

TEST(Binder, LiteralsTakeTheColumnsType) {
  test::Database& db = RuleTables::get();
  struct Case {
    std::string_view condition;
    std::string_view plan;
  };
  const Case kCases[] = {
      {"id = '5'", "id = 5"},         {"a > '9'", "Index Cond: a > 9"},
      {"a > 10.5", "a >= 11"},        {"a <= 10.5", "a <= 10"},
      {"a = 10.0", "a = 10"},         {"c = 5", "c = '5'"},
      {"a IN ('1', '2')", "a = 1 OR a = 2"},
      {"b = 1 AND d > 2", "b = 1 AND d > 2"},
      {"a BETWEEN '3' AND 4", "a >= 3 AND <= 4"},
      {"(a, c) = (1, 'x')", "= 1"},
  };
  for (const Case& c : kCases) {
    std::string plan = db.explain("SELECT id FROM t WHERE " + std::string(c.condition));
    EXPECT_NE(plan.find(c.plan), std::string::npos) << c.condition << plan;
  }
  std::string never = db.explain("SELECT id FROM t WHERE a = 'abc'");
  EXPECT_NE(never.find("Values: 0 row(s)"), std::string::npos) << never;
  std::string parameter = db.explain("SELECT id FROM t WHERE a = $1", {TypeId::kText});
  EXPECT_NE(parameter.find("a = CAST($1 AS INTEGER)"), std::string::npos) << parameter;
}

TEST(Binder, ConstantsOfDifferentKindsStayApart) {
  std::string plan = RuleTables::get().explain("SELECT '10' = 10, 1 = TRUE, 2 = 2.0");
  EXPECT_NE(plan.find("Columns: false, false, true"), std::string::npos) << plan;
}

TEST(Binder, ClockTextIsNotFolded) {
  test::Database& db = RuleTables::get();
  std::string plan = db.explain("SELECT CAST('14:30' AS TIMESTAMP), CAST('12' AS INTEGER)");
  EXPECT_NE(plan.find("CAST('14:30' AS TIMESTAMP), 12"), std::string::npos) << plan;
  plan = db.explain("SELECT NOW()");
  EXPECT_NE(plan.find("NOW()"), std::string::npos) << plan;
}

TEST(Binder, ViewsNestToALimit) {
  test::Database db;
  db.create("base", {{"id"}}, {});
  db.create_view("v0", "SELECT id FROM base");
  for (int i = 1; i <= 40; ++i) {
    db.create_view("v" + std::to_string(i), "SELECT id FROM v" + std::to_string(i - 1));
  }
  EXPECT_EQ(db.error("SELECT * FROM v31"), "no error");
  EXPECT_NE(db.error("SELECT * FROM v40").find("nesting depth"), std::string::npos);
}

TEST(Binder, MultiplyingViewsEnd) {
  test::Database db;
  db.create("base", {{"id"}}, {});
  db.create_view("v0", "SELECT id FROM base");
  for (int i = 1; i <= 30; ++i) {
    std::string below = "v" + std::to_string(i - 1);
    db.create_view("v" + std::to_string(i),
                   "SELECT a.id FROM " + below + " a JOIN " + below + " b ON a.id = b.id");
  }
  EXPECT_EQ(db.error("SELECT * FROM v30"), "statement too complex");
}

TEST(Binder, LongListsAndDeepTrees) {
  test::Database& db = RuleTables::get();
  std::string either = "SELECT id FROM t WHERE a = 0";
  for (int i = 1; i < 10000; ++i) either += " OR a = " + std::to_string(i);
  EXPECT_EQ(db.error(either), "no error");
  std::string sum = "SELECT 1";
  for (int i = 0; i < 900; ++i) sum += " + a";
  EXPECT_EQ(db.error(sum + " FROM t"), "no error");
  std::string tables = "SELECT 1 FROM w";
  for (int i = 0; i < 300; ++i) tables += ", w AS w" + std::to_string(i);
  EXPECT_EQ(db.error(tables), "too many tables in FROM");
  EXPECT_EQ(db.error("SELECT 1 FROM t GROUP BY CUBE(1,1,1,1,1,1,1,1,1,1,1)"),
            "CUBE of too many expressions");
}

TEST(Binder, SingleExpressions) {
  test::Database& db = RuleTables::get();
  EXPECT_EQ(db.error("SELEC 1"), "Compile error: Column 'SELEC' not found");
  EXPECT_EQ(bind_default("")->get()->constant.is_null(), true);
  auto value = bind_default("1 + 2");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ((*value)->constant.datum().as_int64(), 3);
  const storage::TableDef& def = db.store().catalog()->find_table("t")->def();
  auto check = bind_check("b > 3 AND c <> 'x'", def);
  ASSERT_TRUE(check.has_value());
  std::vector<uint32_t> columns;
  expr::collect_columns(**check, &columns);
  EXPECT_EQ(columns, (std::vector<uint32_t>{2, 3}));
  EXPECT_FALSE(bind_check("b > (SELECT 1)", def).has_value());
  EXPECT_FALSE(bind_check("b > (SELECT MAX(id) FROM t)", def).has_value());
}

TEST(Binder, WhatConflictClausesCover) {
  test::Database db;
  db.create("u", {{"id"}, {"a"}, {"b"}}, {{"u_a", {1}, true}, {"u_ab", {1, 2}, true}, {"i", {2}}});
  auto covered = [&](std::string_view clause) {
    auto planned = db.plan("INSERT INTO u VALUES (1, 2, 3) ON CONFLICT " + std::string(clause));
    EXPECT_TRUE(planned.has_value()) << planned.error().message();
    return static_cast<const InsertNode&>(*(*planned)->root).conflict_indexes.size();
  };
  EXPECT_EQ(covered("DO NOTHING"), 3u);
  EXPECT_EQ(covered("(a) DO NOTHING"), 1u);
  EXPECT_EQ(covered("(B, a) DO UPDATE SET b = EXCLUDED.b + b"), 1u);
  EXPECT_EQ(covered("(b) DO NOTHING"), 0u);
  EXPECT_EQ(covered("(nope) DO NOTHING"), 0u);
}

TEST(Binder, PlansKnowWhatTheyWereMadeFor) {
  test::Database db;
  db.create("g", {{"id"}}, {});
  auto planned = db.plan("SELECT * FROM g WHERE id = $1", {TypeId::kInteger});
  ASSERT_TRUE(planned.has_value());
  EXPECT_EQ((*planned)->catalog_version, db.store().catalog()->version());
  EXPECT_EQ((*planned)->parameter_types, std::vector<TypeId>{TypeId::kInteger});
  EXPECT_FALSE((*planned)->writes);
  EXPECT_FALSE(plan_is_outdated(**planned));
  auto scan = db.plan("SELECT COUNT(*) FROM g WHERE id > $1", {TypeId::kInteger});
  ASSERT_TRUE(scan.has_value());
  EXPECT_FALSE(plan_is_outdated(**scan));
  db.fill("g", 9000, [](int64_t i) { return std::vector<types::Datum>{types::Datum::integer(i)}; });
  // By its key a row is found in the same way at any size.
  EXPECT_FALSE(plan_is_outdated(**planned));
  EXPECT_TRUE(plan_is_outdated(**scan));
}

}  // namespace
}  // namespace orrery::plan
