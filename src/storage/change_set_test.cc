#include "storage/change_set.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "storage/datastore.h"
#include "storage/row_layout.h"
#include "storage/store.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;
using types::Datum;

std::string row(uint32_t id, std::string_view text) {
  ByteWriter w;
  w.write(id);
  w.write_prefixed(text);
  return w.buffer();
}

std::string print(std::string_view bytes) {
  uint32_t id, size;
  std::memcpy(&id, bytes.data(), 4);
  std::memcpy(&size, bytes.data() + 4, 4);
  EXPECT_EQ(bytes.size(), 8 + size);
  return std::to_string(id) + ":" + std::string(bytes.substr(8));
}

std::string print(const ChangeSet& changes) {
  std::string out;
  for (const ChangeSet::Table& table : changes.tables()) {
    EXPECT_FALSE(table.deletes.empty() && table.inserts.empty());
    EXPECT_EQ(changes.find(table.id), &table);
    out += "[" + std::string(table.event ? "event" : "");
    std::string joined;
    for (size_t i = 0; i < table.deletes.size(); ++i) {
      out += " -" + print(table.deletes[i].bytes);
      joined += table.deletes[i].bytes;
    }
    EXPECT_EQ(joined, table.deletes.bytes());
    joined.clear();
    for (size_t i = 0; i < table.inserts.size(); ++i) {
      out += " +" + print(table.inserts[i].bytes);
      joined += table.inserts[i].bytes;
    }
    EXPECT_EQ(joined, table.inserts.bytes());
    out += " ]";
  }
  return out;
}

class ChangeSetTest : public ::testing::Test {
 protected:
  static TableDef people(std::string_view name) {
    TableDef def;
    def.name = name;
    def.columns = {{"id", AlgebraicType::u32(), "", "", false},
                   {"text", AlgebraicType::string(), "", "", false}};
    def.indexes = {{0, "id", IndexKind::kBTree, true, true, true, {0}, ""}};
    return def;
  }
  std::shared_ptr<Table> make(TableDef def) {
    auto t = store_.begin(Isolation::kReadCommitted);
    auto id = t->create_table(def);
    EXPECT_TRUE(id);
    EXPECT_TRUE(t->commit());
    auto table = store_.catalog()->find_table(*id);
    table->add_watcher();
    return table;
  }
  void begin() {
    t_ = store_.begin(Isolation::kReadCommitted);
    t_->begin_statement();
  }
  void insert(Table& table, uint32_t id, std::string_view text) {
    auto done = insert_bsatn(*t_, table, row(id, text), nullptr);
    ASSERT_TRUE(done) << done.error().message();
  }
  void update(Table& table, uint32_t id, std::string_view text) {
    auto done = update_bsatn(*t_, table, *table.find_index("id"), row(id, text), nullptr);
    ASSERT_TRUE(done) << done.error().message();
    ASSERT_EQ(*done, UpdateOutcome::kUpdated);
  }
  void erase(Table& table, uint32_t id, std::string_view text) {
    uint32_t one = 1;
    std::string rows(reinterpret_cast<const char*>(&one), 4);
    auto done = delete_equal_bsatn(*t_, table, rows + row(id, text));
    ASSERT_TRUE(done) << done.error().message();
    ASSERT_EQ(*done, 1u);
  }
  std::string commit() {
    EXPECT_TRUE(t_->end_statement());
    CommitCapture capture;
    auto seq = t_->commit_unsynced(&capture);
    EXPECT_TRUE(seq) << seq.error().message();
    EXPECT_EQ(capture.changes.seq(), *seq);
    EXPECT_EQ(capture.before.active(), !capture.changes.empty());
    ChangeSet moved = std::move(capture.changes);
    return print(moved);
  }

  Store store_;
  std::unique_ptr<Transaction> t_;
};

const std::string kLong = "a text that does not fit into the image of a row";

TEST_F(ChangeSetTest, NetChangesInOrder) {
  auto p = make(people("p"));
  auto q = make(people("q"));
  begin();
  insert(*q, 1, "x");
  insert(*p, 1, "a");
  insert(*p, 2, kLong);
  insert(*p, 3, "c");
  EXPECT_EQ(commit(), "[ +1:x ][ +1:a +2:" + kLong + " +3:c ]");
  begin();
  update(*p, 2, "b");
  update(*p, 1, "a");           // as it was
  insert(*p, 4, "d");
  erase(*p, 4, "d");            // came and went
  erase(*p, 3, "c");
  update(*p, 2, kLong + "!");   // twice
  insert(*p, 5, "e");
  update(*p, 5, "f");
  EXPECT_EQ(commit(), "[ -3:c -2:" + kLong + " +2:" + kLong + "! +5:f ]");
  begin();
  EXPECT_EQ(commit(), "");
}

TEST_F(ChangeSetTest, EqualRowsCancelAcrossSlots) {
  auto p = make(people("p"));
  TableDef heap = people("h");
  heap.indexes.clear();
  auto h = make(heap);
  begin();
  for (uint32_t i = 1; i <= 4; ++i) {
    insert(*p, i, "v");
    insert(*h, i, kLong);
  }
  insert(*h, 4, kLong);
  commit();
  begin();
  erase(*p, 1, "v");
  insert(*p, 9, "n");
  insert(*p, 1, "v");  // in another slot
  erase(*p, 2, "v");
  insert(*p, 2, "w");
  EXPECT_EQ(commit(), "[ -2:v +9:n +2:w ]");
  begin();
  uint32_t one = 1;
  std::string rows(reinterpret_cast<const char*>(&one), 4);
  auto both = delete_equal_bsatn(*t_, *h, rows + row(4, kLong));
  ASSERT_TRUE(both);
  EXPECT_EQ(*both, 2u);
  insert(*h, 4, kLong);  // one of two comes back
  insert(*h, 5, "x");
  EXPECT_EQ(commit(), "[ -4:" + kLong + " +5:x ]");
}

TEST_F(ChangeSetTest, OnlyWatchedTablesAndOnlyWhatIsLeft) {
  auto p = make(people("p"));
  auto q = make(people("q"));
  q->remove_watcher();
  EXPECT_FALSE(q->watched());
  begin();
  insert(*p, 1, "a");
  insert(*q, 1, "b");
  Savepoint here = t_->savepoint();
  insert(*p, 2, "gone");
  update(*p, 1, "gone");
  ASSERT_TRUE(t_->rollback_to(here));
  ChangeSet so_far;
  t_->collect_changes(&so_far);
  EXPECT_EQ(print(so_far), "[ +1:a ]");
  EXPECT_EQ(so_far.seq(), 0u);
  EXPECT_EQ(commit(), "[ +1:a ]");
  begin();
  insert(*p, 2, "b");
  t_->rollback();
  begin();
  t_->collect_changes(&so_far);
  EXPECT_TRUE(so_far.empty());
}

TEST_F(ChangeSetTest, DefinitionsAreReportedAsSuch) {
  auto p = make(people("p"));
  begin();
  insert(*p, 1, "a");
  commit();
  begin();
  insert(*p, 2, "b");
  IndexDef by_text{0, "by_text", IndexKind::kBTree, false, false, false, {1}, ""};
  ASSERT_TRUE(t_->create_index("p", by_text));
  insert(*t_->catalog()->find_table("p"), 3, "c");
  EXPECT_EQ(commit(), "[ +2:b +3:c ]");
  auto now = store_.catalog()->find_table("p");
  EXPECT_TRUE(now->watched());
  begin();
  insert(*now, 4, "d");
  ASSERT_TRUE(t_->truncate_table("p"));
  insert(*t_->catalog()->find_table("p"), 5, "e");
  CommitCapture capture;
  ASSERT_TRUE(t_->end_statement());
  ASSERT_TRUE(t_->commit_unsynced(&capture));
  EXPECT_TRUE(capture.changes.tables().empty());
  ASSERT_EQ(capture.changes.redefined().size(), 1u);
  EXPECT_EQ(capture.changes.redefined()[0], p->def().id);
  now = store_.catalog()->find_table("p");
  begin();
  auto cleared = clear_table(*t_, *now);
  ASSERT_TRUE(cleared);
  EXPECT_EQ(*cleared, 1u);
  EXPECT_EQ(t_->row_count(*now), 0u);
  EXPECT_EQ(commit(), "[ -5:e ]");
}

TEST_F(ChangeSetTest, ViewsBeforeAndAfter) {
  auto p = make(people("p"));
  begin();
  insert(*p, 1, kLong);
  insert(*p, 2, "b");
  commit();
  begin();
  update(*p, 1, kLong + "!");
  erase(*p, 2, "b");
  insert(*p, 3, "c");
  ASSERT_TRUE(t_->end_statement());
  CommitCapture capture;
  ASSERT_TRUE(t_->commit_unsynced(&capture));
  for (uint32_t i = 0; i < 5; ++i) {
    begin();
    update(*p, 1, "later " + std::to_string(i));
    if (i == 0) erase(*p, 3, "c");
    commit();
  }
  store_.vacuum();
  const ChangeSet::Table& table = capture.changes.tables()[0];
  ReadLatch latch(*p);
  auto check = [&](const ChangeSet::Rows& rows, const ReadView& view) {
    for (size_t i = 0; i < rows.size(); ++i) {
      RowRef seen = visible_row(*p, rows[i].id, view);
      ASSERT_NE(seen, nullptr);
      std::string bytes;
      p->layout().append_bsatn(seen, &bytes);
      EXPECT_EQ(bytes, rows[i].bytes);
    }
  };
  EXPECT_EQ(table.deletes.size(), 2u);
  EXPECT_EQ(table.inserts.size(), 2u);
  check(table.deletes, capture.before.view());
  check(table.inserts, capture.after.view());
  TableCursor before(*p, capture.before.view()), after(*p, capture.after.view());
  RowRef rows[8];
  EXPECT_EQ(before.next(rows, nullptr, 8), 2u);
  EXPECT_EQ(after.next(rows, nullptr, 8), 2u);
}

TEST_F(ChangeSetTest, RowCountsOfATransaction) {
  auto p = make(people("p"));
  begin();
  for (uint32_t i = 0; i < 100; ++i) insert(*p, i, "v");
  EXPECT_EQ(t_->row_count(*p), 100u);
  commit();
  auto other = store_.begin(Isolation::kSnapshot);
  other->begin_statement();
  EXPECT_EQ(other->row_count(*p), 100u);
  begin();
  EXPECT_EQ(t_->row_count(*p), 100u);
  erase(*p, 7, "v");
  erase(*p, 8, "v");
  insert(*p, 200, "v");
  EXPECT_EQ(t_->row_count(*p), 99u);
  EXPECT_EQ(other->row_count(*p), 100u);  // while another has changes open
  commit();
  EXPECT_EQ(other->row_count(*p), 100u);  // and after its commit
  begin();
  EXPECT_EQ(t_->row_count(*p), 99u);
  uint64_t count = 0;
  EXPECT_TRUE(p->exact_row_count(t_->view(), &count));
  EXPECT_EQ(count, 99u);
  EXPECT_FALSE(p->exact_row_count(other->view(), &count));
}

}  // namespace
}  // namespace orrery::storage
