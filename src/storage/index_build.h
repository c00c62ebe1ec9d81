// What filling an index in one go needs: stopping on the way, and sorting that can be stopped.
//
// The flag is set by another thread; null: nobody can. An index whose filling was stopped is good
// for nothing but its destruction.
#pragma once

#include <algorithm>
#include <atomic>
#include <span>

#include "base/result.h"

namespace orrery::storage {

using CancelFlag = std::atomic<bool>;

inline Status check_cancelled(const CancelFlag* cancelled) {
  if (cancelled == nullptr || !cancelled->load(std::memory_order_relaxed)) return {};
  return Error(ErrorCode::kCancelled, "query cancelled");
}

/// Between two looks at the flag; a power of two.
inline constexpr size_t kRowsPerCancelCheck = 4096;
/// As many entries are sorted in a tenth of a second or so.
inline constexpr size_t kSortedAtOnce = size_t{1} << 20;

template <class Entry, class Less>
Status sort_entries(std::span<Entry> entries, Less less, const CancelFlag* cancelled) {
  ORRERY_TRY(check_cancelled(cancelled));
  if (cancelled == nullptr || entries.size() <= kSortedAtOnce) {
    std::sort(entries.begin(), entries.end(), less);
    return {};
  }
  size_t half = entries.size() / 2;
  auto middle = entries.begin() + static_cast<ptrdiff_t>(half);
  std::nth_element(entries.begin(), middle, entries.end(), less);
  ORRERY_TRY(sort_entries(entries.first(half), less, cancelled));
  ORRERY_TRY(sort_entries(entries.subspan(half), less, cancelled));
  return {};
}

/// Calls visit(item) for each, until the flag is set.
template <class Item, class Visit>
Status visit_each(std::span<const Item> items, const CancelFlag* cancelled, Visit&& visit) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i % kRowsPerCancelCheck == 0) ORRERY_TRY(check_cancelled(cancelled));
    visit(items[i]);
  }
  return {};
}

}  // namespace orrery::storage
