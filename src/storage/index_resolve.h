// From index entries to visible rows; shared by the kinds of index.
#pragma once

#include "storage/index_impl.h"
#include "storage/table_impl.h"

namespace orrery::storage {

/// Gives out the visible row of an entry, or nullptr. `matches(image)` says whether a version has
/// the entry's key; it is asked only where the row may have other versions.
template <class Matches>
inline RowRef resolve_entry(const TableCore& core, RowId row, const ReadView& view, bool check,
                            Matches&& matches) {
  const uint8_t* slot = core.pages.slot(row);
  uint64_t word;
  std::memcpy(&word, slot, 8);
  if (word == 0 && !check) return slot + 8;
  const uint8_t* image = visible_image(word, slot + 8, view);
  return image != nullptr && matches(image) ? image : nullptr;
}

inline void prefetch_row(const TableCore& core, RowId row) {
  const uint8_t* slot = core.pages.slot(row);
  __builtin_prefetch(slot);
  __builtin_prefetch(slot + 64);
}

}  // namespace orrery::storage
