#include "exec/scan_ranges.h"

#include <algorithm>

#include "base/hash.h"
#include "exec/evaluator.h"

namespace orrery::exec {

using storage::BoundKind;
using storage::Index;
using storage::RowId;
using storage::RowRef;

const Index* find_index(const storage::Table& table, storage::IndexId id) {
  for (const auto& index : table.indexes()) {
    if (index->def().id == id) return index.get();
  }
  return nullptr;
}

void RowIdSet::clear() {
  std::fill(slots_.begin(), slots_.end(), 0);
  count_ = 0;
}

void RowIdSet::grow() {
  std::vector<RowId> old(std::max<size_t>(slots_.size() * 2, 256), 0);
  old.swap(slots_);
  count_ = 0;
  for (RowId id : old) {
    if (id != 0) insert(id - 1);
  }
}

bool RowIdSet::insert(RowId id) {
  if (count_ * 2 >= slots_.size()) grow();
  size_t mask = slots_.size() - 1;
  for (size_t i = hash_u64(id) & mask;; i = (i + 1) & mask) {
    if (slots_[i] == id + 1) return false;
    if (slots_[i] != 0) continue;
    slots_[i] = id + 1;
    ++count_;
    return true;
  }
}

Result<storage::KeyRange> ScanRanges::make_range(const Index& index,
                                                 const plan::IndexRange& range) {
  std::vector<types::Datum> equal(range.equal.size());
  std::vector<types::Value> owners(range.equal.size() + 2);
  for (size_t i = 0; i < equal.size(); ++i) {
    ORRERY_TRY_ASSIGN(equal[i], evaluate_value(*range.equal[i], scope_.eval, &owners[i]));
  }
  storage::KeyBound lower, upper;
  lower.kind = range.lower_kind;
  upper.kind = range.upper_kind;
  bool null_bound = false;
  if (lower.kind != BoundKind::kUnbounded) {
    ORRERY_TRY_ASSIGN(lower.value,
                      evaluate_value(*range.lower, scope_.eval, &owners[equal.size()]));
    null_bound |= lower.value.is_null();
  }
  if (upper.kind != BoundKind::kUnbounded) {
    ORRERY_TRY_ASSIGN(upper.value,
                      evaluate_value(*range.upper, scope_.eval, &owners[equal.size() + 1]));
    null_bound |= upper.value.is_null();
  }
  for (const types::Datum& d : equal) null_bound |= d.is_null();
  if (null_bound) {  // nothing compares with NULL
    storage::KeyRange none;
    none.empty = true;
    return none;
  }
  return index.make_range(equal, lower, upper);
}

namespace {
bool starts_before(const storage::KeyRange& a, const storage::KeyRange& b) {
  return a.int_lower != b.int_lower ? a.int_lower < b.int_lower : a.lower < b.lower;
}
bool same_range(const storage::KeyRange& a, const storage::KeyRange& b) {
  return a.include_nulls == b.include_nulls && a.int_lower == b.int_lower &&
         a.int_upper == b.int_upper && a.lower == b.lower && a.upper == b.upper;
}
/// For ranges of one index, `a` starting first.
bool ends_before(const storage::KeyRange& a, const storage::KeyRange& b) {
  if (a.include_nulls) return false;
  return a.int_upper < b.int_lower || (!a.upper.empty() && a.upper <= b.lower);
}
bool stops_before(const storage::KeyRange& a, const storage::KeyRange& b) {
  if (a.int_upper != b.int_upper) return a.int_upper < b.int_upper;
  if (a.upper.empty() || b.upper.empty()) return !a.upper.empty() && b.upper.empty();
  return a.upper < b.upper;
}
}  // namespace

Status ScanRanges::open() {
  ranges_.clear();
  next_range_ = 0;
  cursor_.reset();
  for (const plan::IndexPath& path : node_.paths) {
    const Index* index = find_index(*node_.table, path.index);
    if (index == nullptr) return Error(ErrorCode::kInternal, "plan names an index that is gone");
    for (const plan::IndexRange& range : path.ranges) {
      ORRERY_TRY_ASSIGN(storage::KeyRange encoded, make_range(*index, range));
      if (!encoded.empty) ranges_.push_back({index, std::move(encoded)});
    }
  }
  may_repeat_ = ranges_.size() > 1;
  if (may_repeat_ && node_.paths.size() == 1) put_in_order();
  if (may_repeat_) seen_.clear();
  if (node_.direction == storage::Direction::kBackward) {
    std::reverse(ranges_.begin(), ranges_.end());
  }
  return {};
}

/// Ranges of one index: in its order, repeated ones once. Mostly they are found not to meet.
void ScanRanges::put_in_order() {
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return starts_before(a.range, b.range); });
  auto end = std::unique(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) {
    return same_range(a.range, b.range);
  });
  ranges_.erase(end, ranges_.end());
  may_repeat_ = false;
  for (size_t i = 1; i < ranges_.size(); ++i) {
    may_repeat_ |= !ends_before(ranges_[i - 1].range, ranges_[i].range);
  }
  // Read from its end, a range that holds another one has to come before it.
  if (may_repeat_ && node_.direction == storage::Direction::kBackward) {
    std::sort(ranges_.begin(), ranges_.end(),
              [](const Range& a, const Range& b) { return stops_before(a.range, b.range); });
  }
}

bool ScanRanges::count(uint64_t* rows) {
  if (may_repeat_) return false;
  *rows = 0;
  storage::ReadLatch latch(*node_.table);
  for (Range& r : ranges_) {
    *rows +=
        storage::IndexCursor(*node_.table, *r.index, scope_.run.view, std::move(r.range)).count();
  }
  next_range_ = ranges_.size();
  return true;
}

bool ScanRanges::start_range() {
  if (next_range_ == ranges_.size()) return false;
  Range& r = ranges_[next_range_++];
  cursor_.emplace(*node_.table, *r.index, scope_.run.view, std::move(r.range), node_.direction);
  return true;
}

uint64_t ScanRanges::skip(uint64_t n) {
  if (may_repeat_ || node_.distinct_first_key) return 0;
  uint64_t passed = 0;
  while (passed < n && (cursor_ || start_range())) {
    passed += cursor_->skip(n - passed);
    if (passed < n) cursor_.reset();
  }
  return passed;
}

uint32_t ScanRanges::next(RowRef* rows, RowId* ids, bool want_ids, uint32_t max) {
  for (;;) {
    if (!cursor_ && !start_range()) return 0;
    RowId* out_ids = want_ids || may_repeat_ ? ids : nullptr;
    uint32_t n = node_.distinct_first_key ? cursor_->next_distinct(rows, out_ids, max)
                                          : cursor_->next(rows, out_ids, max);
    if (n == 0) {
      cursor_.reset();
      continue;
    }
    if (!may_repeat_) return n;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; ++i) {
      if (!seen_.insert(ids[i])) continue;
      rows[kept] = rows[i];
      ids[kept++] = ids[i];
    }
    if (kept != 0) return kept;
  }
}

}  // namespace orrery::exec
