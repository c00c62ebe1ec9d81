#include "subscribe/live_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace orrery::subscribe {
namespace {

using Lines = std::vector<std::string>;

/// What a client makes of its rows.
Lines applied(const LiveChange& change, Lines lines, const Lines& now) {
  for (size_t i = change.removed.size(); i > 0; --i) {
    EXPECT_LT(change.removed[i - 1], lines.size());
    lines.erase(lines.begin() + change.removed[i - 1]);
  }
  for (uint32_t position : change.added) {
    EXPECT_LE(position, lines.size());
    lines.insert(lines.begin() + position, now[position]);
  }
  return lines;
}

Lines some_rows(std::mt19937_64& random) {
  Lines out(random() % 9);
  for (std::string& s : out) s = std::string(1, static_cast<char>('a' + random() % 5));
  return out;
}

TEST(LiveRows, KeepsTheOrderThatMatters) {
  std::mt19937_64 random(5);
  LiveRows live;
  for (int round = 0; round < 2000; ++round) {
    Lines before = live.rows();
    Lines after = some_rows(random);
    LiveChange change = live.replace(after, RowOrder::kMatters);
    ASSERT_EQ(live.rows(), after);
    ASSERT_EQ(applied(change, before, live.rows()), after);
    ASSERT_EQ(change.empty(), before == after);
  }
}

TEST(LiveRows, LeavesWhatStaysWhereOrderDoesNotMatter) {
  std::mt19937_64 random(6);
  LiveRows live;
  for (int round = 0; round < 2000; ++round) {
    Lines before = live.rows();
    Lines after = some_rows(random);
    LiveChange change = live.replace(after, RowOrder::kAny);
    ASSERT_EQ(applied(change, before, live.rows()), live.rows());
    Lines now = live.rows();
    std::sort(now.begin(), now.end());
    std::sort(after.begin(), after.end());
    ASSERT_EQ(now, after);
    std::sort(before.begin(), before.end());
    ASSERT_EQ(change.empty(), before == after);
    // Nothing is sent that was there.
    Lines both;
    std::set_intersection(before.begin(), before.end(), after.begin(), after.end(),
                          std::back_inserter(both));
    ASSERT_EQ(change.added.size(), after.size() - both.size());
  }
}

TEST(LiveRows, OneRowThatMovesIsOneStep) {
  LiveChange change = diff_rows({"a", "b", "c", "d"}, {"d", "a", "b", "c"});
  EXPECT_EQ(change.removed, std::vector<uint32_t>({3}));
  EXPECT_EQ(change.added, std::vector<uint32_t>({0}));
}

}  // namespace
}  // namespace orrery::subscribe
