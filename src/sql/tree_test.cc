#include "sql/tree.h"

#include <string>

#include "sql/parse_test_support.h"

namespace orrery::sql {
namespace {

constexpr const char* kExpressions[] = {
    "1",
    "-1",
    "- -1",
    "-(-9223372036854775808)",
    "- - a",
    "-(-a)",
    "~ -a",
    "~~5",
    "+a",
    "-'x'",
    "1.0",
    "1e300",
    "1e999",
    "-1e999",
    "0.1",
    "9223372036854775808",
    "'it''s'",
    R"('back\slash')",
    R"('it\'s ''two''')",
    "NULL",
    "TRUE",
    "DATE '2024-01-01'",
    "INTERVAL '3 days'",
    "\"dq\"",
    "`b t`",
    "`select`",
    "größe",
    "t.`group`",
    ":name",
    "$3",
    "(a - b) - c - (d - e)",
    "a - -1",
    "a * (b + c)",
    "(a -> 'x') ->> 'y'",
    "(-1) -> 'x'",
    "(a, b) = (1, 2)",
    "NOT (a AND b)",
    "(NOT a) = b",
    "NOT a = b",
    "a = (b = c)",
    "(a = b) IS NULL",
    "a = (b IS NULL)",
    "(a OR b) AND (c XOR d)",
    "a XOR (b OR c)",
    "a OR b XOR c",
    "(a BETWEEN 1 AND 2) BETWEEN (3 = 4) AND 5",
    "a LIKE 'x' ESCAPE '!' = b",
    "a LIKE (b LIKE c)",
    "a IN (1, (2, 3)) IN (4)",
    "a NOT IN (SELECT b FROM c)",
    "a < ALL (SELECT 1) = TRUE",
    "EXISTS (SELECT 1) AND NOT EXISTS (SELECT 2)",
    "CASE a WHEN 1 THEN b ELSE c END + 1",
    "CAST(a AS VARCHAR(10))",
    "EXTRACT(DOW FROM a)",
    "POSITION((a = b) IN c)",
    "SUM(DISTINCT a ORDER BY b DESC) FILTER (WHERE c)",
    "SUM(a) OVER (PARTITION BY d ORDER BY e ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
    "LAG(a, 1, 0) OVER w",
    "f()",
    "((SELECT 1 LIMIT 1) LIMIT 2)",
    "((SELECT 1) INTERSECT (SELECT 2 UNION SELECT 3))",
};

TEST(Tree, TextReadsBackAsTheSameTree) {
  for (const char* sql : kExpressions) {
    ExprPtr first = parse_expr_ok(sql);
    std::string text = to_sql(*first);
    ExprPtr second = parse_expr_ok(text);
    EXPECT_TRUE(same_expr(*first, *second))
        << sql << "  ->  " << text << "  ->  " << to_sql(*second);
    EXPECT_EQ(text, to_sql(*second));
    EXPECT_EQ(hash_expr(*first), hash_expr(*second)) << sql;
  }
}

TEST(Tree, ClonesAreTheSame) {
  for (const char* sql : kExpressions) {
    ExprPtr first = parse_expr_ok(sql);
    ExprPtr copy = clone(*first);
    EXPECT_TRUE(same_expr(*first, *copy)) << sql;
    EXPECT_EQ(copy->height, first->height);
    EXPECT_EQ(copy->position.column, first->position.column);
  }
  auto query = parse_query(
      "WITH t(a) AS (SELECT 1) SELECT DISTINCT ON (a) a AS x, * FROM t AS OF TRANSACTION 1 AS y "
      "JOIN u USING (b), "
      "LATERAL (VALUES (1)) v(c), f(1) GROUP BY ROLLUP(a, b) HAVING a WINDOW w AS (ORDER BY a) "
      "UNION (SELECT 2 LIMIT 1) ORDER BY 1 NULLS LAST LIMIT 1 OFFSET 2");
  ASSERT_TRUE(query.has_value());
  QueryPtr copy = clone(**query);
  EXPECT_TRUE(same_query(**query, *copy));
  EXPECT_EQ(to_sql(**query), to_sql(*copy));
}

TEST(Tree, ExpressionsAreTheSameWhereTheirTextIs) {
  size_t different = 0;
  for (const char* a : kExpressions) {
    for (const char* b : kExpressions) {
      ExprPtr left = parse_expr_ok(a);
      ExprPtr right = parse_expr_ok(b);
      EXPECT_EQ(same_expr(*left, *right), to_sql(*left) == to_sql(*right)) << a << " and " << b;
      different += !same_expr(*left, *right);
    }
  }
  EXPECT_GT(different, 3000u);
}

TEST(Tree, NamesCompareWithoutCase) {
  EXPECT_TRUE(same_expr(*parse_expr_ok("T.Abc + sum(X)"), *parse_expr_ok("t.aBC + SUM(x)")));
  EXPECT_TRUE(same_expr(*parse_expr_ok("`a`"), *parse_expr_ok("A")));
  EXPECT_FALSE(same_expr(*parse_expr_ok("\"a\""), *parse_expr_ok("a")));
  EXPECT_FALSE(same_expr(*parse_expr_ok("'a'"), *parse_expr_ok("'A'")));
  EXPECT_FALSE(same_expr(*parse_expr_ok("t.a"), *parse_expr_ok("a")));
  EXPECT_FALSE(same_expr(*parse_expr_ok("1"), *parse_expr_ok("1.0")));
  EXPECT_EQ(hash_expr(*parse_expr_ok("T.Abc")), hash_expr(*parse_expr_ok("t.aBC")));
}

TEST(Tree, ChildrenAreVisitedAndReplaceable) {
  ExprPtr call = parse_expr_ok(
      "SUM(a ORDER BY b) FILTER (WHERE c) OVER (PARTITION BY d ORDER BY e ROWS f PRECEDING)");
  std::string seen;
  for_each_child(*call, [&](const Expr& child) { seen += to_sql(child); });
  EXPECT_EQ(seen, "abcdef");
  for_each_child(*call, [&](ExprPtr& child) { child = parse_expr_ok("1"); });
  EXPECT_EQ(to_sql(*call),
            "SUM(1 ORDER BY 1) FILTER (WHERE 1) OVER (PARTITION BY 1 ORDER BY 1 ROWS BETWEEN 1 "
            "PRECEDING AND CURRENT ROW)");
  ExprPtr chosen = parse_expr_ok("CASE a WHEN b THEN c ELSE d END");
  seen.clear();
  for_each_child(*chosen, [&](const Expr& child) { seen += to_sql(child); });
  EXPECT_EQ(seen, "abcd");
}

TEST(Labels, AggregatesAreCanonical) {
  auto label = [](std::string_view sql) { return label_text(*parse_expr_ok(sql)); };
  EXPECT_EQ(label("count( * )"), "COUNT(*)");
  EXPECT_EQ(label("sum(pay)"), "SUM(pay)");
  EXPECT_EQ(label("SUM(pay)+1"), "SUM(pay) + 1");
  EXPECT_EQ(label("COUNT(DISTINCT dept)"), "COUNT(dept)");
  EXPECT_EQ(label("STRING_AGG(dept, '-' ORDER BY dept)"), "STRING_AGG(dept, '-')");
  EXPECT_EQ(label("row_number() OVER (ORDER BY a)"), "ROW_NUMBER()");
  EXPECT_EQ(label("COUNT(*) FILTER (WHERE a > 1)"), "COUNT(*)");
}

TEST(Labels, EnclosedText) {
  auto enclosed = [](std::string_view sql) { return enclosed_text(*parse_expr_ok(sql)); };
  EXPECT_EQ(enclosed("age>0"), "(age > 0)");
  EXPECT_EQ(enclosed("a = 1 and b"), "(a = 1 AND b)");
  EXPECT_EQ(enclosed("f(a)"), "F(a)");
  EXPECT_EQ(enclosed("-1"), "-1");
  EXPECT_EQ(to_sql(*parse_expr_ok("1.5")), "1.5");
  EXPECT_EQ(to_sql(*parse_expr_ok("true")), "TRUE");
  EXPECT_EQ(to_sql(*parse_expr_ok("'d'")), "'d'");
  EXPECT_EQ(to_sql(*parse_expr_ok("current_timestamp")), "CURRENT_TIMESTAMP()");
}

/// Texts of random expressions, from a seed.
class RandomText {
 public:
  explicit RandomText(uint64_t seed) : state_(seed) {}

  std::string expression(int depth) {
    if (depth == 0)
      return pick({"a", "t.b", "1", "2.5", "'x'", "NULL", "$1", "-3", "`q r`", "TRUE"});
    auto inner = [&] {
      return "(" + expression(depth - 1 - static_cast<int>(next() % static_cast<uint64_t>(depth))) +
             ")";
    };
    std::string left = inner();
    switch (next() % 12) {
      case 0:
        return left + " IS NOT NULL";
      case 1:
        return left + (next() % 2 ? " BETWEEN " : " NOT BETWEEN ") + inner() + " AND " + inner();
      case 2:
        return left + " LIKE " + inner() + (next() % 2 ? " ESCAPE '!'" : "");
      case 3:
        return left + " IN (" + inner() + ", " + inner() + ")";
      case 4:
        return pick({"- ", "+ ", "~ ", "NOT "}) + left;
      case 5:
        return "CASE " + left + " WHEN " + inner() + " THEN " + inner() + " ELSE " + inner() +
               " END";
      case 6:
        return "f(" + left + ", " + inner() + ")";
      case 7:
        return left + " = ANY (SELECT " + inner() + " UNION (SELECT " + inner() +
               " EXCEPT SELECT 1))";
      default:
        return left +
               pick({" + ", " - ", " * ", " / ", " || ", " = ", " < ", " AND ", " OR ", " XOR ",
                     " & ", " | ", " ^ ", " << ", " -> ", " ->> ", " <=> ", " IS DISTINCT FROM "}) +
               inner();
    }
  }

 private:
  std::string pick(std::initializer_list<const char*> choices) {
    return *(choices.begin() + next() % choices.size());
  }
  uint64_t next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return state_ >> 33;
  }
  uint64_t state_;
};

TEST(TreeProperty, RandomExpressionsReadBack) {
  for (uint64_t seed = 1; seed <= 5000; ++seed) {
    std::string sql = RandomText(seed).expression(static_cast<int>(seed % 6));
    ExprPtr first = parse_expr_ok(sql);
    ASSERT_NE(first, nullptr);
    std::string text = to_sql(*first);
    ExprPtr second = parse_expr_ok(text);
    ASSERT_NE(second, nullptr) << "seed " << seed << ": " << sql;
    ASSERT_TRUE(same_expr(*first, *second)) << "seed " << seed << ": " << sql << "  ->  " << text;
    ASSERT_TRUE(same_expr(*first, *clone(*first)));
  }
}

}  // namespace
}  // namespace orrery::sql
