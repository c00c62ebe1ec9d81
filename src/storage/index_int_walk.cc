#include <algorithm>

#include "storage/index_int.h"
#include "storage/index_resolve.h"

namespace orrery::storage {

// A forward walk gives entries >= (walk.key, walk.row); a backward walk entries < that. NULLs come
// after all keys; while they are walked, walk.row alone is the place.

void IntIndex::start(IndexWalk* walk) const {
  walk->started = true;
  walk->nulls_done =
      walk->range.empty || !walk->range.include_nulls || nulls_.size() == 0;
  walk->keys_done = walk->range.empty || walk->range.int_lower > walk->range.int_upper;
  bool forward = walk->direction == Direction::kForward;
  walk->key = forward ? walk->range.int_lower : walk->range.int_upper;
  walk->row = forward ? 0 : UINT64_MAX;
}

uint32_t IntIndex::tree_forward(IndexWalk* walk, int64_t stop, Entry* out, uint32_t max) const {
  uint32_t n = 0;
  auto p = tree_.lower_bound({walk->key, walk->row});
  while (p.leaf != nullptr && (*p).key <= stop) {
    if (n == max) {
      walk->key = (*p).key;
      walk->row = (*p).row;
      return n;
    }
    out[n++] = *p;
    p.step();
  }
  if (stop == walk->range.int_upper) {
    walk->keys_done = true;
  } else {
    walk->key = stop + 1;
    walk->row = 0;
  }
  return n;
}

uint32_t IntIndex::map_forward(IndexWalk* walk, int64_t stop, Entry* out, uint32_t max) const {
  uint32_t n = 0;
  uint64_t end = place(stop);
  for (uint64_t at = map_.next_used(place(walk->key), end); at <= end;
       at = at == end ? end + 1 : map_.next_used(at + 1, end)) {
    int64_t key = static_cast<int64_t>(at + static_cast<uint64_t>(base_));
    RowId from = key == walk->key ? walk->row : 0;
    uint32_t cell = map_.get(at);
    if (cell != DirectMap::kMany) {
      if (DirectMap::row_of(cell) < from) continue;
      if (n == max) {
        walk->key = key;
        walk->row = 0;
        return n;
      }
      out[n++] = {key, DirectMap::row_of(cell)};
      continue;
    }
    for (auto p = tree_.lower_bound({key, from}); p.leaf != nullptr && (*p).key == key; p.step()) {
      if (n == max) {
        walk->key = key;
        walk->row = (*p).row;
        return n;
      }
      out[n++] = *p;
    }
  }
  if (stop == walk->range.int_upper) {
    walk->keys_done = true;
  } else {
    walk->key = stop + 1;
    walk->row = 0;
  }
  return n;
}

uint32_t IntIndex::fetch_nulls(IndexWalk* walk, Entry* out, uint32_t max) const {
  uint32_t n = 0;
  if (walk->direction == Direction::kForward) {
    auto p = nulls_.lower_bound({0, walk->row});
    for (; p.leaf != nullptr && n < max; p.step()) out[n++] = *p;
    if (p.leaf == nullptr) {
      walk->nulls_done = true;
    } else {
      walk->row = (*p).row;
    }
    return n;
  }
  while (n < max) {
    auto p = nulls_.last_before({0, walk->row});
    if (p.leaf == nullptr) {
      walk->nulls_done = true;
      break;
    }
    out[n++] = *p;
    walk->row = (*p).row;
  }
  return n;
}

uint32_t IntIndex::fetch_forward(IndexWalk* walk, Entry* out, uint32_t max) const {
  uint32_t n = 0;
  int64_t high = walk->range.int_upper;
  while (n < max && !walk->keys_done) {
    if (!direct_ || map_.limit() == 0) {
      n += tree_forward(walk, high, out + n, max - n);
    } else if (walk->key < base_) {
      n += tree_forward(walk, std::min(high, base_ - 1), out + n, max - n);
    } else if (in_map(walk->key)) {
      uint64_t last = std::min(place(high), map_.limit() - 1);
      int64_t stop = static_cast<int64_t>(last + static_cast<uint64_t>(base_));
      n += map_forward(walk, stop, out + n, max - n);
    } else {
      n += tree_forward(walk, high, out + n, max - n);
    }
    if (walk->keys_done) walk->row = 0;  // for the NULLs
  }
  return n;
}

uint32_t IntIndex::tree_backward(IndexWalk* walk, int64_t stop, Entry* out, uint32_t max) const {
  uint32_t n = 0;
  auto p = tree_.last_before({walk->key, walk->row});
  while (p.leaf != nullptr && (*p).key >= stop) {
    if (n == max) return n;
    out[n++] = *p;
    walk->key = (*p).key;
    walk->row = (*p).row;
    p.step_back();
  }
  if (stop == walk->range.int_lower) {
    walk->keys_done = true;
  } else {
    walk->key = stop - 1;
    walk->row = UINT64_MAX;
  }
  return n;
}

uint32_t IntIndex::map_backward(IndexWalk* walk, int64_t stop, Entry* out, uint32_t max) const {
  uint32_t n = 0;
  uint64_t begin = place(stop);
  for (uint64_t at = place(walk->key);; --at) {
    at = map_.previous_used(begin, at);
    if (at + 1 == begin) break;
    int64_t key = static_cast<int64_t>(at + static_cast<uint64_t>(base_));
    RowId before = key == walk->key ? walk->row : UINT64_MAX;
    uint32_t cell = map_.get(at);
    if (cell != DirectMap::kMany) {
      if (DirectMap::row_of(cell) < before) {
        if (n == max) return n;
        out[n++] = {key, DirectMap::row_of(cell)};
        walk->key = key;
        walk->row = DirectMap::row_of(cell);
      }
    } else {
      for (auto p = tree_.last_before({key, before}); p.leaf != nullptr && (*p).key == key;
           p = tree_.last_before(*p)) {
        if (n == max) return n;
        out[n++] = *p;
        walk->key = key;
        walk->row = (*p).row;
      }
    }
    if (at == begin) break;
  }
  if (stop == walk->range.int_lower) {
    walk->keys_done = true;
  } else {
    walk->key = stop - 1;
    walk->row = UINT64_MAX;
  }
  return n;
}

uint32_t IntIndex::fetch_backward(IndexWalk* walk, Entry* out, uint32_t max) const {
  uint32_t n = 0;
  int64_t low = walk->range.int_lower;
  while (n < max && !walk->keys_done) {
    if (!direct_ || map_.limit() == 0 || walk->key < base_) {
      n += tree_backward(walk, low, out + n, max - n);
    } else if (in_map(walk->key)) {
      n += map_backward(walk, std::max(low, base_), out + n, max - n);
    } else {
      int64_t limit = static_cast<int64_t>(map_.limit() + static_cast<uint64_t>(base_));
      n += tree_backward(walk, std::max(low, limit), out + n, max - n);
    }
  }
  return n;
}

void IntIndex::skip_key(IndexWalk* walk, const Entry& e, EntrySort sort) const {
  if (sort == EntrySort::kNull) {
    walk->nulls_done = true;
    walk->row = UINT64_MAX;
    return;
  }
  bool forward = walk->direction == Direction::kForward;
  walk->keys_done = e.key == (forward ? walk->range.int_upper : walk->range.int_lower);
  walk->key = forward && !walk->keys_done ? e.key + 1 : e.key;
  walk->row = 0;
}

uint32_t IntIndex::fetch(IndexWalk* walk, Entry* out, uint32_t max, EntrySort* sort) const {
  if (walk->direction == Direction::kForward) {
    if (!walk->keys_done) {
      *sort = EntrySort::kKey;
      return fetch_forward(walk, out, max);
    }
    *sort = EntrySort::kNull;
    return fetch_nulls(walk, out, max);
  }
  if (!walk->nulls_done) {
    *sort = EntrySort::kNull;
    uint32_t n = fetch_nulls(walk, out, max);
    if (walk->nulls_done) walk->row = UINT64_MAX;
    return n;
  }
  *sort = EntrySort::kKey;
  return fetch_backward(walk, out, max);
}

uint64_t IntIndex::hop_forward(IndexWalk* walk, uint64_t n) const {
  int64_t stop = walk->range.int_upper;
  if (in_map(walk->key)) {
    if (walk->row != 0) return 0;
    const uint64_t to = std::min(place(stop), map_.limit() - 1);
    uint64_t at = place(walk->key);
    const uint64_t passed = map_.pass(&at, to, n);
    walk->key = static_cast<int64_t>(at + static_cast<uint64_t>(base_));
    return passed;
  }
  if (direct_ && map_.limit() != 0 && walk->key < base_) stop = std::min(stop, base_ - 1);
  auto p = tree_.lower_bound({walk->key, walk->row});
  const uint64_t passed =
      tree_.pass_leaves(&p, n, [&](const Entry& e) { return e.key <= stop; });
  if (passed != 0) {
    walk->key = (*p).key;
    walk->row = (*p).row;
  }
  return passed;
}

uint64_t IntIndex::hop_backward(IndexWalk* walk, uint64_t n) const {
  int64_t stop = walk->range.int_lower;
  if (in_map(walk->key)) {
    if (walk->row != UINT64_MAX) return 0;
    const uint64_t to = stop < base_ ? 0 : place(stop);
    uint64_t at = place(walk->key);
    const uint64_t passed = map_.pass_back(&at, to, n);
    walk->key = static_cast<int64_t>(at + static_cast<uint64_t>(base_));
    return passed;
  }
  if (direct_ && map_.limit() != 0 && walk->key >= base_) {
    stop = std::max(stop, static_cast<int64_t>(map_.limit() + static_cast<uint64_t>(base_)));
  }
  auto p = tree_.last_before({walk->key, walk->row});
  // The first entry has to be in the range too: it is counted with its leaf.
  if (p.leaf == nullptr || (*p).key < stop) return 0;
  const uint64_t passed =
      tree_.pass_leaves_back(&p, n, [&](const Entry& e) { return e.key >= stop; });
  if (passed != 0) {
    walk->key = (*p).key;
    walk->row = (*p).row + 1;
  }
  return passed;
}

uint64_t IntIndex::hop(IndexWalk* walk, uint64_t n) const {
  if (walk->keys_done) return 0;
  if (walk->direction == Direction::kForward) return hop_forward(walk, n);
  return walk->nulls_done ? hop_backward(walk, n) : 0;
}

uint64_t IntIndex::skip(IndexWalk* walk, uint64_t n) const {
  constexpr uint32_t kBatch = 64;
  Entry entries[kBatch];
  if (!walk->started) start(walk);
  uint64_t left = n;
  while (left > 0 && !walk->done()) {
    if (left >= kBatch) left -= hop(walk, left);
    if (left == 0) break;
    EntrySort sort = EntrySort::kKey;
    left -= fetch(walk, entries, static_cast<uint32_t>(std::min<uint64_t>(kBatch, left)), &sort);
  }
  return n - left;
}

uint32_t IntIndex::next(IndexWalk* walk, const ReadView& view, WalkMode mode, RowRef* rows,
                        RowId* ids, uint32_t max) const {
  constexpr uint32_t kBatch = 64;
  Entry entries[kBatch];
  if (!walk->started) start(walk);
  bool check = retired();
  uint32_t n = 0;
  while (n < max && !walk->done()) {
    uint32_t want = mode == WalkMode::kOneRowPerKey ? 1 : std::min(kBatch, max - n);
    EntrySort sort = EntrySort::kKey;
    uint32_t got = fetch(walk, entries, want, &sort);
    if (got > 2) {
      for (uint32_t i = 0; i < got; ++i) prefetch_row(*core_, entries[i].row);
    }
    for (uint32_t i = 0; i < got; ++i) {
      const Entry& e = entries[i];
      auto matches = [&](const uint8_t* image) {
        if (column_.is_null(image)) return sort == EntrySort::kNull;
        return sort == EntrySort::kKey && int_key(column_, image) == e.key;
      };
      RowRef row = resolve_entry(*core_, e.row, view, check, matches);
      if (row == nullptr) continue;
      rows[n] = row;
      if (ids != nullptr) ids[n] = e.row;
      ++n;
      if (mode == WalkMode::kOneRowPerKey) skip_key(walk, e, sort);
    }
  }
  return n;
}

}  // namespace orrery::storage
