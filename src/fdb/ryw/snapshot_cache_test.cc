#include "fdb/ryw/snapshot_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "fdb/ryw/cache_cursor.h"

namespace orrery::fdb::ryw {
namespace {

using std::string_literals::operator""s;

std::string text(const Edge& edge) { return std::string(edge.base) + std::string(edge.zeros, '\0'); }

std::string segments(const SnapshotCache& cache) {
  std::string out;
  CacheCursor at(cache);
  for (at.seek(Edge()); at.begin() < Edge(kAllKeysEnd); at.next()) {
    out += "[" + text(at.begin()) + "," + text(at.end()) + ")" + "?er"[static_cast<int>(at.kind())];
  }
  return out;
}

Rows rows(std::vector<std::pair<std::string, std::string>> pairs) {
  Rows out;
  for (const auto& [key, value] : pairs) {
    const SharedBytes bytes = SharedBytes::copy_of(key + value);
    out.append(Row(bytes.view().substr(0, key.size()), bytes.view().substr(key.size())), bytes.buffer());
  }
  return out;
}

TEST(SnapshotCache, KnowsNothingAtFirst) {
  Arena arena;
  SnapshotCache cache(arena);
  EXPECT_TRUE(cache.empty());
  EXPECT_EQ(segments(cache), "[,\xff\xff)?");
  EXPECT_EQ(arena.allocated_bytes(), 0u);
}

TEST(SnapshotCache, ValuesAndAbsence) {
  Arena arena;
  SnapshotCache cache(arena);
  cache.insert("b", SharedBytes::copy_of("1"));
  cache.insert("d", std::nullopt);
  cache.insert("b", std::nullopt);  // what is known stays
  EXPECT_EQ(segments(cache), "[,b)?[b,b\0)r[b\0,d)?[d,d\0)e[d\0,\xff\xff)?"s);
}

TEST(SnapshotCache, RangesAndTheirRows) {
  Arena arena;
  SnapshotCache cache(arena);
  cache.insert(Edge("d"), Edge("f", 1), rows({{"d", "1"}, {"e", "2"}, {"e\0"s, "3"}, {"f", "4"}}));
  EXPECT_EQ(segments(cache), "[,d)?[d,d\0)r[d\0,e)e[e,e\0)r[e\0,e\0\0)r[e\0\0,f)e[f,f\0)r[f\0,\xff\xff)?"s);
  cache.insert(Edge("c"), Edge("h"), rows({{"c", "0"}, {"d", "x"}, {"g", "5"}}));
  // The known part within the new range was replaced with what the read said, which is the same database.
  EXPECT_EQ(segments(cache), "[,c)?[c,c\0)r[c\0,d)e[d,d\0)r[d\0,g)e[g,g\0)r[g\0,h)e[h,\xff\xff)?"s);
  cache.insert(Edge("g", 1), Edge("j"), rows({{"h", "6"}}));
  cache.insert(Edge("a"), Edge("c", 1), rows({{"a", "7"}}));
  EXPECT_EQ(segments(cache),
            "[,a)?[a,a\0)r[a\0,c)e[c,c\0)r[c\0,d)e[d,d\0)r[d\0,g)e[g,g\0)r[g\0,h)e[h,h\0)r[h\0,j)e[j,\xff\xff)?"s);
}

TEST(SnapshotCache, RowsInSeveralBuffersAreReversedWithThem) {
  Rows list = rows({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  list.reverse();
  EXPECT_EQ(list.front().key(), "c");
  EXPECT_EQ(list.buffer_of(0)->data(), list[0].key().data());
  EXPECT_EQ(list.buffer_of(2)->data(), list[2].key().data());
  int runs = 0;
  list.for_each_run(1, 3, [&](std::span<const Row> run, const BufferRef& buffer) {
    EXPECT_EQ(run.size(), 1u);
    EXPECT_EQ(buffer->data(), run[0].key().data());
    runs++;
  });
  EXPECT_EQ(runs, 2);
}

// Random true statements about one database: the cache never says anything false and forgets nothing.
TEST(SnapshotCache, SaysWhatItWasTold) {
  std::vector<std::string> keys;
  for (char c = 'a'; c <= 'h'; c++) {
    for (size_t zeros = 0; zeros < 3; zeros++) keys.push_back(std::string(1, c) + std::string(zeros, '\0'));
  }
  for (unsigned seed = 0; seed < 300; seed++) {
    std::mt19937 random(seed);
    const auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
    std::map<std::string, std::string> database;
    for (const std::string& key : keys) {
      if (pick(2) == 0) database[key] = key + "!";
    }
    Arena arena;
    SnapshotCache cache(arena);
    std::vector<bool> known(keys.size());
    for (int step = 0; step < 25; step++) {
      size_t a = pick(keys.size());
      size_t b = pick(keys.size());
      if (a > b) std::swap(a, b);
      if (pick(2) == 0) {
        const auto found = database.find(keys[a]);
        cache.insert(keys[a], found == database.end() ? std::nullopt
                                                      : std::optional(SharedBytes::copy_of(found->second)));
        known[a] = true;
      } else {
        cache.insert(Edge(keys[a]), Edge(keys[b]),
                     rows({database.lower_bound(keys[a]), database.lower_bound(keys[b])}));
        for (size_t i = a; i < b; i++) known[i] = true;
      }
      for (size_t i = 0; i < keys.size(); i++) {
        CacheCursor at(cache);
        at.seek(Edge(keys[i]));
        const bool exists = database.contains(keys[i]);
        const SegmentKind want = !known[i] ? SegmentKind::kUnknown : exists ? SegmentKind::kRow : SegmentKind::kEmpty;
        ASSERT_EQ(at.kind(), want) << "seed " << seed << " key " << i;
        if (want != SegmentKind::kRow) continue;
        ASSERT_EQ(at.row().value(), database[keys[i]]);
        const SharedBytes value = cache.value(at.entry(), at.row_index());
        ASSERT_EQ(value, std::string_view(database[keys[i]]));
      }
      std::string forward, backward;
      CacheCursor at(cache);
      for (at.seek(Edge()); at.begin() < Edge(kAllKeysEnd); at.next()) forward += text(at.end()) + ";";
      while (!at.begin().empty()) {
        at.prev();
        backward.insert(0, text(at.end()) + ";");
      }
      ASSERT_EQ(forward, backward);
    }
  }
}

}  // namespace
}  // namespace orrery::fdb::ryw
