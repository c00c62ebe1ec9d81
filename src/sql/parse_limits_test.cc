// Errors, their places, and what hostile text may cost.
#include <string>

#include "sql/lexer.h"
#include "sql/limits.h"
#include "sql/parse_test_support.h"

namespace orrery::sql {
namespace {

TEST(ParseErrors, NameTheirPlace) {
  auto parsed = parse_script("SELECT 1;\nSELECT ä,\n  CASE WHEN 1 END");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().position().line, 3u);
  EXPECT_EQ(parsed.error().position().column, 15u);
  EXPECT_EQ(parsed.error().message(),
            "parse error: expected THEN after the condition of WHEN, got 'END' at position line 3, "
            "column 15");
  EXPECT_EQ(
      parse_error("SELECT FROM"),
      "parse error: 'FROM' cannot be used here, expected expression at position line 1, column 8");
  EXPECT_EQ(parse_error("SELECT ,1"),
            "parse error: unexpected punctuator: , at position line 1, column 8");
  EXPECT_EQ(parse_error("SELECT 'open"),
            "parse error: unterminated string literal at position line 1, column 8");
  EXPECT_EQ(
      parse_error("SELECT DISTINCT"),
      "parse error: unexpected end of input, expected expression at position line 1, column 16");
  EXPECT_EQ(parse_error("DELETE"),
            "parse error: unexpected end of input, expected FROM after DELETE at position line 1, "
            "column 7");
}

TEST(ParseErrors, BadText) {
  EXPECT_NE(parse_error("SELECT '\xFF'").find("not valid UTF-8"), std::string::npos);
  EXPECT_NE(parse_error(std::string_view("SELECT 'a\0'", 11)).find("NULL byte"), std::string::npos);
  EXPECT_NE(parse_error(std::string_view("SELECT 1\0", 9)).find("NULL byte"), std::string::npos);
  EXPECT_NE(parse_error("SELECT .5"), "no error");
  EXPECT_NE(parse_error("SELECT 5."), "no error");
  EXPECT_NE(parse_error("SELECT 1_000 AS r"), "no error");
  EXPECT_NE(parse_error("SELECT 1::INTEGER"), "no error");
  EXPECT_NE(parse_error("SELECT 1)"), "no error");
  EXPECT_NE(parse_error("SELECT (1"), "no error");
  EXPECT_NE(parse_error("SELECT * FROM (SELECT 1"), "no error");
}

TEST(ParseErrors, LongTokensAreCutInMessages) {
  std::string message = parse_error("SELECT 1 AS '" + std::string(500, 'x') + "'");
  EXPECT_LT(message.size(), 150u);
}

TEST(ParseErrors, CaretText) {
  EXPECT_EQ(caret_text("SELECT 1\nFROM ä ,\r\nx", {2, 8}), "FROM ä ,\n       ^\n");
  EXPECT_EQ(caret_text("SELECT", {1, 7}), "SELECT\n      ^\n");
  EXPECT_EQ(caret_text("\tx", {1, 2}), "\tx\n\t^\n");
  EXPECT_EQ(caret_text("SELECT", {0, 0}), "");
  EXPECT_EQ(caret_text("SELECT", {2, 1}), "");
  EXPECT_EQ(caret_text("SELECT", {1, 9}), "");
  std::string wide = caret_text(std::string(1000, 'x') + "!", {1, 1001});
  EXPECT_LT(wide.size(), 300u);
  EXPECT_EQ(wide[wide.find('^') - wide.find('\n') - 1], '!');
}

TEST(ParseLimits, ParenthesesAreCheap) {
  EXPECT_EQ(parse_error("SELECT " + nested("(", "1", ")", 5000)), "no error");
  EXPECT_EQ(parse_error("SELECT " + nested("(", "(SELECT 1)", ")", 5000)), "no error");
  EXPECT_EQ(parse_error("SELECT " + nested("(1 + ", "1", ")", 900)), "no error");
  EXPECT_NE(parse_error("SELECT " + std::string(1 << 20, '(')), "no error");
  EXPECT_NE(parse_error(std::string(1 << 20, '(')), "no error");
  EXPECT_NE(parse_error("SELECT * FROM " + std::string(1 << 20, '(')), "no error");
}

TEST(ParseLimits, DeepTextGivesErrors) {
  struct Case {
    const char* open;
    const char* inner;
    const char* close;
  };
  for (const Case& c :
       {Case{"f(", "1", ")"}, Case{"CASE WHEN ", "1", " THEN 1 END"}, Case{"(SELECT ", "1", ")"},
        Case{"CAST(", "1", " AS TEXT)"}, Case{"- ", "a", ""}, Case{"NOT ", "a", ""},
        Case{"a IN (", "1", ")"}, Case{"EXISTS (SELECT ", "1", ")"}, Case{"(1, ", "2", ")"},
        Case{"", "a", " IS NULL"}, Case{"", "a", " + 1"}, Case{"", "a", " LIKE 'x'"},
        Case{"a BETWEEN (", "1", ") AND 2"}, Case{"a = ANY (SELECT ", "1", ")"},
        Case{"(a XOR ", "b", ")"}, Case{"SUM(1) FILTER (WHERE ", "1", ")"},
        Case{"SUM(1) OVER (ORDER BY ", "1", ")"}}) {
    std::string message = parse_error("SELECT " + nested(c.open, c.inner, c.close, 20000));
    bool limited = message.find("nests too deeply") != std::string::npos ||
                   message.find("too complex") != std::string::npos;
    EXPECT_TRUE(limited) << c.open << c.close << ": " << message;
  }
  EXPECT_NE(parse_error(nested("SELECT * FROM (", "SELECT 1", ")", 20000)), "no error");
  EXPECT_NE(parse_error(nested("(", "SELECT 1", ")", 20000)), "no error");
  EXPECT_NE(parse_error(nested("EXPLAIN ", "SELECT 1", "", 20000)), "no error");
  EXPECT_NE(parse_error(nested("WITH t AS (", "SELECT 1", ") SELECT 1", 20000)), "no error");
  EXPECT_NE(parse_error("SELECT * FROM " + nested("(", "t", " JOIN t)", 20000)), "no error");
  EXPECT_NE(parse_error("SELECT * FROM t" + nested("", "", " JOIN t", 20000)), "no error");
}

TEST(ParseLimits, NestingWithinTheLimitWorks) {
  EXPECT_EQ(parse_error("SELECT " + nested("f(", "1", ")", 300)), "no error");
  EXPECT_EQ(parse_error(nested("SELECT * FROM (", "SELECT 1", ")", 60)), "no error");
  EXPECT_EQ(parse_error("SELECT a" + nested("", "", " UNION ALL SELECT a", 5000)), "no error");
  EXPECT_EQ(parse_error("SELECT a FROM t WHERE a IN (1" + nested("", "", ", 1", 100000) + ")"),
            "no error");
}

TEST(ParseLimits, RightNestedChainsAreNotQuadratic) {
  // Each level merges what is below it: 100,000 levels took minutes if that cost the length of the
  // chain.
  std::string message = parse_error("SELECT " + nested("a OR (", "a", ")", 100000));
  EXPECT_NE(message.find("too complex"), std::string::npos);
  EXPECT_EQ(parse_error("SELECT " + nested("a OR (", "a", ")", 5000)), "no error");
}

TEST(ParseLimits, ManyNamedParametersAreNotQuadratic) {
  std::string sql = "SELECT 1";
  for (int i = 0; i < 60000; ++i) sql += ", :p" + std::to_string(i);
  EXPECT_EQ(parse_one(sql)->parameter_names.size(), 60000u);
}

TEST(Splitter, FindsTheEndOfAStatement) {
  EXPECT_EQ(find_statement_end("SELECT ';' ; SELECT 2"), 12u);
  EXPECT_EQ(find_statement_end("SELECT \";\" -- ;\n /* ; */ `;`"), std::string_view::npos);
  EXPECT_EQ(find_statement_end("SELECT 'open ;"), std::string_view::npos);
  EXPECT_EQ(find_statement_end("SELECT /* open ;"), std::string_view::npos);
  EXPECT_EQ(find_statement_end("SELECT @ 5. ; x"), 13u);
  EXPECT_EQ(find_statement_end(""), std::string_view::npos);
  EXPECT_EQ(find_statement_end(std::string(1 << 20, '@') + ";"), (1u << 20) + 1);
  EXPECT_TRUE(is_blank_sql(" ;-- x\n ; /* y */"));
  EXPECT_FALSE(is_blank_sql(" 'x"));
}

}  // namespace
}  // namespace orrery::sql
