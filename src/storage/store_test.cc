#include "storage/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "storage/index_build.h"
#include "storage/table.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;
using types::Datum;

TableDef people() {
  TableDef def;
  def.name = "people";
  def.columns = {{"id", AlgebraicType::integer(), "", "", false},
                 {"name", AlgebraicType::option(AlgebraicType::text()), "", "", false},
                 {"age", AlgebraicType::option(AlgebraicType::integer()), "", "", false}};
  def.primary_key = 0;
  def.indexes = {{0, "pk", IndexKind::kBTree, true, true, true, {0}, "BTREE"},
                 {0, "unique_people_name", IndexKind::kBTree, true, false, true, {1}, "BTREE"},
                 {0, "by_age", IndexKind::kBTree, false, false, false, {2}, "BTREE"}};
  return def;
}

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    auto t = store_.begin(Isolation::kReadCommitted);
    t->begin_statement();
    ASSERT_TRUE(t->create_table(people()));
    ASSERT_TRUE(t->end_statement());
    ASSERT_TRUE(t->commit());
  }
  std::shared_ptr<Table> table() { return store_.catalog()->find_table("People"); }
  static Result<RowId> add(Transaction& t, int64_t id, std::string_view name, int64_t age) {
    t.begin_statement();
    auto r = t.insert(*t.catalog()->find_table("people"),
                      std::initializer_list<Datum>{Datum::integer(id), Datum::text(name),
                                                   Datum::integer(age)});
    if (!r) t.abort_statement();
    return r;
  }
  static Status set_age(Transaction& t, int64_t id, int64_t age) {
    t.begin_statement();
    auto table = t.catalog()->find_table("people");
    RowId row = find(*table, id, t.view());
    uint16_t column = 2;
    Datum value = Datum::integer(age);
    return t.update(*table, row, {&column, 1}, {&value, 1});
  }
  static RowId find(const Table& table, int64_t id, const ReadView& view) {
    ReadLatch latch(table);
    RowRef row;
    RowId found = UINT64_MAX;
    Datum key = Datum::integer(id);
    find_unique(table, *table.primary_index(), {&key, 1}, view, &row, &found);
    return found;
  }
  /// "id:name:age ..." in slot order.
  static std::string rows(const Table& table, const ReadView& view) {
    std::string out;
    TableCursor cursor(table, view);
    RowRef refs[4];
    for (;;) {
      ReadLatch latch(table);
      uint32_t n = cursor.next(refs, nullptr, 4);
      if (n == 0) return out;
      for (uint32_t i = 0; i < n; ++i) {
        out += std::to_string(read_cell(table, 0, refs[i]).as_int64()) + ":" +
               std::string(read_cell(table, 1, refs[i]).view()) + ":" +
               std::to_string(read_cell(table, 2, refs[i]).as_int64()) + " ";
      }
    }
  }
  std::string now() { return rows(*table(), store_.read_view().view()); }

  Store store_;
};

TEST_F(StoreTest, InsertCommitAndSee) {
  auto t = store_.begin(Isolation::kReadCommitted);
  ASSERT_TRUE(add(*t, 1, "Ada", 36));
  ASSERT_TRUE(add(*t, 2, "a name longer than twelve bytes", 5));
  EXPECT_EQ(now(), "");
  EXPECT_EQ(rows(*table(), t->view()), "1:Ada:36 2:a name longer than twelve bytes:5 ");
  ASSERT_TRUE(t->commit());
  EXPECT_EQ(now(), "1:Ada:36 2:a name longer than twelve bytes:5 ");
}

TEST_F(StoreTest, UniqueErrorsNameKeyAndValue) {
  auto t = store_.begin(Isolation::kReadCommitted);
  ASSERT_TRUE(add(*t, 1, "Ada", 36));
  auto r = add(*t, 1, "Bob", 1);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kPrimaryKey);
  EXPECT_EQ(r.error().message(), "primary key constraint failed with 1 already exists in this table");
  r = add(*t, 2, "Ada", 1);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message(),
            "unique constraint failed for index unique_people_name on column name with value "
            "[Text(\"Ada\")]");
  ASSERT_TRUE(t->commit());
  EXPECT_EQ(now(), "1:Ada:36 ");
}

TEST_F(StoreTest, SnapshotStaysAndFirstCommitterWins) {
  auto a = store_.begin(Isolation::kSnapshot);
  ASSERT_TRUE(add(*a, 1, "Ada", 36));
  ASSERT_TRUE(a->commit());
  auto s = store_.begin(Isolation::kSnapshot);
  auto b = store_.begin(Isolation::kReadCommitted);
  ASSERT_TRUE(set_age(*b, 1, 37));
  Status refused = set_age(*s, 1, 40);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "row 1 has uncommitted changes from transaction " + std::to_string(b->id()));
  ASSERT_TRUE(b->commit());
  EXPECT_EQ(rows(*table(), s->view()), "1:Ada:36 ");
  ASSERT_TRUE(set_age(*s, 1, 40));
  EXPECT_EQ(rows(*table(), s->view()), "1:Ada:40 ");
  auto committed = s->commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().message(),
            "write conflict: row 1 was modified by another transaction");
  EXPECT_EQ(now(), "1:Ada:37 ");
}

TEST_F(StoreTest, SameKeyInsertedTwiceFailsAtTheSecondCommit) {
  auto a = store_.begin(Isolation::kReadCommitted);
  auto b = store_.begin(Isolation::kReadCommitted);
  auto c = store_.begin(Isolation::kReadCommitted);
  ASSERT_TRUE(add(*a, 70, "a", 1));
  ASSERT_TRUE(add(*b, 70, "b", 1));
  ASSERT_TRUE(add(*c, 71, "a", 1));
  ASSERT_TRUE(b->commit());
  auto r = a->commit();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message(),
            "write conflict: row 70 was concurrently inserted by another transaction");
  ASSERT_TRUE(c->commit());
  EXPECT_EQ(now(), "70:b:1 71:a:1 ");
}

TEST_F(StoreTest, StatementAndSavepointRollBack) {
  auto t = store_.begin(Isolation::kReadCommitted);
  ASSERT_TRUE(add(*t, 1, "Ada", 36));
  Savepoint s = t->savepoint();
  ASSERT_TRUE(set_age(*t, 1, 99));
  ASSERT_TRUE(add(*t, 2, "Bob", 1));
  t->begin_statement();
  ASSERT_TRUE(t->erase(*table(), find(*table(), 1, t->view())));
  t->abort_statement();
  EXPECT_EQ(rows(*table(), t->view()), "1:Ada:99 2:Bob:1 ");
  ASSERT_TRUE(t->rollback_to(s));
  EXPECT_EQ(rows(*table(), t->view()), "1:Ada:36 ");
  ASSERT_TRUE(t->commit());
  EXPECT_EQ(now(), "1:Ada:36 ");
}

TEST_F(StoreTest, KeysMaySwapWithinAStatement) {
  auto t = store_.begin(Isolation::kReadCommitted);
  for (int64_t i = 1; i <= 3; ++i) ASSERT_TRUE(add(*t, i, "n" + std::to_string(i), i));
  t->begin_statement();
  uint16_t column = 0;
  for (RowId row = 0; row < 3; ++row) {
    Datum value = Datum::integer(static_cast<int64_t>(row) + 2);
    ASSERT_TRUE(t->update(*table(), row, {&column, 1}, {&value, 1}));
  }
  ASSERT_TRUE(t->end_statement());
  t->begin_statement();
  Datum value = Datum::integer(4);
  ASSERT_TRUE(t->update(*table(), 0, {&column, 1}, {&value, 1}));
  ASSERT_FALSE(t->end_statement());
  t->abort_statement();
  ASSERT_TRUE(t->commit());
  EXPECT_EQ(now(), "2:n1:1 3:n2:2 4:n3:3 ");
}

TEST_F(StoreTest, IndexWalks) {
  auto t = store_.begin(Isolation::kReadCommitted);
  for (int64_t i = 1; i <= 1000; ++i) {
    ASSERT_TRUE(add(*t, i, "name number " + std::to_string(i), i % 10));
  }
  ASSERT_TRUE(t->commit());
  auto view = store_.read_view();
  auto table = this->table();
  const Index* by_age = table->find_index("BY_AGE");
  uint64_t distinct = 0;
  ASSERT_TRUE(by_age->exact_distinct_count(view.view(), &distinct));
  EXPECT_EQ(distinct, 10u);
  ReadLatch latch(*table);
  Datum three = Datum::integer(3);
  IndexCursor equal(*table, *by_age, view.view(), by_age->make_range({&three, 1}, {}, {}));
  EXPECT_EQ(equal.count(), 100u);
  IndexCursor skip(*table, *by_age, view.view(), by_age->make_range({}, {}, {}));
  RowRef rows[64];
  EXPECT_EQ(skip.next_distinct(rows, nullptr, 64), 10u);
  EXPECT_EQ(read_cell(*table, 2, rows[9]).as_int64(), 9);
  const Index* by_name = table->find_index("unique_people_name");
  Datum low = Datum::text("name number 99");
  IndexCursor names(*table, *by_name, view.view(),
                    by_name->make_range({}, {BoundKind::kIncluded, low}, {}));
  ASSERT_EQ(names.next(rows, nullptr, 64), 11u);
  EXPECT_EQ(read_cell(*table, 0, rows[0]).as_int64(), 99);
  EXPECT_EQ(read_cell(*table, 0, rows[1]).as_int64(), 990);
}

TEST_F(StoreTest, DefinitionsAreTransactional) {
  auto t = store_.begin(Isolation::kReadCommitted);
  ASSERT_TRUE(add(*t, 1, "Ada", 36));
  ASSERT_TRUE(t->commit());
  t = store_.begin(Isolation::kReadCommitted);
  TableDef def = people();
  def.name = "other";
  ASSERT_TRUE(t->create_table(def));
  ASSERT_TRUE(t->create_index("people", {0, "x", IndexKind::kBTree, true, false, false, {2, 1},
                                         "MULTICOLUMN"}));
  ASSERT_TRUE(t->create_view({"v", "SELECT 1"}));
  EXPECT_EQ(store_.catalog()->find_table("other"), nullptr);
  EXPECT_NE(t->catalog()->find_table("other"), nullptr);
  auto other = store_.begin(Isolation::kReadCommitted);
  auto refused = add(*other, 2, "Bob", 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  t->rollback();
  ASSERT_TRUE(add(*other, 2, "Bob", 1));
  t = store_.begin(Isolation::kReadCommitted);
  auto truncated = t->truncate_table("people");
  ASSERT_FALSE(truncated);
  EXPECT_EQ(truncated.error().message(),
            "cannot truncate table: active transactions have uncommitted changes");
  ASSERT_TRUE(other->commit());
  auto removed = t->truncate_table("people");
  ASSERT_TRUE(removed);
  EXPECT_EQ(*removed, 2u);
  EXPECT_NE(now(), "");
  ASSERT_TRUE(t->commit());
  EXPECT_EQ(now(), "");
  auto columns = store_.catalog()->find_table("orrery_columns");
  uint64_t count = 0;
  ASSERT_TRUE(columns->exact_row_count(store_.read_view().view(), &count));
  EXPECT_EQ(count, 3u);
}

// Keys that are left for good, that come back, and that are the newest version's.
TEST_F(StoreTest, PurgeOfManyVersionsKeepsTheKeysInUse) {
  auto t = store_.begin(Isolation::kReadCommitted);
  ASSERT_TRUE(add(*t, 1, "Ada", 7));
  ASSERT_TRUE(t->commit());
  const Index* by_age = table()->find_index("by_age");
  auto reader = std::make_unique<ReadViewHandle>(store_.read_view());
  t = store_.begin(Isolation::kReadCommitted);
  constexpr int64_t kUpdates = 3000;
  for (int64_t i = 0; i < kUpdates; ++i) {
    ASSERT_TRUE(set_age(*t, 1, i % 3 == 0 ? 7 : i % 1000 + 100));
    ASSERT_TRUE(t->end_statement());
  }
  ASSERT_TRUE(set_age(*t, 1, 7));
  ASSERT_TRUE(t->end_statement());
  ASSERT_TRUE(t->commit());
  EXPECT_GT(by_age->approximate_entries(), 600u);
  EXPECT_EQ(rows(*table(), reader->view()), "1:Ada:7 ");
  reader.reset();
  EXPECT_EQ(store_.vacuum().old_versions, static_cast<uint64_t>(kUpdates + 1));
  EXPECT_EQ(by_age->approximate_entries(), 1u);
  RowRef row;
  Datum key = Datum::integer(7);
  ReadLatch latch(*table());
  EXPECT_TRUE(find_unique(*table(), *by_age, {&key, 1}, store_.read_view().view(), &row, nullptr));
}

TEST(SortEntries, InParts) {
  std::vector<uint32_t> entries(3 * kSortedAtOnce);
  for (uint32_t i = 0; i < entries.size(); ++i) entries[i] = (i * 2654435761u) >> 8;
  std::atomic<bool> cancelled{false};
  ASSERT_TRUE(sort_entries(std::span<uint32_t>(entries), std::less<>(), &cancelled));
  EXPECT_TRUE(std::is_sorted(entries.begin(), entries.end()));
  cancelled.store(true);
  EXPECT_FALSE(sort_entries(std::span<uint32_t>(entries), std::less<>(), &cancelled));
}

TEST_F(StoreTest, CancelledDefinitionsLeaveNothing) {
  auto t = store_.begin(Isolation::kReadCommitted);
  ASSERT_TRUE(add(*t, 1, "Ada", 36));
  ASSERT_TRUE(t->commit());
  std::atomic<bool> cancelled{true};
  t = store_.begin(Isolation::kReadCommitted);
  t->stop_when(&cancelled);
  IndexDef by_age{0, "x", IndexKind::kBTree, false, false, false, {2}, "BTREE"};
  Status made = t->create_index("people", by_age);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kCancelled);
  EXPECT_FALSE(t->has_writes());
  cancelled.store(false);
  EXPECT_TRUE(t->create_index("people", by_age));
  t->rollback();
  // The next transaction has no flag.
  cancelled.store(true);
  t = store_.begin(Isolation::kReadCommitted);
  EXPECT_TRUE(t->create_index("people", by_age));
  ASSERT_TRUE(t->commit());
}

TEST_F(StoreTest, RewriteAddsDropsAndCasts) {
  auto t = store_.begin(Isolation::kReadCommitted);
  ASSERT_TRUE(add(*t, 1, "Ada", 36));
  ASSERT_TRUE(add(*t, 2, "Bob", 41));
  ASSERT_TRUE(t->commit());
  t = store_.begin(Isolation::kReadCommitted);
  TableDef def = people();
  def.name = "folk";
  def.columns.push_back({"note", AlgebraicType::text(), "'none'", "", false});
  def.columns[2].type = AlgebraicType::floating();
  ColumnSource note{-1, types::Value::text("a note of more than twelve bytes")};
  std::vector<ColumnSource> sources = {{0, {}}, {1, {}}, {2, {}}, note};
  ASSERT_TRUE(t->rewrite_table("people", def, sources));
  ASSERT_TRUE(t->commit());
  EXPECT_EQ(store_.catalog()->find_table("people"), nullptr);
  auto folk = store_.catalog()->find_table("folk");
  ASSERT_NE(folk, nullptr);
  ReadViewHandle view = store_.read_view();
  RowRef row = visible_row(*folk, find(*folk, 2, view.view()), view.view());
  EXPECT_EQ(read_cell(*folk, 2, row).as_double(), 41.0);
  EXPECT_EQ(read_cell(*folk, 3, row).view(), "a note of more than twelve bytes");
}

}  // namespace
}  // namespace orrery::storage
