#include "fdb/runtime/frame_pool.h"

#include <array>
#include <cstdlib>
#include <new>

namespace orrery::fdb {
namespace {

constexpr size_t kStep = 128;
constexpr size_t kClasses = 16;  // frames up to 2 KiB
constexpr int kKeptPerClass = 64;

// The sanitizers are to see every frame that is used after it ended.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPooled = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kPooled = false;
#else
constexpr bool kPooled = true;
#endif
#else
constexpr bool kPooled = true;
#endif

struct Block {
  Block* next;
};

struct Kept {
  Block* first = nullptr;
  int count = 0;
};

struct ThreadPool {
  std::array<Kept, kClasses> classes;
  ~ThreadPool() {
    for (Kept& kept : classes) {
      while (kept.first != nullptr) {
        Block* block = kept.first;
        kept.first = block->next;
        std::free(block);
      }
      kept.count = kKeptPerClass;  // what this thread frees from here on goes to the allocator
    }
  }
};
thread_local ThreadPool pool;

size_t class_of(size_t size) {
  return (size + kStep - 1) / kStep - 1;
}

}  // namespace

void* allocate_frame(size_t size) {
  const size_t index = class_of(size);
  if (kPooled && index < kClasses) {
    Kept& kept = pool.classes[index];
    if (kept.first != nullptr) {
      Block* block = kept.first;
      kept.first = block->next;
      --kept.count;
      return block;
    }
    size = (index + 1) * kStep;
  }
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}

void free_frame(void* frame, size_t size) {
  const size_t index = class_of(size);
  if (kPooled && index < kClasses) {
    Kept& kept = pool.classes[index];
    if (kept.count < kKeptPerClass) {
      kept.first = new (frame) Block{kept.first};
      ++kept.count;
      return;
    }
  }
  std::free(frame);
}

}  // namespace orrery::fdb
