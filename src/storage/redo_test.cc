#include "storage/redo.h"

#include <gtest/gtest.h>

#include <map>

#include "storage/store.h"
#include "storage/table.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;
using types::Datum;

class MemoryLog : public CommitLog {
 public:
  Status append(CommitSeq seq, CommitKind, std::string_view redo) override {
    if (fail_append) return Error(ErrorCode::kDiskFull, "disk full");
    commits.emplace_back(seq, std::string(redo));
    return {};
  }
  Status wait_durable(CommitSeq) override {
    if (fail_wait) return Error(ErrorCode::kIo, "sync failed");
    return {};
  }
  CommitSeq durable_seq() const override { return commits.empty() ? 0 : commits.back().first; }
  void sync_soon() override { ++syncs_asked; }
  Status health() const override { return {}; }
  void on_durable(std::function<void()>) override {}
  int syncs_asked = 0;
  bool fail_append = false;
  bool fail_wait = false;
  std::vector<std::pair<CommitSeq, std::string>> commits;
};

class MemoryCheckpoint : public CheckpointSink {
 public:
  Status schema(std::string_view bytes) override {
    schema_bytes = bytes;
    return {};
  }
  Status begin_table(TableId table, uint64_t) override {
    current = table;
    return {};
  }
  Status rows(std::string_view block, uint32_t count) override {
    blocks.push_back({current, std::string(block), count});
    return {};
  }
  Status end_table() override { return {}; }
  struct Block {
    TableId table;
    std::string bytes;
    uint32_t count;
  };
  TableId current = 0;
  std::string schema_bytes;
  std::vector<Block> blocks;
};

std::string hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

TableDef numbers() {
  TableDef def;
  def.name = "t";
  def.columns = {{"id", AlgebraicType::integer(), "", "", true},
                 {"s", AlgebraicType::option(AlgebraicType::text()), "", "", false}};
  def.primary_key = 0;
  def.indexes = {{0, "pk", IndexKind::kBTree, true, true, true, {0}, "BTREE"}};
  return def;
}

/// Everything that a reader finds in the store, system tables included.
std::string dump(Store& store) {
  std::string out;
  auto catalog = store.catalog();
  auto tables = catalog->tables();
  for (std::string_view name : {"orrery_tables", "orrery_columns", "orrery_indexes",
                                "orrery_views", "orrery_sequences"}) {
    tables.push_back(catalog->find_table(name));
  }
  for (const auto& table : tables) {
    out += table->def().name + "#" + std::to_string(table->def().id) + "\n";
    ReadViewHandle view = store.read_view();
    TableCursor cursor(*table, view.view());
    RowRef rows[64];
    RowId ids[64];
    std::map<std::string, int> lines;
    ReadLatch latch(*table);
    while (uint32_t n = cursor.next(rows, ids, 64)) {
      for (uint32_t i = 0; i < n; ++i) {
        std::string line = table->def().system ? "" : std::to_string(ids[i]) + " ";
        for (uint32_t c = 0; c < table->def().columns.size(); ++c) {
          Datum d = read_cell(*table, c, rows[i]);
          if (d.is_null()) {
            line += "NULL|";
          } else if (types::layout_of(d.type()) == types::Layout::kString) {
            line += std::string(d.view()) + "|";
          } else {
            line += std::to_string(d.as_int64()) + "|";
          }
        }
        ++lines[line];
      }
    }
    for (const auto& [line, count] : lines) out += line + "x" + std::to_string(count) + "\n";
  }
  for (const ViewDef* view : catalog->views()) out += view->name + "=" + view->sql + "\n";
  return out;
}

void replay(const MemoryLog& log, Store* store, CommitSeq after = 0) {
  CommitSeq last = after;
  for (const auto& [seq, redo] : log.commits) {
    if (seq <= after) continue;
    Status applied = store->apply_redo(seq, redo);
    ASSERT_TRUE(applied) << applied.error().message();
    last = seq;
  }
  Status finished = store->finish_recovery(last);
  ASSERT_TRUE(finished) << finished.error().message();
  EXPECT_EQ(store->last_commit(), last);
}

struct Writer {
  explicit Writer(Store& s) : store(s), t(s.begin(Isolation::kReadCommitted)) {
    t->begin_statement();
  }
  Table& table(std::string_view name = "t") { return *t->catalog()->find_table(name); }
  RowId add(int64_t id, std::string_view s) {
    Datum row[] = {Datum::integer(id), s.empty() ? Datum::null() : Datum::text(s)};
    auto r = t->insert(table(), row);
    EXPECT_TRUE(r);
    return r ? *r : 0;
  }
  void set(RowId row, std::string_view s) {
    uint16_t column = 1;
    Datum value = Datum::text(s);
    EXPECT_TRUE(t->update(table(), row, {&column, 1}, {&value, 1}));
  }
  void commit() {
    auto r = t->commit();
    EXPECT_TRUE(r);
  }
  Store& store;
  std::unique_ptr<Transaction> t;
};

TEST(RedoTest, GoldenBytes) {
  Store store;
  MemoryLog log;
  store.attach_log(&log);
  Writer a(store);
  ASSERT_TRUE(a.t->create_table(numbers()));
  a.commit();
  Writer b(store);
  b.add(7, "x");
  b.add(300, "");
  RowId gone = b.add(301, "gone");
  RowId changed = b.add(302, "old");
  ASSERT_TRUE(b.t->erase(b.table(), gone));
  b.set(changed, "new");
  b.commit();
  Writer c(store);
  ASSERT_TRUE(c.t->erase(c.table(), 0));
  ASSERT_TRUE(c.t->create_view({"v", "SELECT 1"}));
  c.commit();
  ASSERT_EQ(log.commits.size(), 3u);
  EXPECT_EQ(hex(log.commits[0].second),
            "01041001740202696401" "0c" "000001" "0173" "1d"
            "01020000000004000000736f6d65040004000000" "6e6f6e65" "0200000000" "000000"
            "0101" "02706b" "00" "07" "054254524545" "01" "00" "00" "00");
  EXPECT_EQ(hex(log.commits[1].second),
            "01"
            "01100002" "0700000000000000" "00" "01000000" "78" "2c01000000000000" "01"
            "01100301" "2e01000000000000" "00" "03000000" "6e6577"
            "0310dc04");
  EXPECT_EQ(hex(log.commits[2].second), "010210000901760853454c45435420310310dc04");
}

TEST(RedoTest, ReplayGivesTheSameStore) {
  Store store;
  MemoryLog log;
  store.attach_log(&log);
  {
    Writer w(store);
    ASSERT_TRUE(w.t->create_table(numbers()));
    for (int i = 1; i <= 500; ++i) w.add(i, "a text of some length " + std::to_string(i));
    w.commit();
  }
  {
    Writer w(store);
    for (RowId row = 0; row < 500; row += 7) ASSERT_TRUE(w.t->erase(w.table(), row));
    for (RowId row = 1; row < 500; row += 5) {
      if (row % 7 != 0) w.set(row, "changed to another text " + std::to_string(row));
    }
    w.commit();
  }
  {
    Writer w(store);
    IndexDef by_s{0, "by_s", IndexKind::kBTree, false, false, false, {1}, "BTREE"};
    ASSERT_TRUE(w.t->create_index("t", by_s));
    ASSERT_TRUE(w.t->create_view({"v", "SELECT 1"}));
    ASSERT_TRUE(w.t->create_view({"w", "SELECT 2"}));
    ASSERT_TRUE(w.t->drop_view("V"));
    w.add(1000, "in a slot that was free");
    w.commit();
  }
  {
    Writer w(store);
    TableDef def = w.table().def();
    def.name = "t2";
    def.columns.push_back({"extra", AlgebraicType::option(AlgebraicType::integer()), "", "", false});
    std::vector<ColumnSource> sources = {{0, {}}, {1, {}}, {-1, types::Value::integer(5)}};
    ASSERT_TRUE(w.t->rewrite_table("t", def, sources));
    Datum row[] = {Datum::integer(2000), Datum::null(), Datum::null()};
    ASSERT_TRUE(w.t->insert(w.table("t2"), row));
    ASSERT_TRUE(w.t->create_table(numbers()));
    w.add(1, "first of the second t");
    w.commit();
  }
  {
    Writer w(store);
    ASSERT_TRUE(w.t->create_table([] {
      TableDef def = numbers();
      def.name = "dropped";
      return def;
    }()));
    ASSERT_TRUE(w.t->truncate_table("t"));
    w.add(2, "after the truncation");
    w.commit();
    Writer x(store);
    ASSERT_TRUE(x.t->drop_table("dropped"));
    x.commit();
  }
  Store again;
  replay(log, &again);
  store.vacuum();
  EXPECT_TRUE(dump(again) == dump(store));
  auto table = again.catalog()->find_table("t2");
  ASSERT_NE(table, nullptr);
  EXPECT_NE(table->find_index("by_s"), nullptr);
  uint64_t distinct = 0;
  ASSERT_TRUE(table->primary_index()->exact_distinct_count(again.read_view().view(), &distinct));
  EXPECT_EQ(distinct, 500u - 72u + 2u);
  // Ids go on where they stopped.
  Writer w(again), v(store);
  auto id = w.t->create_table([] {
    TableDef def = numbers();
    def.name = "late";
    return def;
  }());
  ASSERT_TRUE(id);
  auto key = w.t->next_auto_increment(*w.t->catalog()->find_table("t2"));
  ASSERT_TRUE(key);
  EXPECT_EQ(*key, 2001);
}

TEST(RedoTest, CheckpointAndRestOfTheLog) {
  Store store;
  MemoryLog log;
  store.attach_log(&log);
  Writer a(store);
  ASSERT_TRUE(a.t->create_table(numbers()));
  for (int i = 1; i <= 3000; ++i) a.add(i, "text that is not inline " + std::to_string(i));
  a.commit();
  Writer open(store);
  open.set(5, "not committed when the checkpoint begins");
  MemoryCheckpoint checkpoint;
  CommitSeq rotated = 0;
  auto written = store.write_checkpoint(
      checkpoint,
      [](void* context, CommitSeq seq) {
        *static_cast<CommitSeq*>(context) = seq;
        return Status();
      },
      &rotated);
  ASSERT_TRUE(written);
  EXPECT_EQ(*written, rotated);
  open.commit();
  Writer c(store);
  ASSERT_TRUE(c.t->erase(c.table(), 9));
  c.commit();
  Store again;
  ASSERT_TRUE(again.load_schema(checkpoint.schema_bytes));
  EXPECT_GT(checkpoint.blocks.size(), 1u);
  for (const auto& block : checkpoint.blocks) {
    Status loaded = again.load_rows(block.table, block.bytes, block.count);
    ASSERT_TRUE(loaded) << loaded.error().message();
  }
  replay(log, &again, rotated);
  store.vacuum();
  EXPECT_TRUE(dump(again) == dump(store));
}

TEST(RedoTest, FailedLogLeavesNothing) {
  Store store;
  MemoryLog log;
  store.attach_log(&log);
  Writer a(store);
  ASSERT_TRUE(a.t->create_table(numbers()));
  a.add(1, "one");
  a.commit();
  std::string before = dump(store);
  log.fail_append = true;
  Writer b(store);
  b.add(2, "two, which is a long text");
  b.set(0, "changed to a long text");
  EXPECT_FALSE(b.t->commit());
  EXPECT_TRUE(dump(store) == before);
  log.fail_append = false;
  log.fail_wait = true;
  Writer c(store);
  c.add(2, "two, which is a long text");
  ASSERT_TRUE(c.t->create_view({"v", "SELECT 1"}));
  EXPECT_FALSE(c.t->commit());
  EXPECT_TRUE(dump(store) == before);
  Writer d(store);
  d.add(3, "three");
  EXPECT_FALSE(d.t->commit());
  EXPECT_TRUE(dump(store) == before);
}

TEST(RedoTest, MalformedBytesAreErrors) {
  Store store;
  MemoryLog log;
  store.attach_log(&log);
  Writer a(store);
  ASSERT_TRUE(a.t->create_table(numbers()));
  a.add(1, "one");
  ASSERT_TRUE(a.t->create_view({"v", "SELECT 1"}));
  a.commit();
  std::string redo = log.commits[0].second;
  for (size_t cut = 0; cut < redo.size(); ++cut) {
    Store other;
    Status applied = other.apply_redo(1, std::string_view(redo).substr(0, cut));
    if (!applied) { EXPECT_EQ(applied.error().code(), ErrorCode::kCorruption); }
  }
  for (size_t at = 0; at < redo.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = redo;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      Store other;
      Status applied = other.apply_redo(1, bad);
      if (applied) applied = other.finish_recovery(1);
      if (!applied) { EXPECT_EQ(applied.error().code(), ErrorCode::kCorruption); }
    }
  }
}

}  // namespace
}  // namespace orrery::storage
