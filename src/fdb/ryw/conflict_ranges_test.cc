#include "fdb/ryw/conflict_ranges.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "fdb/ryw/read_conflicts.h"

namespace orrery::fdb::ryw {
namespace {

using std::string_literals::operator""s;

std::string shown(std::span<const KeyRange> ranges) {
  std::string out;
  for (const KeyRange& r : ranges) out += "[" + std::string(r.begin) + "," + std::string(r.end) + ")";
  return out;
}
std::string shown(const EdgeRange& range) {
  std::string a, b;
  return "[" + std::string(range.begin.in(a)) + "," + std::string(range.end.in(b)) + ")";
}

TEST(ConflictRanges, JoinWhereTheyTouch) {
  Arena arena;
  ConflictRanges ranges(arena);
  EXPECT_TRUE(ranges.empty());
  EXPECT_EQ(arena.allocated_bytes(), 0u);
  ranges.add(Edge("c"), Edge("d"));
  ranges.add_key("a");
  ranges.add(Edge("a", 1), Edge("b"));
  ranges.add(Edge("x"), Edge("x"));
  EXPECT_EQ(shown(ranges.ranges()), "[a,b)[c,d)");
  ranges.add(Edge("b"), Edge("c"));
  EXPECT_EQ(shown(ranges.ranges()), "[a,d)");
  ranges.add_key("");
  EXPECT_EQ(shown(ranges.ranges()), "[,\0)[a,d)"s);
  EXPECT_EQ(ranges.counted_bytes(), (2 + 24) + (3 + 24) + (3 + 24) + (2 + 24) + (1 + 24));
}

TEST(ConflictRanges, KeepLittleOfManyEqualOnes) {
  Arena arena;
  ConflictRanges ranges(arena);
  std::mt19937 random(1);
  std::set<std::string> keys;
  for (int i = 0; i < 20'000; i++) {
    const std::string key = "k" + std::to_string(random() % 300);
    keys.insert(key);
    ranges.add_key(key);
  }
  EXPECT_EQ(ranges.ranges().size(), keys.size());
}

TEST(ConflictRanges, LeaveOutWhatWasWritten) {
  Arena arena;
  WriteMap writes(arena);
  writes.mutate("b", MutationType::kSetValue, "1", WriteConflict::kAdd);
  writes.mutate("c", MutationType::kAddValue, "1", WriteConflict::kAdd);
  writes.clear({"d", "e"}, WriteConflict::kAdd);
  ConflictRanges ranges(arena);
  ranges.add_unwritten(Edge("a"), Edge("f"), writes.view());
  EXPECT_EQ(shown(ranges.ranges()), "[a,b)[b\0,d)[e,f)"s);  // the addition depends on what is there
  EXPECT_EQ(ranges.counted_bytes(), 5 * (2 + 24));          // a, b\0, c, c\0, e: each a segment
  ConflictRanges none(arena);
  none.add_unwritten(Edge("d"), Edge("e"), writes.view());
  none.add_unwritten(Edge("b"), Edge("b", 1), writes.view());
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(none.add_unmodified(Edge("a"), Edge("b"), writes.view()));
  EXPECT_EQ(none.add_unmodified(Edge("a"), Edge("bb"), writes.view()).error(),
            error::get_mapped_range_reads_your_writes);
}

RangeResult result(std::vector<std::string>& keys, bool more) {
  RangeResult r;
  for (const std::string& key : keys) r.rows.append(Row(key, ""), BufferRef());
  r.more = more;
  return r;
}

TEST(ReadConflicts, OfGetKey) {
  EXPECT_EQ(shown(key_conflict(Selector(KeySelector::last_less_than("m")), "c")), "[c,m)");
  EXPECT_EQ(shown(key_conflict(Selector(KeySelector::last_less_or_equal("m")), "c")), "[c,m\0)"s);
  EXPECT_EQ(shown(key_conflict(Selector(KeySelector::first_greater_or_equal("m")), "p")), "[m,p\0)"s);
  EXPECT_EQ(shown(key_conflict(Selector(KeySelector::first_greater_than("m")), "p")), "[m\0,p\0)"s);
}

TEST(ReadConflicts, OfGetRange) {
  std::vector<std::string> up{"c", "e"};
  std::vector<std::string> down{"e", "c"};
  std::vector<std::string> no_rows;
  const Selector begin(Edge("a"), 1), end(Edge("m"), 1);
  const auto forward = [&](std::vector<std::string>& keys, bool more) {
    return shown(range_conflict(begin, end, Direction::kForward, result(keys, more), "\xff"));
  };
  const auto reverse = [&](std::vector<std::string>& keys, bool more) {
    return shown(range_conflict(begin, end, Direction::kReverse, result(keys, more), "\xff"));
  };
  EXPECT_EQ(forward(up, false), "[a,m)");
  EXPECT_EQ(forward(up, true), "[a,e\0)"s);
  EXPECT_EQ(forward(no_rows, false), "[a,m)");
  EXPECT_EQ(reverse(down, false), "[a,m)");
  EXPECT_EQ(reverse(down, true), "[c,m)");
  // Selectors that count: what they pass over is depended on.
  RangeResult r = result(up, true);
  EXPECT_EQ(shown(range_conflict(Selector(Edge("d"), 0), end, Direction::kForward, r, "\xff")), "[c,e\0)"s);
  EXPECT_EQ(shown(range_conflict(begin, Selector(Edge("m"), -2), Direction::kForward, r, "\xff")), "[a,m)");
  EXPECT_EQ(shown(range_conflict(Selector(Edge("z"), -9), end, Direction::kForward, r, "\xff")), "[c,z)");
  r.more = false;
  r.read_to_begin = true;
  r.read_through_end = true;
  EXPECT_EQ(shown(range_conflict(Selector(Edge("d"), 0), Selector(Edge("d"), 5), Direction::kForward, r, "\xff")),
            "[,\xff)");
}

TEST(ReadConflicts, OfGetRangeWithoutReadYourWrites) {
  std::vector<std::string> up{"c", "e"};
  std::vector<std::string> down{"e", "c"};
  const Selector begin(Edge("a"), 1), end(Edge("m"), 1);
  EXPECT_EQ(shown(native_range_conflict(begin, end, Direction::kForward, result(up, false))), "[a,m)");
  EXPECT_EQ(shown(native_range_conflict(begin, end, Direction::kForward, result(up, true))), "[a,e\0)"s);
  EXPECT_EQ(shown(native_range_conflict(begin, end, Direction::kReverse, result(down, true))), "[c,m)");
  RangeResult all = result(up, false);
  all.read_to_begin = true;
  all.read_through_end = true;
  EXPECT_EQ(shown(native_range_conflict(begin, end, Direction::kForward, all)), "[,\xff\xff)");
}

TEST(ReadConflicts, WhatIsReadAtAll) {
  const KeyAccess access;
  const RangeLimits all;
  const auto asks = [&](const KeySelector& b, const KeySelector& e, RangeLimits limits) {
    return check_range_read(b, e, limits, access);
  };
  const KeySelector a{"a", false, 1}, m{"m", false, 1};
  EXPECT_TRUE(*asks(a, m, all));
  EXPECT_FALSE(*asks(m, a, all));
  EXPECT_FALSE(*asks(a, a, all));
  EXPECT_FALSE(*asks(a, m, {.rows = 0}));
  EXPECT_EQ(asks(a, m, {.rows = -2}).error(), error::range_limits_invalid);
  EXPECT_EQ(asks(a, m, {.bytes = -5}).error(), error::range_limits_invalid);
  EXPECT_EQ(asks(a, {"\xff\x01", false, 1}, all).error(), error::key_outside_legal_range);
  EXPECT_TRUE(*asks({"m", false, 0}, {"a", false, 1}, all));
}

TEST(ReadConflicts, ClippedRows) {
  std::vector<std::string> keys{"a", "\xff/x", "\xff/y"};
  RangeResult r = result(keys, true);
  clip_rows(r, Direction::kForward, "\xff");
  EXPECT_EQ(r.rows.size(), 1u);
  EXPECT_FALSE(r.more);
  EXPECT_EQ(clipped_key("\xff/x", "\xff"), "\xff");
  EXPECT_TRUE(must_resolve_end(Selector(Edge("a"), 2), Direction::kReverse));
  EXPECT_FALSE(must_resolve_end(Selector(Edge("a"), 1), Direction::kReverse));
  EXPECT_FALSE(must_resolve_end(Selector(Edge("a"), 2), Direction::kForward));
}

}  // namespace
}  // namespace orrery::fdb::ryw
