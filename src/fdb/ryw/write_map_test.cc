#include "fdb/ryw/write_map.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "fdb/ryw/write_cursor.h"

namespace orrery::fdb::ryw {
namespace {

using std::string_literals::operator""s;
using enum MutationType;

std::string text(const Edge& edge) { return std::string(edge.base) + std::string(edge.zeros, '\0'); }

/// All segments: "[begin,end)" and a letter: u, c, i, d; then ! for conflict and ? for unreadable.
std::string segments(WriteView view) {
  std::string out;
  for (WriteCursor at(view); at.begin() < Edge(kAllKeysEnd); at.next()) {
    out += "[" + text(at.begin()) + "," + text(at.end()) + ")";
    out += "ucid"[static_cast<int>(at.kind())];
    if (at.makes_conflict()) out += "!";
    if (at.unreadable()) out += "?";
  }
  return out;
}

std::string mutations(const WriteMap& map) {
  WriteSet set;
  map.append_to(set, {"", kAllKeysEnd});
  std::string out;
  for (const Mutation& m : set.mutations) {
    out += std::to_string(static_cast<int>(m.type)) + "(" + std::string(m.param1) + "," +
           std::string(m.param2) + ")";
  }
  out += " conflicts";
  for (const KeyRange& r : set.conflicts) {
    out += "[" + std::string(r.begin) + "," + std::string(r.end) + ")";
  }
  return out;
}

struct WriteMapTest : testing::Test {
  Arena arena;
  WriteMap map{arena};
  void write(std::string_view key, MutationType type, std::string_view operand) {
    map.mutate(key, type, operand, WriteConflict::kAdd);
  }
  std::string visible(std::string_view key, Value base) {
    WriteCursor at(map.view());
    at.seek(Edge(key));
    if (!at.is_operation()) return "none";
    const auto value = at.entry().visible(base, arena);
    if (!value) return std::string(value.error().name());
    return *value ? std::string(**value) : "absent";
  }
};

TEST_F(WriteMapTest, IsEmptyUntilWritten) {
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(arena.allocated_bytes(), 0u);
  EXPECT_EQ(segments(map.view()), "[,\xff\xff)u");
  write("apple", kSetValue, "red");
  EXPECT_FALSE(map.empty());
  EXPECT_EQ(segments(map.view()), "[,apple)u[apple,apple\0)i![apple\0,\xff\xff)u"s);
}

TEST_F(WriteMapTest, NeighboursWithNothingBetween) {
  write("a", kSetValue, "1");
  write("a\0"s, kSetValue, "2");
  EXPECT_EQ(segments(map.view()), "[,a)u[a,a\0)i![a\0,a\0\0)i![a\0\0,\xff\xff)u"s);
  WriteCursor at(map.view());
  at.seek(Edge("a", 1));
  at.prev();
  EXPECT_EQ(text(at.begin()), "a");
  EXPECT_TRUE(at.is_operation());
}

TEST_F(WriteMapTest, SetReplacesAndAtomicOperationsJoin) {
  write("a", kAddValue, "\x01");
  EXPECT_EQ(visible("a", "\x02"), "\x03");
  write("a", kAddValue, "\x05");
  EXPECT_EQ(mutations(map), "2(a,\x06) conflicts[a,a\0)"s);
  write("a", kAddValue, "\x01\x01");  // another size: kept apart
  EXPECT_EQ(mutations(map), "2(a,\x06)2(a,\x01\x01) conflicts[a,a\0)"s);
  write("a", kXor, "\x01");
  EXPECT_EQ(visible("a", std::nullopt), "\x06");
  write("a", kSetValue, "q");
  EXPECT_EQ(mutations(map), "0(a,q) conflicts[a,a\0)"s);
  write("a", kAppendIfFits, "r");
  EXPECT_EQ(mutations(map), "0(a,qr) conflicts[a,a\0)"s);
  write("a", kCompareAndClear, "qr");
  EXPECT_EQ(visible("a", "base"), "absent");
  EXPECT_EQ(mutations(map), "1(a,a\0) conflicts[a,a\0)"s);
  write("a", kAndV2, "x");
  EXPECT_EQ(visible("a", "base"), "x");
}

TEST_F(WriteMapTest, CompareAndClearNeverJoins) {
  write("a", kCompareAndClear, "x");
  write("a", kCompareAndClear, "y");
  EXPECT_EQ(mutations(map), "20(a,x)20(a,y) conflicts[a,a\0)"s);
  EXPECT_EQ(visible("a", "y"), "absent");
  EXPECT_EQ(visible("a", "z"), "z");
}

TEST_F(WriteMapTest, AnOperationInAClearedRangeKnowsItsValue) {
  map.clear({"a", "m"}, WriteConflict::kAdd);
  write("c", kAddValue, "\x07");
  write("d", kMin, "zz");
  write("e", kCompareAndClear, "zz");
  EXPECT_EQ(visible("c", "ignored"), "\x07");
  EXPECT_EQ(visible("d", "ignored"), "\0\0"s);
  EXPECT_EQ(visible("e", "ignored"), "absent");
  EXPECT_EQ(mutations(map), "1(a,c)1(c\0,d)1(d\0,e)1(e\0,m)0(c,\x07)0(d,\0\0)1(e,e\0) conflicts[a,m)"s);
  write("a", kAddValue, "\x01");  // the key at which the cleared range begins
  EXPECT_EQ(visible("a", "ignored"), "\x01");
}

TEST_F(WriteMapTest, ClearsJoinAndSplit) {
  write("apple", kSetValue, "red");
  map.clear({"a", "j"}, WriteConflict::kAdd);
  EXPECT_EQ(segments(map.view()), "[,a)u[a,j)c![j,\xff\xff)u");
  map.clear({"j", "k"}, WriteConflict::kAdd);
  map.clear({"0", "a"}, WriteConflict::kAdd);
  map.clear({"b", "c"}, WriteConflict::kAdd);
  EXPECT_EQ(segments(map.view()), "[,0)u[0,k)c![k,\xff\xff)u");
  map.clear({"", kAllKeysEnd}, WriteConflict::kAdd);
  EXPECT_EQ(segments(map.view()), "[,\xff\xff)c!");
  EXPECT_EQ(mutations(map), "1(,\xff\xff) conflicts[,\xff\xff)");
}

TEST_F(WriteMapTest, AClearWithoutConflictKeepsThoseThatAreThere) {
  write("c", kSetValue, "1");
  map.clear({"a", "e"}, WriteConflict::kNone);
  EXPECT_EQ(segments(map.view()), "[,a)u[a,c)c[c,c\0)c![c\0,e)c[e,\xff\xff)u"s);
  EXPECT_EQ(mutations(map), "1(a,e) conflicts[c,c\0)"s);
  map.mutate("b", kSetValue, "x", WriteConflict::kNone);
  EXPECT_EQ(mutations(map), "1(a,b)1(b\0,e)0(b,x) conflicts[c,c\0)"s);
}

TEST_F(WriteMapTest, ConflictsWithoutWrites) {
  map.mutate("c", kSetValue, "1", WriteConflict::kNone);
  map.add_conflict_range({"b", "d"});
  EXPECT_EQ(mutations(map), "0(c,1) conflicts[b,d)");
  map.add_conflict_range({"c\0"s, "c\0\0"s});
  map.add_conflict_range({"d", "e"});
  EXPECT_EQ(mutations(map), "0(c,1) conflicts[b,e)");
  map.mutate("c", kSetValue, "2", WriteConflict::kNone);  // removes none
  EXPECT_EQ(mutations(map), "0(c,2) conflicts[b,e)");
  std::vector<KeyRange> part;
  map.append_conflicts(part, {"c", "cc"});
  EXPECT_EQ(part, (std::vector<KeyRange>{{"c", "cc"}}));
}

TEST_F(WriteMapTest, VersionstampsMakeUnreadable) {
  write("v", kSetValue, "0");
  write("v", kSetVersionstampedValue, "stamp");
  EXPECT_EQ(visible("v", "x"), "stamp");
  write("v", kSetValue, "1");  // keeps both in order
  EXPECT_EQ(mutations(map), "15(v,stamp)0(v,1) conflicts[v,v\0)"s);
  write("v", kAddValue, "1");
  EXPECT_EQ(visible("v", "x"), "b");  // the Set is below
  map.forget_and_make_unreadable({"a", "b"});
  map.mutate("aa", kSetVersionstampedKey, "val", WriteConflict::kNone);
  write("ab", kSetValue, "x");
  EXPECT_EQ(segments(map.view()),
            "[,a)u[a,aa)u?[aa,aa\0)i?[aa\0,ab)u?[ab,ab\0)i!?[ab\0,b)u?[b,v)u[v,v\0)i!?[v\0,\xff\xff)u"s);
  map.clear({"a", "aab"}, WriteConflict::kAdd);
  EXPECT_EQ(segments(map.view()),
            "[,a)u[a,aab)c![aab,ab)u?[ab,ab\0)i!?[ab\0,b)u?[b,v)u[v,v\0)i!?[v\0,\xff\xff)u"s);
}

TEST_F(WriteMapTest, AnOperationBehindAStampedValueCannotBeTold) {
  write("v", kSetVersionstampedValue, "stamp");
  write("v", kAddValue, "1");
  EXPECT_EQ(visible("v", "x"), "operation_failed");
}

TEST_F(WriteMapTest, ASnapshotKeepsWhatWas) {
  for (int i = 0; i < 1000; i++) write("k" + std::to_string(i), kSetValue, std::to_string(i));
  const WriteSnapshot before = map.snapshot();
  const std::string was = segments(before.view());
  map.clear({"k2", "k7"}, WriteConflict::kAdd);
  for (int i = 0; i < 1000; i += 3) write("k" + std::to_string(i), kAddValue, "x");
  for (int i = 0; i < 1000; i++) write("l" + std::to_string(i), kSetValue, "y");
  EXPECT_EQ(segments(before.view()), was);
  EXPECT_NE(segments(map.view()), was);
  const WriteSnapshot after = map.snapshot();
  const std::string is = segments(after.view());
  { const WriteSnapshot other = after; }
  map.clear({"", kAllKeysEnd}, WriteConflict::kAdd);
  EXPECT_EQ(segments(after.view()), is);
}

// Compared with a model that keeps, for every key of a small universe and for the interval behind it, what was said.
struct ModelPart {
  bool cleared = false;
  bool conflict = false;
  bool unreadable = false;
  std::vector<Operation> operations;  // of a key only
};

class WriteMapModel : public testing::TestWithParam<int> {
 protected:
  WriteMapModel() : random_(static_cast<unsigned>(GetParam())) {
    for (char c = 'a'; c <= 'h'; c++) {
      for (int zeros = 0; zeros < 3; zeros++) keys_.push_back(std::string(1, c) + std::string(zeros, '\0'));
    }
    parts_.resize(keys_.size() * 2);
  }
  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool gap_is_empty(size_t key) const {
    return key + 1 < keys_.size() && keys_[key + 1] == keys_[key] + std::string(1, '\0');
  }
  void check(WriteView view) {
    for (size_t i = 0; i < keys_.size(); i++) {
      WriteCursor at(view);
      at.seek(Edge(keys_[i]));
      compare(at, parts_[2 * i]);
      if (gap_is_empty(i)) continue;
      at.seek(Edge(keys_[i], 1));
      compare(at, parts_[2 * i + 1]);
      ASSERT_FALSE(at.is_operation());
    }
    // Forward and backward walks meet the same segments, and they touch.
    std::vector<std::string> forward;
    WriteCursor at(view);
    for (; at.begin() < Edge(kAllKeysEnd); at.next()) {
      ASSERT_TRUE(forward.empty() || forward.back() == text(at.begin()));
      ASSERT_LT(compare_text(at.begin(), at.end()), 0);
      forward.push_back(text(at.end()));
    }
    for (size_t i = forward.size(); i-- > 0;) {
      at.prev();
      ASSERT_EQ(text(at.end()), forward[i]);
    }
    ASSERT_TRUE(at.begin().empty());
  }
  static int compare_text(const Edge& a, const Edge& b) { return text(a).compare(text(b)); }
  void compare(const WriteCursor& at, const ModelPart& part) {
    ASSERT_EQ(at.is_operation(), !part.operations.empty());
    ASSERT_EQ(at.makes_conflict(), part.conflict);
    ASSERT_EQ(at.unreadable(), part.unreadable);
    if (!at.is_operation()) {
      ASSERT_EQ(at.kind() == WriteKind::kCleared, part.cleared);
    }
  }

  std::mt19937 random_;
  std::vector<std::string> keys_;
  std::vector<ModelPart> parts_;
};

TEST_P(WriteMapModel, AgreesAfterEveryWrite) {
  Arena arena;
  WriteMap map(arena);
  std::vector<std::pair<WriteSnapshot, std::string>> kept;
  for (int step = 0; step < 120; step++) {
    const WriteConflict conflict = pick(4) == 0 ? WriteConflict::kNone : WriteConflict::kAdd;
    const bool adds = conflict == WriteConflict::kAdd;
    size_t a = static_cast<size_t>(pick(static_cast<int>(keys_.size())));
    size_t b = static_cast<size_t>(pick(static_cast<int>(keys_.size())));
    if (a > b) std::swap(a, b);
    const KeyRange range{keys_[a], keys_[b]};
    switch (pick(8)) {
      case 0:
        map.clear(range, conflict);
        for (size_t i = 2 * a; i < 2 * b; i++) parts_[i] = {true, adds || parts_[i].conflict, false, {}};
        break;
      case 1:
        map.add_conflict_range(range);
        for (size_t i = 2 * a; i < 2 * b; i++) parts_[i].conflict = true;
        break;
      case 2:
        map.forget_and_make_unreadable(range);
        for (size_t i = 2 * a; i < 2 * b; i++) parts_[i] = {false, false, true, {}};
        break;
      default: {
        ModelPart& part = parts_[2 * a];
        const MutationType types[] = {kSetValue, kAddValue, kSetVersionstampedValue, kCompareAndClear};
        const MutationType type = types[pick(4)];
        map.mutate(keys_[a], type, "v", conflict);
        part.operations.push_back({type, "v"});
        part.conflict |= adds;
        part.unreadable |= type == kSetVersionstampedValue;
      }
    }
    check(map.view());
    if (HasFatalFailure()) return;
    if (pick(5) == 0) kept.emplace_back(map.snapshot(), segments(map.view()));
    if (!kept.empty() && pick(3) == 0) kept.erase(kept.begin() + pick(static_cast<int>(kept.size())));
    for (const auto& [snapshot, was] : kept) ASSERT_EQ(segments(snapshot.view()), was);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, WriteMapModel, testing::Range(0, 60));

}  // namespace
}  // namespace orrery::fdb::ryw
