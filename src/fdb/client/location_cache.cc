#include "fdb/client/location_cache.h"

#include <algorithm>

#include "base/assert.h"

namespace orrery::fdb {

LocationCache::Map::const_iterator LocationCache::position(std::string_view key,
                                                           Toward toward) const {
  auto after = toward == Toward::kAfter ? shards_.upper_bound(key) : shards_.lower_bound(key);
  if (after == shards_.begin()) return shards_.end();
  --after;
  const std::string& end = after->second->end;
  const bool holds = toward == Toward::kAfter ? key < end : key <= end;
  return holds ? after : shards_.end();
}

ShardRef LocationCache::find(std::string_view key, Toward toward) const {
  auto found = position(key, toward);
  return found == shards_.end() ? nullptr : found->second;
}

ShardRef LocationCache::insert(Shard shard) {
  ORRERY_ASSERT(shard.begin < shard.end);
  auto first = shards_.upper_bound(shard.begin);
  if (first != shards_.begin() && std::prev(first)->second->end > shard.begin) --first;
  auto last = first;
  while (last != shards_.end() && last->first < shard.end) ++last;
  shards_.erase(first, last);
  auto kept = std::make_shared<const Shard>(std::move(shard));
  shards_.emplace(kept->begin, kept);
  if (shards_.size() > limit_) evict();
  return kept;
}

void LocationCache::invalidate(std::string_view key, Toward toward) {
  if (auto found = position(key, toward); found != shards_.end()) shards_.erase(found);
}

void LocationCache::clear() {
  shards_.clear();
}

void LocationCache::set_limit(size_t limit) {
  limit_ = std::max<size_t>(1, limit);
  while (shards_.size() > limit_) evict();
}

void LocationCache::evict() {
  auto victim = shards_.upper_bound(evicted_);
  if (victim == shards_.end()) victim = shards_.begin();
  evicted_ = victim->first;
  shards_.erase(victim);
}

}  // namespace orrery::fdb
