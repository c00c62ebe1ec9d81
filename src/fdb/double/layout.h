// Layout: which storage servers hold which keys.
//
// Part of the test double (see cluster.h). Shards cover all keys up to \xff\xff without gaps.
// Servers are numbers from 0. Thread-safety: the caller's mutex.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/wire/types.h"

namespace orrery::fdb::test_double {

struct Shard {
  /// Its first key; it goes up to the next one's.
  std::string begin;
  /// The servers that hold it.
  std::vector<size_t> team;
};

class Layout {
 public:
  /// Sorted by `begin`, the first of which is empty.
  explicit Layout(std::vector<Shard> shards) : shards_(std::move(shards)) {}

  const std::vector<Shard>& shards() const { return shards_; }
  /// The index of the shard that holds `key`.
  size_t shard_of(std::string_view key) const;
  /// The index of the shard that holds the keys right before `key`.
  size_t shard_before(std::string_view key) const;
  /// From the first to behind the last key of a shard.
  wire::KeyRange range(size_t shard) const;

  /// The largest range of shards of `server` that holds `key`, or the keys before it; none where
  /// the server does not hold that.
  std::optional<wire::KeyRange> owned_around(size_t server, std::string_view key) const;
  std::optional<wire::KeyRange> owned_before(size_t server, std::string_view key) const;
  bool owns(size_t server, std::string_view begin, std::string_view end) const;
  bool owns(size_t server, std::string_view key) const { return has(shard_of(key), server); }

 private:
  bool has(size_t shard, size_t server) const;
  std::optional<wire::KeyRange> owned(size_t server, size_t shard) const;

  std::vector<Shard> shards_;
};

}  // namespace orrery::fdb::test_double
