#include "fdb/client/location_cache.h"

#include <algorithm>
#include <random>
#include <utility>

#include <gtest/gtest.h>

namespace orrery::fdb {
namespace {

std::string range_of(const ShardRef& shard) {
  return shard ? shard->begin + ".." + shard->end : "none";
}

TEST(LocationCache, FindsTheShardOfAKeyAndOfTheKeysBeforeIt) {
  LocationCache cache;
  EXPECT_EQ(cache.find("a", Toward::kAfter), nullptr);
  cache.insert({.begin = "", .end = "f", .servers = {}});
  cache.insert({.begin = "f", .end = "m", .servers = {}});
  EXPECT_EQ(range_of(cache.find("", Toward::kAfter)), "..f");
  EXPECT_EQ(range_of(cache.find("e", Toward::kAfter)), "..f");
  EXPECT_EQ(range_of(cache.find("f", Toward::kAfter)), "f..m");
  EXPECT_EQ(range_of(cache.find("f", Toward::kBefore)), "..f");
  EXPECT_EQ(range_of(cache.find("m", Toward::kBefore)), "f..m");
  EXPECT_EQ(range_of(cache.find("m", Toward::kAfter)), "none");
  EXPECT_EQ(range_of(cache.find("", Toward::kBefore)), "none");
}

TEST(LocationCache, ANewShardDropsWhatItOverlaps) {
  LocationCache cache;
  for (const char* begin : {"a", "c", "e", "g"}) {
    cache.insert(
        {.begin = begin, .end = std::string(1, static_cast<char>(begin[0] + 2)), .servers = {}});
  }
  cache.insert({.begin = "d", .end = "f", .servers = {}});
  EXPECT_EQ(range_of(cache.find("a", Toward::kAfter)), "a..c");
  EXPECT_EQ(range_of(cache.find("c", Toward::kAfter)), "none");
  EXPECT_EQ(range_of(cache.find("e", Toward::kAfter)), "d..f");
  EXPECT_EQ(range_of(cache.find("f", Toward::kAfter)), "none");
  EXPECT_EQ(range_of(cache.find("g", Toward::kAfter)), "g..i");
  cache.invalidate("f", Toward::kBefore);
  EXPECT_EQ(range_of(cache.find("e", Toward::kAfter)), "none");
  EXPECT_EQ(cache.size(), 2u);
}

TEST(LocationCache, KeepsNoMoreThanItsLimit) {
  LocationCache cache;
  cache.set_limit(10);
  for (int i = 0; i < 100; ++i) {
    const std::string begin = std::to_string(1000 + i * 2);
    cache.insert({.begin = begin, .end = std::to_string(1001 + i * 2), .servers = {}});
    EXPECT_LE(cache.size(), 10u);
  }
  EXPECT_EQ(cache.size(), 10u);
  cache.set_limit(3);
  EXPECT_EQ(cache.size(), 3u);
}

// Against a model in which every byte of the key space remembers the shard that was told last.
TEST(LocationCache, NeverTellsAShardThatALaterOneOverlaps) {
  std::mt19937 random(7);
  LocationCache cache;
  int owner[256];
  std::fill(std::begin(owner), std::end(owner), -1);
  std::vector<std::pair<int, int>> told;
  for (int step = 0; step < 3000; ++step) {
    const int a = static_cast<int>(random() % 255), b = a + 1 + static_cast<int>(random() % 8);
    if (b > 255) continue;
    const auto key = [](int at) { return std::string(1, static_cast<char>(at)); };
    cache.insert({.begin = key(a), .end = key(b), .servers = {}});
    told.emplace_back(a, b);
    for (int at = a; at < b; ++at) owner[at] = static_cast<int>(told.size()) - 1;
    const int probe = static_cast<int>(random() % 255);
    if (ShardRef found = cache.find(key(probe), Toward::kAfter)) {
      ASSERT_GE(owner[probe], 0);
      EXPECT_EQ(found->begin, key(told[static_cast<size_t>(owner[probe])].first));
    }
    // What was told last is there.
    EXPECT_EQ(range_of(cache.find(key(a), Toward::kAfter)), key(a) + ".." + key(b));
  }
}

wire::StorageServerInterface interface(uint64_t id, uint16_t port) {
  wire::StorageServerInterface told;
  told.id = {id, id};
  told.get_value.endpoint.addresses.address.port = port;
  return told;
}

TEST(StorageServers, AServerIsTheSameWhileItsInterfaceIs) {
  StorageServers servers;
  auto first = servers.of(interface(1, 4500));
  EXPECT_EQ(servers.of(interface(1, 4500)), first);
  EXPECT_NE(servers.of(interface(1, 4501)), first);
  EXPECT_NE(servers.of(interface(2, 4500)), first);
  // Those that nobody holds are forgotten.
  for (uint64_t i = 10; i < 1000; ++i) static_cast<void>(servers.of(interface(i, 4500)));
  EXPECT_EQ(servers.size(), 0u);
}

}  // namespace
}  // namespace orrery::fdb
