#include "fdb/ryw/transaction_data.h"

#include <gtest/gtest.h>

#include <string>

namespace orrery::fdb::ryw {
namespace {

using std::string_literals::operator""s;

std::string shown(const WriteSet& set) {
  std::string out;
  for (const Mutation& m : set.mutations) {
    out += std::to_string(static_cast<int>(m.type)) + "(" + std::string(m.param1) + "," + std::string(m.param2) + ")";
  }
  for (const KeyRange& r : set.conflicts) out += "[" + std::string(r.begin) + "," + std::string(r.end) + ")";
  return out;
}

TEST(TransactionData, CommitsClearsFirst) {
  TransactionData data({}, 1);
  EXPECT_TRUE(data.writes_nothing());
  ASSERT_TRUE(data.set("b", "1"));
  ASSERT_TRUE(data.clear_range({"m", "p"}));
  data.no_conflict_for_next_write();
  ASSERT_TRUE(data.set("n", "2"));
  ASSERT_TRUE(data.atomic(12, "c", "3", 0));
  EXPECT_FALSE(data.writes_nothing());
  EXPECT_EQ(shown(data.commit_writes()), "1(m,n)1(n\0,p)0(b,1)12(c,3)0(n,2)[b,b\0)[c,c\0)[m,p)"s);
  EXPECT_EQ(shown(data.commit_writes()), shown(data.flushed()));  // once
}

TEST(TransactionData, CountsItsSize) {
  TransactionData data({}, 1);
  EXPECT_EQ(data.approximate_size(), 0);
  ASSERT_TRUE(data.set("foo", "bar"));
  EXPECT_EQ(data.approximate_size(), 6 + 44 + 24 + 7);
  data.no_conflict_for_next_write();
  ASSERT_TRUE(data.clear_range({"a", "b"}));
  EXPECT_EQ(data.approximate_size(), 81 + 2 + 44);
  ASSERT_TRUE(data.clear("a"));
  EXPECT_EQ(data.approximate_size(), 127 + 2 * (3 + 24));
  ASSERT_TRUE(data.add_write_conflict({"a", "b"}));
  EXPECT_EQ(data.approximate_size(), 181 + 26);
}

TEST(TransactionData, TheArmedOptionIsForOneWrite) {
  TransactionData data({}, 1);
  data.no_conflict_for_next_write();
  EXPECT_EQ(data.set("\xff", "1").error(), error::key_outside_legal_range);  // also one that fails
  ASSERT_TRUE(data.set("a", "1"));
  EXPECT_EQ(shown(data.commit_writes()), "0(a,1)[a,a\0)"s);
}

TEST(TransactionData, AVersionstampedKeyPutsEarlierWritesBeforeIt) {
  TransactionData data({}, 1);
  ASSERT_TRUE(data.set("p0123456789", "old"));
  ASSERT_TRUE(data.set("q", "1"));
  ASSERT_TRUE(data.atomic(14, "pxxxxxxxxxx\1\0\0\0"s, "new", 0));
  EXPECT_EQ(data.versionstamped_keys().size(), 1u);
  const std::string least = "p"s + std::string(10, '\0') + "\1\0\0\0"s;
  EXPECT_EQ(shown(data.commit_writes()),
            "0(p0123456789,old)14(" + least + ",new)0(q,1)[p0123456789,p0123456789\0)[q,q\0)"s);
  EXPECT_EQ(data.atomic(14, "short\0\0\0\0"s, "x", 0).error(), error::client_invalid_operation);
  EXPECT_EQ(data.atomic(15, "k", "short", 0).error(), error::client_invalid_operation);
}

TEST(TransactionData, WithoutReadYourWritesMutationsStayInOrder) {
  TransactionData data({}, 1);
  ASSERT_TRUE(data.disable_read_your_writes(0));
  ASSERT_TRUE(data.set("b", "1"));
  ASSERT_TRUE(data.set("b", "2"));
  ASSERT_TRUE(data.clear("a"));
  ASSERT_TRUE(data.clear_range({"c", "c"}));
  data.no_conflict_for_next_write();
  ASSERT_TRUE(data.atomic(2, "b", "3", 0));
  ASSERT_TRUE(data.add_write_conflict({"x", "y"}));
  ASSERT_TRUE(data.add_read_conflict({"b", "c"}));
  EXPECT_EQ(shown(data.commit_writes()), "0(b,1)0(b,2)1(a,a\0)2(b,3)[b,b\0)[b,b\0)[a,a\0)[x,y)"s);
  EXPECT_EQ(data.commit_reads().size(), 1u);  // own writes are not left out
}

TEST(TransactionData, ReadYourWritesIsDisabledFirstOrNever) {
  TransactionData data({}, 1);
  EXPECT_EQ(data.disable_read_your_writes(1).error(), error::client_invalid_operation);
  ASSERT_TRUE(data.set("a", "1"));
  EXPECT_EQ(data.disable_read_your_writes(0).error(), error::client_invalid_operation);
  data.reset({}, 1);
  EXPECT_TRUE(data.disable_read_your_writes(0));
  data.reset({}, 1);
  EXPECT_TRUE(data.read_your_writes());
}

TEST(TransactionData, SnapshotReadsSeeWritesWhileCounted) {
  TransactionData data({}, 1);
  ASSERT_TRUE(data.set("a", "1"));
  EXPECT_FALSE(data.context(ReadMode::kSnapshot).writes.view().empty());
  data.change_snapshot_ryw(-1);
  EXPECT_TRUE(data.context(ReadMode::kSnapshot).writes.view().empty());
  EXPECT_FALSE(data.context(ReadMode::kSerializable).writes.view().empty());
  data.change_snapshot_ryw(-1);
  data.change_snapshot_ryw(1);
  EXPECT_TRUE(data.context(ReadMode::kSnapshot).writes.view().empty());
  EXPECT_FALSE(data.exceeds_database(std::string(10'008, 'k')));
  EXPECT_TRUE(data.exceeds_database(std::string(10'009, 'k')));
}

TEST(TransactionData, ConflictsThatAreAsked) {
  TransactionData data({}, 1);
  ASSERT_TRUE(data.set("b", "1"));
  ASSERT_TRUE(data.add_read_conflict({"a", "c"}));
  ASSERT_EQ(data.commit_reads().size(), 2u);
  EXPECT_EQ(data.commit_reads()[0], (KeyRange{"a", "b"}));
  EXPECT_EQ(data.commit_reads()[1], (KeyRange{"b\0"s, "c"}));
  EXPECT_EQ(data.add_mapped_conflict({Edge("a"), Edge("c")}).error(),
            error::get_mapped_range_reads_your_writes);
  EXPECT_EQ(data.add_read_conflict({"c", "a"}).error(), error::inverted_range);
  ASSERT_TRUE(data.add_write_conflict({"x", "y"}));
  EXPECT_EQ(shown(data.commit_writes()), "0(b,1)[b,b\0)[x,y)"s);
}

TEST(TransactionData, ResultsOutliveTheTransaction) {
  Rows kept;
  std::optional<SharedBytes> value;
  {
    TransactionData data({}, 1);
    ASSERT_TRUE(data.set("own", "1"));
    {
      RangeRead read(data.context(ReadMode::kSerializable), Selector(Edge("a"), 1), Selector(Edge("z"), 1), {},
                     Direction::kForward);
      ASSERT_EQ(*read.advance(), RangeRead::Step::kReadRange);
      RangeResult reply;
      const SharedBytes bytes = SharedBytes::copy_of("keyvalue");
      reply.rows.append(Row(bytes.view().substr(0, 3), bytes.view().substr(3)), bytes.buffer());
      read.supply(std::move(reply));
      ASSERT_EQ(*read.advance(), RangeRead::Step::kDone);
      kept = read.take_result().rows;
    }
    ValueRead get(data.context(ReadMode::kSerializable), "key", Unreadable::kFails);
    ASSERT_EQ(*get.advance(), ValueRead::Step::kDone);
    value = get.take_result();
  }
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].value(), "value");
  EXPECT_EQ(kept[1].key(), "own");
  EXPECT_EQ(*value, "value");
}

}  // namespace
}  // namespace orrery::fdb::ryw
