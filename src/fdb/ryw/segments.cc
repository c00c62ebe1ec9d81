#include "fdb/ryw/segments.h"

#include <algorithm>

namespace orrery::fdb::ryw {

void Segments::next() {
  const int order = compare(cache_.end(), writes_.end());
  if (order <= 0) cache_.next();
  if (order >= 0) writes_.next();
}

void Segments::prev() {
  const int order = compare(cache_.begin(), writes_.begin());
  if (order >= 0) cache_.prev();
  if (order <= 0) writes_.prev();
}

SegmentKind Segments::kind() const {
  switch (writes_.kind()) {
    case WriteKind::kUnmodified: return cache_.kind();
    case WriteKind::kCleared: return SegmentKind::kEmpty;
    case WriteKind::kIndependent: return SegmentKind::kRow;
    case WriteKind::kDependent: break;
  }
  return cache_.kind() == SegmentKind::kUnknown ? SegmentKind::kUnknown : SegmentKind::kRow;
}

Result<Value> Segments::written_value(Arena& arena) const {
  Value base;
  if (writes_.kind() == WriteKind::kDependent && cache_.kind() == SegmentKind::kRow) {
    base = cache_.row().value();
  }
  return writes_.entry().visible(base, arena);
}

Result<bool> Segments::has_value(Arena& arena) const {
  if (is_database_row() || !writes_.entry().may_be_absent()) return true;
  const auto value = written_value(arena);
  if (!value) return std::unexpected(value.error());
  return value->has_value();
}

Segments::Run Segments::run_forward(const Edge& limit) {
  const CacheEntry& entry = cache_.entry();
  const uint32_t first = cache_.row_index();
  const uint32_t stop =
      SnapshotCache::row_at_or_after(entry, std::min(limit, writes_.end()));
  const uint32_t count = std::max(stop, first + 1) - first;
  cache_.move_to_row(first + count - 1);
  return {&entry, first, count};
}

Segments::Run Segments::run_backward(const Edge& limit) {
  const CacheEntry& entry = cache_.entry();
  const uint32_t last = cache_.row_index();
  const uint32_t first =
      std::min(SnapshotCache::row_at_or_after(entry, std::max(limit, writes_.begin())), last);
  cache_.move_to_row(first);
  return {&entry, first, last - first + 1};
}

}  // namespace orrery::fdb::ryw
