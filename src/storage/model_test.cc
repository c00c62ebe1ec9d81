// Random transactions, interleaved, against a model that keeps every committed state.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "storage/store.h"
#include "storage/table.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;
using types::Datum;

/// Columns: uid (never changes, names the row in the model), k (primary key), u (unique text, may be
/// NULL), v (indexed, may be NULL), f (indexed with v), note.
struct Row {
  int64_t uid = 0;
  int64_t k = 0;
  std::optional<std::string> u;
  std::optional<int64_t> v;
  double f = 0;
  std::string note;
  friend auto operator<=>(const Row&, const Row&) = default;
};
using State = std::map<int64_t, Row>;  // by uid

TableDef model_table() {
  TableDef def;
  def.name = "m";
  def.columns = {{"uid", AlgebraicType::integer(), "", "", false},
                 {"k", AlgebraicType::integer(), "", "", false},
                 {"u", AlgebraicType::option(AlgebraicType::text()), "", "", false},
                 {"v", AlgebraicType::option(AlgebraicType::integer()), "", "", false},
                 {"f", AlgebraicType::floating(), "", "", false},
                 {"note", AlgebraicType::text(), "", "", false}};
  def.primary_key = 1;
  def.indexes = {{0, "pk", IndexKind::kBTree, true, true, true, {1}, ""},
                 {0, "u", IndexKind::kBTree, true, false, true, {2}, ""},
                 {0, "v", IndexKind::kBTree, false, false, false, {3}, ""},
                 {0, "vf", IndexKind::kBTree, false, false, false, {3, 4}, ""},
                 {0, "note", IndexKind::kHash, false, false, false, {5}, ""},
                 {0, "direct", IndexKind::kDirect, false, false, false, {3}, ""}};
  return def;
}

struct ModelTxn {
  std::unique_ptr<Transaction> t;
  Isolation isolation = Isolation::kSnapshot;
  CommitSeq seq = 0;                             // of its view
  std::map<int64_t, std::optional<Row>> writes;  // by uid; nothing = deleted
  bool doomed = false;
  struct Point {
    Savepoint savepoint;
    std::map<int64_t, std::optional<Row>> writes;
    bool doomed;
  };
  std::vector<Point> points;
};

struct Pin {
  ReadViewHandle handle;
  std::optional<State> state;  // nothing where the view sees uncommitted rows
  std::vector<std::pair<std::string_view, std::string>> borrowed;
};

class ModelTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    random_.seed(static_cast<uint32_t>(GetParam()));
    auto t = store_.begin(Isolation::kReadCommitted);
    ASSERT_TRUE(t->create_table(model_table()));
    ASSERT_TRUE(t->commit());
    table_ = store_.catalog()->find_table("m");
    history_[store_.last_commit()] = {};
  }

  int64_t below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }

  const State& latest() const { return history_.rbegin()->second; }
  const State& at(CommitSeq seq) const { return std::prev(history_.upper_bound(seq))->second; }
  State seen_by(const ModelTxn& x) const {
    State s = at(x.seq);
    for (const auto& [uid, row] : x.writes) {
      s.erase(uid);
      if (row) s[uid] = *row;
    }
    return s;
  }

  Row random_row() {
    Row r;
    r.uid = ++last_uid_;
    fill_random(&r);
    return r;
  }
  void fill_random(Row* r) {
    r->k = chance(10) ? below(2000000) - 1000000 : below(60);
    r->u.reset();
    if (chance(60)) {
      r->u = (chance(50) ? "u" : "a longer unique text ") + std::to_string(below(60));
    }
    r->v.reset();
    if (chance(80)) r->v = below(8) - 2;
    r->f = chance(10) ? -0.0 : static_cast<double>(below(5)) / 2;
    r->note = "note " + std::to_string(below(4)) + (chance(50) ? std::string(20, 'x') : "");
  }
  static std::vector<Datum> cells(const Row& r) {
    return {Datum::integer(r.uid),
            Datum::integer(r.k),
            r.u ? Datum::text(*r.u) : Datum::null(),
            r.v ? Datum::integer(*r.v) : Datum::null(),
            Datum::floating(r.f),
            Datum::text(r.note)};
  }
  Row read(RowRef row) const {
    Row r;
    r.uid = read_cell(*table_, 0, row).as_int64();
    r.k = read_cell(*table_, 1, row).as_int64();
    Datum u = read_cell(*table_, 2, row), v = read_cell(*table_, 3, row);
    if (!u.is_null()) r.u = std::string(u.view());
    if (!v.is_null()) r.v = v.as_int64();
    r.f = read_cell(*table_, 4, row).as_double();
    r.note = std::string(read_cell(*table_, 5, row).view());
    return r;
  }

  /// The row id under which `view` sees the row.
  RowId id_of(int64_t uid, const ReadView& view) {
    TableCursor cursor(*table_, view);
    RowRef rows[64];
    RowId ids[64];
    ReadLatch latch(*table_);
    while (uint32_t n = cursor.next(rows, ids, 64)) {
      for (uint32_t i = 0; i < n; ++i) {
        if (read_cell(*table_, 0, rows[i]).as_int64() == uid) return ids[i];
      }
    }
    ADD_FAILURE() << "row " << uid << " not found";
    return 0;
  }

  static bool collide(const Row& a, const Row& b) {
    return a.k == b.k || (a.u && b.u && *a.u == *b.u);
  }
  /// The rule of statements: a row that x wrote counts as x has it, another as committed or as seen.
  bool violates(const ModelTxn& x, const Row& row) const {
    for (const auto& [uid, own] : x.writes) {
      if (uid != row.uid && own && collide(*own, row)) return true;
    }
    for (const State* s : {&latest(), &at(x.seq)}) {
      for (const auto& [uid, other] : *s) {
        if (uid != row.uid && !x.writes.count(uid) && collide(other, row)) return true;
      }
    }
    return false;
  }
  bool commit_violates(const ModelTxn& x) const {
    for (const auto& [uid, own] : x.writes) {
      if (!own) continue;
      for (const auto& [other_uid, other] : latest()) {
        if (!x.writes.count(other_uid) && collide(other, *own)) return true;
      }
      // Possible: the key of an own row, committed by another, in a row that was changed since.
      for (const auto& [other_uid, other] : x.writes) {
        if (other_uid != uid && other && collide(*other, *own)) return true;
      }
    }
    return false;
  }
  bool owned_by_other(const ModelTxn& x, int64_t uid) const {
    for (const auto& y : open_) {
      if (y.get() != &x && y->writes.count(uid)) return true;
    }
    return false;
  }

  void start() {
    auto x = std::make_unique<ModelTxn>();
    x->isolation = chance(50) ? Isolation::kSnapshot : Isolation::kReadCommitted;
    x->t = store_.begin(x->isolation);
    x->seq = store_.last_commit();
    EXPECT_EQ(x->t->view().seq, x->seq);
    open_.push_back(std::move(x));
  }

  /// One row written within a statement; false where it was refused (as it should be).
  bool write_one(ModelTxn& x, bool* unique_at_end) {
    State s = seen_by(x);
    int what = static_cast<int>(below(10));
    if (s.empty() || what < 4) {
      Row r = random_row();
      auto inserted = x.t->insert(*table_, cells(r));
      bool expected = !violates(x, r);
      EXPECT_EQ(inserted.has_value(), expected) << (inserted ? "" : inserted.error().message());
      if (inserted) x.writes[r.uid] = r;
      return inserted.has_value();
    }
    auto it = s.begin();
    std::advance(it, below(static_cast<int64_t>(s.size())));
    Row r = it->second;
    RowId id = id_of(r.uid, x.t->view());
    bool owned = owned_by_other(x, r.uid);
    bool stale = false;
    if (x.isolation == Isolation::kSnapshot && !x.writes.count(r.uid)) {
      stale = last_change_[r.uid] > x.seq;
    }
    Status done;
    if (what < 6) {
      done = x.t->erase(*table_, id);
      if (done) x.writes[r.uid] = std::nullopt;
    } else {
      Row fresh = r;
      fill_random(&fresh);
      std::vector<uint16_t> columns;
      std::vector<Datum> values, all = cells(fresh);
      Row changed = r;
      for (uint16_t c = 1; c < 6; ++c) {
        if (chance(50)) continue;
        columns.push_back(c);
        values.push_back(all[c]);
        if (c == 1) changed.k = fresh.k;
        if (c == 2) changed.u = fresh.u;
        if (c == 3) changed.v = fresh.v;
        if (c == 4) changed.f = fresh.f;
        if (c == 5) changed.note = fresh.note;
      }
      done = x.t->update(*table_, id, columns, values);
      if (done) {
        if (changed.k != r.k) moved_k_.insert(r.uid);
        if (changed.u != r.u) moved_u_.insert(r.uid);
        x.writes[r.uid] = changed;
        *unique_at_end = true;
      }
    }
    EXPECT_EQ(done.has_value(), !owned) << (done ? "no error" : done.error().message());
    if (done && stale) x.doomed = true;
    return done.has_value();
  }

  void statement(ModelTxn& x) {
    x.t->begin_statement();
    if (x.isolation == Isolation::kReadCommitted) x.seq = store_.last_commit();
    auto writes_before = x.writes;
    moved_k_.clear();
    moved_u_.clear();
    bool ok = true, updated = false;
    for (int64_t n = 1 + below(4); ok && n > 0; --n) ok = write_one(x, &updated);
    if (ok) {
      bool expected = true;
      for (const auto& [uid, row] : x.writes) {
        if (!row) continue;
        // A key that stayed is not checked again.
        Row moved = *row;
        if (!moved_u_.count(uid)) moved.u.reset();
        if (!moved_k_.count(uid)) moved.k = INT64_MIN;
        if (violates(x, moved)) expected = false;
      }
      Status ended = x.t->end_statement();
      if (updated || !ended) EXPECT_EQ(ended.has_value(), expected) << (ended ? "" : ended.error().message());
      ok = ended.has_value();
    }
    if (!ok || chance(10)) {
      x.t->abort_statement();
      x.writes = writes_before;
    }
  }

  void finish(size_t i) {
    std::unique_ptr<ModelTxn> x = std::move(open_[i]);
    open_.erase(open_.begin() + static_cast<long>(i));
    if (chance(30)) {
      x->t->rollback();
      return;
    }
    bool expected = !x->doomed && !commit_violates(*x);
    CommitSeq before = store_.last_commit();
    auto committed = x->t->commit();
    EXPECT_EQ(committed.has_value(), expected)
        << (committed ? "" : committed.error().message()) << (x->doomed ? " doomed" : "");
    if (!committed) return;
    State s = latest();
    for (const auto& [uid, row] : x->writes) {
      s.erase(uid);
      if (row) s[uid] = *row;
      last_change_[uid] = *committed;
    }
    if (*committed != before) history_[*committed] = std::move(s);
  }

  void pin() {
    Pin p;
    ModelTxn* x = nullptr;
    if (!open_.empty() && chance(40)) {
      x = open_[static_cast<size_t>(below(static_cast<int64_t>(open_.size())))].get();
      p.handle = x->t->pin_view();
      if (x->writes.empty()) x = nullptr;
    } else {
      p.handle = store_.read_view();
    }
    TableCursor cursor(*table_, p.handle.view());
    RowRef rows[16];
    {
      ReadLatch latch(*table_);
      while (uint32_t n = cursor.next(rows, nullptr, 16)) {
        for (uint32_t i = 0; i < n; ++i) {
          Datum note = read_cell(*table_, 5, rows[i]), u = read_cell(*table_, 2, rows[i]);
          for (const Datum& d : {note, u}) {
            if (d.is_null() || d.as_string().is_inline()) continue;
            p.borrowed.emplace_back(d.view(), std::string(d.view()));
          }
        }
      }
    }
    if (x == nullptr && p.handle.view().own == 0) p.state = at(p.handle.view().seq);
    pins_.push_back(std::move(p));
  }

  void check_view(const ReadView& view, const State& expected) {
    std::vector<Row> want;
    for (const auto& [uid, row] : expected) want.push_back(row);
    std::sort(want.begin(), want.end());
    auto same = [&](std::vector<Row> got, std::string_view what) {
      std::sort(got.begin(), got.end());
      ASSERT_EQ(got.size(), want.size()) << what;
      EXPECT_TRUE(got == want) << what;
    };
    RowRef rows[8];
    ReadLatch latch(*table_);
    std::vector<Row> got;
    TableCursor scan(*table_, view);
    while (uint32_t n = scan.next(rows, nullptr, 8)) {
      for (uint32_t i = 0; i < n; ++i) got.push_back(read(rows[i]));
    }
    same(got, "scan");
    for (const auto& index : table_->indexes()) {
      for (Direction d : {Direction::kForward, Direction::kBackward}) {
        got.clear();
        IndexCursor walk(*table_, *index, view, index->make_range({}, {}, {}), d);
        while (uint32_t n = walk.next(rows, nullptr, 8)) {
          for (uint32_t i = 0; i < n; ++i) got.push_back(read(rows[i]));
        }
        if (d == Direction::kBackward) std::reverse(got.begin(), got.end());
        check_order(*index, got);
        same(got, index->def().name);
      }
      IndexCursor counted(*table_, *index, view, index->make_range({}, {}, {}));
      EXPECT_EQ(counted.count(), want.size());
    }
    check_ranges(view, want);
    uint64_t count = 0;
    if (table_->exact_row_count(view, &count)) EXPECT_EQ(count, want.size());
    check_distinct(view, want);
  }

  void check_order(const Index& index, const std::vector<Row>& got) {
    auto key = [](const Row& r, uint16_t c) {
      if (c == 1) return static_cast<double>(r.k);
      if (c == 3) return r.v ? static_cast<double>(*r.v) : 1e300;
      return c == 4 ? r.f : 0.0;
    };
    for (size_t i = 1; i < got.size(); ++i) {
      for (uint16_t c : index.def().columns) {
        double a = key(got[i - 1], c), b = key(got[i], c);
        if (a < b) break;
        EXPECT_FALSE(a > b) << index.def().name;
      }
      if (index.def().name == "u" && got[i].u) EXPECT_TRUE(*got[i - 1].u <= *got[i].u);
    }
  }

  void check_ranges(const ReadView& view, const std::vector<Row>& want) {
    RowRef rows[8];
    const Index& vf = *table_->find_index("vf");
    Datum v = Datum::integer(below(8) - 2);
    KeyBound low{static_cast<BoundKind>(below(3)), Datum::floating(below(5) / 2.0)};
    KeyBound high{static_cast<BoundKind>(below(3)), Datum::floating(below(5) / 2.0)};
    auto inside = [](double x, const KeyBound& l, const KeyBound& h) {
      if (l.kind == BoundKind::kIncluded && x < l.value.as_double()) return false;
      if (l.kind == BoundKind::kExcluded && x <= l.value.as_double()) return false;
      if (h.kind == BoundKind::kIncluded && x > h.value.as_double()) return false;
      return h.kind != BoundKind::kExcluded || x < h.value.as_double();
    };
    uint64_t expected = 0, got = 0;
    for (const Row& r : want) {
      expected += r.v && *r.v == v.as_int64() && inside(r.f, low, high) ? 1 : 0;
    }
    IndexCursor cursor(*table_, vf, view, vf.make_range({&v, 1}, low, high));
    while (uint32_t n = cursor.next(rows, nullptr, 8)) got += n;
    EXPECT_EQ(got, expected);
    for (const char* name : {"v", "direct"}) {
      const Index& index = *table_->find_index(name);
      KeyBound a{static_cast<BoundKind>(below(3)), Datum::integer(below(10) - 3)};
      KeyBound b{static_cast<BoundKind>(below(3)), Datum::integer(below(10) - 3)};
      bool all = a.kind == BoundKind::kUnbounded && b.kind == BoundKind::kUnbounded;
      expected = 0;
      for (const Row& r : want) {
        KeyBound x{a.kind, Datum::floating(static_cast<double>(a.value.as_int64()))};
        KeyBound y{b.kind, Datum::floating(static_cast<double>(b.value.as_int64()))};
        expected += r.v ? inside(static_cast<double>(*r.v), x, y) : all;
      }
      IndexCursor c(*table_, index, view, index.make_range({}, a, b));
      EXPECT_EQ(c.count(), expected) << name;
    }
    if (want.empty()) return;
    const Row& r = want[static_cast<size_t>(below(static_cast<int64_t>(want.size())))];
    // A transaction that will fail to commit may see its own row and the one that won.
    for (const Row& other : want) {
      if (other.uid != r.uid && collide(other, r)) return;
    }
    RowRef row;
    Datum key = Datum::integer(r.k);
    ASSERT_TRUE(find_unique(*table_, *table_->primary_index(), {&key, 1}, view, &row, nullptr));
    EXPECT_TRUE(read(row) == r);
    if (r.u) {
      key = Datum::text(*r.u);
      ASSERT_TRUE(find_unique(*table_, *table_->find_index("u"), {&key, 1}, view, &row, nullptr));
      EXPECT_TRUE(read(row) == r);
    }
    key = Datum::integer(77777777);
    EXPECT_FALSE(find_unique(*table_, *table_->primary_index(), {&key, 1}, view, &row, nullptr));
  }

  void check_distinct(const ReadView& view, const std::vector<Row>& want) {
    std::set<std::optional<int64_t>> keys;
    uint64_t nulls = 0;
    for (const Row& r : want) {
      keys.insert(r.v);
      nulls |= r.v ? 0 : 1;
    }
    RowRef rows[8];
    for (const char* name : {"v", "vf", "direct"}) {
      const Index& index = *table_->find_index(name);
      for (Direction d : {Direction::kForward, Direction::kBackward}) {
        std::set<std::optional<int64_t>> got;
        IndexCursor walk(*table_, index, view, index.make_range({}, {}, {}), d);
        while (uint32_t n = walk.next_distinct(rows, nullptr, 8)) {
          for (uint32_t i = 0; i < n; ++i) EXPECT_TRUE(got.insert(read(rows[i]).v).second);
        }
        EXPECT_TRUE(got == keys) << name;
      }
      uint64_t count = 0;
      if (std::string_view(name) != "vf" && index.exact_distinct_count(view, &count)) {
        EXPECT_EQ(count, keys.size() - nulls);
      }
    }
  }

  void check_everything() {
    {
      SCOPED_TRACE("latest");
      check_view(store_.read_view().view(), latest());
    }
    for (const auto& x : open_) {
      SCOPED_TRACE(x->isolation == Isolation::kSnapshot ? "snapshot" : "read committed");
      check_view(x->t->view(), seen_by(*x));
    }
    for (const Pin& p : pins_) {
      SCOPED_TRACE("pin");
      if (p.state) check_view(p.handle.view(), *p.state);
      for (const auto& [view, text] : p.borrowed) EXPECT_EQ(view, text);
    }
  }

  void unpin(size_t i) {
    for (const auto& [view, text] : pins_[i].borrowed) EXPECT_EQ(view, text);
    pins_.erase(pins_.begin() + static_cast<long>(i));
  }

  void run(int steps) {
    for (int i = 0; i < steps && !HasFailure(); ++i) {
      int what = static_cast<int>(below(100));
      if (open_.empty() || (what < 10 && open_.size() < 4)) {
        start();
      } else if (what < 70) {
        statement(*open_[static_cast<size_t>(below(static_cast<int64_t>(open_.size())))]);
      } else if (what < 76) {
        ModelTxn& x = *open_[static_cast<size_t>(below(static_cast<int64_t>(open_.size())))];
        if (x.points.empty() || chance(50)) {
          x.points.push_back({x.t->savepoint(), x.writes, x.doomed});
        } else {
          ASSERT_TRUE(x.t->rollback_to(x.points.back().savepoint));
          x.writes = x.points.back().writes;
          if (chance(50)) x.points.pop_back();
        }
      } else if (what < 86) {
        finish(static_cast<size_t>(below(static_cast<int64_t>(open_.size()))));
      } else if (what < 89 && pins_.size() < 4) {
        pin();
      } else if (what < 92 && !pins_.empty()) {
        unpin(static_cast<size_t>(below(static_cast<int64_t>(pins_.size()))));
      } else if (what < 93) {
        store_.vacuum();
      } else if (what < 95) {
        check_everything();
      }
    }
  }

  Store store_;
  std::shared_ptr<Table> table_;
  std::mt19937_64 random_;
  int64_t last_uid_ = 0;
  std::set<int64_t> moved_k_, moved_u_;  // by updates of the running statement
  std::map<CommitSeq, State> history_;
  std::map<int64_t, CommitSeq> last_change_;
  std::vector<std::unique_ptr<ModelTxn>> open_;
  std::vector<Pin> pins_;
};

TEST_P(ModelTest, RandomTransactions) {
  run(3000);
  check_everything();
  open_.clear();
  while (!pins_.empty()) unpin(0);
  store_.vacuum();
  if (HasFailure()) return;
  uint64_t count = 0;
  EXPECT_TRUE(table_->exact_row_count(store_.read_view().view(), &count));
  check_everything();
  // Without versions the indexes hold exactly the live rows.
  for (const auto& index : table_->indexes()) EXPECT_EQ(index->approximate_entries(), count);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ModelTest, testing::Range(1, 41));

}  // namespace
}  // namespace orrery::storage
