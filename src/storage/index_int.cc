#include "storage/index_int.h"

#include <algorithm>

#include "storage/index_resolve.h"

namespace orrery::storage {

using types::Datum;

IntIndex::IntIndex(IndexDef def, const RowLayout& layout, const TableCore* core)
    : IndexImpl(std::move(def), layout, core),
      column_(columns_[0]),
      direct_(def_.kind == IndexKind::kDirect || def_.unique || def_.primary),
      base_(column_.word_is_u64 ? INT64_MIN : 0) {
  is_int_ = true;
}

void IntIndex::add(const uint8_t* image, RowId row) {
  if (column_.is_null(image)) {
    nulls_.insert({0, row});
    return;
  }
  add_key(int_key(column_, image), row);
}

void IntIndex::add_key(int64_t key, RowId row) {
  if (direct_ && (in_map(key) || extend_map(key))) {
    add_in_map(key, row);
  } else {
    tree_.insert({key, row});
  }
}

bool IntIndex::extend_map(int64_t key) {
  if (key < base_ || place(key) >= map_.reach()) return false;
  uint64_t old_limit = map_.limit();
  map_.extend_to(place(key));
  // Keys that lay above the old limit move into the map.
  int64_t from = static_cast<int64_t>(static_cast<uint64_t>(base_) + old_limit);
  int64_t last = static_cast<int64_t>(static_cast<uint64_t>(base_) + (map_.limit() - 1));
  std::vector<Entry> moved;
  for (auto p = tree_.lower_bound({from, 0}); p.leaf != nullptr && (*p).key <= last; p.step()) {
    moved.push_back(*p);
  }
  for (const Entry& e : moved) tree_.erase(e);
  for (const Entry& e : moved) add_in_map(e.key, e.row);
  return true;
}

void IntIndex::add_in_map(int64_t key, RowId row) {
  uint64_t at = place(key);
  uint32_t cell = map_.get(at);
  if (cell == DirectMap::kEmpty && row <= DirectMap::kRowMax) {
    map_.set(at, DirectMap::cell_of(row));
    return;
  }
  if (cell != DirectMap::kEmpty && cell != DirectMap::kMany) {
    if (DirectMap::row_of(cell) == row) return;
    tree_.insert({key, DirectMap::row_of(cell)});
  }
  map_.set(at, DirectMap::kMany);
  tree_.insert({key, row});
}

void IntIndex::remove(const uint8_t* image, RowId row) {
  if (column_.is_null(image)) {
    nulls_.erase({0, row});
    return;
  }
  int64_t key = int_key(column_, image);
  if (in_map(key)) {
    remove_in_map(key, row);
  } else {
    tree_.erase({key, row});
  }
}

void IntIndex::remove_in_map(int64_t key, RowId row) {
  uint64_t at = place(key);
  uint32_t cell = map_.get(at);
  if (cell == DirectMap::kEmpty) return;
  if (cell != DirectMap::kMany) {
    if (DirectMap::row_of(cell) == row) map_.set(at, DirectMap::kEmpty);
    return;
  }
  tree_.erase({key, row});
  auto first = tree_.lower_bound({key, 0});
  if (first.leaf == nullptr || (*first).key != key) {
    map_.set(at, DirectMap::kEmpty);
    return;
  }
  Entry only = *first;
  first.step();
  bool alone = first.leaf == nullptr || (*first).key != key;
  if (alone && only.row <= DirectMap::kRowMax) {
    tree_.erase(only);
    map_.set(at, DirectMap::cell_of(only.row));
  }
}

void IntIndex::find_key(int64_t key, RowList* rows) const {
  if (in_map(key)) {
    uint32_t cell = map_.get(place(key));
    if (cell == DirectMap::kEmpty) return;
    if (cell != DirectMap::kMany) {
      rows->add(DirectMap::row_of(cell));
      return;
    }
  }
  for (auto p = tree_.lower_bound({key, 0}); p.leaf != nullptr && (*p).key == key; p.step()) {
    rows->add((*p).row);
  }
}

void IntIndex::find(const uint8_t* image, RowList* rows) const {
  find_key(int_key(column_, image), rows);
}

void IntIndex::find(std::span<const Datum> key, RowList* rows) const {
  int64_t k;
  bool exact;
  if (!int_key_floor(column_, key[0], &k, &exact) || !exact) return;
  find_key(k, rows);
}

Status IntIndex::build(std::span<const RowId> rows, const CancelFlag* cancelled) {
  std::vector<Entry> entries;
  entries.reserve(rows.size());
  ORRERY_TRY(visit_each(rows, cancelled, [&](RowId row) {
    const uint8_t* image = core_->pages.image(row);
    if (column_.is_null(image)) {
      nulls_.insert({0, row});
    } else {
      entries.push_back({int_key(column_, image), row});
    }
  }));
  if (!std::is_sorted(entries.begin(), entries.end(), IntTraits::less)) {
    ORRERY_TRY(sort_entries(std::span<Entry>(entries), IntTraits::less, cancelled));
  }
  // Ascending, so every leaf but the last fills up.
  return visit_each(std::span<const Entry>(entries), cancelled, [&](const Entry& e) {
    if (direct_) {
      add_key(e.key, e.row);
    } else {
      tree_.insert(e);
    }
  });
}

KeyRange IntIndex::range(std::span<const Datum> equal, const KeyBound& lower,
                         const KeyBound& upper) const {
  KeyRange r;
  KeyBound low = lower, high = upper;
  if (!equal.empty()) low = high = {BoundKind::kIncluded, equal[0]};
  bool bounded = low.kind != BoundKind::kUnbounded || high.kind != BoundKind::kUnbounded;
  r.include_nulls = !bounded;
  int64_t key = 0;
  bool exact = true;
  if (low.kind != BoundKind::kUnbounded) {
    if (low.value.is_null()) {
      r.empty = true;
    } else if (int_key_floor(column_, low.value, &key, &exact)) {
      bool after = low.kind == BoundKind::kExcluded || !exact;
      if (after && key == INT64_MAX) r.empty = true;
      r.int_lower = after && !r.empty ? key + 1 : key;
    }
  }
  if (high.kind != BoundKind::kUnbounded) {
    if (high.value.is_null() || !int_key_floor(column_, high.value, &key, &exact)) {
      r.empty = true;
    } else {
      bool before = high.kind == BoundKind::kExcluded && exact;
      if (before && key == INT64_MIN) r.empty = true;
      r.int_upper = before && !r.empty ? key - 1 : key;
    }
  }
  if (r.int_lower > r.int_upper) r.empty = true;
  return r;
}

KeyRange IntIndex::range(const ImageBounds& bounds) const {
  KeyRange r;
  r.include_nulls = true;
  BoundKind low = bounds.lower, high = bounds.upper;
  const uint8_t* upper = bounds.upper_image;
  if (bounds.equal_columns > 0) {
    low = high = BoundKind::kIncluded;
    upper = bounds.image;
  }
  bool no_keys = false;
  if (low != BoundKind::kUnbounded) {
    if (column_.is_null(bounds.image)) {
      no_keys = true;
      r.include_nulls = low == BoundKind::kIncluded;
    } else {
      r.int_lower = int_key(column_, bounds.image);
      if (low == BoundKind::kExcluded) {
        if (r.int_lower == INT64_MAX) {
          no_keys = true;
        } else {
          ++r.int_lower;
        }
      }
    }
  }
  if (high != BoundKind::kUnbounded) {
    if (column_.is_null(upper)) {
      r.include_nulls = r.include_nulls && high == BoundKind::kIncluded;
    } else {
      r.include_nulls = false;
      r.int_upper = int_key(column_, upper);
      if (high == BoundKind::kExcluded) {
        if (r.int_upper == INT64_MIN) {
          no_keys = true;
        } else {
          --r.int_upper;
        }
      }
    }
  }
  if (no_keys) {
    r.int_lower = INT64_MAX;
    r.int_upper = INT64_MIN;
  }
  r.empty = r.int_lower > r.int_upper && !r.include_nulls;
  return r;
}

uint64_t IntIndex::count(const IndexWalk& walk) const {
  IndexWalk w = walk;
  if (!w.started) start(&w);
  uint64_t n = 0;
  if (!w.nulls_done) n += nulls_.size();
  if (w.keys_done) return n;
  int64_t low = w.key, high = w.range.int_upper;
  n += tree_.count({low, w.row}, {high, UINT64_MAX});
  if (in_map(low) && w.row > 0) {
    // The walk stands inside a key: its one row in the map is behind or before it.
    uint32_t cell = map_.get(place(low));
    bool single = cell != DirectMap::kEmpty && cell != DirectMap::kMany;
    if (single && DirectMap::row_of(cell) < w.row) --n;
  }
  if (direct_ && high >= base_ && map_.limit() > 0) {
    uint64_t from = low < base_ ? 0 : place(low);
    uint64_t to = std::min(place(high), map_.limit() - 1);
    if (from <= to) n += map_.count_single(from, to);
  }
  return n;
}

uint64_t IntIndex::entries() const {
  return tree_.size() + nulls_.size() + map_.used() - map_.many();
}
uint64_t IntIndex::distinct() const {
  return tree_.distinct_keys() + map_.used() - map_.many();
}
uint64_t IntIndex::memory_bytes() const {
  return tree_.memory_bytes() + nulls_.memory_bytes() + map_.memory_bytes();
}

}  // namespace orrery::storage
