#include "storage/index_bytes.h"

#include <algorithm>

#include "storage/index_resolve.h"

namespace orrery::storage {

using types::Datum;

namespace {

uint64_t big_endian_prefix(std::string_view s) {
  uint64_t v = 0;
  std::memcpy(&v, s.data(), std::min<size_t>(s.size(), 8));
  return __builtin_bswap64(v);
}

/// Scratch that keeps its memory between calls of one thread.
std::string& key_scratch() {
  static thread_local std::string scratch;
  scratch.clear();
  return scratch;
}

}  // namespace

BytesKey::BytesKey(std::string_view s) : size(static_cast<uint32_t>(s.size())) {
  head = s.empty() ? 0 : big_endian_prefix(s);
  if (size > kInline) {
    tail = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(s.data()));
  } else if (size > 8) {
    tail = big_endian_prefix(s.substr(8));
  }
}

std::string_view BytesKey::view(char* space) const {
  if (size > kInline) return {pointer(), size};
  uint64_t a = __builtin_bswap64(head), b = __builtin_bswap64(tail);
  std::memcpy(space, &a, 8);
  std::memcpy(space + 8, &b, 8);
  return {space, size};
}

int BytesTraits::compare_long(const BytesKey& a, const BytesKey& b) {
  char sa[16], sb[16];
  return a.view(sa).compare(b.view(sb));
}

void append_row_key(std::span<const KeyColumn> columns, const uint8_t* image, std::string* out) {
  for (size_t i = 0; i < columns.size(); ++i) {
    append_key(columns[i], image, i + 1 == columns.size() ? KeyPlace::kLast : KeyPlace::kInside,
               out);
  }
}

BytesKey BytesIndex::own(std::string_view key) {
  if (key.size() <= BytesKey::kInline) return BytesKey(key);
  char* p = heap_.allocate(static_cast<uint32_t>(key.size()));
  std::memcpy(p, key.data(), key.size());
  return BytesKey({p, key.size()});
}

void BytesIndex::add(const uint8_t* image, RowId row) {
  std::string& key = key_scratch();
  append_row_key(columns_, image, &key);
  BytesKey stored = own(key);
  if (!tree_.insert({stored, row}) && stored.size > BytesKey::kInline) {
    heap_.free(const_cast<char*>(stored.pointer()), stored.size);
  }
}

void BytesIndex::remove(const uint8_t* image, RowId row) {
  std::string& key = key_scratch();
  append_row_key(columns_, image, &key);
  Entry removed;
  if (!tree_.erase({BytesKey(key), row}, &removed)) return;
  if (removed.key.size > BytesKey::kInline) {
    heap_.free(const_cast<char*>(removed.key.pointer()), removed.key.size);
  }
}

void BytesIndex::find_key(std::string_view key, RowList* rows) const {
  Entry probe{BytesKey(key), 0};
  for (auto p = tree_.lower_bound(probe); p.leaf != nullptr; p.step()) {
    if (!BytesTraits::same_key(*p, probe)) break;
    rows->add((*p).row);
  }
}

void BytesIndex::find(const uint8_t* image, RowList* rows) const {
  std::string& key = key_scratch();
  append_row_key(columns_, image, &key);
  find_key(key, rows);
}

void BytesIndex::find(std::span<const Datum> cells, RowList* rows) const {
  std::string& key = key_scratch();
  for (size_t i = 0; i < cells.size(); ++i) {
    KeyPlace place = i + 1 == columns_.size() ? KeyPlace::kLast : KeyPlace::kInside;
    if (!append_key(columns_[i], cells[i], place, &key)) return;
  }
  find_key(key, rows);
}

Status BytesIndex::build(std::span<const RowId> rows, const CancelFlag* cancelled) {
  std::vector<Entry> entries;
  entries.reserve(rows.size());
  ORRERY_TRY(visit_each(rows, cancelled, [&](RowId row) {
    std::string& key = key_scratch();
    append_row_key(columns_, core_->pages.image(row), &key);
    entries.push_back({own(key), row});
  }));
  ORRERY_TRY(sort_entries(std::span<Entry>(entries), BytesTraits::less, cancelled));
  // Ascending, so every leaf but the last fills up.
  return visit_each(std::span<const Entry>(entries), cancelled,
                    [&](const Entry& e) { tree_.insert(e); });
}

namespace {

/// The least key greater than every key whose column part is the one that `key` ends with; empty
/// where there is none.
void step_behind(bool raw_end, std::string* key) {
  if (raw_end) {
    key->push_back('\0');
  } else if (!make_successor(key)) {
    key->clear();
  }
}

enum class BoundPlace : uint8_t { kAt, kBehind, kBeforeAll, kNowhere };

/// Appends the bound's column part. kBehind: the bound lies between the part's keys and the next.
BoundPlace append_bound(const KeyColumn& column, const Datum& value, KeyPlace place,
                        std::string* out) {
  if (value.is_null()) return BoundPlace::kNowhere;
  if (!has_int_key(column)) {
    return append_key(column, value, place, out) ? BoundPlace::kAt : BoundPlace::kNowhere;
  }
  int64_t key = 0;
  bool exact = true;
  if (!int_key_floor(column, value, &key, &exact)) return BoundPlace::kBeforeAll;
  if (column.nullable) out->push_back(kKeyValue);
  uint64_t ordered = __builtin_bswap64(static_cast<uint64_t>(key) ^ (uint64_t{1} << 63));
  out->append(reinterpret_cast<const char*>(&ordered), 8);
  return exact ? BoundPlace::kAt : BoundPlace::kBehind;
}

}  // namespace

/// r->lower is the equal prefix; narrows the range by bounds on the next column.
void BytesIndex::bound_range(const KeyBound& lower, const KeyBound& upper, const KeyColumn& column,
                             KeyPlace place, KeyRange* r) const {
  const std::string prefix = r->lower;
  bool raw_end = place == KeyPlace::kLast && column.is_raw();
  if (lower.kind != BoundKind::kUnbounded) {
    BoundPlace at = append_bound(column, lower.value, place, &r->lower);
    if (at == BoundPlace::kNowhere) r->empty = true;
    if (at == BoundPlace::kBehind ||
        (at == BoundPlace::kAt && lower.kind == BoundKind::kExcluded)) {
      step_behind(raw_end, &r->lower);
      if (r->lower.empty()) r->empty = true;
    }
  }
  r->upper = prefix;
  if (upper.kind == BoundKind::kUnbounded) {
    if (lower.kind != BoundKind::kUnbounded && column.nullable) {
      r->upper.push_back(kKeyAfterValues);
    } else {
      step_behind(false, &r->upper);
    }
    return;
  }
  BoundPlace at = append_bound(column, upper.value, place, &r->upper);
  if (at == BoundPlace::kNowhere || at == BoundPlace::kBeforeAll) {
    r->empty = true;
  } else if (at == BoundPlace::kBehind || upper.kind == BoundKind::kIncluded) {
    step_behind(raw_end, &r->upper);
  } else if (r->upper.empty()) {
    r->empty = true;
  }
}

KeyRange BytesIndex::range(std::span<const Datum> equal, const KeyBound& lower,
                           const KeyBound& upper) const {
  KeyRange r;
  size_t n = columns_.size();
  for (size_t i = 0; i < equal.size(); ++i) {
    KeyPlace place = i + 1 == n ? KeyPlace::kLast : KeyPlace::kInside;
    if (equal[i].is_null() || !append_key(columns_[i], equal[i], place, &r.lower)) {
      r.empty = true;
      return r;
    }
  }
  if (equal.size() == n) {
    r.upper = r.lower;
    step_behind(columns_[n - 1].is_raw(), &r.upper);
    return r;
  }
  size_t next = equal.size();
  bound_range(lower, upper, columns_[next], next + 1 == n ? KeyPlace::kLast : KeyPlace::kInside,
              &r);
  if (!r.upper.empty() && r.lower >= r.upper) r.empty = true;
  return r;
}

KeyRange BytesIndex::range(const ImageBounds& bounds) const {
  KeyRange r;
  size_t n = columns_.size();
  for (uint32_t i = 0; i < bounds.equal_columns; ++i) {
    append_key(columns_[i], bounds.image, i + 1 == n ? KeyPlace::kLast : KeyPlace::kInside,
               &r.lower);
  }
  r.upper = r.lower;
  if (bounds.equal_columns == n) {
    step_behind(columns_[n - 1].is_raw(), &r.upper);
    return r;
  }
  const KeyColumn& column = columns_[bounds.equal_columns];
  KeyPlace place = bounds.equal_columns + 1 == n ? KeyPlace::kLast : KeyPlace::kInside;
  bool raw_end = place == KeyPlace::kLast && column.is_raw();
  if (bounds.lower != BoundKind::kUnbounded) {
    append_key(column, bounds.image, place, &r.lower);
    if (bounds.lower == BoundKind::kExcluded) {
      step_behind(raw_end, &r.lower);
      r.empty = r.lower.empty();
    }
  }
  if (bounds.upper == BoundKind::kUnbounded) {
    step_behind(false, &r.upper);
  } else {
    append_key(column, bounds.upper_image, place, &r.upper);
    if (bounds.upper == BoundKind::kIncluded) {
      step_behind(raw_end, &r.upper);
    } else if (r.upper.empty()) {
      r.empty = true;
    }
  }
  if (!r.upper.empty() && r.lower >= r.upper) r.empty = true;
  return r;
}

void BytesIndex::start(IndexWalk* walk) const {
  walk->started = true;
  walk->nulls_done = true;
  walk->keys_done = walk->range.empty;
  if (walk->direction == Direction::kForward) {
    walk->bytes = walk->range.lower;
    walk->row = 0;
  } else {
    walk->bytes = walk->range.upper;
    walk->row = walk->range.upper.empty() ? UINT64_MAX : 0;
  }
}

// A forward walk gives entries >= (bytes, row); a backward walk entries < that, all where
// bytes is empty and row is UINT64_MAX.
uint32_t BytesIndex::fetch(IndexWalk* walk, Entry* out, uint32_t max) const {
  uint32_t n = 0;
  char space[BytesKey::kInline];
  if (walk->direction == Direction::kForward) {
    Entry end{BytesKey(walk->range.upper), 0};
    auto p = tree_.lower_bound({BytesKey(walk->bytes), walk->row});
    for (; p.leaf != nullptr && n < max; p.step()) {
      if (end.key.size != 0 && !BytesTraits::less(*p, end)) break;
      out[n++] = *p;
    }
    if (n < max) {
      walk->keys_done = true;
    } else {
      walk->bytes = out[n - 1].key.view(space);
      walk->row = out[n - 1].row + 1;
    }
    return n;
  }
  Entry begin{BytesKey(walk->range.lower), 0};
  bool from_end = walk->bytes.empty() && walk->row == UINT64_MAX;
  auto p = from_end ? tree_.last() : tree_.last_before({BytesKey(walk->bytes), walk->row});
  for (; p.leaf != nullptr && n < max; p.step_back()) {
    if (BytesTraits::less(*p, begin)) break;
    out[n++] = *p;
  }
  if (n < max) {
    walk->keys_done = true;
  } else {
    walk->bytes = out[n - 1].key.view(space);
    walk->row = out[n - 1].row;
  }
  return n;
}

void BytesIndex::skip_key(IndexWalk* walk, const Entry& e, const uint8_t* image) const {
  bool forward = walk->direction == Direction::kForward;
  if (columns_.size() == 1) {
    char space[BytesKey::kInline];
    walk->bytes = e.key.view(space);
    walk->row = forward ? UINT64_MAX : 0;
    return;
  }
  walk->bytes.clear();
  append_key(columns_[0], image, KeyPlace::kInside, &walk->bytes);
  walk->row = 0;
  if (forward && !make_successor(&walk->bytes)) walk->keys_done = true;
}

uint32_t BytesIndex::next(IndexWalk* walk, const ReadView& view, WalkMode mode, RowRef* rows,
                          RowId* ids, uint32_t max) const {
  constexpr uint32_t kBatch = 64;
  Entry entries[kBatch];
  if (!walk->started) start(walk);
  bool check = retired();
  uint32_t n = 0;
  while (n < max && !walk->done()) {
    uint32_t want = mode == WalkMode::kOneRowPerKey ? 1 : std::min(kBatch, max - n);
    uint32_t got = fetch(walk, entries, want);
    if (got > 2) {
      for (uint32_t i = 0; i < got; ++i) prefetch_row(*core_, entries[i].row);
    }
    for (uint32_t i = 0; i < got; ++i) {
      const Entry& e = entries[i];
      auto matches = [&](const uint8_t* image) {
        std::string& key = key_scratch();
        append_row_key(columns_, image, &key);
        return BytesTraits::compare(BytesKey(key), e.key) == 0;
      };
      RowRef row = resolve_entry(*core_, e.row, view, check, matches);
      if (row == nullptr) continue;
      rows[n] = row;
      if (ids != nullptr) ids[n] = e.row;
      ++n;
      if (mode == WalkMode::kOneRowPerKey) skip_key(walk, e, row);
    }
  }
  return n;
}

/// Passes over many entries at once where that is easy, over none where it is not.
uint64_t BytesIndex::hop(IndexWalk* walk, uint64_t n) const {
  char space[BytesKey::kInline];
  uint64_t passed = 0;
  if (walk->direction == Direction::kForward) {
    const Entry end{BytesKey(walk->range.upper), 0};
    auto p = tree_.lower_bound({BytesKey(walk->bytes), walk->row});
    passed = tree_.pass_leaves(
        &p, n, [&](const Entry& e) { return end.key.size == 0 || BytesTraits::less(e, end); });
    if (passed == 0) return 0;
    walk->bytes = (*p).key.view(space);
    walk->row = (*p).row;
    return passed;
  }
  const Entry begin{BytesKey(walk->range.lower), 0};
  const bool from_end = walk->bytes.empty() && walk->row == UINT64_MAX;
  auto p = from_end ? tree_.last() : tree_.last_before({BytesKey(walk->bytes), walk->row});
  auto inside = [&](const Entry& e) { return !BytesTraits::less(e, begin); };
  if (p.leaf == nullptr || !inside(*p)) return 0;
  passed = tree_.pass_leaves_back(&p, n, inside);
  if (passed == 0) return 0;
  walk->bytes = (*p).key.view(space);
  walk->row = (*p).row + 1;
  return passed;
}

uint64_t BytesIndex::skip(IndexWalk* walk, uint64_t n) const {
  constexpr uint32_t kBatch = 64;
  Entry entries[kBatch];
  if (!walk->started) start(walk);
  uint64_t left = n;
  while (left > 0 && !walk->done()) {
    if (left >= kBatch) left -= hop(walk, left);
    if (left != 0) {
      left -= fetch(walk, entries, static_cast<uint32_t>(std::min<uint64_t>(kBatch, left)));
    }
  }
  return n - left;
}

uint64_t BytesIndex::count(const IndexWalk& walk) const {
  IndexWalk w = walk;
  if (!w.started) start(&w);
  if (w.keys_done) return 0;
  Entry from{BytesKey(w.bytes), w.row};
  if (w.range.upper.empty()) return tree_.count_from(from);
  return tree_.count(from, {BytesKey(w.range.upper), 0});
}

uint64_t BytesIndex::distinct() const {
  uint64_t n = tree_.distinct_keys();
  if (columns_.size() > 1 || !columns_[0].nullable) return n;
  char null = kKeyNull;
  Entry probe{BytesKey({&null, 1}), 0};
  return tree_.lower_bound(probe).leaf != nullptr ? n - 1 : n;
}

uint64_t BytesIndex::memory_bytes() const { return tree_.memory_bytes() + heap_.memory_bytes(); }

}  // namespace orrery::storage
