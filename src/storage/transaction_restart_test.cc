#include "storage/transaction_restart.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

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

}  // namespace
}  // namespace orrery::storage
