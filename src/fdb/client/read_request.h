// What all requests to storage servers have in common, and which of their errors mean that a shard
// has moved.
#pragma once

#include "fdb/client/reads.h"
#include "fdb/error.h"
#include "fdb/runtime/loop.h"

namespace orrery::fdb {

/// Before a shard that has moved is looked up again.
inline constexpr int64_t kWrongShardDelay = 10 * kMilli;

inline bool is_moved(Error why) {
  return why == error::wrong_shard_server || why == error::all_alternatives_failed;
}

template <class Request>
Request read_request(const ReadParameters& parameters) {
  Request request;
  request.version = parameters.version;
  request.tags = parameters.tags;
  request.tenant_info = parameters.tenant;
  request.options = parameters.options;
  return request;
}

}  // namespace orrery::fdb
