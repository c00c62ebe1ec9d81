#include "fdb/double/layout.h"

#include <algorithm>

#include "fdb/double/database.h"

namespace orrery::fdb::test_double {

size_t Layout::shard_of(std::string_view key) const {
  auto next = std::ranges::upper_bound(
      shards_, key, {}, [](const Shard& shard) { return std::string_view(shard.begin); });
  return static_cast<size_t>(next - shards_.begin()) - 1;
}

size_t Layout::shard_before(std::string_view key) const {
  size_t shard = shard_of(key);
  return shard != 0 && shards_[shard].begin == key ? shard - 1 : shard;
}

wire::KeyRange Layout::range(size_t shard) const {
  bool last = shard + 1 == shards_.size();
  return {shards_[shard].begin, last ? kEndOfKeys : std::string_view(shards_[shard + 1].begin)};
}

bool Layout::has(size_t shard, size_t server) const {
  return std::ranges::find(shards_[shard].team, server) != shards_[shard].team.end();
}

std::optional<wire::KeyRange> Layout::owned(size_t server, size_t shard) const {
  if (!has(shard, server)) return std::nullopt;
  size_t first = shard;
  while (first != 0 && has(first - 1, server)) --first;
  size_t last = shard;
  while (last + 1 != shards_.size() && has(last + 1, server)) ++last;
  return wire::KeyRange{range(first).begin, range(last).end};
}

std::optional<wire::KeyRange> Layout::owned_around(size_t server, std::string_view key) const {
  if (key >= kEndOfKeys) return std::nullopt;
  return owned(server, shard_of(key));
}

std::optional<wire::KeyRange> Layout::owned_before(size_t server, std::string_view key) const {
  if (key > kEndOfKeys) return std::nullopt;
  return owned(server, shard_before(key));
}

bool Layout::owns(size_t server, std::string_view begin, std::string_view end) const {
  for (size_t shard = shard_of(begin); shard != shards_.size(); ++shard) {
    if (!has(shard, server)) return false;
    if (range(shard).end >= end) return true;
  }
  return begin >= end;
}

}  // namespace orrery::fdb::test_double
