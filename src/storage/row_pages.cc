#include "storage/row_pages.h"

namespace orrery::storage {
namespace {
constexpr uint32_t kPageBytes = 128 << 10;
/// The first page grows from this, so that a small table is small.
constexpr uint32_t kSlotsMin = 16;
/// Pages of a table beyond this size lie in large blocks.
constexpr uint64_t kSmallBytes = 1 << 20;
}  // namespace

RowPages::RowPages(uint32_t image_bytes) : slot_bytes_(8 + ((image_bytes + 7) & ~7u)) {
  shift_ = 4;
  while ((slot_bytes_ << (shift_ + 1)) <= kPageBytes && shift_ < 16) ++shift_;
  static_assert(kSlotsMin == 1u << 4);
  mask_ = (uint64_t{1} << shift_) - 1;
}

void RowPages::add_page() {
  // Left uninitialised: memory is touched only as slots are used.
  size_t bytes = size_t{slot_bytes_} << shift_;
  Page page;
  if (memory_bytes_ < kSmallBytes || bytes > env::LargeBlock::kBytes / 4) {
    page.owner.reset(new uint64_t[bytes / 8]);
    page.data = reinterpret_cast<uint8_t*>(page.owner.get());
    memory_bytes_ += bytes;
  } else {
    if (block_left_ < bytes) {
      blocks_.emplace_back();
      block_left_ = blocks_.back().size();
      memory_bytes_ += block_left_;
    }
    page.data =
        reinterpret_cast<uint8_t*>(blocks_.back().data() + blocks_.back().size() - block_left_);
    block_left_ -= bytes;
  }
  pages_.push_back(std::move(page));
}

RowId RowPages::allocate_freed() {
  RowId row = free_head_;
  std::memcpy(&free_head_, image(row), 8);
  ORRERY_DCHECK(word(row) == kWordFree);
  set_word(row, 0);
  ++pages_[row >> shift_].used;
  ++used_;
  return row;
}

void RowPages::free(RowId row) {
  release_at(row);
  std::memcpy(image(row), &free_head_, 8);
  free_head_ = row;
}

void RowPages::release_at(RowId row) {
  ORRERY_DCHECK(in_use(row));
  set_word(row, kWordFree);
  --pages_[row >> shift_].used;
  --used_;
}

void RowPages::allocate_at(RowId row) {
  while (end_ <= row) {
    if (end_ >= pages_.size() << shift_) add_page();
    uint64_t zero = 0;
    std::memcpy(slot(end_), &zero, 8);
    if (end_ != row) set_word(end_, kWordFree);
    ++end_;
    if (end_ > row) {
      ++pages_[row >> shift_].used;
      ++used_;
      return;
    }
  }
  ORRERY_DCHECK(!in_use(row));
  set_word(row, 0);
  ++pages_[row >> shift_].used;
  ++used_;
}

void RowPages::rebuild_free_list() {
  free_head_ = kNoSlot;
  for (RowId row = end_; row-- > 0;) {
    if ((word(row) & kWordFree) == 0) continue;
    std::memcpy(image(row), &free_head_, 8);
    free_head_ = row;
  }
}

}  // namespace orrery::storage
