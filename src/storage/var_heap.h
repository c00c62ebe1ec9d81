// VarHeap: memory for the variable-length cells of one table.
//
// Runs of bytes without headers (their owner knows the length) from size classes with free lists;
// long runs come from the allocator. Not thread-safe: the table's latch guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "env/memory.h"

namespace orrery::storage {

class VarHeap {
 public:
  VarHeap() = default;
  ~VarHeap();
  VarHeap(const VarHeap&) = delete;
  VarHeap& operator=(const VarHeap&) = delete;

  char* allocate(uint32_t bytes);
  /// `bytes` must be what allocate() was given.
  void free(char* p, uint32_t bytes);
  uint64_t memory_bytes() const { return memory_bytes_; }

 private:
  static constexpr uint32_t kClasses = 40;
  static constexpr uint32_t kClassBytesMax = 8192;
  static uint32_t class_of(uint32_t bytes);
  static uint32_t class_bytes(uint32_t index);
  char* carve(uint32_t bytes);

  struct FreeRun {
    FreeRun* next;
  };
  struct LargeRun {
    LargeRun* next;
    LargeRun* previous;
  };
  FreeRun* free_[kClasses] = {};
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<env::LargeBlock> large_blocks_;
  char* p_ = nullptr;
  uint32_t left_ = 0;
  uint32_t next_block_bytes_ = 16 << 10;
  LargeRun* large_ = nullptr;
  uint64_t memory_bytes_ = 0;
};

}  // namespace orrery::storage
