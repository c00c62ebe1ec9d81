#include "storage/durability/durable_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "env/simulated.h"
#include "storage/store.h"
#include "storage/table.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;
using types::Datum;

class DurableStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<DurableStore> open() {
    auto db = DurableStore::open("db", options_, sim_.environment());
    EXPECT_TRUE(db) << (db ? "" : db.error().message());
    return db ? std::move(*db) : nullptr;
  }
  static void create(Store& store) {
    TableDef def;
    def.name = "t";
    def.columns = {{"id", AlgebraicType::integer(), "", "", true},
                   {"s", AlgebraicType::option(AlgebraicType::text()), "", "", false}};
    def.primary_key = 0;
    def.indexes = {{0, "pk", IndexKind::kBTree, true, true, true, {0}, "BTREE"}};
    auto t = store.begin(Isolation::kSnapshot);
    t->begin_statement();
    ASSERT_TRUE(t->create_table(def));
    ASSERT_TRUE(t->end_statement());
    ASSERT_TRUE(t->commit());
  }
  static Status insert(Store& store, int64_t id) {
    auto t = store.begin(Isolation::kSnapshot);
    t->begin_statement();
    const std::string text = "a text for row " + std::to_string(id);
    const Datum row[] = {Datum::integer(id), Datum::text(text)};
    ORRERY_TRY_ASSIGN(const RowId at, t->insert(*t->catalog()->find_table("t"), row));
    (void)at;
    ORRERY_TRY(t->end_statement());
    ORRERY_TRY_ASSIGN(const CommitSeq seq, t->commit());
    (void)seq;
    return {};
  }
  static uint64_t count(Store& store) {
    const auto table = store.catalog()->find_table("t");
    if (table == nullptr) return 0;
    const ReadViewHandle view = store.read_view();
    TableCursor cursor(*table, view.view());
    RowRef rows[256];
    uint64_t total = 0;
    const ReadLatch latch(*table);
    while (const uint32_t n = cursor.next(rows, nullptr, 256)) total += n;
    return total;
  }

  env::SimEnvironment sim_{1};
  DurabilityOptions options_;
};

TEST_F(DurableStoreTest, TablesAndRowsAreThereAfterAReopen) {
  {
    auto db = open();
    EXPECT_TRUE(db->recovery().created);
    create(*db->store());
    for (int64_t i = 0; i < 300; ++i) ASSERT_TRUE(insert(*db->store(), i));
    ASSERT_TRUE(db->checkpoint());
    for (int64_t i = 300; i < 400; ++i) ASSERT_TRUE(insert(*db->store(), i));
    ASSERT_TRUE(db->close());
  }
  auto db = open();
  EXPECT_EQ(count(*db->store()), 400u);
  EXPECT_FALSE(insert(*db->store(), 7)) << "the key is there";
  ASSERT_TRUE(insert(*db->store(), 400));
}

TEST_F(DurableStoreTest, CommitsGoOnDuringCheckpointsAndSnapshots) {
  options_.sync_mode = SyncMode::kFull;
  options_.wal_max_size = 4096;
  constexpr int kThreads = 4;
  constexpr int kRows = 150;
  {
    auto db = open();
    create(*db->store());
    std::vector<std::thread> threads;
    std::atomic<int> failures{0};
    std::atomic<int> running{kThreads};
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kRows; ++i) {
          if (!insert(*db->store(), t * kRows + i)) ++failures;
        }
        --running;
      });
    }
    while (running > 0) {
      EXPECT_TRUE(db->checkpoint());
      EXPECT_TRUE(db->snapshot());
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(failures.load(), 0);
    sim_.files.stop();
  }
  sim_.files.restart();
  EXPECT_EQ(count(*open()->store()), uint64_t{kThreads * kRows});
}

TEST_F(DurableStoreTest, AFailedCommitLeavesNothingInMemory) {
  options_.sync_mode = SyncMode::kFull;
  auto db = open();
  create(*db->store());
  ASSERT_TRUE(insert(*db->store(), 1));
  sim_.files.set_capacity(sim_.files.bytes_used() + 10);
  const Status refused = insert(*db->store(), 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kDiskFull);
  EXPECT_EQ(count(*db->store()), 1u);
  sim_.files.set_capacity(UINT64_MAX);
  ASSERT_TRUE(insert(*db->store(), 2)) << "there is room again";
  sim_.files.fail_at(2, env::SimFault::kOnce);
  EXPECT_FALSE(insert(*db->store(), 3)) << "the sync fails";
  EXPECT_EQ(count(*db->store()), 2u);
  EXPECT_FALSE(insert(*db->store(), 4)) << "and with it all that follow";
  EXPECT_EQ(count(*db->store()), 2u) << "reads go on";
}

TEST_F(DurableStoreTest, RestoreBringsBackASnapshot) {
  auto db = open();
  create(*db->store());
  ASSERT_TRUE(insert(*db->store(), 1));
  const auto name = db->snapshot();
  ASSERT_TRUE(name);
  ASSERT_TRUE(insert(*db->store(), 2));
  auto old = db->store();
  const auto restored = db->restore(*name);
  ASSERT_TRUE(restored) << restored.error().message();
  EXPECT_EQ(restored->table_count, 1u);
  EXPECT_EQ(restored->row_count, 1u);
  EXPECT_EQ(count(*db->store()), 1u);
  EXPECT_EQ(count(*old), 2u);
  EXPECT_EQ(insert(*old, 3).error().code(), ErrorCode::kReopenRequired);
  ASSERT_TRUE(insert(*db->store(), 2));
  old = nullptr;
  db = nullptr;
  EXPECT_EQ(count(*open()->store()), 2u);
}

}  // namespace
}  // namespace orrery::storage
