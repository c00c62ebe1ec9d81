#include "storage/direct_map.h"

#include <algorithm>

namespace orrery::storage {

bool DirectMap::set_in_run(Page* page, uint32_t at, uint32_t cell) {
  uint32_t step = at - page->run_first;
  uint32_t old = step < page->used ? page->run_cell + step : kEmpty;
  if (cell == old) return true;
  if (cell == kMany) return false;
  if (page->used == 0) {
    page->run_first = at;
    page->run_cell = cell;
  } else if (cell == kEmpty) {
    if (step == 0) {
      ++page->run_first;
      ++page->run_cell;
    } else if (step != page->used - 1) {
      return false;
    }
    --page->used;
    --used_;
    return true;
  } else if (step != page->used || cell != page->run_cell + step) {
    return false;
  }
  ++page->used;
  ++used_;
  return true;
}

void DirectMap::write_out(Page* page) {
  page->cells.reset(new uint32_t[kPageKeys]());
  ++page_count_;
  for (uint32_t i = 0; i < page->used; ++i) page->cells[page->run_first + i] = page->run_cell + i;
}

void DirectMap::set(uint64_t key, uint32_t cell) {
  Page& page = pages_[key >> kPageShift];
  uint32_t at = static_cast<uint32_t>(key & (kPageKeys - 1));
  if (page.cells == nullptr) {
    if (set_in_run(&page, at, cell)) return;
    write_out(&page);
  }
  uint32_t& place = page.cells[at];
  uint32_t used = static_cast<uint32_t>(cell != kEmpty) - static_cast<uint32_t>(place != kEmpty);
  uint32_t many = static_cast<uint32_t>(cell == kMany) - static_cast<uint32_t>(place == kMany);
  page.used += used;
  page.many += many;
  used_ += static_cast<uint64_t>(static_cast<int32_t>(used));
  many_ += static_cast<uint64_t>(static_cast<int32_t>(many));
  place = cell;
  if (page.used == 0) {
    page.cells.reset();
    --page_count_;
  }
}

uint64_t DirectMap::next_used(uint64_t from, uint64_t to) const {
  while (from <= to) {
    const Page& page = pages_[from >> kPageShift];
    uint64_t end = std::min(to, from | (kPageKeys - 1));
    if (page.cells != nullptr) {
      for (; from <= end; ++from) {
        if (page.cells[from & (kPageKeys - 1)] != kEmpty) return from;
      }
    } else if (page.used != 0) {
      uint64_t first = (from & ~uint64_t{kPageKeys - 1}) + page.run_first;
      from = std::max(from, first);
      if (from <= end && from - first < page.used) return from;
    }
    from = end + 1;
  }
  return to + 1;
}

uint64_t DirectMap::previous_used(uint64_t from, uint64_t to) const {
  uint64_t key = to + 1;  // one more than the candidate, so that 0 needs no sign
  while (key > from) {
    const Page& page = pages_[(key - 1) >> kPageShift];
    uint64_t base = (key - 1) & ~uint64_t{kPageKeys - 1};
    uint64_t begin = std::max(from, base);
    if (page.cells != nullptr) {
      for (; key > begin; --key) {
        if (page.cells[(key - 1) & (kPageKeys - 1)] != kEmpty) return key - 1;
      }
    } else if (page.used != 0) {
      key = std::min(key, base + page.run_first + page.used);
      if (key > begin && key > base + page.run_first) return key - 1;
    }
    key = begin;
  }
  return from - 1;
}

uint64_t DirectMap::count_single(uint64_t from, uint64_t to) const {
  uint64_t n = 0;
  while (from <= to) {
    const Page& page = pages_[from >> kPageShift];
    uint64_t end = std::min(to, from | (kPageKeys - 1));
    if (end - from == kPageKeys - 1) {
      n += page.used - page.many;
    } else if (page.cells == nullptr) {
      uint64_t first = (from & ~uint64_t{kPageKeys - 1}) + page.run_first;
      uint64_t behind = std::min(end + 1, first + page.used);
      first = std::max(first, from);
      n += behind > first ? behind - first : 0;
    } else {
      for (uint64_t key = from; key <= end; ++key) {
        uint32_t cell = page.cells[key & (kPageKeys - 1)];
        n += cell != kEmpty && cell != kMany ? 1 : 0;
      }
    }
    from = end + 1;
  }
  return n;
}

uint64_t DirectMap::pass(uint64_t* at, uint64_t to, uint64_t n) const {
  uint64_t passed = 0;
  while (*at < to && passed < n) {
    const Page& page = pages_[*at >> kPageShift];
    if (page.many != 0) break;
    const uint64_t end = std::min(to, (*at | (kPageKeys - 1)) + 1);
    const bool whole = (*at & (kPageKeys - 1)) == 0 && end == *at + kPageKeys;
    if (page.used == 0 || (whole && page.used <= n - passed)) {
      passed += page.used;
      *at = end;
      continue;
    }
    for (; *at < end && passed < n; ++*at) {
      passed += get(*at) != kEmpty ? 1 : 0;
    }
  }
  return passed;
}

uint64_t DirectMap::pass_back(uint64_t* at, uint64_t to, uint64_t n) const {
  uint64_t passed = 0;
  while (*at > to && passed < n) {
    const Page& page = pages_[*at >> kPageShift];
    if (page.many != 0) break;
    const uint64_t begin = *at & ~uint64_t{kPageKeys - 1};
    const bool whole = *at == begin + kPageKeys - 1 && begin > to;
    if (begin > to && (page.used == 0 || (whole && page.used <= n - passed))) {
      passed += page.used;
      *at = begin - 1;
      continue;
    }
    for (uint64_t end = std::max(begin, to + 1); *at >= end && passed < n; --*at) {
      passed += get(*at) != kEmpty ? 1 : 0;
    }
  }
  return passed;
}

}  // namespace orrery::storage
