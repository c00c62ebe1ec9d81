#include "fdb/ryw/range_read.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fdb/ryw/transaction_data.h"

namespace orrery::fdb::ryw {
namespace {

using std::string_literals::operator""s;
using Step = RangeRead::Step;

Selector from(std::string_view key, int offset) { return Selector(Edge(key), offset); }

std::string shown(std::string_view bytes) { return std::string(bytes); }
std::string shown(const NativeRange& n) {
  return shown(n.begin.key) + "+" + std::to_string(n.begin.offset) + " " + shown(n.end.key) + "+" +
         std::to_string(n.end.offset) + " rows " + std::to_string(n.limits.rows) + " min " +
         std::to_string(n.limits.min_rows) + " bytes " + std::to_string(n.limits.bytes);
}
std::string shown(const RangeResult& result) {
  std::string out;
  for (const Row& row : result.rows.list()) out += shown(row.key()) + "=" + shown(row.value()) + " ";
  return out + (result.more ? "more" : "end");
}

struct RangeReadTest : testing::Test {
  TransactionData data{{}, 1};
  std::unique_ptr<RangeRead> read;

  std::string begin(const Selector& b, const Selector& e, RangeLimits limits = {},
                    Direction direction = Direction::kForward) {
    read = std::make_unique<RangeRead>(data.context(ReadMode::kSerializable), b, e, limits, direction);
    return go_on();
  }
  std::string go_on() {
    const auto step = read->advance();
    if (!step) return std::string(step.error().name());
    return *step == Step::kReadRange ? shown(read->wanted()) : shown(read->result());
  }
  std::string supply(std::vector<const char*> keys, bool more) {
    RangeResult reply;
    for (const char* key : keys) reply.rows.append(Row(key, "v"), BufferRef());
    reply.more = more;
    read->supply(std::move(reply));
    return go_on();
  }
};

TEST_F(RangeReadTest, AsksForTheRangeAndRemembersIt) {
  EXPECT_EQ(begin(from("a", 1), from("m", 1)), "a+1 m+1 rows -1 min 1 bytes -1");
  EXPECT_EQ(supply({"b", "c", "d"}, false), "b=v c=v d=v end");
  EXPECT_EQ(begin(from("b", 1), from("d", 1)), "b=v c=v end");
  EXPECT_EQ(begin(from("a", 1), from("m", 1), {}, Direction::kReverse), "d=v c=v b=v end");
  EXPECT_EQ(begin(from("a", 1), from("m", 1), {.rows = 3}), "b=v c=v d=v more");
  EXPECT_EQ(begin(from("c", 0), from("c", 2)), "b=v c=v end");
  EXPECT_EQ(begin(from("c", 1), from("z", 1)), "m+1 z+1 rows -1 min 1 bytes -1");
  EXPECT_EQ(supply({"n"}, true), "n\0+1 z+1 rows -1 min 1 bytes -1"s);
  EXPECT_EQ(supply({}, false), "c=v d=v n=v end");
}

TEST_F(RangeReadTest, OwnWritesLieOverIt) {
  ASSERT_TRUE(data.set("c", "own"));
  ASSERT_TRUE(data.clear("d"));
  ASSERT_TRUE(data.atomic(9, "e", "+", 0));
  EXPECT_EQ(begin(from("a", 1), from("f", 1)), "a+1 f+1 rows -1 min 1 bytes -1");
  EXPECT_EQ(supply({"b", "d", "e"}, false), "b=v c=own e=v+ end");
  EXPECT_EQ(begin(from("a", 1), from("f", 1), {.rows = 2}, Direction::kReverse), "e=v+ c=own more");
}

TEST_F(RangeReadTest, ByteLimitsGrowWithEachRead) {
  EXPECT_EQ(begin(from("a", 1), from("m", 1), {.bytes = 100}), "a+1 m+1 rows -1 min 1 bytes 100");
  // A reply with any row satisfies a byte limit: the rest is left to the caller.
  EXPECT_EQ(supply({"b"}, true), "b=v more");
  EXPECT_EQ(begin(from("x", 3), from("z", 1), {.bytes = 60'000}), "x+1 z+1 rows -1 min 3 bytes 60000");
  EXPECT_EQ(supply({"xa"}, true), "xa\0+1 z+1 rows -1 min 2 bytes 80000"s);
}

TEST_F(RangeReadTest, SelectorsThatCountAskForMoreRows) {
  EXPECT_EQ(begin(from("k", 3), from("m", 1)), "k+1 m+1 rows -1 min 3 bytes -1");
  EXPECT_EQ(begin(from("k", 1), from("m", -2), {.rows = 5}), "k+1 m+1 rows 8 min 4 bytes -1");
  EXPECT_EQ(begin(from("k", -2), from("m", 1), {.rows = 2}), "k+-2 m+1 rows 4 min 4 bytes -1");
  EXPECT_EQ(begin(from("k", 1), from("m", 4)), "k+1 m+4 rows -1 min 1 bytes -1");
  const Direction reverse = Direction::kReverse;
  EXPECT_EQ(begin(from("k", 1), from("m", 4), {.rows = 2}, reverse), "k+1 m+4 rows 4 min 4 bytes -1");
  EXPECT_EQ(begin(from("k", 3), from("m", 1), {.rows = 2}, reverse), "k+1 m+1 rows 4 min 3 bytes -1");
  EXPECT_EQ(begin(from("k", -1), from("m", 1), {.rows = 2}, reverse), "k+-1 m+1 rows 2 min 1 bytes -1");
}

TEST_F(RangeReadTest, SingleClearsAreReadOver) {
  for (const char* key : {"b", "d", "f"}) ASSERT_TRUE(data.clear(key));
  EXPECT_EQ(begin(from("a", 1), from("m", 1), {.rows = 1}), "a+1 m+1 rows 1 min 1 bytes -1");
  EXPECT_EQ(supply({"b"}, true), "b\0+1 m+1 rows 3 min 3 bytes -1"s);  // two more, for the keys that are cleared
  EXPECT_EQ(supply({"d", "f", "g"}, true), "g=v more");
  ASSERT_TRUE(data.clear_range({"p", "r"}));
  EXPECT_EQ(begin(from("o", 1), from("z", 1)), "o+1 p+1 rows -1 min 1 bytes -1");
  EXPECT_EQ(supply({}, false), "r+1 z+1 rows -1 min 1 bytes -1");
}

TEST_F(RangeReadTest, RowsBehindTheEndAreTrimmed) {
  EXPECT_EQ(begin(from("a", 1), from("m", -1), {.rows = 2}), "a+1 m+1 rows 4 min 3 bytes -1");
  EXPECT_EQ(supply({"b", "c", "d"}, false), "b=v end");  // the end is c: one before the last before m
}

TEST_F(RangeReadTest, ResultsThatNeedNoRead) {
  EXPECT_EQ(begin(from("m", 1), from("m", 1)), "end");
  EXPECT_EQ(begin(from("\xff", 1), from("\xff", 3)), "end");
  EXPECT_EQ(begin(from("", 0), from("", 1)), "end");
  ASSERT_TRUE(data.clear_range({"", "\xff"}));
  ASSERT_TRUE(data.set("k", "1"));
  EXPECT_EQ(begin(from("", 1), from("\xff", 1)), "k=1 end");
  EXPECT_EQ(begin(from("m", -7), from("m", 7)), "k=1 end");
  EXPECT_TRUE(read->result().read_to_begin);
  EXPECT_TRUE(read->result().read_through_end);
}

TEST_F(RangeReadTest, UnreadableKeysFail) {
  ASSERT_TRUE(data.atomic(15, "c", "0123456789\0\0\0\0"s, 0));
  EXPECT_EQ(begin(from("a", 1), from("f", 1)), "a+1 c+1 rows -1 min 1 bytes -1");
  EXPECT_EQ(supply({"b"}, false), "accessed_unreadable");
  EXPECT_EQ(begin(from("a", 1), from("f", 1), {.rows = 1}), "b=v more");
  EXPECT_EQ(begin(from("a", 1), from("c", 1)), "b=v end");
  EXPECT_EQ(begin(from("a", 1), from("f", 1), {}, Direction::kReverse), "c\0+1 f+1 rows -1 min 1 bytes -1"s);
  EXPECT_EQ(supply({}, false), "accessed_unreadable");
  data.allow_unreadable();
  ValueRead get(data.context(ReadMode::kSerializable), "c", data.unreadable());
  ASSERT_EQ(*get.advance(), ValueRead::Step::kDone);
  EXPECT_EQ(*get.take_result(), "0123456789\0\0\0\0"s);
}

TEST_F(RangeReadTest, SeesTheWritesOfItsBeginning) {
  ASSERT_TRUE(data.set("c", "1"));
  EXPECT_EQ(begin(from("a", 1), from("f", 1)), "a+1 f+1 rows -1 min 1 bytes -1");
  ASSERT_TRUE(data.clear_range({"", "\xff"}));
  ASSERT_TRUE(data.set("d", "2"));
  EXPECT_EQ(supply({"b"}, true), "c\0+1 f+1 rows -1 min 1 bytes -1"s.replace(0, 2, "b\0"s));
  EXPECT_EQ(supply({"e"}, false), "b=v c=1 e=v end");
  data.add_conflict(from("a", 1), from("f", 1), *read, Direction::kForward);
  ASSERT_EQ(data.commit_reads().size(), 2u);
  EXPECT_EQ(data.commit_reads()[0].end, "c");
}

TEST_F(RangeReadTest, AReplyThatStopsAtAShardSaysWhatIsKnown) {
  EXPECT_EQ(begin(from("a", 1), from("m", 1)), "a+1 m+1 rows -1 min 1 bytes -1");
  RangeResult reply;
  reply.rows.append(Row("b", "v"), BufferRef());
  reply.more = true;
  reply.read_through = "g";
  read->supply(std::move(reply));
  EXPECT_EQ(go_on(), "g+1 m+1 rows -1 min 1 bytes -1");
}

TEST_F(RangeReadTest, KeysAreFoundByReadsOfOneRow) {
  KeyRead key(data.context(ReadMode::kSerializable), KeySelector::first_greater_than("b"));
  ASSERT_EQ(*key.advance(), Step::kReadRange);
  EXPECT_EQ(shown(key.wanted()), "b\0+1 \xff+1 rows 1 min 1 bytes -1"s);
  RangeResult reply;
  reply.rows.append(Row("d", "v"), BufferRef());
  reply.more = true;
  key.supply(std::move(reply));
  ASSERT_EQ(*key.advance(), Step::kDone);
  EXPECT_EQ(key.key(), "d");
  key.add_conflict(data.read_conflicts());
  EXPECT_EQ(data.commit_reads()[0], (KeyRange{"b\0"s, "d\0"s}));

  KeyRead back(data.context(ReadMode::kSerializable), KeySelector::last_less_than("b"));
  ASSERT_EQ(*back.advance(), Step::kReadRange);
  EXPECT_EQ(shown(back.wanted()), "+1 b+1 rows 1 min 1 bytes -1");
  back.supply(RangeResult());
  ASSERT_EQ(*back.advance(), Step::kDone);
  EXPECT_EQ(back.key(), "");
}

}  // namespace
}  // namespace orrery::fdb::ryw
