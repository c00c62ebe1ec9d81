#include "storage/direct_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace orrery::storage {
namespace {

constexpr uint64_t kKeys = 3 * DirectMap::kPageKeys;

/// Everything the map says, against a plain map.
void check(const DirectMap& map, const std::map<uint64_t, uint32_t>& model,
           std::mt19937_64& random) {
  uint64_t many = 0;
  for (const auto& [key, cell] : model) many += cell == DirectMap::kMany ? 1 : 0;
  ASSERT_EQ(map.used(), model.size());
  ASSERT_EQ(map.many(), many);
  for (uint64_t key = 0; key < kKeys; ++key) {
    auto at = model.find(key);
    ASSERT_EQ(map.get(key), at == model.end() ? DirectMap::kEmpty : at->second) << key;
  }
  for (int i = 0; i < 40; ++i) {
    uint64_t from = random() % kKeys, to = from + random() % (kKeys - from);
    auto first = model.lower_bound(from);
    bool found = first != model.end() && first->first <= to;
    ASSERT_EQ(map.next_used(from, to), found ? first->first : to + 1) << from << " " << to;
    auto last = model.upper_bound(to);
    found = last != model.begin() && std::prev(last)->first >= from;
    ASSERT_EQ(map.previous_used(from, to), found ? std::prev(last)->first : from - 1);
    uint64_t singles = 0;
    for (auto at = first; at != last && at != model.end(); ++at) {
      singles += at->second != DirectMap::kMany ? 1 : 0;
    }
    ASSERT_EQ(map.count_single(from, to), singles);
    uint64_t wanted = random() % 6000, at = from;
    uint64_t passed = map.pass(&at, to, wanted);
    auto used = [&](uint64_t begin, uint64_t end) {
      return static_cast<uint64_t>(std::distance(model.lower_bound(begin), model.lower_bound(end)));
    };
    ASSERT_TRUE(from <= at && at <= to);
    ASSERT_EQ(passed, used(from, at));
    ASSERT_LE(passed, wanted);
    if (many == 0) ASSERT_EQ(passed, std::min(wanted, used(from, to)));
    at = to;
    passed = map.pass_back(&at, from, wanted);
    ASSERT_TRUE(from <= at && at <= to);
    ASSERT_EQ(passed, used(at + 1, to + 1));
    if (many == 0) ASSERT_EQ(passed, std::min(wanted, used(from + 1, to + 1)));
  }
}

TEST(DirectMapTest, RunsAndCellsAreOneMap) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 60; ++round) {
    DirectMap map;
    map.extend_to(kKeys - 1);
    std::map<uint64_t, uint32_t> model;
    auto set = [&](uint64_t key, uint32_t cell) {
      map.set(key, cell);
      if (cell == DirectMap::kEmpty) {
        model.erase(key);
      } else {
        model[key] = cell;
      }
    };
    uint64_t key = random() % (2 * DirectMap::kPageKeys);
    uint32_t cell = 1 + static_cast<uint32_t>(random() % 100);
    uint64_t length = random() % (kKeys - key);
    for (uint64_t i = 0; i < length; ++i) set(key + i, cell + static_cast<uint32_t>(i));
    check(map, model, random);
    for (int change = 0; change < 30; ++change) {
      uint64_t at = key + (length == 0 ? 0 : random() % length);
      switch (random() % 6) {
        case 0:  // the ends of a run
          set(key, DirectMap::kEmpty);
          ++key;
          length -= length > 0 ? 1 : 0;
          break;
        case 1:
          if (length > 0) set(key + --length, DirectMap::kEmpty);
          break;
        case 2:
          if (round % 3 == 0) set(at, DirectMap::kMany);
          break;
        case 3:
          if (round % 3 == 1) set(at, DirectMap::kEmpty);
          break;
        case 4:
          set(at, map.get(at));  // changes nothing
          break;
        default:
          if (round % 3 == 2) set(at, 1 + static_cast<uint32_t>(random() % 1000));
          break;
      }
      if (key >= kKeys - 1) break;
    }
    check(map, model, random);
    for (uint64_t k = 0; k < kKeys; ++k) {
      if (random() % 3 != 0) set(k, DirectMap::kEmpty);
    }
    check(map, model, random);
    for (uint64_t k = 0; k < kKeys; ++k) set(k, DirectMap::kEmpty);
    check(map, model, random);
  }
}

TEST(DirectMapTest, LoadingInOrderTakesNoCells) {
  DirectMap map;
  map.extend_to(kKeys - 1);
  uint64_t before = map.memory_bytes();
  for (uint64_t key = 0; key < kKeys; ++key) map.set(key, DirectMap::cell_of(key + 7));
  EXPECT_EQ(map.memory_bytes(), before);
  // The largest row that fits a cell is not taken for kMany by the key behind it.
  DirectMap last;
  last.extend_to(10);
  last.set(1, DirectMap::cell_of(DirectMap::kRowMax));
  last.set(2, DirectMap::kMany);
  EXPECT_EQ(last.get(1), DirectMap::cell_of(DirectMap::kRowMax));
  EXPECT_EQ(last.get(2), DirectMap::kMany);
  EXPECT_EQ(last.many(), 1u);
}

}  // namespace
}  // namespace orrery::storage
