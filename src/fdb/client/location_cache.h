// LocationCache: which storage servers hold which keys, as far as the client was told.
//
// Shards are ranges of keys that do not overlap. What the cache says may be out of date: a server
// that does not hold a key says so, the shard is dropped and asked for anew. At most `limit` shards
// are kept; when there are more, others go in turn. Ownership: a Shard is shared and does not
// change. Inside one loop only.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/client/storage_server.h"

namespace orrery::fdb {

struct Shard {
  std::string begin;
  std::string end;
  std::vector<std::shared_ptr<StorageServer>> servers;
};
using ShardRef = std::shared_ptr<const Shard>;

/// Whether the shard of a key itself is meant, or that of the keys right before it.
enum class Toward : uint8_t { kAfter, kBefore };

class LocationCache {
 public:
  static constexpr size_t kDefaultLimit = 600'000;

  /// The shard with begin <= key < end, or, before a key, begin < key <= end; null where none is
  /// known.
  ShardRef find(std::string_view key, Toward toward) const;
  /// Keeps a shard in place of all that overlap it. Its range is not empty.
  ShardRef insert(Shard shard);
  /// Drops what find() would return.
  void invalidate(std::string_view key, Toward toward);
  void clear();
  void set_limit(size_t limit);
  size_t size() const { return shards_.size(); }

 private:
  using Map = std::map<std::string, ShardRef, std::less<>>;
  Map::const_iterator position(std::string_view key, Toward toward) const;
  void evict();
  Map shards_;  ///< by where they begin
  size_t limit_ = kDefaultLimit;
  std::string evicted_;  ///< where the last one began that had to go
};

}  // namespace orrery::fdb
