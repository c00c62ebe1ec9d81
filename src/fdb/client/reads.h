// Reads of the database at a version, over all shards and their servers: a value, a selector's key,
// a range.
//
// They see nothing of a transaction's own writes (fdb/ryw does that). Shards that have moved are
// looked up again; what servers answer otherwise is passed on: transaction_too_old, future_version,
// process_behind, ... Keys are relative to the tenant; without one they are below \xff\xff, which
// the caller has checked: servers do not survive others. What the arguments refer to outlives the
// tasks. Inside one loop only.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "fdb/client/client.h"
#include "fdb/ryw/range_read.h"
#include "fdb/ryw/rows.h"
#include "fdb/ryw/selector.h"
#include "fdb/shared_bytes.h"

namespace orrery::fdb {

/// What all reads of a transaction have in common.
struct ReadParameters {
  int64_t version = 0;
  wire::TenantInfo tenant;
  /// The tenant's eight bytes; empty without one.
  std::string_view tenant_prefix;
  std::optional<wire::TagSet> tags;
  std::optional<wire::ReadOptions> options;
};

Task<Result<std::optional<SharedBytes>>> read_value(Client& client, ReadParameters parameters,
                                                    std::string_view key);

/// The key that the selector points to: "" before the first one, \xff\xff behind the last.
Task<Result<SharedBytes>> read_key(Client& client, ReadParameters parameters,
                                   ryw::KeySelector selector);

/// The rows of a range; of a reverse read in descending order. It may end before the limits, with
/// `more`.
Task<Result<ryw::RangeResult>> read_range(Client& client, ReadParameters parameters,
                                          ryw::NativeRange range);

}  // namespace orrery::fdb
