#include "fdb/ryw/read_conflicts.h"

#include <algorithm>
#include <utility>

namespace orrery::fdb::ryw {
namespace {

Edge behind(std::string_view key) { return key == kAllKeysEnd ? Edge(key) : Edge(key, 1); }

}  // namespace

EdgeRange key_conflict(const Selector& selector, std::string_view key) {
  if (selector.offset <= 0) return {Edge(key), selector.key};
  return {selector.key, behind(key)};
}

EdgeRange range_conflict(const Selector& begin, const Selector& end, Direction direction,
                         const RangeResult& result, std::string_view key_end) {
  const bool forward = direction == Direction::kForward;
  EdgeRange range{begin.key, end.key};
  if (begin.key < end.key) {
    // Rows that were left behind cannot change the answer, if the end that was not reached is not counted from.
    if (forward && end.offset > 0 && result.more) range.end = begin.key;
    if (!forward && begin.offset <= 1 && result.more) range.begin = end.key;
  } else {
    std::swap(range.begin, range.end);
  }
  if (result.read_to_begin && begin.offset <= 0) range.begin = Edge();
  if (result.read_through_end && end.offset > 0) range.end = Edge(key_end);
  if (result.rows.empty()) return range;
  const Edge first(result.rows.front().key());
  const Edge last(result.rows.back().key());
  if (forward) {
    if (begin.offset <= 0) range.begin = std::min(range.begin, first);
    if (range.end <= last) range.end = behind(last.base);
  } else {
    range.begin = std::min(range.begin, last);
    if (end.offset > 0 && range.end <= first) range.end = behind(first.base);
  }
  return range;
}

EdgeRange native_range_conflict(const Selector& begin, const Selector& end, Direction direction,
                                const RangeResult& result) {
  const bool reverse = direction == Direction::kReverse;
  const bool empty = result.rows.empty();
  EdgeRange range;
  if (result.read_to_begin) {
    range.begin = Edge();
  } else if (empty || (begin.offset > 0 && (!reverse || !result.more || begin.offset > 1))) {
    range.begin = begin.key;
  } else {
    range.begin = Edge(reverse ? result.rows.back().key() : result.rows.front().key());
  }
  if (end.offset > begin.offset && end.key < range.begin) range.begin = end.key;
  if (result.read_through_end) {
    range.end = Edge(kAllKeysEnd);
  } else if (empty || (end.offset <= 1 && (reverse || !result.more || end.offset <= 0))) {
    range.end = end.key;
  } else {
    range.end = behind(reverse ? result.rows.front().key() : result.rows.back().key());
  }
  if (begin.offset < end.offset && begin.key > range.end) range.end = begin.key;
  return range;
}

Result<bool> check_range_read(const KeySelector& begin, const KeySelector& end,
                              const RangeLimits& limits, const KeyAccess& access) {
  FDB_TRY(check_read_bound(begin.key, access));
  FDB_TRY(check_read_bound(end.key, access));
  if (limits.reached()) return false;
  if (!limits.valid()) return fail(error::range_limits_invalid);
  return begin.offset < end.offset || Selector(begin).key < Selector(end).key;
}

std::string_view clipped_key(std::string_view key, std::string_view key_end) {
  return std::min(key, key_end);
}

bool must_resolve_end(const Selector& end, Direction direction) {
  return direction == Direction::kReverse && end.offset > 1;
}

void clip_rows(RangeResult& result, Direction direction, std::string_view key_end) {
  const Rows& rows = result.rows;
  if (direction == Direction::kReverse || rows.empty() || rows.back().key() < key_end) return;
  size_t kept = rows.size() - 1;
  while (kept > 0 && rows[kept - 1].key() >= key_end) kept--;
  result.rows.truncate(kept);
  result.more = false;
  result.read_to_begin = false;
  result.read_through_end = false;
  result.read_through.reset();
}

}  // namespace orrery::fdb::ryw
