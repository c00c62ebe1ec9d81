#include "subscribe/live_select.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "engine/registry.h"
#include "types/cast.h"

namespace orrery::subscribe {
namespace {

using Lines = std::vector<std::string>;

std::string line_of(const LiveRow& row) {
  std::string out;
  for (const types::Value& cell : row) {
    if (!out.empty()) out += ",";
    if (cell.is_null()) {
      out += "NULL";
    } else {
      types::append_text(cell.datum(), &out);
    }
  }
  return out;
}
void apply(const LiveChange& change, Lines* lines) {
  for (size_t i = change.removed.size(); i > 0; --i) {
    ASSERT_LT(change.removed[i - 1], lines->size());
    lines->erase(lines->begin() + change.removed[i - 1]);
  }
  for (const LiveChange::Added& added : change.added) {
    ASSERT_LE(added.position, lines->size());
    lines->insert(lines->begin() + added.position, line_of(added.row));
  }
}

class LiveSelectTest : public testing::Test, public TableWatch {
 protected:
  LiveSelectTest() {
    auto opened = engine::open_session("memory://", env::system_environment());
    EXPECT_TRUE(opened) << opened.error().message();
    session = *std::move(opened);
    session->add_handle();
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, s TEXT)");
    run("CREATE TABLE u (a INTEGER, name TEXT)");
    run("CREATE VIEW totals AS SELECT a, COUNT(*) AS n FROM t GROUP BY a");
    selects = std::make_unique<LiveSelects>(session->clone(), *this);
  }
  ~LiveSelectTest() override {
    selects.reset();
    for (const auto& [id, n] : watched) EXPECT_EQ(n, 0);
    session->drop_handle();
  }
  void watch(storage::TableId id, bool on) override { watched[id] += on ? 1 : -1; }

  void run(const std::string& sql) {
    auto done = session->execute(sql);
    EXPECT_TRUE(done) << sql << ": " << done.error().message();
  }
  storage::Store& store() { return *session->database()->store(); }
  /// A commit that inserts one row of t, as the host would make it.
  storage::CommitCapture insert(int64_t id, int64_t a, std::string_view s) {
    auto table = store().catalog()->find_table("t");
    table->add_watcher();
    auto transaction = store().begin(storage::Isolation::kSnapshot);
    transaction->begin_statement();
    types::Datum row[] = {types::Datum::integer(id), types::Datum::integer(a),
                          types::Datum::text(s)};
    EXPECT_TRUE(transaction->insert(*table, row));
    EXPECT_TRUE(transaction->end_statement());
    storage::CommitCapture capture;
    EXPECT_TRUE(transaction->commit_unsynced(&capture));
    table->remove_watcher();
    return capture;
  }

  std::shared_ptr<engine::Session> session;
  std::unique_ptr<LiveSelects> selects;
  std::map<storage::TableId, int> watched;
};

TEST_F(LiveSelectTest, AnySelectIsKeptUpToDate) {
  run("INSERT INTO u VALUES (1, 'one'), (2, 'two')");
  auto top = selects->subscribe(1, "SELECT id, s FROM t ORDER BY a DESC, id LIMIT 2");
  auto sums = selects->subscribe(2, "SELECT name, n FROM totals JOIN u ON totals.a = u.a");
  auto other = selects->subscribe(3, "SELECT COUNT(*) FROM u");
  ASSERT_TRUE(top);
  ASSERT_TRUE(sums);
  ASSERT_TRUE(other);
  EXPECT_EQ(top->columns[1].name, "s");
  Lines top_lines, sum_lines;
  selects->refresh();
  auto follow = [&](const storage::CommitCapture& commit) {
    selects->note(commit.changes);
    size_t changed = 0;
    for (const LiveChange& change : selects->refresh()) {
      EXPECT_NE(change.id, 3U);
      apply(change, change.id == 1 ? &top_lines : &sum_lines);
      ++changed;
    }
    return changed;
  };
  EXPECT_EQ(follow(insert(1, 1, "a")), 2U);
  EXPECT_EQ(follow(insert(2, 2, "b")), 2U);
  EXPECT_EQ(top_lines, (Lines{"2,b", "1,a"}));
  EXPECT_EQ(follow(insert(3, 3, "c")), 1U);  // u has no 3
  EXPECT_EQ(top_lines, (Lines{"3,c", "2,b"}));
  EXPECT_EQ(follow(insert(4, 1, "d")), 1U);  // below the first two
  std::sort(sum_lines.begin(), sum_lines.end());
  EXPECT_EQ(sum_lines, (Lines{"one,2", "two,1"}));
  EXPECT_TRUE(selects->refresh().empty());
}

TEST_F(LiveSelectTest, RefusesWhatIsNoSelectAndDropsWhatFails) {
  auto refused = selects->subscribe(1, "DELETE FROM t");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "only a SELECT can be a live query");
  EXPECT_FALSE(selects->subscribe(1, "SELECT 1; SELECT 2"));
  EXPECT_FALSE(selects->subscribe(1, "SELECT * FROM nothing"));
  ASSERT_TRUE(selects->subscribe(1, "SELECT * FROM u"));
  EXPECT_FALSE(selects->subscribe(1, "SELECT * FROM u"));
  selects->refresh();
  run("DROP TABLE u");
  std::vector<LiveChange> changes = selects->refresh();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_TRUE(changes[0].error.has_value());
  EXPECT_EQ(selects->count(), 0U);
}

TEST(DiffRows, LeadsFromOneListToTheOther) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 2000; ++round) {
    auto make = [&] {
      Lines out(random() % 9);
      for (std::string& s : out) s = std::string(1, static_cast<char>('a' + random() % 5));
      return out;
    };
    Lines before = make(), after = make();
    std::vector<uint32_t> removed;
    std::vector<bool> kept;
    diff_rows(before, after, &removed, &kept);
    Lines got = before;
    for (size_t i = removed.size(); i > 0; --i) got.erase(got.begin() + removed[i - 1]);
    for (size_t i = 0; i < after.size(); ++i) {
      if (!kept[i]) got.insert(got.begin() + static_cast<ptrdiff_t>(i), after[i]);
    }
    ASSERT_EQ(got, after);
    ASSERT_TRUE(before != after || removed.empty());
  }
}

}  // namespace
}  // namespace orrery::subscribe
