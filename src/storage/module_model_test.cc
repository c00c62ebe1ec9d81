// Tables of modules against a model: random transactions on a set without a key, a set with keys and
// a sequence, a heap and a table of events. What a commit reports is the difference between what was
// there and what is there; what the log says makes the same store again.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "base/bytes.h"
#include "storage/datastore.h"
#include "storage/row_layout.h"
#include "storage/store.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;

class MemoryLog : public CommitLog {
 public:
  Status append(CommitSeq seq, CommitKind, std::string_view redo) override {
    commits.emplace_back(seq, std::string(redo));
    return {};
  }
  Status wait_durable(CommitSeq) override { return {}; }
  CommitSeq durable_seq() const override { return commits.empty() ? 0 : commits.back().first; }
  void sync_soon() override {}
  Status health() const override { return {}; }
  void on_durable(std::function<void()>) override {}
  std::vector<std::pair<CommitSeq, std::string>> commits;
};

constexpr uint64_t kFirstNumber = 1000;
enum Shape { kSet, kKeyed, kHeap, kEvent, kShapes };
using Rows = std::multiset<std::string>;
using State = std::array<Rows, kShapes>;

std::string row(uint64_t id, uint32_t n, std::string_view text) {
  ByteWriter w;
  w.write(id);
  w.write(n);
  w.write_prefixed(text);
  return w.buffer();
}
uint64_t id_of(std::string_view row) {
  uint64_t id;
  std::memcpy(&id, row.data(), 8);
  return id;
}

TableDef definition(Shape shape) {
  TableDef def;
  def.name = "t" + std::to_string(shape);
  def.columns = {{"id", AlgebraicType::u64(), "", "", false},
                 {"n", AlgebraicType::u32(), "", "", false},
                 {"s", AlgebraicType::string(), "", "", false}};
  def.row_set = shape != kHeap;
  def.event = shape == kEvent;
  if (shape == kKeyed || shape == kEvent) {
    def.indexes = {{0, "id", IndexKind::kDirect, true, true, true, {0}, ""},
                   {0, "n", IndexKind::kBTree, true, false, false, {1}, ""}};
    def.sequences = {{"ids", 0, kFirstNumber}};
  } else {
    def.indexes = {{0, "n", IndexKind::kBTree, false, false, false, {1}, ""}};
  }
  return def;
}

class Machine {
 public:
  explicit Machine(uint64_t seed) : random_(seed) {
    store_.attach_log(&log_);
    auto t = store_.begin(Isolation::kReadCommitted);
    for (int i = 0; i < kShapes; ++i) {
      auto id = t->create_table(definition(static_cast<Shape>(i)));
      EXPECT_TRUE(id);
      ids_[i] = id ? *id : 0;
    }
    EXPECT_TRUE(t->commit());
    for (TableId id : ids_) store_.catalog()->find_table(id)->add_watcher();
  }

  void transaction() {
    now_ = committed_;
    t_ = store_.begin(below(2) == 0 ? Isolation::kSnapshot : Isolation::kReadCommitted);
    std::vector<std::pair<Savepoint, State>> marks;
    for (uint64_t i = below(25); i > 0; --i) {
      const uint64_t what = below(20);
      if (what == 0) marks.emplace_back(t_->savepoint(), now_);
      if (what == 1 && !marks.empty()) {
        ASSERT_TRUE(t_->rollback_to(marks.back().first));
        now_ = marks.back().second;
        marks.pop_back();
        continue;
      }
      statement();
      if (::testing::Test::HasFailure()) return;
    }
    for (int i = 0; i < kShapes; ++i) {
      ASSERT_EQ(scan(*table(i), t_->view()), now_[i]) << i;
      ASSERT_EQ(t_->row_count(*table(i)), now_[i].size()) << i;
    }
    if (below(8) == 0) {
      t_->rollback();
    } else {
      end();
    }
    if (below(10) == 0) store_.vacuum();
    const ReadViewHandle view = store_.read_view();
    for (int i = 0; i < kShapes; ++i) ASSERT_EQ(scan(*table(i), view.view()), committed_[i]) << i;
  }

  void check_log() {
    Store again;
    CommitSeq last = 0;
    for (const auto& [seq, redo] : log_.commits) {
      ASSERT_TRUE(again.apply_redo(seq, redo));
      last = seq;
    }
    ASSERT_TRUE(again.finish_recovery(last));
    auto t = again.begin(Isolation::kReadCommitted);
    for (int i = 0; i < kShapes; ++i) {
      auto found = again.catalog()->find_table(ids_[i]);
      ASSERT_EQ(scan(*found, t->view()), committed_[i]);
      ASSERT_EQ(found->def().row_set, i != kHeap);
      // Equal rows are found again.
      t->begin_statement();
      for (const std::string& r : committed_[i]) {
        if (i == kHeap) continue;
        ASSERT_TRUE(insert_bsatn(*t, *found, r, nullptr));
        ASSERT_TRUE(t->insert_met_equal());
      }
      if (i != kKeyed) continue;
      std::string generated;
      ASSERT_TRUE(insert_bsatn(*t, *found, row(0, UINT32_MAX, "new"), &generated));
      ASSERT_TRUE(numbers_.empty() || id_of(generated) > *numbers_.rbegin());
    }
  }

 private:
  uint64_t below(uint64_t n) { return random_() % n; }
  std::shared_ptr<Table> table(int i) { return store_.catalog()->find_table(ids_[i]); }
  static Rows scan(const Table& table, const ReadView& view) {
    Rows out;
    TableCursor cursor(table, view);
    RowRef rows[64];
    ReadLatch latch(table);
    while (uint32_t n = cursor.next(rows, nullptr, 64)) {
      for (uint32_t i = 0; i < n; ++i) {
        std::string bytes;
        table.layout().append_bsatn(rows[i], &bytes);
        out.insert(bytes);
      }
    }
    return out;
  }
  std::string any_row(bool zero) {
    static const std::string texts[] = {"", "x", "a text that lies outside of the image"};
    return row(zero ? 0 : 1 + below(12), static_cast<uint32_t>(below(10)), texts[below(3)]);
  }
  static bool has_key(const Rows& rows, std::string_view r, size_t at, size_t size,
                      std::string_view but = {}) {
    for (const std::string& other : rows) {
      if (other != but && other.compare(at, size, r.substr(at, size)) == 0) return true;
    }
    return false;
  }

  void statement() {
    const int i = static_cast<int>(below(kShapes));
    auto on = table(i);
    State before = now_;
    t_->begin_statement();
    Status done;
    switch (below(8)) {
      case 0:
        done = erase_some(*on, &now_[i]);
        break;
      case 1:
      case 2:
        done = i == kKeyed || i == kEvent ? replace(*on, &now_[i]) : insert(i, *on, &now_[i]);
        break;
      case 3:
        if (below(6) == 0) {
          auto cleared = clear_table(*t_, *on);
          ASSERT_TRUE(cleared);
          ASSERT_EQ(*cleared, now_[i].size());
          now_[i].clear();
        }
        break;
      default:
        done = insert(i, *on, &now_[i]);
        break;
    }
    if (done) done = t_->end_statement();
    if (!done) {
      t_->abort_statement();
      now_ = std::move(before);
    }
  }

  Status insert(int i, Table& on, Rows* rows) {
    const bool keyed = i == kKeyed || i == kEvent;
    const bool number = keyed && below(3) == 0;
    std::string r = any_row(number);
    std::string generated;
    auto done = insert_bsatn(*t_, on, r, &generated);
    if (number && done) {
      EXPECT_EQ(generated.size(), 8u);
      std::memcpy(r.data(), generated.data(), 8);
      EXPECT_TRUE(taken_[i].insert(id_of(r)).second) << "a number came twice";
    }
    const bool equal = i != kHeap && rows->count(r) != 0;
    const bool refused =
        keyed && !equal && (has_key(*rows, r, 0, 8) || has_key(*rows, r, 8, 4));
    if (!number || done) EXPECT_EQ(bool(done), !refused);
    if (!done) return std::move(done).error();
    EXPECT_EQ(t_->insert_met_equal(), equal);
    if (!equal) rows->insert(r);
    return {};
  }

  Status replace(Table& on, Rows* rows) {
    std::string r = any_row(false);
    if (!rows->empty() && below(2) == 0) {
      auto at = std::next(rows->begin(), static_cast<long>(below(rows->size())));
      std::memcpy(r.data(), at->data(), 8);
      if (below(3) == 0) r = *at;
    }
    auto done = update_bsatn(*t_, on, *on.find_index("id"), r, nullptr);
    if (!done) return std::move(done).error();
    std::string old;
    for (const std::string& other : *rows) {
      if (other.compare(0, 8, r, 0, 8) == 0) old = other;
    }
    EXPECT_EQ(*done == UpdateOutcome::kUpdated, !old.empty());
    if (old.empty()) return {};
    const bool refused = has_key(*rows, r, 8, 4, old);
    Status ended = t_->end_statement();
    EXPECT_EQ(bool(ended), !refused);
    rows->erase(rows->find(old));
    rows->insert(r);
    return ended;
  }

  Status erase_some(Table& on, Rows* rows) {
    uint32_t count = static_cast<uint32_t>(below(4));
    std::string list(reinterpret_cast<const char*>(&count), 4);
    uint64_t want = 0;
    for (; count > 0; --count) {
      std::string r = any_row(false);
      if (!rows->empty()) {
        r = *std::next(rows->begin(), static_cast<long>(below(rows->size())));
      }
      list += r;
      want += rows->erase(r);
    }
    auto done = delete_equal_bsatn(*t_, on, list);
    if (!done) return std::move(done).error();
    EXPECT_EQ(*done, want);
    return {};
  }

  void end() {
    CommitCapture capture;
    auto seq = t_->commit_unsynced(&capture);
    ASSERT_TRUE(seq) << seq.error().message();
    for (int i = 0; i < kShapes; ++i) {
      Rows gone, come;
      const Rows& was = committed_[i];
      std::set_difference(was.begin(), was.end(), now_[i].begin(), now_[i].end(),
                          std::inserter(gone, gone.end()));
      std::set_difference(now_[i].begin(), now_[i].end(), was.begin(), was.end(),
                          std::inserter(come, come.end()));
      const ChangeSet::Table* told = capture.changes.find(ids_[i]);
      Rows deletes, inserts;
      for (size_t k = 0; told != nullptr && k < told->deletes.size(); ++k) {
        deletes.emplace(told->deletes[k].bytes);
      }
      for (size_t k = 0; told != nullptr && k < told->inserts.size(); ++k) {
        inserts.emplace(told->inserts[k].bytes);
      }
      ASSERT_EQ(deletes, gone) << i;
      ASSERT_EQ(inserts, come) << i;
      if (!capture.changes.empty()) {
        ASSERT_EQ(scan(*table(i), capture.before.view()), was);
        if (i != kEvent) ASSERT_EQ(scan(*table(i), capture.after.view()), now_[i]);
      }
    }
    now_[kEvent].clear();
    committed_ = now_;
    for (const std::string& r : committed_[kKeyed]) {
      if (id_of(r) >= kFirstNumber) numbers_.insert(id_of(r));
    }
  }

  std::mt19937_64 random_;
  Store store_;
  MemoryLog log_;
  TableId ids_[kShapes] = {};
  State committed_, now_;
  std::set<uint64_t> taken_[kShapes];
  std::set<uint64_t> numbers_;  ///< of rows that were ever committed
  std::unique_ptr<Transaction> t_;
};

class ModuleModelTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(ModuleModelTest, RandomTransactions) {
  Machine machine(GetParam());
  for (int i = 0; i < 250; ++i) {
    machine.transaction();
    if (i % 50 == 49) machine.check_log();
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ModuleModelTest, ::testing::Range<uint64_t>(1, 21));

}  // namespace
}  // namespace orrery::storage
