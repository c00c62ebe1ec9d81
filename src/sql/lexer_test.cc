#include "sql/lexer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orrery::sql {
namespace {

std::vector<Token> tokens_of(std::string_view sql) {
  Lexer lexer(sql);
  std::vector<Token> out;
  for (;;) {
    out.push_back(lexer.next());
    if (out.back().is(TokenKind::kEnd) || out.back().is(TokenKind::kError)) return out;
  }
}

std::vector<TokenKind> kinds_of(std::string_view sql) {
  std::vector<TokenKind> out;
  for (const Token& token : tokens_of(sql)) out.push_back(token.kind);
  out.pop_back();
  return out;
}

std::string error_of(std::string_view sql) {
  Lexer lexer(sql);
  for (;;) {
    Token token = lexer.next();
    if (token.is(TokenKind::kEnd)) return "";
    if (token.is(TokenKind::kError)) return lexer.error_message();
  }
}

TEST(Lexer, EveryKeywordIsFoundInAnyCase) {
  constexpr std::string_view kWords[] = {
#define X(word, use) #word,
#include "sql/keywords.def"
#undef X
  };
  uint8_t number = 0;
  for (std::string_view word : kWords) {
    ++number;
    std::string lower(word);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    EXPECT_EQ(static_cast<uint8_t>(tokens_of(word)[0].keyword), number) << word;
    EXPECT_EQ(static_cast<uint8_t>(tokens_of(lower)[0].keyword), number) << word;
    EXPECT_EQ(tokens_of(lower + "x")[0].length, word.size() + 1);
  }
  EXPECT_EQ(tokens_of("selects")[0].keyword, Keyword::kNone);
  EXPECT_EQ(tokens_of("SELEC")[0].keyword, Keyword::kNone);
  EXPECT_EQ(tokens_of("a_very_long_word_that_is_no_keyword")[0].keyword, Keyword::kNone);
}

TEST(Lexer, Operators) {
  using K = TokenKind;
  EXPECT_EQ(
      kinds_of("= <> != < <= > >= <=> + - * / % || | & ^ ~ << >> -> ->>"),
      (std::vector<K>{K::kEqual,     K::kNotEqual,     K::kNotEqual, K::kLess,      K::kLessEqual,
                      K::kGreater,   K::kGreaterEqual, K::kDistance, K::kPlus,      K::kMinus,
                      K::kStar,      K::kSlash,        K::kPercent,  K::kConcat,    K::kPipe,
                      K::kAmpersand, K::kCaret,        K::kTilde,    K::kShiftLeft, K::kShiftRight,
                      K::kArrow,     K::kDoubleArrow}));
  EXPECT_EQ(kinds_of("a<=b<>c->>d"),
            (std::vector<K>{K::kWord, K::kLessEqual, K::kWord, K::kNotEqual, K::kWord,
                            K::kDoubleArrow, K::kWord}));
  EXPECT_EQ(kinds_of("(,;.)"),
            (std::vector<K>{K::kOpen, K::kComma, K::kSemicolon, K::kDot, K::kClose}));
}

TEST(Lexer, Numbers) {
  using K = TokenKind;
  EXPECT_EQ(kinds_of("1 007 1.5 1e5 1.5E-3 2e+1 0x1F"),
            (std::vector<K>{K::kInteger, K::kInteger, K::kFloat, K::kFloat, K::kFloat, K::kFloat,
                            K::kHexInteger}));
  EXPECT_NE(error_of("5."), "");
  EXPECT_NE(error_of("5.x"), "");
  EXPECT_NE(error_of("1e"), "");
  EXPECT_NE(error_of("1e+"), "");
  EXPECT_NE(error_of("1_000"), "");
  EXPECT_NE(error_of("12abc"), "");
  EXPECT_NE(error_of("0x"), "");
  EXPECT_NE(error_of("0x1G"), "");
}

TEST(Lexer, StringsAndQuotedNames) {
  EXPECT_EQ(string_value("'it''s'"), "it's");
  EXPECT_EQ(string_value("''"), "");
  EXPECT_EQ(string_value("''''"), "'");
  EXPECT_EQ(string_value(R"('a\nb\t\\c')"), "a\nb\t\\c");
  EXPECT_EQ(string_value(R"('100\% \_ \bx \"')"), R"(100\% \_ \bx \")");
  EXPECT_EQ(tokens_of(R"('a\'b' c)")[0].length, 6u);
  EXPECT_EQ(string_value(R"('a\'b')"), "a'b");
  EXPECT_EQ(tokens_of(R"('\\' c)")[0].length, 4u);
  EXPECT_EQ(quoted_name(R"("a""b")"), "a\"b");
  EXPECT_EQ(quoted_name("`a``b`"), "a`b");
  EXPECT_NE(error_of("'open"), "");
  EXPECT_NE(error_of("'open\\'"), "");
  EXPECT_NE(error_of("\"open"), "");
  EXPECT_NE(error_of("`open"), "");
}

TEST(Lexer, NullBytesAreErrors) {
  EXPECT_EQ(error_of(std::string_view("'a\0b'", 5)), "NULL byte in string literal");
  EXPECT_EQ(error_of(std::string_view("'a\\\0b'", 6)), "NULL byte in string literal");
  EXPECT_EQ(error_of(std::string_view("\"a\0b\"", 5)), "NULL byte in quoted identifier");
  EXPECT_EQ(error_of(std::string_view("a \0 b", 5)), "NULL byte in text");
}

TEST(Lexer, CommentsAndBlanksAreSkipped) {
  using K = TokenKind;
  EXPECT_EQ(kinds_of("1 -- one\n# two\n/* three\n * */ 2 --"),
            (std::vector<K>{K::kInteger, K::kInteger}));
  EXPECT_EQ(kinds_of("a/**/b"), (std::vector<K>{K::kWord, K::kWord}));
  EXPECT_EQ(kinds_of("\xEF\xBB\xBF"
                     "a\xC2\xA0"
                     "b"),
            (std::vector<K>{K::kWord, K::kWord}));
  EXPECT_EQ(error_of("1 /* open"), "unterminated comment");
  EXPECT_EQ(kinds_of("- -1"), (std::vector<K>{K::kMinus, K::kMinus, K::kInteger}));
}

TEST(Lexer, PositionsCountCodePoints) {
  auto tokens = tokens_of("aä 'ö\nü' x\n/* é\né */ \"n\xC3\xA4\" y");
  ASSERT_EQ(tokens.size(), 6u);
  auto at = [&](size_t i) { return std::pair(tokens[i].position.line, tokens[i].position.column); };
  EXPECT_EQ(at(0), std::pair(1u, 1u));
  EXPECT_EQ(at(1), std::pair(1u, 4u));
  EXPECT_EQ(at(2), std::pair(2u, 4u));
  EXPECT_EQ(at(3), std::pair(4u, 6u));
  EXPECT_EQ(at(4), std::pair(4u, 11u));
  EXPECT_EQ(at(5), std::pair(4u, 12u));
}

TEST(Lexer, Parameters) {
  using K = TokenKind;
  EXPECT_EQ(kinds_of("$1 ? :name :n2"),
            (std::vector<K>{K::kDollar, K::kQuestion, K::kNamed, K::kNamed}));
  EXPECT_NE(error_of("$"), "");
  EXPECT_NE(error_of("$x"), "");
  EXPECT_NE(error_of(": x"), "");
  EXPECT_NE(error_of("a::b"), "");
}

TEST(Lexer, ErrorsRepeat) {
  Lexer lexer("a @ b");
  EXPECT_TRUE(lexer.next().is(TokenKind::kWord));
  EXPECT_TRUE(lexer.next().is(TokenKind::kError));
  EXPECT_TRUE(lexer.next().is(TokenKind::kError));
}

TEST(Lexer, TextMustBeUtf8) {
  EXPECT_TRUE(check_text("Größe").has_value());
  auto status = check_text("a\nb \xC3(");
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code(), ErrorCode::kParse);
  EXPECT_EQ(status.error().position().line, 2u);
  EXPECT_EQ(status.error().position().column, 3u);
}

}  // namespace
}  // namespace orrery::sql
