// Which keys a finished read depends on, and how reads without read-your-writes are cut to the keys that may be read.
//
// Pure functions. Selectors are those that the read was begun with.
#pragma once

#include <string>
#include <string_view>

#include "fdb/error.h"
#include "fdb/ryw/edge.h"
#include "fdb/ryw/key_rules.h"
#include "fdb/ryw/rows.h"
#include "fdb/ryw/selector.h"

namespace orrery::fdb::ryw {

/// The keys from begin up to, not including, end; none where they are not in order. Borrows.
struct EdgeRange {
  Edge begin;
  Edge end;
};

/// What getKey depends on that found `key`.
EdgeRange key_conflict(const Selector& selector, std::string_view key);
/// What getRange with read-your-writes depends on.
EdgeRange range_conflict(const Selector& begin, const Selector& end, Direction direction,
                         const RangeResult& result, std::string_view key_end);
/// What getRange without read-your-writes depends on.
EdgeRange native_range_conflict(const Selector& begin, const Selector& end, Direction direction,
                                const RangeResult& result);

/// Whether there is anything to read: key_outside_legal_range, range_limits_invalid; false where the answer is empty,
/// whatever the database holds, and depends on nothing.
Result<bool> check_range_read(const KeySelector& begin, const KeySelector& end,
                              const RangeLimits& limits, const KeyAccess& access);

/// Without read-your-writes: the key that getKey answers.
std::string_view clipped_key(std::string_view key, std::string_view key_end);
/// Without read-your-writes: whether the end of a range has to be found by getKey first, and replaced by clipped_key()
/// of it, lest a reverse read begins among keys that may not be read.
bool must_resolve_end(const Selector& end, Direction direction);
/// Without read-your-writes: drops the rows of a forward read that may not be read.
void clip_rows(RangeResult& result, Direction direction, std::string_view key_end);

}  // namespace orrery::fdb::ryw
