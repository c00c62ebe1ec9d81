// The simulated crash test again, with real tables: transactions of inserts, updates, deletes and
// definitions on a DurableStore. What is found after a crash (definitions, rows with their ids,
// views) must be what one of the commits left that may be the last; indexes must agree with rows.
//
// 10,000 lives; ORRERY_FULL=1 runs 20,000.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "env/simulated.h"
#include "storage/durability/durable_store.h"
#include "storage/store.h"
#include "storage/table.h"
#include "storage/table_impl.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;
using types::Datum;

constexpr uint64_t kLivesPerDatabase = 20;
constexpr size_t kTablesMax = 4;

uint64_t life_count() {
  return std::getenv("ORRERY_FULL") != nullptr ? 20'000 : 10'000;
}

std::string text_of(const Datum& d) {
  if (d.is_null()) return "NULL";
  if (types::layout_of(d.type()) == types::Layout::kString) return std::string(d.view());
  return std::to_string(d.as_int64());
}

struct Row {
  RowId id;
  std::string text;
};

std::vector<Row> rows_of(const Table& table, const ReadView& view) {
  std::vector<Row> out;
  TableCursor cursor(table, view);
  RowRef rows[64];
  RowId ids[64];
  const ReadLatch latch(table);
  while (const uint32_t n = cursor.next(rows, ids, 64)) {
    for (uint32_t i = 0; i < n; ++i) {
      std::string text;
      for (uint32_t c = 0; c < table.def().columns.size(); ++c) {
        text += text_of(read_cell(table, c, rows[i])) + "|";
      }
      out.push_back({ids[i], std::move(text)});
    }
  }
  return out;
}

std::string dump(const Catalog& catalog, const ReadView& view) {
  std::string out;
  auto tables = catalog.tables();
  std::sort(tables.begin(), tables.end(),
            [](const auto& a, const auto& b) { return a->def().id < b->def().id; });
  for (const auto& table : tables) {
    out += "table " + table->def().name + " " + std::to_string(table->def().id) + ":";
    for (const ColumnDef& column : table->def().columns) out += " " + column.name;
    for (const auto& index : table->indexes()) out += " [" + index->def().name + "]";
    out += table->def().row_set ? " set " : "";
    out += table->def().alias + "\n";
    if (table->def().event) continue;  // a transaction sees events, nobody else does
    const std::vector<Row> rows = rows_of(*table, view);
    for (const Row& row : rows) out += std::to_string(row.id) + " " + row.text + "\n";
    for (const auto& index : table->indexes()) {
      if (!index->ordered()) continue;
      IndexCursor cursor(*table, *index, view, index->make_range({}, {}, {}));
      const ReadLatch latch(*table);
      EXPECT_EQ(cursor.count(), rows.size()) << table->def().name << "." << index->def().name;
    }
  }
  for (const ViewDef* v : catalog.views()) out += "view " + v->name + " " + v->sql + "\n";
  return out;
}

std::string dump(Store& store) {
  std::shared_ptr<const Catalog> catalog;
  const ReadViewHandle view = store.read_view(&catalog);
  return dump(*catalog, view.view());
}

constexpr int64_t kFirstNumber = 1'000'001;

/// One of SQL, or one of modules: a set of rows or not, of events or not, with a sequence.
TableDef table_def(const std::string& name, uint64_t kind) {
  TableDef def;
  def.name = name;
  def.columns = {{"id", AlgebraicType::integer(), "", "", kind == 0},
                 {"s", AlgebraicType::option(AlgebraicType::text()), "", "", false}};
  if (kind != 3) {
    def.primary_key = 0;
    def.indexes = {{0, "pk", IndexKind::kBTree, true, true, true, {0}, "BTREE"}};
  }
  if (kind == 0) return def;
  def.sequences = {{"ids", 0, kFirstNumber}};
  def.row_set = kind != 1;
  def.event = kind == 4;
  def.alias = "other " + name;
  return def;
}

/// No number of a row is to come again.
void expect_numbers_behind(const Store& store, const ReadView& view, const std::string& context) {
  for (const auto& table : store.catalog()->tables()) {
    if (table->def().sequences.empty() || table->def().event) continue;
    const types::I128 next = impl_of(*table).sequences()[0]->reservation().next;
    for (const Row& row : rows_of(*table, view)) {
      const int64_t id = std::stoll(row.text);
      if (id >= kFirstNumber) EXPECT_LT(id, next) << context << table->def().name;
    }
  }
}

struct Tally {
  uint64_t lives = 0;
  uint64_t commits = 0;
  uint64_t definitions = 0;
  uint64_t checkpoints = 0;
  uint64_t restores = 0;
  uint64_t tails_cut = 0;
};

class Machine {
 public:
  Machine(uint64_t seed, Tally* tally)
      : seed_(seed), sim_(seed), random_(seed * 31 + 7), tally_(tally) {
    states_.push_back("");
  }

  void live() {
    ++tally_->lives;
    options_.sync_mode = random_.below(4) == 0 ? SyncMode::kNormal : SyncMode::kFull;
    options_.wal_max_size = 1024 << random_.below(6);
    options_.wal_compression = random_.below(2) == 0 ? Compression::kOff : Compression::kLz4;
    options_.checkpoint_on_close =
        random_.below(2) == 0 ? CloseCheckpoint::kSkip : CloseCheckpoint::kWrite;
    if (random_.below(5) != 0) {
      const uint64_t reach = random_.below(4) == 0 ? 30 : 200;
      sim_.files.fail_at(1 + random_.below(reach), env::SimFault::kCrash);
    }
    {
      auto db = DurableStore::open("db", options_, sim_.environment());
      if (db) {
        work(**db);
      } else {
        ASSERT_TRUE(sim_.files.fault_happened()) << context() << db.error().message();
      }
      sim_.files.stop();
    }
    sim_.files.restart();
    check();
  }

 private:
  std::string context() const {
    return "seed " + std::to_string(seed_) + ", life " + std::to_string(tally_->lives) + ": ";
  }
  std::string word() {
    std::string text(random_.below(6) == 0 ? random_.below(400) : random_.below(20), ' ');
    for (char& c : text) c = static_cast<char>('a' + random_.below(26));
    return text;
  }

  // Any error of a single operation (a key that exists, a table that does not) ends the statement
  // and leaves the transaction as it was before.
  Status change_rows(Transaction& t, Table& table) {
    const uint64_t count = 1 + random_.below(6);
    for (uint64_t i = 0; i < count; ++i) {
      const std::vector<Row> rows = rows_of(table, t.view());
      const std::string text = word();
      if (rows.empty() || random_.below(3) != 0) {
        const bool number = !table.def().sequences.empty() && random_.below(2) == 0;
        const auto id = static_cast<int64_t>(number ? 0 : random_.below(1000));
        std::vector<Datum> cells = {Datum::integer(id),
                                    text.empty() ? Datum::null() : Datum::text(text)};
        cells.resize(table.def().columns.size(), Datum::null());
        ORRERY_TRY_ASSIGN(const RowId row, t.insert(table, cells));
        (void)row;
      } else if (random_.below(2) == 0) {
        const uint16_t column = 1;
        const Datum value = Datum::text(text);
        ORRERY_TRY(t.update(table, rows[random_.below(rows.size())].id, {&column, 1}, {&value, 1}));
      } else {
        ORRERY_TRY(t.erase(table, rows[random_.below(rows.size())].id));
      }
    }
    return {};
  }

  Status change_definitions(Transaction& t, const std::vector<std::shared_ptr<Table>>& tables) {
    const std::string fresh = "t" + std::to_string(++serial_);
    if (tables.empty() || (tables.size() < kTablesMax && random_.below(4) == 0)) {
      ORRERY_TRY_ASSIGN(const TableId id, t.create_table(table_def(fresh, random_.below(5))));
      (void)id;
      return {};
    }
    const TableDef def = tables[random_.below(tables.size())]->def();
    switch (random_.below(7)) {
      case 0:
        return t.drop_table(def.name);
      case 1: {
        ORRERY_TRY_ASSIGN(const uint64_t removed, t.truncate_table(def.name));
        (void)removed;
        return {};
      }
      case 2:
        return t.create_index(
            def.name, {0, "i" + fresh, IndexKind::kBTree, false, false, false, {1}, "BTREE"});
      case 3:
        return def.indexes.size() > 1 ? t.drop_index(def.name, def.indexes.back().name) : Status();
      case 4: {
        TableDef next = def;
        next.columns.push_back(
            {"c" + fresh, AlgebraicType::option(AlgebraicType::integer()), "", "", false});
        std::vector<ColumnSource> sources(next.columns.size());
        for (size_t i = 0; i < def.columns.size(); ++i)
          sources[i].old_column = static_cast<int32_t>(i);
        sources.back().fill = types::Value::integer(static_cast<int64_t>(serial_));
        return t.rewrite_table(def.name, next, sources);
      }
      case 5:
        return t.create_view({"v" + std::to_string(random_.below(3)), "SELECT " + fresh});
      default:
        return t.drop_view("v" + std::to_string(random_.below(3)));
    }
  }

  bool transaction(const std::shared_ptr<Store>& store) {
    auto t = store->begin(random_.below(2) == 0 ? Isolation::kSnapshot : Isolation::kReadCommitted);
    const uint64_t statements = 1 + random_.below(3);
    bool definitions = false;
    for (uint64_t i = 0; i < statements; ++i) {
      t->begin_statement();
      const auto tables = t->catalog()->tables();
      const bool define = tables.empty() || random_.below(6) == 0;
      Status done = define ? change_definitions(*t, tables)
                           : change_rows(*t, *tables[random_.below(tables.size())]);
      if (done) done = t->end_statement();
      if (!done) t->abort_statement();
      definitions = definitions || (done && define);
    }
    if (random_.below(10) == 0) {
      t->rollback();
      EXPECT_EQ(dump(*store), states_.back()) << context() << "rolled back";
      return true;
    }
    // Nobody else writes, so what the transaction sees now is what its commit will leave.
    t->begin_statement();
    states_.push_back(dump(*t->catalog(), t->view()));
    EXPECT_TRUE(t->end_statement());
    const bool waits = random_.below(3) != 0;
    const bool wrote = t->has_writes();
    const Result<CommitSeq> done = waits ? t->commit() : t->commit_unsynced(nullptr);
    if (!done) return false;
    EXPECT_EQ(dump(*store), states_.back()) << context();
    ++tally_->commits;
    if (definitions) ++tally_->definitions;
    if (options_.sync_mode != SyncMode::kFull || !wrote) return true;  // nothing to wait for
    if (!waits && random_.below(2) == 0) return true;
    if (!waits && !store->wait_durable(*done)) return false;
    EXPECT_GE(store->durable_seq(), *done) << context();
    promised_ = states_.size() - 1;
    return true;
  }

  void work(DurableStore& db) {
    auto store = db.store();
    ASSERT_EQ(dump(*store), states_.back()) << context();
    const uint64_t steps = random_.below(40);
    for (uint64_t i = 0; i < steps; ++i) {
      const uint64_t what = random_.below(100);
      bool alive = true;
      if (what < 85) {
        alive = transaction(store);
      } else if (what < 92) {
        alive = bool(db.checkpoint());
        if (alive) ++tally_->checkpoints;
        if (alive) promised_ = states_.size() - 1;
      } else if (what < 96) {
        alive = bool(db.sync());
        if (alive) promised_ = states_.size() - 1;
      } else if (what < 98) {
        alive = bool(db.snapshot());
        snapshot_ = alive ? states_.back() : "unknown";
      } else if (snapshot_ != "unknown" && snapshot_ != "none") {
        states_.push_back(snapshot_);
        alive = bool(db.restore(""));
        if (alive) ++tally_->restores;
        if (alive) promised_ = states_.size() - 1;
        store = db.store();
      }
      if (!alive) {
        ASSERT_TRUE(sim_.files.fault_happened()) << context() << "failed without a fault";
        return;
      }
    }
  }

  void check() {
    auto db = DurableStore::open("db", options_, sim_.environment());
    ASSERT_TRUE(db) << context() << db.error().message();
    if ((*db)->recovery().tail_bytes_cut > 0) ++tally_->tails_cut;
    const std::string found = dump(*(*db)->store());
    size_t match = states_.size();
    while (match > promised_ && states_[match - 1] != found) --match;
    ASSERT_GT(match, promised_) << context() << "promised state " << promised_ << " of "
                                << states_.size() - 1;
    expect_numbers_behind(*(*db)->store(), (*db)->store()->read_view().view(), context());
    states_.resize(match);
    promised_ = match - 1;
    sim_.files.stop();
    db = Error(ErrorCode::kGeneric, "over");
    sim_.files.restart();
    auto again = DurableStore::open("db", options_, sim_.environment());
    ASSERT_TRUE(again) << context() << again.error().message();
    ASSERT_EQ(dump(*(*again)->store()), found) << context() << "recovered twice";
    sim_.files.stop();
    again = Error(ErrorCode::kGeneric, "over");
    sim_.files.kill_process();
  }

  const uint64_t seed_;
  env::SimEnvironment sim_;
  env::SeededRandom random_;
  Tally* tally_;
  DurabilityOptions options_;
  uint64_t serial_ = 0;
  std::vector<std::string> states_;
  size_t promised_ = 0;
  std::string snapshot_ = "none";
};

TEST(StoreCrash, TablesAreWholeAfterEveryCrash) {
  Tally tally;
  for (uint64_t seed = 1; tally.lives < life_count(); ++seed) {
    Machine machine(seed, &tally);
    for (uint64_t i = 0; i < kLivesPerDatabase; ++i) {
      machine.live();
      if (::testing::Test::HasFailure()) return;
    }
  }
  std::printf(
      "%llu crashes, %llu commits (%llu with definitions), %llu checkpoints, %llu restores, "
      "%llu torn tails cut\n",
      static_cast<unsigned long long>(tally.lives), static_cast<unsigned long long>(tally.commits),
      static_cast<unsigned long long>(tally.definitions),
      static_cast<unsigned long long>(tally.checkpoints),
      static_cast<unsigned long long>(tally.restores),
      static_cast<unsigned long long>(tally.tails_cut));
  EXPECT_GT(tally.definitions, tally.lives / 10);
  EXPECT_GT(tally.tails_cut, tally.lives / 100);
}

}  // namespace
}  // namespace orrery::storage
