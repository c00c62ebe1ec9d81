// Commits that do not wait for the log.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <thread>

#include "env/simulated.h"
#include "storage/datastore.h"
#include "storage/durability/durable_store.h"
#include "storage/module_tables_test_double.h"

namespace orrery::storage {
namespace {

/// A log whose sync does what the test wants.
class HookLog : public CommitLog {
 public:
  Status append(CommitSeq seq, CommitKind, std::string_view) override {
    if (broken) return Error(ErrorCode::kIo, "broken");
    last = seq;
    return {};
  }
  Status wait_durable(CommitSeq) override { return on_wait ? on_wait() : Status(); }
  CommitSeq durable_seq() const override { return durable; }
  void sync_soon() override { ++asked; }
  Status health() const override { return {}; }
  void on_durable(std::function<void()>) override {}
  std::function<Status()> on_wait;
  CommitSeq last = 0, durable = 0;
  bool broken = false;
  int asked = 0;
};

TEST(UnsyncedCommitTest, ACommitThatWasSeenCannotBeUndone) {
  Store store;
  HookLog log;
  store.attach_log(&log);
  auto put = [&](uint32_t a, bool waits) {
    auto t = store.begin(Isolation::kReadCommitted);
    t->begin_statement();
    EXPECT_TRUE(insert_bsatn(*t, *t->catalog()->find_table("set"), product(a, "x"), nullptr));
    return waits ? t->commit() : t->commit_unsynced(nullptr);
  };
  {
    auto t = store.begin(Isolation::kReadCommitted);
    ASSERT_TRUE(t->create_table(pairs("set")));
    ASSERT_TRUE(t->commit());
  }
  EXPECT_EQ(log.asked, 0);
  ASSERT_TRUE(put(1, false));
  EXPECT_EQ(log.asked, 1);
  EXPECT_EQ(store.durable_seq(), 0u);
  log.durable = log.last;
  EXPECT_EQ(store.durable_seq(), store.last_commit());
  log.on_wait = [&] {
    log.on_wait = nullptr;
    EXPECT_TRUE(put(3, false));  // makes the one that waits visible
    log.broken = true;
    return Status(Error(ErrorCode::kIo, "sync failed"));
  };
  EXPECT_FALSE(put(2, true));
  auto table = store.catalog()->find_table("set");
  EXPECT_EQ(rows_of(*table, store.read_view().view()).size(), 3u);
  log.on_wait = [&] { return Status(Error(ErrorCode::kIo, "sync failed")); };
  EXPECT_FALSE(put(4, true));
  log.broken = false;
  EXPECT_FALSE(put(5, true));  // nobody saw it
  EXPECT_EQ(rows_of(*table, store.read_view().view()).size(), 3u);
  log.on_wait = nullptr;
  EXPECT_TRUE(put(6, true));
  store.vacuum();
  EXPECT_EQ(rows_of(*table, store.read_view().view()).size(), 4u);
}

class UnsyncedStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<DurableStore> open() {
    options_.sync_mode = SyncMode::kFull;
    auto db = DurableStore::open("db", options_, sim_.environment());
    EXPECT_TRUE(db) << (db ? "" : db.error().message());
    return db ? std::move(*db) : nullptr;
  }
  static Result<CommitSeq> put(Store& store, uint32_t a) {
    auto t = store.begin(Isolation::kReadCommitted);
    auto table = t->catalog()->find_table("set");
    if (table == nullptr) {
      TableDef def = pairs("set");
      def.sequences = {sequence(0)};
      ORRERY_TRY_ASSIGN(TableId id, t->create_table(def));
      table = t->catalog()->find_table(id);
    }
    t->begin_statement();
    ORRERY_TRY_ASSIGN(RowId row, insert_bsatn(*t, *table, product(a, "x"), nullptr));
    (void)row;
    return t->commit_unsynced(nullptr);
  }
  static std::vector<std::string> rows(Store& store) {
    return rows_of(*store.catalog()->find_table("set"), store.read_view().view());
  }
  env::SimEnvironment sim_{5};
  DurabilityOptions options_;
};

TEST_F(UnsyncedStoreTest, DurableInOrderAfterAWait) {
  std::vector<std::string> want;
  CommitSeq last = 0;
  {
    auto db = open();
    auto store = db->store();
    int told = 0;
    store->on_durable([&] { ++told; });
    for (uint32_t i = 0; i < 5; ++i) {
      auto seq = put(*store, 0);
      ASSERT_TRUE(seq);
      last = *seq;
    }
    want = rows(*store);
    EXPECT_EQ(want.size(), 5u);
    ASSERT_TRUE(store->wait_durable(last));
    EXPECT_GE(store->durable_seq(), last);
    EXPECT_GT(told, 0);
    EXPECT_TRUE(store->log_health());
    store->on_durable(nullptr);
    sim_.files.stop();
  }
  sim_.files.restart();
  auto db = open();
  EXPECT_EQ(rows(*db->store()), want);
  EXPECT_EQ(db->store()->durable_seq(), db->store()->last_commit());
  // The rest of the batch is skipped.
  ASSERT_TRUE(put(*db->store(), 0));
  EXPECT_EQ(rows(*db->store()).back(), product(uint32_t{4097}, "x"));
}

TEST_F(UnsyncedStoreTest, AfterACheckpointTheNumbersGoOn) {
  for (uint32_t round = 0; round < 3; ++round) {
    auto db = open();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(put(*db->store(), 0));
    EXPECT_EQ(rows(*db->store()).back(), product(4096 * round + 3, "x"));
    ASSERT_TRUE(db->checkpoint());
  }
}

TEST_F(UnsyncedStoreTest, AFailedSyncIsReported) {
  auto db = open();
  auto store = db->store();
  ASSERT_TRUE(put(*store, 1));
  int told = 0;
  store->on_durable([&] { ++told; });
  sim_.files.fail_at(2, env::SimFault::kOnce);
  auto seq = put(*store, 2);
  ASSERT_TRUE(seq);  // handed over; nobody has synced
  EXPECT_FALSE(store->wait_durable(*seq));
  EXPECT_LT(store->durable_seq(), *seq);
  EXPECT_FALSE(store->log_health());
  EXPECT_GT(told, 0);
  EXPECT_FALSE(put(*store, 3));
  EXPECT_EQ(rows(*store).size(), 2u);
  store->on_durable(nullptr);
}

TEST(UnsyncedCommitTest, InMemoryEverythingIsDurable) {
  Store store;
  auto t = store.begin(Isolation::kReadCommitted);
  ASSERT_TRUE(t->create_table(pairs("set")));
  auto seq = t->commit_unsynced(nullptr);
  ASSERT_TRUE(seq);
  EXPECT_EQ(store.durable_seq(), *seq);
  EXPECT_TRUE(store.wait_durable(*seq));
}

/// What the change sets tell, in the order of their commits, is what the table holds; before and
/// after a crash.
TEST_F(UnsyncedStoreTest, ManyWriters) {
  constexpr int kThreads = 4, kCommits = 150;
  struct Told {
    std::vector<std::string> deletes, inserts;
  };
  std::map<CommitSeq, Told> told;
  std::vector<std::string> want;
  CommitSeq confirmed = 0;
  options_.wal_max_size = 8192;
  {
    auto db = open();
    auto store = db->store();
    ASSERT_TRUE(put(*store, 0));
    store->catalog()->find_table("set")->add_watcher();
    told[0].inserts = rows(*store);
    Mutex mutex;
    std::vector<std::thread> threads;
    std::atomic<int> running{kThreads};
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        for (int n = 0; n < kCommits; ++n) {
          auto t = store->begin(Isolation::kReadCommitted);
          t->begin_statement();
          auto table = t->catalog()->find_table("set");
          // Rows that only this thread has, one that all want, and one with a new number.
          const auto own = static_cast<uint32_t>(1'000'000 + i * 1000 + n % 7);
          bool fine = bool(insert_bsatn(*t, *table, product(own, "own"), nullptr));
          if (t->insert_met_equal()) {
            const uint32_t one = 1;
            fine = fine && delete_equal_bsatn(*t, *table, product(one) + product(own, "own"));
          }
          fine = fine && insert_bsatn(*t, *table, product(uint32_t{5'000'000}, "all"), nullptr);
          fine = fine && insert_bsatn(*t, *table, product(uint32_t{0}, "number"), nullptr);
          if (!fine || !t->end_statement()) continue;
          CommitCapture capture;
          auto seq = t->commit_unsynced(&capture);
          if (!seq) continue;
          LockGuard<Mutex> hold(mutex);
          Told& mine = told[*seq];
          for (const ChangeSet::Table& changed : capture.changes.tables()) {
            for (size_t k = 0; k < changed.deletes.size(); ++k) {
              mine.deletes.emplace_back(changed.deletes[k].bytes);
            }
            for (size_t k = 0; k < changed.inserts.size(); ++k) {
              mine.inserts.emplace_back(changed.inserts[k].bytes);
            }
          }
        }
        --running;
      });
    }
    while (running > 0) {
      EXPECT_TRUE(store->wait_durable(store->last_commit()));
      EXPECT_TRUE(db->checkpoint());
      store->vacuum();
    }
    for (std::thread& thread : threads) thread.join();
    confirmed = store->last_commit();
    ASSERT_TRUE(store->wait_durable(confirmed));
    EXPECT_EQ(store->durable_seq(), confirmed);
    want = rows(*store);
    sim_.files.stop();
  }
  std::map<std::string, int> model;
  for (const auto& [seq, changes] : told) {
    for (const std::string& row : changes.deletes) ASSERT_EQ(--model[row], 0) << seq;
    for (const std::string& row : changes.inserts) ASSERT_EQ(++model[row], 1) << seq;
  }
  std::vector<std::string> left;
  for (const auto& [row, count] : model) {
    if (count != 0) left.push_back(row);
  }
  std::sort(want.begin(), want.end());
  EXPECT_EQ(left, want);
  EXPECT_GT(told.size(), size_t{kCommits});
  sim_.files.restart();
  auto db = open();
  std::vector<std::string> found = rows(*db->store());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, want);
}

}  // namespace
}  // namespace orrery::storage
