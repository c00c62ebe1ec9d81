// RowPages: the slots of a table's rows, in pages of equal size. A slot is the version word and the
// row image; its number is the row's id.
//
// A page counts its slots whose word is not zero (free, deleted or versioned), so that a scan of a
// settled page is a plain loop. Freed slots are used again, last freed first. Not thread-safe: the
// table's latch guards it.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/assert.h"
#include "env/memory.h"
#include "storage/version.h"

namespace orrery::storage {

class RowPages {
 public:
  explicit RowPages(uint32_t image_bytes);

  uint32_t slot_bytes() const { return slot_bytes_; }
  uint32_t page_shift() const { return shift_; }
  /// Slots that were ever used; row ids are below.
  RowId end() const { return end_; }
  /// Slots of the page with a word that is not zero; those past end() do not count.
  uint32_t page_marked(uint64_t page) const { return pages_[page].marked; }
  /// Slots of the page that are not free.
  uint32_t page_used(uint64_t page) const { return pages_[page].used; }

  uint8_t* slot(RowId row) const {
    return pages_[row >> shift_].data + (row & mask_) * slot_bytes_;
  }
  uint64_t word(RowId row) const {
    uint64_t w;
    std::memcpy(&w, slot(row), 8);
    return w;
  }
  uint8_t* image(RowId row) const { return slot(row) + 8; }
  /// Keeps the page's count right.
  void set_word(RowId row, uint64_t word) {
    Page& page = pages_[row >> shift_];
    uint8_t* p = page.data + (row & mask_) * slot_bytes_;
    uint64_t old;
    std::memcpy(&old, p, 8);
    std::memcpy(p, &word, 8);
    uint32_t change = static_cast<uint32_t>(word != 0) - static_cast<uint32_t>(old != 0);
    page.marked += change;
    marked_ += static_cast<int32_t>(change);
  }
  bool in_use(RowId row) const { return row < end_ && (word(row) & kWordFree) == 0; }

  /// A slot with word 0 and an unspecified image.
  RowId allocate() {
    if (free_head_ != kNoSlot) return allocate_freed();
    if (end_ >= pages_.size() << shift_) add_page();
    RowId row = end_++;
    uint64_t zero = 0;
    std::memcpy(slot(row), &zero, 8);
    ++pages_[row >> shift_].used;
    ++used_;
    return row;
  }
  void free(RowId row);
  /// Recovery: slot `row` with word 0; slots skipped on the way are free (see rebuild_free_list).
  void allocate_at(RowId row);
  /// After allocate_at() and release_at(): the lowest slots are used first.
  void rebuild_free_list();
  /// Recovery: marks the slot free without linking it.
  void release_at(RowId row);

  uint64_t used() const { return used_; }
  /// Slots, free ones too, whose word is not zero.
  uint64_t marked() const { return marked_; }
  uint64_t memory_bytes() const { return memory_bytes_; }

 private:
  static constexpr RowId kNoSlot = UINT64_MAX;
  struct Page {
    uint8_t* data = nullptr;
    uint32_t marked = 0;
    uint32_t used = 0;
    std::unique_ptr<uint64_t[]> owner;  ///< nullptr where it lies in a block
  };
  void add_page();
  RowId allocate_freed();

  uint32_t slot_bytes_;
  uint32_t shift_;
  uint64_t mask_;
  std::vector<Page> pages_;
  std::vector<env::LargeBlock> blocks_;  ///< of the pages without an owner of their own
  size_t block_left_ = 0;                ///< bytes at the end of the last block
  uint64_t memory_bytes_ = 0;
  RowId end_ = 0;
  RowId free_head_ = kNoSlot;
  uint64_t used_ = 0;
  uint64_t marked_ = 0;
};

}  // namespace orrery::storage
