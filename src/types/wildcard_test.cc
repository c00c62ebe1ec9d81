#include "types/wildcard.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "types/byte_search.h"

namespace orrery::types {
namespace {

bool like(std::string_view text, std::string_view pattern, uint32_t escape = '\\') {
  return Wildcard::like(pattern, escape, Wildcard::Case::kSensitive).matches(text);
}
bool ilike(std::string_view text, std::string_view pattern) {
  return Wildcard::like(pattern, '\\', Wildcard::Case::kInsensitive).matches(text);
}
bool glob(std::string_view text, std::string_view pattern) {
  return Wildcard::glob(pattern).matches(text);
}

TEST(Wildcard, Like) {
  EXPECT_TRUE(like("hello", "h%"));
  EXPECT_TRUE(like("hello", "%o"));
  EXPECT_TRUE(like("hello", "_____"));
  EXPECT_FALSE(like("hello", "____"));
  EXPECT_FALSE(like("hello", "HELLO"));
  EXPECT_FALSE(like("hello", ""));
  EXPECT_TRUE(like("", ""));
  EXPECT_TRUE(like("", "%"));
  EXPECT_FALSE(like("", "_"));
  EXPECT_TRUE(like("hello", "%%"));
  EXPECT_TRUE(like("h%llo", "h\\%llo"));
  EXPECT_FALSE(like("hello", "h\\%llo"));
  EXPECT_FALSE(like("axb", "a\\_b"));
  EXPECT_TRUE(like("a_b", "a#_b", '#'));
  EXPECT_TRUE(like("été", "_t_"));
  EXPECT_TRUE(like("a\nb", "a_b"));
  EXPECT_TRUE(like("abcabc", "%abc"));
  EXPECT_TRUE(like("aXbXc", "a%X%c"));
  EXPECT_TRUE(like("User_123", "User_1%"));
  EXPECT_FALSE(like("User_213", "User_1%"));
  EXPECT_TRUE(like("user5021@example.com", "%50%"));
  EXPECT_TRUE(like("50%_x", "%\\%%"));
  EXPECT_TRUE(like("ends\\", "ends\\"));
  EXPECT_TRUE(like("abab", "%a_"));
  EXPECT_FALSE(like("aba", "%a_"));
  EXPECT_TRUE(like("xaybzc", "%a%b_c"));
}

TEST(Wildcard, LikeWithoutCase) {
  EXPECT_TRUE(ilike("HELLO", "h%o"));
  EXPECT_TRUE(ilike("ÉTÉ", "été"));
  EXPECT_TRUE(ilike("ΣΑΣ", "σας"));
  EXPECT_FALSE(ilike("HELLO", "hal%"));
}

TEST(Wildcard, Glob) {
  EXPECT_TRUE(glob("hello", "h*"));
  EXPECT_TRUE(glob("hello", "h?llo"));
  EXPECT_TRUE(glob("hello", "h[aeiou]llo"));
  EXPECT_TRUE(glob("hello", "h[a-f]llo"));
  EXPECT_FALSE(glob("hello", "h[!a-f]llo"));
  EXPECT_TRUE(glob("hxllo", "h[^a-f]llo"));
  EXPECT_TRUE(glob("a*b", "a[*]b"));
  EXPECT_TRUE(glob("a]b", "a[]]b"));
  EXPECT_TRUE(glob("a[b", "a[b"));
  EXPECT_TRUE(glob("50%_x", "*[0-9]*"));
  EXPECT_FALSE(glob("HELLO", "h*"));
}

TEST(Wildcard, InvalidUtf8IsTakenByteByByte) {
  EXPECT_TRUE(like("\xff\xfe", "__"));
  EXPECT_TRUE(like("a\xe2\x82", "a__"));
  EXPECT_TRUE(ilike("\xc3", "\xc3"));
}

/// The plain recursive definition, over bytes.
bool reference(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') {
    for (size_t i = 0; i <= text.size(); ++i) {
      if (reference(text.substr(i), pattern.substr(1))) return true;
    }
    return false;
  }
  if (text.empty() || (pattern[0] != '_' && pattern[0] != text[0])) return false;
  return reference(text.substr(1), pattern.substr(1));
}

TEST(Wildcard, FixedStartTellsWhatMatchingTells) {
  std::mt19937 random(9);
  const std::string letters[] = {"a", "b", "é", "\xff"};
  for (int i = 0; i < 20000; ++i) {
    std::string text, pattern;
    for (auto n = random() % 18; n > 0; --n) text += letters[random() % 4];
    for (auto n = random() % 7; n > 0; --n)
      pattern += random() % 3 == 0 ? "_" : letters[random() % 3];
    if (random() % 2 == 0) pattern += "%";
    if (random() % 4 == 0) pattern += "b";
    Wildcard w = Wildcard::like(pattern, '\\', Wildcard::Case::kSensitive);
    if (!w.has_fixed_start()) continue;
    Wildcard::Start start = w.compare_start(StringRef(text));
    bool matches = w.matches(text);
    if (start == Wildcard::Start::kDiffers) {
      EXPECT_FALSE(matches) << text << " LIKE " << pattern;
    }
    if (start == Wildcard::Start::kFits && w.is_fixed_start()) {
      EXPECT_TRUE(matches) << text << " LIKE " << pattern;
    }
  }
}

TEST(Wildcard, AgreesWithItsDefinition) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string text, pattern;
    for (auto n = random() % 9; n > 0; --n) text.push_back("ab"[random() % 2]);
    for (auto n = random() % 7; n > 0; --n) pattern.push_back("ab%_"[random() % 4]);
    EXPECT_EQ(like(text, pattern), reference(text, pattern)) << text << " LIKE " << pattern;
  }
}

TEST(ByteSearch, AgreesWithFind) {
  std::mt19937 random(11);
  for (int i = 0; i < 20000; ++i) {
    std::string text, needle;
    for (auto n = random() % 40; n > 0; --n) text.push_back("abc"[random() % 3]);
    for (auto n = random() % 5; n > 0; --n) needle.push_back("abc"[random() % 3]);
    size_t from = random() % (text.size() + 1);
    EXPECT_EQ(find_bytes(text, needle, from), text.find(needle, from)) << text << " " << needle;
  }
}

}  // namespace
}  // namespace orrery::types
