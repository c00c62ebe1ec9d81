#include "storage/var_heap.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>

#include "base/assert.h"

namespace orrery::storage {
namespace {
/// Blocks double up to here, then they are the system's large ones.
constexpr uint32_t kLargeBlockFrom = 1 << 20;
}  // namespace

// Classes: 16, 24, 32, ... 128 in steps of 8, then four steps to every doubling up to 8192.
uint32_t VarHeap::class_of(uint32_t bytes) {
  if (bytes <= 128) return bytes <= 16 ? 0 : (bytes - 9) / 8;
  uint32_t top = 31 - static_cast<uint32_t>(std::countl_zero(bytes - 1));  // 2^top < bytes
  uint32_t quarter = ((bytes - 1) >> (top - 2)) & 3;
  return 15 + (top - 7) * 4 + quarter;
}

uint32_t VarHeap::class_bytes(uint32_t index) {
  if (index < 15) return 16 + index * 8;
  uint32_t step = index - 15;
  uint32_t top = 7 + step / 4;
  return (1u << top) + ((step % 4) + 1) * (1u << (top - 2));
}

VarHeap::~VarHeap() {
  while (large_ != nullptr) {
    LargeRun* next = large_->next;
    std::free(large_);
    large_ = next;
  }
}

char* VarHeap::carve(uint32_t bytes) {
  if (bytes > left_) {
    // What is left of the old block goes to the free lists in the largest pieces that fit.
    while (left_ >= 16) {
      uint32_t index = class_of(left_);
      if (class_bytes(index) > left_) --index;
      auto* run = reinterpret_cast<FreeRun*>(p_);
      run->next = free_[index];
      free_[index] = run;
      p_ += class_bytes(index);
      left_ -= class_bytes(index);
    }
    if (next_block_bytes_ >= kLargeBlockFrom) {
      large_blocks_.emplace_back();
      p_ = large_blocks_.back().data();
      left_ = static_cast<uint32_t>(large_blocks_.back().size());
    } else {
      left_ = next_block_bytes_;
      next_block_bytes_ *= 2;
      blocks_.push_back(std::unique_ptr<char[]>(new char[left_]));
      p_ = blocks_.back().get();
    }
    memory_bytes_ += left_;
  }
  char* p = p_;
  p_ += bytes;
  left_ -= bytes;
  return p;
}

char* VarHeap::allocate(uint32_t bytes) {
  if (bytes > kClassBytesMax) {
    auto* run = static_cast<LargeRun*>(std::malloc(sizeof(LargeRun) + bytes));
    ORRERY_ASSERT(run != nullptr);
    run->next = large_;
    run->previous = nullptr;
    if (large_ != nullptr) large_->previous = run;
    large_ = run;
    memory_bytes_ += bytes;
    return reinterpret_cast<char*>(run + 1);
  }
  uint32_t index = class_of(bytes);
  FreeRun* run = free_[index];
  if (run != nullptr) {
    free_[index] = run->next;
    return reinterpret_cast<char*>(run);
  }
  return carve(class_bytes(index));
}

void VarHeap::free(char* p, uint32_t bytes) {
  if (bytes > kClassBytesMax) {
    auto* run = reinterpret_cast<LargeRun*>(p) - 1;
    if (run->previous != nullptr) {
      run->previous->next = run->next;
    } else {
      large_ = run->next;
    }
    if (run->next != nullptr) run->next->previous = run->previous;
    memory_bytes_ -= bytes;
    std::free(run);
    return;
  }
  auto* run = reinterpret_cast<FreeRun*>(p);
  uint32_t index = class_of(bytes);
  run->next = free_[index];
  free_[index] = run;
}

}  // namespace orrery::storage
