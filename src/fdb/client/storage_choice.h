// Which of a shard's servers to ask, and how long to wait for it before another one is asked as
// well.
//
// The rules are those of loadBalance in fdbrpc/LoadBalance.actor.h: servers of the own data center
// first, then the least loaded one; not those that failed or are behind. Inside one loop only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "fdb/client/client.h"

namespace orrery::fdb {

struct StorageChoice {
  std::optional<size_t> best;
  /// To be asked when the best one is slow.
  std::optional<size_t> second;
};

/// `tried` is a bit per server that is not to be chosen where another one can be.
StorageChoice choose_storage(Client& client, const Shard& shard, wire::StorageMethod method,
                             uint64_t tried);

}  // namespace orrery::fdb
