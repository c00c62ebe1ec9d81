// Checksum and compression: known answers, and Orrery's own codec against liblz4.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "env/simulated.h"
#include "storage/durability/crc32c.h"
#include "storage/durability/lz4_block.h"
#include "storage/durability/lz4_portable.h"

namespace orrery::storage {
namespace {

TEST(Crc32c, KnownAnswers) {
  EXPECT_EQ(crc32c(0, ""), 0u);
  EXPECT_EQ(crc32c(0, "123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c_portable(0, "123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(0, std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(0, std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32c, ExtendsAndAgreesWithThePortableForm) {
  env::SeededRandom random(1);
  for (size_t n = 0; n < 200; ++n) {
    std::string bytes(n, '\0');
    random.fill({reinterpret_cast<uint8_t*>(bytes.data()), n});
    const uint32_t whole = crc32c(0, bytes);
    EXPECT_EQ(whole, crc32c_portable(0, bytes));
    const size_t cut = random.below(n + 1);
    EXPECT_EQ(whole, crc32c(crc32c(0, bytes.substr(0, cut)), bytes.substr(cut)));
  }
}

std::vector<std::string> samples() {
  std::vector<std::string> out = {"", "a", "aaaaaaaaaaaa", "aaaaaaaaaaaaa",
                                  std::string(100000, 'z')};
  env::SeededRandom random(2);
  for (int i = 0; i < 400; ++i) {
    std::string text;
    const size_t size = random.below(i % 20 == 0 ? 300000 : 3000);
    const uint64_t alphabet = 1 + random.below(i % 3 == 0 ? 256 : 8);
    while (text.size() < size) {
      if (!text.empty() && random.below(3) == 0) {
        // A copy from before, at times far back and at times overlapping itself.
        const size_t from = text.size() - 1 - random.below(std::min<size_t>(text.size(), 70000));
        const size_t length = random.below(600);
        for (size_t k = 0; k < length; ++k) text += text[from + k];
      } else {
        text += static_cast<char>(random.below(alphabet));
      }
    }
    out.push_back(std::move(text));
  }
  return out;
}

TEST(Lz4, OwnCodecAndLibraryReadEachOther) {
  Lz4Encoder library;
  PortableLz4Encoder own;
  size_t packed_count = 0;
  for (const std::string& raw : samples()) {
    std::string a = "x";
    std::string b = "y";
    const bool library_packed = library.encode(raw, &a);
    const bool own_packed = own.encode(raw, &b);
    std::string out(raw.size(), '\0');
    if (library_packed) {
      ASSERT_LT(a.size() - 1, raw.size());
      ASSERT_TRUE(portable_lz4_decode(std::string_view(a).substr(1), out));
      ASSERT_EQ(out, raw);
      ASSERT_TRUE(lz4_decode(std::string_view(a).substr(1), out));
    } else {
      ASSERT_EQ(a, "x");
    }
    out.assign(raw.size(), '\0');
    if (own_packed) {
      ++packed_count;
      ASSERT_LT(b.size() - 1, raw.size());
      ASSERT_TRUE(lz4_decode(std::string_view(b).substr(1), out));
      ASSERT_EQ(out, raw);
      out.assign(raw.size(), '\0');
      ASSERT_TRUE(portable_lz4_decode(std::string_view(b).substr(1), out));
      ASSERT_EQ(out, raw);
      // A wrong size is refused by both.
      out.resize(raw.size() + 1);
      EXPECT_FALSE(portable_lz4_decode(std::string_view(b).substr(1), out));
      EXPECT_FALSE(lz4_decode(std::string_view(b).substr(1), out));
      out.resize(raw.size() - 1);
      EXPECT_FALSE(portable_lz4_decode(std::string_view(b).substr(1), out));
      EXPECT_FALSE(lz4_decode(std::string_view(b).substr(1), out));
    } else {
      ASSERT_EQ(b, "y");
    }
  }
  EXPECT_GT(packed_count, 200u);
}

TEST(Lz4, DamagedBlocksNeverLeaveTheBuffers) {
  env::SeededRandom random(3);
  PortableLz4Encoder own;
  for (const std::string& raw : samples()) {
    if (raw.size() > 3000) continue;
    std::string packed;
    if (!own.encode(raw, &packed)) continue;
    for (int i = 0; i < 20; ++i) {
      std::string damaged = packed;
      damaged[random.below(damaged.size())] ^= static_cast<char>(1 + random.below(255));
      if (random.below(4) == 0) damaged.resize(random.below(damaged.size()));
      // Exactly sized on the heap, so that a sanitizer sees any step outside.
      std::vector<char> block(damaged.begin(), damaged.end());
      std::vector<char> a(raw.size());
      std::vector<char> b(raw.size());
      const std::string_view view(block.data(), block.size());
      const bool own_ok = portable_lz4_decode(view, a);
      const bool library_ok = lz4_decode(view, b);
      if (own_ok && library_ok) {
        EXPECT_EQ(a, b);
      }
    }
  }
}

}  // namespace
}  // namespace orrery::storage
