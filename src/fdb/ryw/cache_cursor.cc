#include "fdb/ryw/cache_cursor.h"

namespace orrery::fdb::ryw {

/// Tells kind and ends from the position.
void CacheCursor::settle() {
  if (at_end_) {
    begin_ = Edge(kAllKeysEnd);
    end_ = Edge(kAllKeysEnd, 1);
    kind_ = SegmentKind::kEmpty;
    return;
  }
  if (position_.none() || part_ == entry().row_count * 2 + 1) {
    begin_ = position_.none() ? Edge() : entry().end();
    const CacheEntry* next = view_.after(position_);
    end_ = next != nullptr ? Edge(next->key()) : Edge(kAllKeysEnd);
    kind_ = SegmentKind::kUnknown;
    return;
  }
  const CacheEntry& known = entry();
  const uint32_t row = part_ / 2;
  if (part_ % 2 == 1) {
    begin_ = Edge(known.rows[row].key());
    end_ = Edge(begin_.base, 1);
    kind_ = SegmentKind::kRow;
    return;
  }
  begin_ = row == 0 ? Edge(known.key()) : Edge(known.rows[row - 1].key(), 1);
  end_ = row == known.row_count ? known.end() : Edge(known.rows[row].key());
  kind_ = SegmentKind::kEmpty;
}

void CacheCursor::seek(const Edge& key) {
  view_ = cache_->view();
  at_end_ = key >= Edge(kAllKeysEnd);
  part_ = 0;
  position_ = at_end_ ? view_.last() : view_.at_or_before(key);
  if (!at_end_ && !position_.none()) {
    const CacheEntry& known = entry();
    if (key < known.end()) {
      const uint32_t row = SnapshotCache::row_at_or_after(known, key);
      const bool exact = row < known.row_count && Edge(known.rows[row].key()) == key;
      part_ = row * 2 + (exact ? 1 : 0);
    } else {
      part_ = known.row_count * 2 + 1;
    }
  }
  settle();
}

void CacheCursor::next() {
  do {
    if (part_ + 1 < parts()) {
      part_++;
    } else {
      part_ = 0;
      at_end_ = !view_.advance(&position_);
    }
    settle();
  } while (begin_ == end_);
}

void CacheCursor::prev() {
  do {
    if (at_end_) {
      at_end_ = false;
      part_ = position_.none() ? 0 : parts() - 1;
    } else if (part_ > 0) {
      part_--;
    } else {
      view_.retreat(&position_);
      part_ = position_.none() ? 0 : parts() - 1;
    }
    settle();
  } while (begin_ == end_);
}

}  // namespace orrery::fdb::ryw
