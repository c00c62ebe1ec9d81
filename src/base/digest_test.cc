#include <gtest/gtest.h>

#include <string>

#include "base/blake3.h"
#include "base/keccak.h"
#include "base/utf8.h"

namespace orrery {
namespace {

std::string hex(const std::array<uint8_t, 32>& digest) {
  std::string out;
  for (uint8_t b : digest) {
    out.push_back("0123456789abcdef"[b >> 4]);
    out.push_back("0123456789abcdef"[b & 15]);
  }
  return out;
}

TEST(Digest, KnownValues) {
  EXPECT_EQ(hex(keccak256("")), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(hex(keccak256("abc")),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  EXPECT_EQ(hex(blake3("")), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
  EXPECT_EQ(hex(blake3("abc")), "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
}

TEST(Utf8, FindsTheFirstBadByte) {
  EXPECT_EQ(utf8_valid_prefix(""), 0u);
  EXPECT_TRUE(utf8_valid("plain ascii of more than eight bytes"));
  EXPECT_TRUE(utf8_valid("\u00e9\u65e5\U0001F600\U0010FFFF"));
  EXPECT_EQ(utf8_valid_prefix("abcdefgh\xff"), 8u);
  EXPECT_EQ(utf8_valid_prefix("ab\xc3"), 2u);
  for (std::string_view bad :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xe2\x82", "\xf0\x9f\x98"}) {
    EXPECT_EQ(utf8_valid_prefix(bad), 0u);
  }
}

TEST(Utf8, AppendsWhatItAccepts) {
  for (uint32_t c :
       {0u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xD7FFu, 0xE000u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    std::string s;
    utf8_append(c, &s);
    EXPECT_TRUE(utf8_valid(s)) << c;
  }
  std::string s;
  utf8_append(0xD800, &s);
  utf8_append(0x110000, &s);
  EXPECT_EQ(s, "\uFFFD\uFFFD");
}

}  // namespace
}  // namespace orrery
