#include "fdb/ryw/key_rules.h"

#include <gtest/gtest.h>

#include <string>

#include "fdb/ryw/selector.h"
#include "fdb/ryw/versionstamp.h"

namespace orrery::fdb::ryw {
namespace {

using std::string_literals::operator""s;

int code(const Status& status) { return status ? 0 : status.error().code(); }
template <class T>
int code(const Result<T>& result) {
  return result ? 0 : result.error().code();
}

const KeyAccess kPlain;
const KeyAccess kReadsSystem{.read_system_keys = true};
const KeyAccess kSystem{.read_system_keys = true, .write_system_keys = true};

TEST(KeyRules, WhichKeysMayBeRead) {
  EXPECT_EQ(code(check_read_key("\xfe", kPlain)), 0);
  EXPECT_EQ(code(check_read_key("\xff", kPlain)), 2004);
  EXPECT_EQ(code(check_read_key("\xff/metadataVersion", kPlain)), 0);
  EXPECT_EQ(code(check_read_key("\xff/x", kReadsSystem)), 0);
  EXPECT_EQ(code(check_read_key("\xff\xff", kSystem)), 2004);
  EXPECT_EQ(code(check_read_bound("\xff", kPlain)), 0);
  EXPECT_EQ(code(check_read_bound("\xff\0"s, kPlain)), 2004);
  EXPECT_EQ(code(check_read_bound("\xff\xff", kReadsSystem)), 0);
}

TEST(KeyRules, WhichKeysMayBeWritten) {
  EXPECT_EQ(code(check_set("a", "b", kPlain)), 0);
  EXPECT_EQ(code(check_set("\xff/x", "b", kPlain)), 2004);
  EXPECT_EQ(code(check_set("\xff/x", "b", kReadsSystem)), 2004);
  EXPECT_EQ(code(check_set("\xff/x", "b", kSystem)), 0);
  EXPECT_EQ(code(check_set("\xff\xff", "b", kSystem)), 2004);
  EXPECT_EQ(code(check_set("\xff/metadataVersion", "b", kSystem)), 2000);
  EXPECT_EQ(code(check_atomic(15, "\xff/metadataVersion", kMetadataVersionOperand, kPlain)), 0);
  EXPECT_EQ(code(check_atomic(15, "\xff/metadataVersion", "x", kPlain)), 2000);
  EXPECT_EQ(code(check_atomic(2, "\xff/metadataVersion", kMetadataVersionOperand, kSystem)), 2000);
  EXPECT_EQ(code(check_atomic(3, "a", "b", kPlain)), 2018);
  EXPECT_EQ(code(check_atomic(0, "a", "b", kPlain)), 2018);
  EXPECT_EQ(*check_atomic(6, "a", "b", kPlain), MutationType::kAndV2);
}

TEST(KeyRules, Sizes) {
  const std::string longest(10'000, 'k');
  EXPECT_EQ(code(check_set(longest, "", kPlain)), 0);
  EXPECT_EQ(code(check_set(longest + "k", "", kPlain)), 2102);
  KeyAccess raw;
  raw.raw_access = true;
  EXPECT_EQ(code(check_set(longest + "12345678", "", raw)), 0);
  EXPECT_EQ(code(check_set(longest + "123456789", "", raw)), 2102);
  EXPECT_EQ(code(check_set("\xff" + std::string(29'999, 'k'), "", kSystem)), 0);
  EXPECT_EQ(code(check_set("\xff" + std::string(30'000, 'k'), "", kSystem)), 2102);
  EXPECT_EQ(code(check_set("k", std::string(100'000, 'v'), kPlain)), 0);
  EXPECT_EQ(code(check_set("k", std::string(100'001, 'v'), kPlain)), 2103);
  EXPECT_EQ(code(check_atomic(2, "k", std::string(100'001, 'v'), kPlain)), 2103);
  EXPECT_EQ(cut_key(std::string(20'000, 'k')).size(), 10'009u);
  EXPECT_EQ(cut_key("\xff" + std::string(40'000, 'k')).size(), 30'001u);
}

TEST(KeyRules, Ranges) {
  EXPECT_EQ(code(check_clear({"b", "a"}, kPlain)), 2005);
  EXPECT_EQ(code(check_clear({"a", "\xff"}, kPlain)), 0);
  EXPECT_EQ(code(check_clear({"a", "\xff\0"s}, kPlain)), 2004);
  EXPECT_EQ(code(check_clear({"a", "\xff\xff"}, kSystem)), 0);
  EXPECT_EQ(code(check_clear_key("\xff", kPlain)), 2004);
  EXPECT_EQ(code(check_read_conflict({"b", "a"}, kPlain)), 2005);
  EXPECT_EQ(code(check_read_conflict({"a", "\xff\xff"}, kPlain)), 2004);
  KeyAccess old;
  old.api_version = 299;
  EXPECT_EQ(code(check_read_conflict({"a", "\xff\xff"}, old)), 0);
  EXPECT_EQ(code(check_write_conflict({"a", "\xff\xff"}, old)), 0);
  EXPECT_EQ(code(check_write_conflict({"a", "\xff\xff"}, kReadsSystem)), 2004);
  EXPECT_EQ(code(check_read_conflict({"\xff/metadataVersion", "\xff/metadataVersion\0"s}, kPlain)), 0);
  EXPECT_EQ(code(check_write_conflict({"\xff/metadataVersion", "\xff/metadataVersion\0"s}, kPlain)), 2004);
}

TEST(KeyRules, Watches) {
  EXPECT_EQ(code(check_watch("a", kPlain)), 0);
  EXPECT_EQ(code(check_watch("\xff/x", kPlain)), 2004);
  EXPECT_EQ(code(check_watch("\xff/metadataVersion", kPlain)), 0);
  EXPECT_EQ(code(check_watch("\xff\xff", kSystem)), 2004);
  EXPECT_EQ(code(check_watch(std::string(10'001, 'k'), kPlain)), 2102);
  KeyAccess old;
  old.api_version = 299;
  EXPECT_EQ(code(check_watch("\xff/x", old)), 0);
}

TEST(Selectors, LoseOrEqual) {
  const Selector after(KeySelector::first_greater_than("a"));
  EXPECT_EQ(after.key, Edge("a\0"s));
  EXPECT_EQ(after.offset, 1);
  const std::string too_long(10'100, 'k');
  EXPECT_EQ(Selector(KeySelector::first_greater_than(too_long)).key.size(), 10'009u);
  EXPECT_EQ(Selector(KeySelector::last_less_or_equal("\xff\xff")).key, Edge(kAllKeysEnd));
}

TEST(Versionstamps, Offsets) {
  const auto offset = [](std::string_view operand) { return code(versionstamp_offset(operand)); };
  EXPECT_EQ(offset("abc"), 2000);
  EXPECT_EQ(offset("0123456789\0\0\0\0"s), 0);
  EXPECT_EQ(offset("0123456789\1\0\0\0"s), 2000);
  EXPECT_EQ(offset("012345678\0\0\0\0"s), 2000);
  EXPECT_EQ(offset("0123456789\xff\xff\xff\xff"), 2000);
  EXPECT_EQ(*versionstamp_offset("pre0123456789x\3\0\0\0"s), 3u);
}

TEST(Versionstamps, OperandsBefore520HaveImpliedOffsets) {
  Arena arena;
  EXPECT_EQ(versionstamp_operand(MutationType::kSetVersionstampedKey, "k0123456789\1\0"s, 519, arena),
            "k0123456789\1\0\0\0"s);
  EXPECT_EQ(versionstamp_operand(MutationType::kSetVersionstampedValue, "0123456789", 519, arena),
            "0123456789\0\0\0\0"s);
  EXPECT_EQ(versionstamp_operand(MutationType::kSetVersionstampedValue, "same", 520, arena), "same");
}

TEST(Versionstamps, TheKeysThatAKeyMayBecome) {
  Arena arena;
  const std::string operand = "p0123456789s\1\0\0\0"s;
  const auto range = versionstamp_key_range(operand, 0x0102030405060708, "\xff", arena);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->begin, "p\1\2\3\4\5\6\7\x8\0\0s"s);
  EXPECT_EQ(range->end, "p\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffs\0"s);
  EXPECT_EQ(versionstamp_key_range("0123456789\0\0\0\0"s, 0, "\xff", arena)->end, "\xff");
  EXPECT_EQ(*with_least_versionstamp(operand, 5, arena), "p\0\0\0\0\0\0\0\5\0\0s\1\0\0\0"s);
  EXPECT_EQ(*with_versionstamp(operand, "ABCDEFGHIJ", arena), "pABCDEFGHIJs");
  EXPECT_EQ(code(versionstamp_key_range("short\0\0\0\0"s, 0, "\xff", arena)), 2000);
}

}  // namespace
}  // namespace orrery::fdb::ryw
