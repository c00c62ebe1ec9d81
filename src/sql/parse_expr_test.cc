#include <cmath>
#include <string>

#include "sql/parse_test_support.h"

namespace orrery::sql {
namespace {

TEST(ParseExpr, Precedence) {
  EXPECT_EQ(shape_of("1 + 2 * 3 - 4 / 2"), "((1 + (2 * 3)) - (4 / 2))");
  EXPECT_EQ(shape_of("NOT 1 = 2"), "(NOT (1 = 2))");
  EXPECT_EQ(shape_of("a AND NOT b OR c XOR d"), "((OR (AND a (NOT b)) c) XOR d)");
  EXPECT_EQ(shape_of("1 = 1 = 1"), "((1 = 1) = 1)");
  EXPECT_EQ(shape_of("1 = 2 < 3"), "(1 = (2 < 3))");
  EXPECT_EQ(shape_of("1 + 2 || 3"), "((1 + 2) || 3)");
  EXPECT_EQ(shape_of("1 | 2 ^ 3 & 4 << 5 + 6"), "(1 | (2 ^ (3 & (4 << (5 + 6)))))");
  EXPECT_EQ(shape_of("~1 + 2"), "((BITNOT 1) + 2)");
  EXPECT_EQ(shape_of("-a * b"), "((NEG a) * b)");
  EXPECT_EQ(shape_of("-a -> 'x' ->> 'y'"), "(NEG ((a -> 'x') ->> 'y'))");
  EXPECT_EQ(shape_of("a <=> b < c"), "((a <=> b) < c)");
  EXPECT_EQ(shape_of("a || b LIKE 'x'"), "(LIKE (a || b) 'x')");
  EXPECT_EQ(shape_of("1 + NULL IS NULL"), "(IS (1 + NULL))");
  EXPECT_EQ(shape_of("a = b IS NULL"), "(IS (a = b))");
  EXPECT_EQ(shape_of("3 & 1 = 1"), "((3 & 1) = 1)");
  EXPECT_EQ(shape_of("5 - 2 - 1"), "((5 - 2) - 1)");
  EXPECT_EQ(shape_of("a * NOT b + c"), "(a * (NOT (b + c)))");
}

TEST(ParseExpr, BetweenKeepsItsAnd) {
  EXPECT_EQ(shape_of("1 + 1 BETWEEN 1 AND 3"), "(BETWEEN (1 + 1) 1 3)");
  EXPECT_EQ(shape_of("a BETWEEN 1 AND 2 AND b"), "(AND (BETWEEN a 1 2) b)");
  EXPECT_EQ(shape_of("a NOT BETWEEN 1 AND 2 OR b AND c"), "(OR (NOT BETWEEN a 1 2) (AND b c))");
  EXPECT_EQ(shape_of("a BETWEEN b + 1 AND c * 2 = d"), "((BETWEEN a (b + 1) (c * 2)) = d)");
  EXPECT_EQ(shape_of("a BETWEEN (b AND c) AND d"), "(BETWEEN a (AND b c) d)");
  EXPECT_NE(parse_error("SELECT a BETWEEN 1 OR 2").find("AND"), std::string::npos);
}

TEST(ParseExpr, PatternsAndEscape) {
  EXPECT_EQ(shape_of("a LIKE 'x' ESCAPE '!'"), "(LIKE a 'x' '!')");
  EXPECT_EQ(shape_of("a NOT ILIKE b || 'x' ESCAPE '!' AND c"),
            "(AND (NOT LIKE a (b || 'x') '!') c)");
  EXPECT_EQ(to_sql(*parse_expr_ok("a glob 'x' or b not regexp 'y' or c rlike 'z'")),
            "a GLOB 'x' OR b NOT REGEXP 'y' OR c REGEXP 'z'");
}

TEST(ParseExpr, InForms) {
  EXPECT_EQ(shape_of("a IN (1, 2) AND b"), "(AND (IN a 1 2) b)");
  EXPECT_EQ(shape_of("a NOT IN ()"), "(NOT IN a)");
  EXPECT_EQ(shape_of("(a, b) IN ((1, 2), (3, 4))"), "(IN (ROW a b) (ROW 1 2) (ROW 3 4))");
  EXPECT_EQ(shape_of("(a, b) IN (SELECT 1, 2)"), "(INQUERY (ROW a b))");
  EXPECT_EQ(shape_of("a IN ((SELECT 1))"), "(INQUERY a)");
  EXPECT_EQ(shape_of("a IN ((SELECT 1), 2)"), "(IN a (SUBQUERY) 2)");
  EXPECT_EQ(shape_of("a IN ((SELECT 1) UNION (SELECT 2))"), "(INQUERY a)");
  EXPECT_EQ(shape_of("a IN (WITH t AS (SELECT 1) SELECT * FROM t)"), "(INQUERY a)");
}

TEST(ParseExpr, IsForms) {
  EXPECT_EQ(to_sql(*parse_expr_ok("a is not null")), "a IS NOT NULL");
  EXPECT_EQ(to_sql(*parse_expr_ok("a IS TRUE AND b IS NOT FALSE")), "a IS TRUE AND b IS NOT FALSE");
  EXPECT_EQ(shape_of("a IS DISTINCT FROM b + 1 AND c"), "(AND (a IS DISTINCT FROM (b + 1)) c)");
  EXPECT_EQ(shape_of("a IS NOT DISTINCT FROM NULL"), "(a IS NOT DISTINCT FROM NULL)");
}

TEST(ParseExpr, QuantifiedComparisons) {
  EXPECT_EQ(shape_of("a + 1 >= ALL (SELECT 1) AND b"), "(AND (QUANTIFIED (a + 1)) b)");
  auto any = parse_expr_ok("a = SOME (SELECT 1)");
  ASSERT_EQ(any->kind, ExprKind::kQuantified);
  EXPECT_EQ(as<QuantifiedExpr>(*any).quantifier, Quantifier::kAny);
  EXPECT_EQ(as<QuantifiedExpr>(*any).op, BinaryOp::kEqual);
}

TEST(ParseExpr, RowsAndParentheses) {
  EXPECT_EQ(shape_of("(1, 2) = (1, 3)"), "((ROW 1 2) = (ROW 1 3))");
  EXPECT_EQ(shape_of("((1), (2 + 3) * 4)"), "(ROW 1 ((2 + 3) * 4))");
  EXPECT_EQ(shape_of("(((a)))"), "a");
  EXPECT_EQ(shape_of("((SELECT 1)) + 1"), "((SUBQUERY) + 1)");
  EXPECT_EQ(to_sql(*parse_expr_ok("((SELECT 1) UNION SELECT 2 LIMIT 1)")),
            "(SELECT 1 UNION SELECT 2 LIMIT 1)");
}

TEST(ParseExpr, LongChainsAreFlat) {
  std::string chain = "a";
  for (int i = 0; i < 20000; ++i) chain += " OR a";
  auto expr = parse_expr_ok(chain);
  ASSERT_EQ(expr->kind, ExprKind::kLogical);
  EXPECT_EQ(as<LogicalExpr>(*expr).operands.size(), 20001u);
  EXPECT_EQ(expr->height, 2);
  EXPECT_EQ(as<LogicalExpr>(*parse_expr_ok("a AND (b AND c) AND d")).operands.size(), 4u);
  std::string sum = "1";
  for (int i = 0; i < 900; ++i) sum += " + 1";
  EXPECT_EQ(parse_expr_ok(sum)->height, 901);
  for (int i = 0; i < 10000; ++i) sum += " + 1";
  EXPECT_NE(parse_error("SELECT " + sum).find("too complex"), std::string::npos);
}

TEST(ParseExpr, Literals) {
  auto literal = [](std::string_view sql) {
    static ExprPtr kept;
    kept = parse_expr_ok(sql);
    return &as<LiteralExpr>(*kept);
  };
  EXPECT_EQ(literal("007")->integer, 7);
  EXPECT_EQ(literal("0x1f")->integer, 31);
  EXPECT_EQ(literal("9223372036854775807")->integer, INT64_MAX);
  EXPECT_EQ(literal("9223372036854775808")->literal, LiteralKind::kFloat);
  EXPECT_EQ(literal("9223372036854775808")->real, 9223372036854775808.0);
  EXPECT_EQ(literal("-9223372036854775808")->literal, LiteralKind::kInteger);
  EXPECT_EQ(literal("-9223372036854775808")->integer, INT64_MIN);
  EXPECT_EQ(literal("- -5")->integer, 5);
  EXPECT_EQ(literal("-1.5e-3")->real, -0.0015);
  EXPECT_EQ(literal("1e309")->real, HUGE_VAL);
  EXPECT_EQ(literal("'it''s'")->text, "it's");
  EXPECT_EQ(literal("true")->integer, 1);
  EXPECT_EQ(literal("\"\"")->text, "");
  EXPECT_EQ(literal("DATE '2024-01-01'")->literal, LiteralKind::kDate);
  EXPECT_EQ(literal("TIME '12:00:00'")->type, types::TypeId::kText);
  EXPECT_EQ(literal("timestamp '2024-01-01'")->text, "2024-01-01");
  EXPECT_EQ(parse_error("SELECT 0xFFFFFFFFFFFFFFFF").find("parse error: hexadecimal"), 0u);
}

TEST(ParseExpr, Intervals) {
  auto text = [](std::string_view sql) { return as<LiteralExpr>(*parse_expr_ok(sql)).text; };
  EXPECT_EQ(text("INTERVAL '24 hours'"), "24 hour");
  EXPECT_EQ(text("INTERVAL 1 DAY"), "1 day");
  EXPECT_EQ(text("interval ' -3  Months '"), "-3 month");
  EXPECT_EQ(text("INTERVAL '1 fortnight'"), "1 fortnight");
  EXPECT_EQ(as<LiteralExpr>(*parse_expr_ok("INTERVAL '13 months'")).integer, 13);
  EXPECT_NE(parse_error("SELECT INTERVAL '1' DAY").find("invalid interval format: 1"),
            std::string::npos);
  EXPECT_NE(parse_error("SELECT INTERVAL 'x'"), "no error");
}

TEST(ParseExpr, ColumnsAndQuotes) {
  auto column = [](std::string_view sql) {
    static ExprPtr kept;
    kept = parse_expr_ok(sql);
    return &as<ColumnExpr>(*kept);
  };
  EXPECT_EQ(column("Name")->name.text, "Name");
  EXPECT_EQ(column("t.\"x y\"")->qualifier.text, "t");
  EXPECT_EQ(column("t.\"x y\"")->name.text, "x y");
  EXPECT_EQ(column("\"abc\"")->name.quote, QuoteStyle::kDouble);
  EXPECT_EQ(column("`a``b`")->name.text, "a`b");
  EXPECT_EQ(column("t.select")->name.text, "select");
  EXPECT_EQ(column("größe")->name.text, "größe");
  EXPECT_NE(parse_error("SELECT a.b.c"), "no error");
  EXPECT_NE(parse_error("SELECT ``"), "no error");
}

TEST(ParseExpr, UnreservedKeywordsAreNames) {
  for (const char* word :
       {"level",   "type",     "timestamp",   "date",   "time",  "json", "text",  "value",
        "key",     "interval", "first",       "last",   "row",   "rows", "range", "format",
        "current", "action",   "left",        "offset", "index", "view", "table", "status",
        "year",    "day",      "transaction", "read",   "cast"}) {
    std::string sql = std::string("SELECT ") + word + ", t." + word + " FROM t WHERE " + word +
                      " = 1 ORDER BY " + word;
    EXPECT_EQ(parse_error(sql), "no error") << sql;
    EXPECT_EQ(parse_error(std::string("CREATE TABLE t (") + word + " INTEGER)"), "no error")
        << word;
  }
}

TEST(ParseExpr, SpecialCallForms) {
  EXPECT_EQ(to_sql(*parse_expr_ok("extract(year from a + 1)")), "EXTRACT(YEAR FROM a + 1)");
  EXPECT_EQ(to_sql(*parse_expr_ok("position('a' in b || c)")), "POSITION('a', b || c)");
  EXPECT_EQ(to_sql(*parse_expr_ok("position('a', b)")), "POSITION('a', b)");
  EXPECT_EQ(to_sql(*parse_expr_ok("substring(a from 2 for 3)")), "SUBSTRING(a, 2, 3)");
  EXPECT_EQ(to_sql(*parse_expr_ok("substr(a, 2)")), "SUBSTR(a, 2)");
  EXPECT_EQ(to_sql(*parse_expr_ok("substring(a for 3)")), "SUBSTRING(a, 1, 3)");
  EXPECT_EQ(to_sql(*parse_expr_ok("trim(both 'x' from a)")), "TRIM(a, 'x')");
  EXPECT_EQ(to_sql(*parse_expr_ok("trim(leading from a)")), "LTRIM(a)");
  EXPECT_EQ(to_sql(*parse_expr_ok("trim(trailing 'x' from a)")), "RTRIM(a, 'x')");
  EXPECT_EQ(to_sql(*parse_expr_ok("trim('x' from a)")), "TRIM(a, 'x')");
  EXPECT_EQ(to_sql(*parse_expr_ok("trim(a)")), "TRIM(a)");
  EXPECT_EQ(to_sql(*parse_expr_ok("current_timestamp")), "CURRENT_TIMESTAMP()");
  EXPECT_EQ(to_sql(*parse_expr_ok("left(a, 2) || right(b, 1)")), "LEFT(a, 2) || RIGHT(b, 1)");
  EXPECT_EQ(to_sql(*parse_expr_ok("cast(a as decimal(10, 2))")), "CAST(a AS DECIMAL(10, 2))");
  EXPECT_EQ(to_sql(*parse_expr_ok("cast(a as double precision)")), "CAST(a AS DOUBLE PRECISION)");
  EXPECT_NE(parse_error("SELECT EXTRACT(CENTURY FROM a)").find("invalid EXTRACT field 'CENTURY'"),
            std::string::npos);
  EXPECT_NE(parse_error("SELECT CAST(1 AS NOPE)"), "no error");
}

TEST(ParseExpr, CallsAndWindows) {
  EXPECT_EQ(to_sql(*parse_expr_ok("count(*)")), "COUNT(*)");
  EXPECT_EQ(to_sql(*parse_expr_ok("count(distinct a, b) filter (where c > 1)")),
            "COUNT(DISTINCT a, b) FILTER (WHERE c > 1)");
  EXPECT_EQ(to_sql(*parse_expr_ok("string_agg(a, ',' order by b desc nulls last)")),
            "STRING_AGG(a, ',' ORDER BY b DESC NULLS LAST)");
  EXPECT_EQ(to_sql(*parse_expr_ok("row_number() over w")), "ROW_NUMBER() OVER w");
  EXPECT_EQ(
      to_sql(*parse_expr_ok("sum(a) over (w partition by b, c order by d rows 2 preceding)")),
      "SUM(a) OVER (w PARTITION BY b, c ORDER BY d ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)");
  EXPECT_EQ(
      to_sql(*parse_expr_ok("sum(a) over (range between unbounded preceding and 1 following)")),
      "SUM(a) OVER (RANGE BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING)");
  EXPECT_NE(parse_error("SELECT SUM(a) OVER (ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW)"),
            "no error");
  EXPECT_NE(parse_error("SELECT SUM(a) OVER (ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING)"),
            "no error");
  EXPECT_NE(parse_error("SELECT SUM(a) OVER"), "no error");
}

TEST(ParseExpr, CaseForms) {
  EXPECT_EQ(to_sql(*parse_expr_ok("case when a then 1 else 2 end")),
            "CASE WHEN a THEN 1 ELSE 2 END");
  EXPECT_EQ(to_sql(*parse_expr_ok("case a when 1 then 'x' when 2 then 'y' end")),
            "CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' END");
  EXPECT_NE(parse_error("SELECT CASE END"), "no error");
  EXPECT_NE(parse_error("SELECT CASE WHEN 1 END"), "no error");
}

TEST(ParseExpr, Parameters) {
  auto statement = parse_one("SELECT ?, ?, :b, :a, :b WHERE x = $7");
  EXPECT_EQ(statement->parameter_count, 7u);
  EXPECT_EQ(statement->parameter_names, (std::vector<std::string>{"b", "a"}));
  const auto& body = as<SelectBody>(*as<SelectStatement>(*statement).query->body);
  EXPECT_EQ(as<ParameterExpr>(*body.items[1].expr).index, 1u);
  EXPECT_EQ(as<ParameterExpr>(*body.items[4].expr).index, 0u);
  EXPECT_EQ(as<ParameterExpr>(*body.items[4].expr).name, "b");
  auto script = parse_script("SELECT ?, ?; SELECT ?");
  EXPECT_EQ((*script)[1]->parameter_count, 1u);
  EXPECT_NE(parse_error("SELECT $0").find("Invalid parameter"), std::string::npos);
  EXPECT_NE(parse_error("SELECT $4294967297"), "no error");
}

}  // namespace
}  // namespace orrery::sql
