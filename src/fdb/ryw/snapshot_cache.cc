#include "fdb/ryw/snapshot_cache.h"

#include <new>
#include <utility>

namespace orrery::fdb::ryw {

uint32_t SnapshotCache::row_at_or_after(const CacheEntry& entry, const Edge& key) {
  uint32_t low = 0;
  uint32_t high = entry.row_count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (compare(Edge(entry.rows[middle].key()), key) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void SnapshotCache::insert(std::string_view key, const std::optional<SharedBytes>& value) {
  if (key >= kAllKeysEnd) return;
  const auto before = entries_.at_or_before(Edge(key));
  if (!before.none() && entries_.view().at(before).end() > Edge(key)) return;
  CacheEntry entry;
  const std::string_view own = arena_->copy(key);
  entry.begin_data = own.data();
  entry.begin_size = static_cast<uint32_t>(own.size());
  entry.set_end(Edge(own, 1));
  if (value) {
    entry.rows = new (arena_->allocate(sizeof(Row))) Row(own, value->view());
    entry.row_count = 1;
    entry.source = static_cast<uint32_t>(values_.size());
    values_.push_back(value->buffer());
  }
  entries_.insert_after(before, entry);
}

void SnapshotCache::insert(const Edge& range_begin, const Edge& range_end, Rows&& rows) {
  Edge begin = range_begin;
  Edge end = std::min(range_end, Edge(kAllKeysEnd));
  if (begin >= end) return;
  // What is known at an end of the range stays as it is, so that nobody's rows change; what lies within is replaced.
  auto before = entries_.at_or_before(begin);
  if (!before.none()) {
    const CacheEntry& known = entries_.view().at(before);
    if (known.end() > begin) {
      const bool within = Edge(known.key()) == begin && known.end() <= end;
      if (within) {
        entries_.view().retreat(&before);
      } else {
        begin = known.end();
      }
    }
  }
  auto last = entries_.at_or_before(end);
  if (!last.none() && Edge(entries_.view().at(last).key()) == end) entries_.view().retreat(&last);
  if (!last.none() && !(last == before)) {
    const CacheEntry& known = entries_.view().at(last);
    if (known.end() > end) {
      end = Edge(known.key());
      entries_.view().retreat(&last);
    }
  }
  if (begin >= end) return;
  CacheEntry entry;
  const std::string_view own = begin.zeros > 0 ? begin.in(*arena_) : arena_->copy(begin.base);
  entry.begin_data = own.data();
  entry.begin_size = static_cast<uint32_t>(own.size());
  entry.set_end(Edge(arena_->copy(end.base), end.zeros));
  if (!rows.empty()) {
    entry.rows = rows.list().data();
    entry.row_count = static_cast<uint32_t>(rows.size());
    const uint32_t stop = row_at_or_after(entry, end);
    const uint32_t skipped = row_at_or_after(entry, begin);
    entry.rows += skipped;
    entry.row_count = stop - skipped;
    if (entry.row_count > 0) {
      entry.source = static_cast<uint32_t>(ranges_.size()) | kRangeSource;
      ranges_.push_back(std::move(rows));
    }
  }
  entries_.erase_after(before, last);
  entries_.insert_after(before, entry);
}

SharedBytes SnapshotCache::value(const CacheEntry& entry, uint32_t row) const {
  if ((entry.source & kRangeSource) == 0) return {entry.rows[row].value(), values_[entry.source]};
  return {entry.rows[row].value(), range_of(entry).buffer_of(first_row(entry) + row)};
}

void SnapshotCache::reset() {
  entries_.reset();
  ranges_.clear();
  values_.clear();
}

}  // namespace orrery::fdb::ryw
