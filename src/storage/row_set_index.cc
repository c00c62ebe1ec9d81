#include "storage/row_set_index.h"

#include "base/assert.h"
#include "storage/table_impl.h"

namespace orrery::storage {
namespace {
constexpr size_t kCapacityMin = 16;
}  // namespace

RowSetIndex::RowSetIndex(const RowLayout& layout, const TableCore* core)
    : IndexImpl(IndexDef{}, layout, core), layout_(layout) {}

bool RowSetIndex::same_whole_row(const uint8_t* a, const uint8_t* b) const {
  return layout_.same_row(a, b) || hash_of(a) == hash_of(b);
}

void RowSetIndex::put(uint64_t entry) {
  size_t at = home_of(entry);
  while (entries_[at] != 0) at = after(at);
  entries_[at] = entry;
}

void RowSetIndex::resize(size_t capacity) {
  std::vector<uint64_t> old(capacity, 0);
  old.swap(entries_);
  for (uint64_t entry : old) {
    if (entry != 0) put(entry);
  }
}

void RowSetIndex::add(const uint8_t* image, RowId row) {
  ORRERY_ASSERT(row <= kRowMax);
  if ((count_ + 1) * 5 > entries_.size() * 4) {
    resize(std::max(kCapacityMin, entries_.size() + entries_.size() / 2));
  }
  const uint64_t entry = entry_of(hash_of(image), row);
  size_t at = home_of(entry);
  for (; entries_[at] != 0; at = after(at)) {
    if (entries_[at] == entry) return;
  }
  entries_[at] = entry;
  ++count_;
}

void RowSetIndex::remove(const uint8_t* image, RowId row) {
  if (entries_.empty()) return;
  const uint64_t entry = entry_of(hash_of(image), row);
  size_t at = home_of(entry);
  for (; entries_[at] != entry; at = after(at)) {
    if (entries_[at] == 0) return;
  }
  // Entries behind the gap move up where that brings them nearer to their homes.
  const size_t size = entries_.size();
  for (size_t next = after(at); entries_[next] != 0; next = after(next)) {
    const size_t from_home = (next + size - home_of(entries_[next])) % size;
    const size_t from_gap = (next + size - at) % size;
    if (from_home < from_gap) continue;
    entries_[at] = entries_[next];
    at = next;
  }
  entries_[at] = 0;
  --count_;
  if (size > kCapacityMin && count_ * 8 < size) resize(std::max(kCapacityMin, size / 4));
}

void RowSetIndex::find(const uint8_t* image, RowList* rows) const {
  if (entries_.empty()) return;
  const uint64_t probe = entry_of(hash_of(image), 0);
  for (size_t at = home_of(probe); entries_[at] != 0; at = after(at)) {
    if (entries_[at] >> 32 == probe >> 32) rows->add((entries_[at] & UINT32_MAX) - 1);
  }
}

Status RowSetIndex::build(std::span<const RowId> rows, const CancelFlag* cancelled) {
  ORRERY_ASSERT(count_ == 0);
  if (!rows.empty() && rows.back() > kRowMax) {
    return Error(ErrorCode::kLimit, "too many rows for a table that is a set");
  }
  resize(std::max(kCapacityMin, rows.size() + rows.size() / 2));
  return visit_each(rows, cancelled,
                    [&](RowId row) { add(core_->pages.image(row), row); });
}

// Nobody walks it or asks it for a key of some columns.
void RowSetIndex::find(std::span<const types::Datum>, RowList*) const {}
KeyRange RowSetIndex::range(std::span<const types::Datum>, const KeyBound&,
                            const KeyBound&) const {
  KeyRange none;
  none.empty = true;
  return none;
}
KeyRange RowSetIndex::range(const ImageBounds&) const { return range({}, {}, {}); }
uint32_t RowSetIndex::next(IndexWalk* walk, const ReadView&, WalkMode, RowRef*, RowId*,
                           uint32_t) const {
  walk->keys_done = walk->nulls_done = true;
  return 0;
}
uint64_t RowSetIndex::skip(IndexWalk*, uint64_t) const { return 0; }
uint64_t RowSetIndex::count(const IndexWalk&) const { return 0; }

}  // namespace orrery::storage
