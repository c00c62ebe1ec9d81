// Threads on one store: money moves between accounts, and no reader ever finds a sum that is not
// the whole.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "storage/latch.h"
#include "storage/store.h"
#include "storage/table.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;
using types::Datum;

constexpr int64_t kAccounts = 50;
constexpr int64_t kEach = 1000;

TableDef accounts() {
  TableDef def;
  def.name = "accounts";
  def.columns = {{"id", AlgebraicType::integer(), "", "", false},
                 {"owner", AlgebraicType::text(), "", "", false},
                 {"balance", AlgebraicType::integer(), "", "", false}};
  def.primary_key = 0;
  def.indexes = {{0, "pk", IndexKind::kBTree, true, true, true, {0}, ""},
                 {0, "owner", IndexKind::kBTree, true, false, false, {1}, ""},
                 {0, "balance", IndexKind::kBTree, false, false, false, {2}, ""}};
  return def;
}

class ConcurrencyTest : public testing::Test {
 protected:
  void SetUp() override {
    auto t = store_.begin(Isolation::kReadCommitted);
    ASSERT_TRUE(t->create_table(accounts()));
    auto table = t->catalog()->find_table("accounts");
    for (int64_t i = 0; i < kAccounts; ++i) {
      std::string owner = owner_name(i, 0);
      Datum row[] = {Datum::integer(i), Datum::text(owner), Datum::integer(kEach)};
      ASSERT_TRUE(t->insert(*table, row));
    }
    ASSERT_TRUE(t->commit());
    table_ = store_.catalog()->find_table("accounts");
  }
  static std::string owner_name(int64_t id, uint64_t n) {
    return "owner of account " + std::to_string(id) + " changed " + std::to_string(n);
  }

  /// Moves 1 from one account to another; replaces or renames rows now and then.
  void transfer(std::mt19937_64& random, std::atomic<int64_t>* done) {
    auto t = store_.begin(Isolation::kSnapshot);
    t->begin_statement();
    auto pick = [&] { return static_cast<int64_t>(random() % kAccounts); };
    int64_t from = pick(), to = pick();
    if (from == to || !add(*t, from, -1, random) || !add(*t, to, 1, random) || !t->end_statement()) {
      t->rollback();
      return;
    }
    if (random() % 10 == 0) {
      t->rollback();
      return;
    }
    if (t->commit()) done->fetch_add(1);
  }

  bool add(Transaction& t, int64_t id, int64_t amount, std::mt19937_64& random) {
    RowId row = 0;
    int64_t balance = 0;
    {
      ReadLatch latch(*table_);
      RowRef image;
      Datum key = Datum::integer(id);
      if (!find_unique(*table_, *table_->primary_index(), {&key, 1}, t.view(), &image, &row)) {
        ADD_FAILURE() << "account " << id << " is gone";
        return false;
      }
      balance = read_cell(*table_, 2, image).as_int64();
    }
    std::string owner = owner_name(id, random());
    if (random() % 4 == 0) {
      if (!t.erase(*table_, row)) return false;
      Datum cells[] = {Datum::integer(id), Datum::text(owner), Datum::integer(balance + amount)};
      return t.insert(*table_, cells).has_value();
    }
    uint16_t columns[] = {2, 1};
    Datum values[] = {Datum::integer(balance + amount), Datum::text(owner)};
    size_t n = random() % 2 == 0 ? 1 : 2;
    return t.update(*table_, row, {columns, n}, {values, n}).has_value();
  }

  void check_sum(const ReadView& view, bool by_index) {
    int64_t sum = 0, count = 0;
    std::vector<std::string_view> owners;
    RowRef rows[16];
    auto take = [&](uint32_t n) {
      types::Vector balances(types::TypeId::kInteger), names(types::TypeId::kText);
      gather(*table_, 2, rows, n, balances);
      gather(*table_, 1, rows, n, names);
      for (uint32_t i = 0; i < n; ++i) {
        sum += balances.cell<int64_t>(i);
        if (!names.datum(i).as_string().is_inline()) {
          owners.push_back({names.cell<types::StringRef>(i).data(),
                            names.cell<types::StringRef>(i).size()});
        }
      }
      count += n;
    };
    TableCursor scan(*table_, view);
    const Index& index = *table_->find_index("balance");
    IndexCursor walk(*table_, index, view, index.make_range({}, {}, {}));
    for (;;) {
      ReadLatch latch(*table_);
      uint32_t n = by_index ? walk.next(rows, nullptr, 16) : scan.next(rows, nullptr, 16);
      if (n == 0) break;
      take(n);
    }
    EXPECT_EQ(count, kAccounts);
    EXPECT_EQ(sum, kAccounts * kEach);
    // Borrowed without a latch, as long as the view lives.
    for (std::string_view owner : owners) EXPECT_TRUE(owner.starts_with("owner of account "));
  }

  Store store_;
  std::shared_ptr<Table> table_;
};

TEST_F(ConcurrencyTest, TransfersKeepTheSum) {
  std::atomic<int64_t> done{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937_64 random(seed);
      for (int i = 0; i < 1500; ++i) transfer(random, &done);
    });
  }
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&, r] {
      for (int i = 0; !stop.load(); ++i) {
        ReadViewHandle view = store_.read_view();
        check_sum(view.view(), (i + r) % 2 == 0);
        if (i % 16 == 0) store_.vacuum();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  stop = true;
  for (std::thread& t : readers) t.join();
  EXPECT_GT(done.load(), 100);
  store_.vacuum();
  uint64_t count = 0;
  EXPECT_TRUE(table_->exact_row_count(store_.read_view().view(), &count));
  EXPECT_EQ(count, static_cast<uint64_t>(kAccounts));
  check_sum(store_.read_view().view(), true);
}

TEST_F(ConcurrencyTest, DefinitionsChangeUnderReadersAndWriters) {
  std::atomic<bool> stop{false};
  std::atomic<int64_t> written{0};
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937_64 random(seed);
      for (int64_t i = 0; !stop.load(); ++i) {
        auto t = store_.begin(Isolation::kReadCommitted);
        t->begin_statement();
        auto table = t->catalog()->find_table("accounts");
        std::vector<Datum> row(table->def().columns.size(), Datum::integer(0));
        int64_t id = static_cast<int64_t>(seed * 1000000) + i;
        std::string owner = owner_name(id, 0);
        row[0] = Datum::integer(id);
        row[1] = Datum::text(owner);
        if (t->insert(*table, row) && t->commit()) written.fetch_add(1);
      }
    });
  }
  threads.emplace_back([&] {
    while (!stop.load()) {
      std::shared_ptr<const Catalog> catalog;
      ReadViewHandle view = store_.read_view(&catalog);
      auto table = catalog->find_table("accounts");
      TableCursor cursor(*table, view.view());
      RowRef rows[64];
      int64_t old_ones = 0;
      for (;;) {
        ReadLatch latch(*table);
        uint32_t n = cursor.next(rows, nullptr, 64);
        if (n == 0) break;
        for (uint32_t i = 0; i < n; ++i) {
          old_ones += read_cell(*table, 0, rows[i]).as_int64() < kAccounts ? 1 : 0;
        }
      }
      EXPECT_EQ(old_ones, kAccounts);
    }
  });
  int changes = 0;
  for (int i = 0; i < 100000 && (changes < 60 || written.load() < 60); ++i) {
    auto t = store_.begin(Isolation::kReadCommitted);
    t->begin_statement();
    auto table = t->catalog()->find_table("accounts");
    bool ok = false;
    if (i % 3 == 0) {
      TableDef def = table->def();
      std::vector<ColumnSource> sources;
      for (size_t c = 0; c < def.columns.size(); ++c) sources.push_back({int32_t(c), {}});
      if (def.columns.size() < 5) {
        def.columns.push_back({"extra" + std::to_string(i), AlgebraicType::integer(), "", "", false});
        sources.push_back({-1, types::Value::integer(7)});
      } else {
        def.columns.pop_back();
        sources.pop_back();
      }
      ok = t->rewrite_table("accounts", def, sources).has_value();
    } else if (table->find_index("second") == nullptr) {
      ok = t->create_index("accounts", {0, "second", IndexKind::kBTree, false, false, false, {2, 0}, ""})
               .has_value();
    } else {
      ok = t->drop_index("accounts", "second").has_value();
    }
    if (ok && t->commit()) ++changes;
  }
  stop = true;
  for (std::thread& t : threads) t.join();
  EXPECT_GT(changes, 4);
  EXPECT_GT(written.load(), 0);
  auto table = store_.catalog()->find_table("accounts");
  uint64_t count = 0;
  store_.vacuum();
  ASSERT_TRUE(table->exact_row_count(store_.read_view().view(), &count));
  EXPECT_EQ(count, static_cast<uint64_t>(kAccounts + written.load()));
}

TEST(RwLatchTest, CountsAreExact) {
  RwLatch latch;
  int64_t value = 0;
  std::atomic<int64_t> reads{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 20000; ++n) {
        if ((n + i) % 4 == 0) {
          latch.lock();
          ++value;
          latch.unlock();
        } else {
          latch.lock_shared();
          latch.lock_shared();  // a reader may come twice
          reads.fetch_add(value >= 0 ? 1 : 0);
          latch.unlock_shared();
          latch.unlock_shared();
        }
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(value, 20000);
  EXPECT_EQ(reads.load(), 60000);
}

}  // namespace
}  // namespace orrery::storage
