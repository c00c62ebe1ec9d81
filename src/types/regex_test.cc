#include "types/regex.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>

namespace orrery::types {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  auto regex = Regex::compile(pattern);
  EXPECT_TRUE(regex.has_value()) << pattern << ": " << (regex ? "" : regex.error().message());
  return regex && regex->search(text);
}

bool compiles(std::string_view pattern) {
  auto regex = Regex::compile(pattern);
  if (!regex) {
    EXPECT_TRUE(regex.error().message().starts_with("Invalid regex: "));
  }
  return regex.has_value();
}

TEST(Regex, Basics) {
  EXPECT_TRUE(matches("", "x"));
  EXPECT_TRUE(matches("^h.*o$", "hello"));
  EXPECT_FALSE(matches("^e", "hello"));
  EXPECT_TRUE(matches("ell", "hello"));
  EXPECT_FALSE(matches("hello", "Hello"));
  EXPECT_TRUE(matches("(?i)hello", "HELLO"));
  EXPECT_TRUE(matches("a|b|cd", "xxcd"));
  EXPECT_TRUE(matches("(a|o)$", "Bruno"));
  EXPECT_TRUE(matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "2024-01-31"));
  EXPECT_FALSE(matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "2024-1-31"));
  EXPECT_TRUE(matches("^a{2,3}$", "aaa"));
  EXPECT_FALSE(matches("^a{2,3}$", "aaaa"));
  EXPECT_TRUE(matches("^a{2,}$", "aaaaa"));
  EXPECT_TRUE(matches("^(ab)*?c$", "ababc"));
  EXPECT_TRUE(matches("^.$", "é"));
  EXPECT_FALSE(matches("^.$", "\n"));
  EXPECT_TRUE(matches("(?s)^.$", "\n"));
}

TEST(Regex, Classes) {
  EXPECT_TRUE(matches("^[^a-c]$", "d"));
  EXPECT_FALSE(matches("^[^a-c]$", "b"));
  EXPECT_TRUE(matches("^[]x]$", "]"));
  EXPECT_TRUE(matches("^[a\\-z]+$", "a-z"));
  EXPECT_TRUE(matches("^[[:digit:][:upper:]]+$", "A1"));
  EXPECT_TRUE(matches("^[a-z&&[^aeiou]]+$", "xyz"));
  EXPECT_FALSE(matches("^[a-z&&[^aeiou]]+$", "xaz"));
  EXPECT_TRUE(matches("^\\d+$", "0٣"));
  EXPECT_TRUE(matches("^\\w+$", "naïve_9"));
  EXPECT_TRUE(matches("^\\S+\\s\\S+$", "a b"));
  EXPECT_TRUE(matches("^\\D\\W$", "a!"));
  EXPECT_TRUE(matches("^\\p{Lu}\\p{Ll}+$", "Élan"));
  EXPECT_TRUE(matches("^\\x41\\u00e9\\x{1F600}$", "Aé😀"));
  EXPECT_TRUE(matches("(?i)^[à-ý]+$", "ÉÀ"));
  EXPECT_TRUE(matches("(?i)^straSSe$", "STRASSE"));
  EXPECT_TRUE(matches("(?i)^k$", "\xe2\x84\xaa"));  // the Kelvin sign
}

TEST(Regex, Assertions) {
  EXPECT_TRUE(matches("\\bbar", "foo bar"));
  EXPECT_FALSE(matches("\\bbar", "foobar"));
  EXPECT_TRUE(matches("\\Bbar", "foobar"));
  EXPECT_TRUE(matches("\\bé\\b", "x é y"));
  EXPECT_TRUE(matches("(?m)^b$", "a\nb\nc"));
  EXPECT_FALSE(matches("^b$", "a\nb\nc"));
  EXPECT_TRUE(matches("\\Aa.*c\\z", "abc"));
  EXPECT_TRUE(matches("$", ""));
  EXPECT_TRUE(matches("a$|b", "cb"));
  EXPECT_FALSE(matches("^a|^b", "cab"));
  EXPECT_TRUE(matches("x*$", "abc"));
  EXPECT_TRUE(matches("^$", ""));
  EXPECT_FALSE(matches("a^b", "ab"));
}

TEST(Regex, Groups) {
  EXPECT_TRUE(matches("(?:a(?P<n>b)(?<m>c))+d", "abcabcd"));
  EXPECT_TRUE(matches("a(?i)b", "aB"));
  EXPECT_FALSE(matches("(?i:a)b", "AB"));
  EXPECT_TRUE(matches("(?i:a)b", "Ab"));
  EXPECT_TRUE(matches("((?i)a)b", "Ab"));
  EXPECT_FALSE(matches("((?i)a)b", "AB"));
  EXPECT_TRUE(matches("(?x) a b # comment\n c", "abc"));
  EXPECT_TRUE(matches("(a*)*b", "aaab"));
  EXPECT_TRUE(matches("(|a)+b", "ab"));
}

TEST(Regex, InvalidPatterns) {
  for (const char* p :
       {"[",    "a(",         "a)",          "*",      "a{2",   "a{3,2}",    "a{9999}",
        "\\",   "\\1",        "(?=a)",       "(?<!a)", "[b-a]", "\\p{Nope}", "\\q",
        "(?z)", "[[:nope:]]", "\\x{110000}", "(?P<",   "+a",    "|*"}) {
    EXPECT_FALSE(compiles(p)) << p;
  }
}

TEST(Regex, HostilePatternsAreRefusedOrQuick) {
  EXPECT_FALSE(compiles("((a{1000}){1000}){1000}"));
  EXPECT_FALSE(compiles("(((){1000}){1000}){1000}"));
  EXPECT_FALSE(compiles(std::string(5000, '(')));
  EXPECT_FALSE(compiles(std::string(100, '[')));
  std::string nested(90, '(');
  nested += "a" + std::string(90, ')');
  EXPECT_TRUE(compiles(nested));
  std::string many;
  for (int i = 0; i < 20000; ++i) many += "\\w";
  EXPECT_FALSE(compiles(many));
  EXPECT_FALSE(compiles("[" + many + "]"));
  EXPECT_FALSE(compiles("(?i)" + std::string(20000, 'k')));
  EXPECT_TRUE(compiles("(?i)" + std::string(9000, 'k')));
  std::string properties;
  for (int i = 0; i < 30; ++i) properties += "\\pL\\PN[^\\p{Lu}]";
  EXPECT_TRUE(compiles(properties));
  // Exponential for a matcher that backtracks.
  std::string text(2000, 'a');
  EXPECT_FALSE(matches("(a|a)*(a|aa)*(a*)*b", text));
  EXPECT_FALSE(matches("a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?b", text));
}

TEST(Regex, ManyStatesStayInBounds) {
  // The set of threads depends on the last 12 characters: thousands of states.
  auto regex = Regex::compile("(a|b)*a(a|b){12}c");
  ASSERT_TRUE(regex.has_value());
  std::mt19937 random(3);
  std::string text;
  for (int i = 0; i < 200000; ++i) text.push_back("ab"[random() % 2]);
  EXPECT_FALSE(regex->search(text));
  EXPECT_TRUE(regex->search(text + "abbbbbbbbbbbbc"));
  EXPECT_FALSE(regex->search(text));
}

TEST(Regex, InvalidUtf8) {
  EXPECT_FALSE(matches("^.$", "\xff"));
  EXPECT_TRUE(matches("a",
                      "\xff\xe2\x82"
                      "a"));
  EXPECT_FALSE(matches("^[^x]+$", "\xc3"));
}

TEST(Regex, AgreesWithTheStandardLibrary) {
  std::mt19937 random(5);
  const std::string pieces[] = {"a",  "b",     ".", "a*", "(a|b)", "[ab]",
                                "b+", "(ab)?", "^", "$",  "a{2}"};
  for (int i = 0; i < 3000; ++i) {
    std::string pattern, text;
    for (auto n = random() % 5; n > 0; --n) pattern += pieces[random() % std::size(pieces)];
    for (auto n = random() % 8; n > 0; --n) text.push_back("abc"[random() % 3]);
    bool expected = std::regex_search(text, std::regex(pattern));
    EXPECT_EQ(matches(pattern, text), expected) << pattern << " on " << text;
  }
}

}  // namespace
}  // namespace orrery::types
