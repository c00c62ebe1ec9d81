// DirectMap: small non-negative integers to rows, an array in pages. The dense part of IntIndex.
//
// A cell is empty, one row, or kMany: the rows of that key are kept elsewhere (more than one, or a
// row id too large for a cell). A page whose keys follow each other just as their rows do, which is
// what loading in the order of the keys leaves behind, is only the description of that run: a
// lookup then touches no memory of its own. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/schema.h"

namespace orrery::storage {

class DirectMap {
 public:
  static constexpr uint32_t kPageShift = 12;
  static constexpr uint32_t kPageKeys = 1u << kPageShift;
  static constexpr uint32_t kEmpty = 0;
  static constexpr uint32_t kMany = UINT32_MAX;
  static constexpr RowId kRowMax = UINT32_MAX - 2;

  static uint32_t cell_of(RowId row) { return static_cast<uint32_t>(row) + 1; }
  static RowId row_of(uint32_t cell) { return cell - 1; }

  uint64_t limit() const { return uint64_t{pages_.size()} << kPageShift; }
  /// Keys beyond which the map would be too sparse.
  uint64_t reach() const { return kPageKeys + 8 * used_; }
  uint64_t used() const { return used_; }
  uint64_t many() const { return many_; }
  /// Makes keys below the first page boundary above `key` possible.
  void extend_to(uint64_t key) { pages_.resize((key >> kPageShift) + 1); }

  uint32_t get(uint64_t key) const {
    const Page& page = pages_[key >> kPageShift];
    uint32_t at = static_cast<uint32_t>(key & (kPageKeys - 1));
    if (page.cells != nullptr) return page.cells[at];
    uint32_t step = at - page.run_first;
    return step < page.used ? page.run_cell + step : kEmpty;
  }
  void set(uint64_t key, uint32_t cell);
  /// The first key in [from, to] with a cell, or to + 1.
  uint64_t next_used(uint64_t from, uint64_t to) const;
  /// The last key in [from, to] with a cell, or from - 1.
  uint64_t previous_used(uint64_t from, uint64_t to) const;
  /// Cells in [from, to] that hold one row.
  uint64_t count_single(uint64_t from, uint64_t to) const;
  /// From `*at` towards `to`, which is not passed: steps over cells, the used ones at most `n`, and
  /// stops before a page that has a kMany cell. Returns over how many used cells.
  uint64_t pass(uint64_t* at, uint64_t to, uint64_t n) const;
  uint64_t pass_back(uint64_t* at, uint64_t to, uint64_t n) const;
  uint64_t memory_bytes() const {
    return pages_.capacity() * sizeof(Page) + page_count_ * kPageKeys * 4;
  }

 private:
  struct Page {
    std::unique_ptr<uint32_t[]> cells;  ///< nullptr: `used` keys from run_first on are a run
    uint32_t used = 0;
    uint32_t many = 0;
    uint32_t run_first = 0;  ///< in the page
    uint32_t run_cell = 0;   ///< of run_first
  };
  /// Changes a run where the result is one; false where it is not.
  bool set_in_run(Page* page, uint32_t at, uint32_t cell);
  void write_out(Page* page);
  std::vector<Page> pages_;
  uint64_t used_ = 0;  ///< cells that are not empty
  uint64_t many_ = 0;
  uint64_t page_count_ = 0;  ///< pages with cells
};

}  // namespace orrery::storage
