#include "types/unicode.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "types/digest.h"

namespace orrery::types {
namespace {

template <class Fn>
std::string made(Fn fn, std::string_view s) {
  std::string out;
  fn(s, &out);
  return out;
}

TEST(Unicode, Case) {
  EXPECT_EQ(made(append_upper, "éA1 straße"), "ÉA1 STRASSE");
  EXPECT_EQ(made(append_lower, "ÉÀ ΣΑΣ Я"), "éà σασ я");
  EXPECT_EQ(fold_case(U'ς'), fold_case(U'Σ'));
}

TEST(Unicode, Accents) {
  EXPECT_EQ(made(append_without_accents, "Éàü Łódź ñ ø ệ"), "Eau Lodz n o e");
  EXPECT_EQ(made(append_without_accents, "e\xcc\x81 日本"), "e 日本");
  for (uint32_t c = 0; c < 0x3000; ++c) {  // every entry of the tables
    std::string s;
    append_utf8(c, &s);
    EXPECT_LE(made(append_without_accents, s).size(), s.size());
  }
}

TEST(Unicode, Counting) {
  EXPECT_EQ(count_characters("日本語"), 3u);
  EXPECT_EQ(count_characters("naïve"), 5u);
  EXPECT_EQ(count_characters("\xff\xfe"), 2u);
  EXPECT_EQ(count_characters("\xe2\x82"), 2u);
  EXPECT_EQ(offset_of_character("日本語", 2), 6u);
  EXPECT_EQ(offset_of_character("日本語", 9), 9u);
}

TEST(Unicode, DecodesOnlyWhatIsValid) {
  for (uint32_t c = 0; c <= kCodePointMax; c += c < 0x11000 ? 1 : 257) {
    std::string s;
    append_utf8(c, &s);
    EXPECT_TRUE(utf8_valid(s)) << c;
    uint32_t decoded = 0;
    EXPECT_EQ(decode_utf8(s.data(), s.data() + s.size(), &decoded), s.size());
    const bool surrogate = c >= 0xd800 && c <= 0xdfff;
    EXPECT_EQ(decoded, surrogate ? 0xfffd : c);
  }
  for (std::string_view s : {"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                             "\xc3", "\x80", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(utf8_valid(s));
    std::string again;  // bytes that are no character come back as they are
    for (const char *p = s.data(), *end = p + s.size(); p < end;) {
      uint32_t c;
      p += decode_utf8(p, end, &c);
      append_utf8(c, &again);
    }
    EXPECT_EQ(again, s);
  }
}

TEST(Unicode, Kinds) {
  EXPECT_TRUE(is_digit(U'٣'));
  EXPECT_FALSE(is_digit(U'x'));
  EXPECT_TRUE(is_letter(U'é'));
  EXPECT_TRUE(is_letter_or_digit(U'日'));
  EXPECT_TRUE(is_space(0x3000));
  EXPECT_FALSE(is_letter(kInvalidByte + 0xff));
}

TEST(Digest, KnownValues) {
  EXPECT_EQ(made(append_md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(made(append_md5, "The quick brown fox jumps over the lazy dog"),
            "9e107d9d372bb6826bd81d3542a419d6");
  EXPECT_EQ(made(append_sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(made(append_sha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(made(append_sha384, "abc").substr(0, 32), "cb00753f45a35e8bb5a03d699ac65007");
  EXPECT_EQ(made(append_sha512, "abc").substr(0, 32), "ddaf35a193617abacc417349ae204131");
  EXPECT_EQ(crc32("123456789"), 0xcbf43926u);
  // Every length around a block's end pads in its own way.
  EXPECT_EQ(made(append_md5, std::string(56, 'a')), "3b0c8ac703f828b04c6c197006d17218");
  EXPECT_EQ(made(append_sha256, std::string(64, 'a')),
            "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
  EXPECT_EQ(made(append_sha512, std::string(112, 'a')).substr(0, 16), "c01d080efd492776");
}

}  // namespace
}  // namespace orrery::types
