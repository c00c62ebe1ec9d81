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

Status ScanRanges::open() {
  ranges_.clear();
  next_range_ = 0;
  cursor_.reset();
  bool all_equal = node_.paths.size() == 1;
  for (const plan::IndexPath& path : node_.paths) {
    const Index* index = find_index(*node_.table, path.index);
    if (index == nullptr) return Error(ErrorCode::kInternal, "plan names an index that is gone");
    for (const plan::IndexRange& range : path.ranges) {
      ORRERY_TRY_ASSIGN(storage::KeyRange encoded, make_range(*index, range));
      if (encoded.empty) continue;
      all_equal &= range.lower_kind == BoundKind::kUnbounded &&
                   range.upper_kind == BoundKind::kUnbounded &&
                   range.equal.size() == path.ranges[0].equal.size();
      ranges_.push_back({index, std::move(encoded)});
    }
  }
  may_repeat_ = ranges_.size() > 1 && !node_.ordered;
  // Equal prefixes of one index meet only where they are the same.
  if (may_repeat_ && all_equal) {
    drop_repeats();
    may_repeat_ = false;
  }
  if (may_repeat_) seen_.clear();
  if (node_.direction == storage::Direction::kBackward) {
    std::reverse(ranges_.begin(), ranges_.end());
  }
  return {};
}

void ScanRanges::drop_repeats() {
  for (size_t i = 0; i < ranges_.size();) {
    bool repeated = false;
    for (size_t k = 0; k < i && !repeated; ++k) {
      repeated = ranges_[k].range.lower == ranges_[i].range.lower;
    }
    if (repeated) {
      ranges_.erase(ranges_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

uint32_t ScanRanges::next(RowRef* rows, RowId* ids, bool want_ids, uint32_t max) {
  for (;;) {
    if (!cursor_) {
      if (next_range_ == ranges_.size()) return 0;
      Range& r = ranges_[next_range_++];
      cursor_.emplace(*node_.table, *r.index, scope_.run.view, std::move(r.range), node_.direction);
    }
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
