// Where keys are: the location cache, and the commit proxies where it does not know. Keys are
// absolute, with the prefix of their tenant. Inside one loop only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fdb/client/client.h"

namespace orrery::fdb {

/// The shard of a key (toward kAfter; the key is less than \xff\xff), or of the keys right before
/// it (kBefore; it is not empty). `key` outlives the task. Errors: those that a proxy answered, but
/// for "out of memory", which is waited out.
Task<Result<ShardRef>> locate(Client& client, std::string_view key, Toward toward);

/// The shards of a range from its beginning on, at most `limit` of them.
Task<Result<std::vector<ShardRef>>> locate_range(Client& client, std::string_view begin,
                                                 std::string_view end, int limit);

}  // namespace orrery::fdb
