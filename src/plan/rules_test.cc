// What the rewriting rules do to queries, and what they must leave alone.
#include "plan/database_for_test.h"

namespace orrery::plan {
namespace {

using test::RuleTables;

struct Case {
  std::string_view sql;
  std::vector<std::string_view> has;
  std::vector<std::string_view> lacks = {};
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    std::string plan = RuleTables::get().explain(c.sql);
    for (std::string_view part : c.has) {
      EXPECT_NE(plan.find(part), std::string::npos) << c.sql << "\nlacks " << part << plan;
    }
    for (std::string_view part : c.lacks) {
      EXPECT_EQ(plan.find(part), std::string::npos) << c.sql << "\nhas " << part << plan;
    }
  }
}

size_t count(std::string_view text, std::string_view part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(Rules, EqualitiesUnderOrAreAList) {
  check({
      {"SELECT id FROM t WHERE a = 3 OR a = 8 OR a = 11", {"Index Cond: a = 3 OR a = 8 OR a = 11"}},
      {"SELECT id FROM t WHERE d = 3 OR d = 8 OR d = 11", {"Filter: (d IN (3, 8, 11))"}},
      {"SELECT id FROM t WHERE d = 3 OR d = 8 OR b = 11", {"(d = 3) OR (d = 8)"}, {" IN "}},
      {"SELECT id FROM t WHERE d = 3 OR d > 8 OR d = 11", {"(d > 8)"}, {" IN "}},
      // Each term asks anew.
      {"SELECT id FROM t WHERE RANDOM() = 3 OR RANDOM() = 8 OR RANDOM() = 11", {}, {" IN "}},
  });
}

TEST(Rules, WhatAllTermsShareIsTestedFirst) {
  check({
      {"SELECT id FROM t WHERE (a = 3 AND d > 1) OR (a = 3 AND c = 'abc')",
       {"Index Cond: a = 3\n", "Filter: ((d > 1) OR (c = 'abc'))"}},
      {"SELECT id FROM t WHERE (d = 1 AND a BETWEEN 3 AND 9) OR a BETWEEN 3 AND 9",
       {"Index Cond: a >= 3 AND <= 9"},
       {"Filter"}},
      {"SELECT COUNT(*) FROM t JOIN s ON (t.b = s.v AND t.d = 1) OR (t.b = s.v AND s.v > 7)",
       {"Join Cond: (t.b = s.v)"}},
      {"SELECT id FROM t WHERE (RANDOM() > 3 AND d = 1) OR (RANDOM() > 3 AND d = 2)",
       {"((RANDOM() > 3) AND (d = 1)) OR ((RANDOM() > 3) AND (d = 2))"}},
  });
}

TEST(Rules, ScalarSubqueriesBoundIndexes) {
  check({
      {"SELECT id FROM t WHERE a = (SELECT MAX(v) FROM s)", {"Index Cond: a = (<", "SubPlan"}},
      {"SELECT id FROM t WHERE id = (SELECT MAX(v) FROM s)", {"PK Lookup on t"}},
      {"SELECT id FROM t WHERE a IN ((SELECT MIN(v) FROM s), 4)", {"Index Cond: a = (<"}},
      // One that reads the table's own row is no bound.
      {"SELECT id FROM t WHERE a = (SELECT MAX(v) FROM s WHERE s.id < t.d LIMIT 1)",
       {},
       {"Index Cond: a"}},
  });
}

TEST(Rules, EqualSubqueriesShareAPlan) {
  test::Database& db = RuleTables::get();
  auto subplans = [&](std::string_view sql) { return count(db.explain(sql), "SubPlan"); };
  EXPECT_EQ(subplans("SELECT (SELECT AVG(x) FROM w), (SELECT AVG(x) FROM w) + 1"), 1u);
  EXPECT_EQ(subplans("SELECT (SELECT AVG(x) FROM w), (SELECT SUM(x) FROM w)"), 2u);
  EXPECT_EQ(subplans("SELECT (SELECT RANDOM() FROM w LIMIT 1), (SELECT RANDOM() FROM w LIMIT 1)"),
            2u);
  EXPECT_EQ(subplans("SELECT (SELECT AVG(x) FROM w), "
                     "(WITH w AS (SELECT 1 AS x) SELECT AVG(x) FROM w)"),
            2u);
}

TEST(Rules, SemiJoinsStartFromTheSideWithFewKeys) {
  check({
      {"SELECT id, b FROM t WHERE a IN (SELECT x FROM w WHERE x < 20)",
       {"Index Nested Loop (INNER Join)", "Distinct", "Inner: Index Scan using t_a on t"}},
      // FLOAT against INTEGER: different keys may be equal to one value.
      {"SELECT id FROM t WHERE b IN (SELECT d FROM t AS u WHERE u.id = 3)", {"SEMI Join"}},
      {"SELECT COUNT(*) FROM t WHERE EXISTS (SELECT 1 FROM w WHERE w.x = t.a AND w.x > t.b)",
       {"SEMI Join"}},
      {"SELECT id FROM t WHERE 3 IN (SELECT x FROM w)", {"SubPlan"}, {"Join"}},
  });
}

TEST(Rules, HashTablesAreOfTheSmallerSide) {
  check({
      {"SELECT COUNT(*) FROM w LEFT JOIN t ON t.d = w.x", {"Hash Join (RIGHT Join)"}},
      {"SELECT COUNT(*) FROM t LEFT JOIN w ON t.d = w.x", {"Hash Join (LEFT Join)"}},
      // Reading stops before the larger side has been read.
      {"SELECT w.x, t.id FROM w LEFT JOIN t ON t.d = w.x LIMIT 3", {"Hash Join (LEFT Join)"}},
  });
}

TEST(Rules, GroupsByExpressionsOverFewValues) {
  test::Database& db = RuleTables::get();
  auto levels = [&](std::string_view sql) { return count(db.explain(sql), "Aggregate"); };
  EXPECT_EQ(levels("SELECT UPPER(c), COUNT(*), MAX(id) FROM t GROUP BY UPPER(c)"), 2u);
  // Sums round differently in another order, means do not add up, FLOATs have two zeros.
  EXPECT_EQ(levels("SELECT UPPER(c), SUM(d) FROM t GROUP BY UPPER(c)"), 1u);
  EXPECT_EQ(levels("SELECT UPPER(c), AVG(id) FROM t GROUP BY UPPER(c)"), 1u);
  EXPECT_EQ(levels("SELECT UPPER(c), COUNT(DISTINCT b) FROM t GROUP BY UPPER(c)"), 1u);
  EXPECT_EQ(levels("SELECT CAST(d AS TEXT), COUNT(*) FROM t GROUP BY 1"), 1u);
  EXPECT_EQ(levels("SELECT UPPER(c) || RANDOM(), COUNT(*) FROM t GROUP BY 1"), 1u);
}

TEST(Rules, WindowsUnderALimit) {
  check({
      {"SELECT id, RANK() OVER (PARTITION BY b ORDER BY id) FROM t LIMIT 10",
       {"Streaming Window", "Top-N Sort", "Presorted: 1", "Index Scan using t_bd"}},
      {"SELECT id, SUM(id) OVER (PARTITION BY b) FROM t LIMIT 10",
       {"Streaming Window", "Index Scan using t_bd"},
       {"Sort"}},
      {"SELECT id, SUM(id) OVER (PARTITION BY b ORDER BY id) FROM t LIMIT 10",
       {"Streaming Window", "-> Sort", "Presorted: 1"},
       {"Top-N"}},
      {"SELECT id, SUM(id) OVER (ORDER BY id) FROM t LIMIT 10",
       {"Streaming Window", "using __pk_t_id"}},
      {"SELECT id, RANK() OVER (ORDER BY d) FROM t LIMIT 10", {"Streaming Window", "Top-N Sort"}},
      // All rows are ranked before the first is known.
      {"SELECT id, RANK() OVER (ORDER BY d) AS r FROM t ORDER BY r + 0 LIMIT 10",
       {"-> Window"},
       {"Streaming"}},
      {"SELECT r FROM (SELECT id, RANK() OVER (ORDER BY d) AS r FROM t) AS q WHERE r > 9 LIMIT 10",
       {"-> Window"},
       {"Top-N Sort"}},
      {"SELECT DISTINCT RANK() OVER (ORDER BY d) FROM t LIMIT 10", {"-> Window"}, {"Top-N Sort"}},
  });
}

}  // namespace
}  // namespace orrery::plan
