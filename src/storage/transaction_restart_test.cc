#include "storage/transaction_restart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <iterator>
#include <set>
#include <string>

#include "base/sync.h"
#include "storage/datastore.h"
#include "storage/row_layout.h"
#include "storage/store.h"

namespace orrery::storage {
namespace {

std::string row_of(uint32_t id, uint32_t value) {
  std::string out(8, '\0');
  std::memcpy(out.data(), &id, 4);
  std::memcpy(out.data() + 4, &value, 4);
  return out;
}

class RestartTest : public testing::Test {
 protected:
  RestartTest() : transaction_(store_.begin(Isolation::kSnapshot)) {
    transaction_->begin_statement();
    TableDef def;
    def.name = "t";
    for (const char* name : {"id", "value"}) {
      ColumnDef& column = def.columns.emplace_back();
      column.name = name;
      column.type = types::AlgebraicType::u32();
    }
    IndexDef& key = def.indexes.emplace_back();
    key.name = "t_id";
    key.unique = true;
    key.columns = {0};
    EXPECT_TRUE(transaction_->create_table(def).has_value());
    EXPECT_TRUE(transaction_->end_statement().has_value());
    EXPECT_TRUE(transaction_->commit().has_value());
    table_ = store_.catalog()->find_table("t");
    restart(*transaction_, Isolation::kSnapshot);
  }

  void insert(uint32_t id, uint32_t value) {
    transaction_->begin_statement();
    ASSERT_TRUE(insert_bsatn(*transaction_, *table_, row_of(id, value), nullptr).has_value());
    ASSERT_TRUE(transaction_->end_statement().has_value());
  }
  void update(uint32_t id, uint32_t value) {
    transaction_->begin_statement();
    ASSERT_TRUE(update_bsatn(*transaction_, *table_, *table_->find_index("t_id"),
                             row_of(id, value), nullptr)
                    .has_value());
    ASSERT_TRUE(transaction_->end_statement().has_value());
  }
  /// 0: not there.
  uint32_t value_of(uint32_t id, const ReadView& view) {
    const std::string key = row_of(id, 0).substr(0, 4);
    ReadLatch latch(*table_);
    auto found = find_unique_bsatn(*table_, *table_->find_index("t_id"), key, view, nullptr);
    if (!found || *found == nullptr) return 0;
    uint8_t bytes[8];
    table_->layout().write_bsatn(*found, bytes);
    uint32_t out = 0;
    std::memcpy(&out, bytes + 4, 4);
    return out;
  }

  Store store_;
  std::unique_ptr<Transaction> transaction_;
  std::shared_ptr<Table> table_;
};

TEST_F(RestartTest, SeesWhatWasCommittedMeanwhile) {
  transaction_->rollback();
  auto other = store_.begin(Isolation::kSnapshot);
  other->begin_statement();
  ASSERT_TRUE(insert_bsatn(*other, *table_, row_of(1, 10), nullptr).has_value());
  ASSERT_TRUE(other->end_statement().has_value());
  ASSERT_TRUE(other->commit().has_value());
  restart(*transaction_, Isolation::kSnapshot);
  EXPECT_EQ(value_of(1, transaction_->view()), 10u);
  EXPECT_FALSE(transaction_->has_writes());
}

TEST_F(RestartTest, WritesOneAfterTheOther) {
  for (uint32_t i = 1; i <= 100; ++i) {
    insert(i, i);
    if (i > 1) update(i - 1, 2 * i);
    if (i % 10 == 0) {
      transaction_->rollback();
    } else {
      ASSERT_TRUE(transaction_->commit_unsynced(nullptr).has_value());
    }
    restart(*transaction_, Isolation::kSnapshot);
    EXPECT_EQ(value_of(i, transaction_->view()), i % 10 == 0 ? 0 : i);
  }
  EXPECT_EQ(transaction_->row_count(*table_), 90u);
}

/// A view that outlives its transaction must not show what the next one of the same object writes.
TEST_F(RestartTest, PinnedViewsDoNotSeeTheNextTransaction) {
  insert(1, 10);
  ASSERT_TRUE(transaction_->commit_unsynced(nullptr).has_value());
  restart(*transaction_, Isolation::kSnapshot);
  const ReadViewHandle pinned = transaction_->pin_view();
  transaction_->rollback();
  restart(*transaction_, Isolation::kSnapshot);
  update(1, 20);
  insert(2, 30);
  EXPECT_EQ(value_of(1, pinned.view()), 10u);
  EXPECT_EQ(value_of(2, pinned.view()), 0u);
  ASSERT_TRUE(transaction_->commit_unsynced(nullptr).has_value());
  EXPECT_EQ(value_of(1, pinned.view()), 10u);
}

TEST_F(RestartTest, IdsThatWereToldAreNotUsedAgain) {
  const TxnId told = transaction_->id();
  transaction_->rollback();
  restart(*transaction_, Isolation::kSnapshot);
  EXPECT_NE(transaction_->id(), told);
}

/// Ids are taken in advance; they are nobody else's.
TEST_F(RestartTest, IdsOfTwoThatRestartAreDifferent) {
  auto other = store_.begin(Isolation::kSnapshot);
  std::set<TxnId> told;
  for (int i = 0; i < 300; ++i) {
    for (Transaction* each : {transaction_.get(), other.get()}) {
      EXPECT_TRUE(told.insert(each->id()).second);
      each->rollback();
      restart(*each, Isolation::kSnapshot);
    }
    EXPECT_TRUE(told.insert(store_.begin(Isolation::kSnapshot)->id()).second);
  }
}

TEST_F(RestartTest, SmallCommitsThatNobodyWatchesLeaveNothingToVacuum) {
  insert(1, 10);
  insert(2, 20);
  ASSERT_TRUE(transaction_->commit_unsynced(nullptr).has_value());
  restart(*transaction_, Isolation::kSnapshot);
  update(1, 11);
  update(1, 12);
  update(2, 21);
  ASSERT_TRUE(transaction_->commit_unsynced(nullptr).has_value());
  const VacuumResult left = store_.vacuum();
  EXPECT_EQ(left.transactions, 0u);
  EXPECT_EQ(left.old_versions, 0u);
  uint64_t count = 0;
  EXPECT_TRUE(table_->exact_row_count({0, 0}, &count));  // every row has one version only
  EXPECT_EQ(count, 2u);
  restart(*transaction_, Isolation::kSnapshot);
  EXPECT_EQ(value_of(1, transaction_->view()), 12u);
  EXPECT_EQ(value_of(2, transaction_->view()), 21u);
}

TEST_F(RestartTest, OldVersionsStayForViewsAndGoInTheirOrder) {
  insert(1, 10);
  ASSERT_TRUE(transaction_->commit_unsynced(nullptr).has_value());
  ReadViewHandle old = store_.read_view();
  for (uint32_t value : {11, 12}) {
    restart(*transaction_, Isolation::kSnapshot);
    update(1, value);
    ASSERT_TRUE(transaction_->commit_unsynced(nullptr).has_value());
    EXPECT_EQ(value_of(1, old.view()), 10u);
  }
  // With no view left a small commit still finds others in front of it.
  old.release();
  restart(*transaction_, Isolation::kSnapshot);
  update(1, 13);
  ASSERT_TRUE(transaction_->commit_unsynced(nullptr).has_value());
  EXPECT_EQ(store_.vacuum().old_versions, 0u);
  uint64_t count = 0;
  EXPECT_TRUE(table_->exact_row_count({0, 0}, &count));
  restart(*transaction_, Isolation::kSnapshot);
  EXPECT_EQ(value_of(1, transaction_->view()), 13u);
}

/// What the object keeps of its last transaction does not keep tables alive that are dropped.
TEST_F(RestartTest, DroppedTablesAreForgotten) {
  insert(1, 10);
  ASSERT_TRUE(transaction_->commit_unsynced(nullptr).has_value());
  auto other = store_.begin(Isolation::kSnapshot);
  other->begin_statement();
  ASSERT_TRUE(other->drop_table("t").has_value());
  ASSERT_TRUE(other->end_statement().has_value());
  ASSERT_TRUE(other->commit().has_value());
  other = nullptr;
  const std::weak_ptr<Table> dropped = table_;
  table_ = nullptr;
  restart(*transaction_, Isolation::kSnapshot);
  EXPECT_TRUE(dropped.expired());
}

/// Many readers beside one who commits small changes: no view sees half of one, or a row twice.
TEST_F(RestartTest, ReadersBesideSmallCommitsSeeWholeOnes) {
  constexpr uint32_t kRows = 8, kEach = 1000;
  for (uint32_t id = 1; id <= kRows; ++id) insert(id, kEach);
  ASSERT_TRUE(transaction_->commit_unsynced(nullptr).has_value());
  std::atomic<bool> done{false};
  std::atomic<uint64_t> wrong{0}, read{0};
  auto look = [&] {
    while (!done.load()) {
      const ReadViewHandle handle = store_.read_view();
      uint64_t sum = 0;
      for (uint32_t id = 1; id <= kRows; ++id) sum += value_of(id, handle.view());
      if (sum != kRows * kEach) wrong.fetch_add(1);
      read.fetch_add(1);
    }
  };
  Thread readers[] = {Thread(look), Thread(look)};
  uint32_t values[kRows + 1];
  std::fill(std::begin(values), std::end(values), kEach);
  for (uint32_t i = 0; i < 20'000 || read.load() < 100; ++i) {
    const uint32_t from = 1 + i % kRows, to = 1 + (i * 5 + 1 + i / 7) % kRows;
    if (from == to || values[from] == 1) continue;
    restart(*transaction_, Isolation::kSnapshot);
    update(from, --values[from]);
    update(to, ++values[to]);
    ASSERT_TRUE(transaction_->commit_unsynced(nullptr).has_value());
  }
  done.store(true);
  for (Thread& reader : readers) reader.join();
  EXPECT_EQ(wrong.load(), 0u);
  store_.vacuum();
  uint64_t count = 0;
  EXPECT_TRUE(table_->exact_row_count({0, 0}, &count));
  EXPECT_EQ(count, kRows);
}

}  // namespace
}  // namespace orrery::storage
