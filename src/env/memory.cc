#include "env/memory.h"

#include <cstdint>
#include <cstdlib>

#include "base/assert.h"
#include "base/sync.h"

#if !defined(__wasi__)
#include <sys/mman.h>
#endif

namespace orrery::env {

#if defined(__wasi__)

LargeBlock::LargeBlock(size_t bytes)
    : data_(static_cast<char*>(std::aligned_alloc(4096, (bytes + 4095) & ~size_t{4095}))),
      size_(bytes) {
  ORRERY_ASSERT(data_ != nullptr);
}
LargeBlock::~LargeBlock() {
  std::free(data_);
}

#else

namespace {

/// Blocks that were given back, for the next who want one: the system clears what it hands out,
/// which costs as much as filling it. Never destroyed: blocks may be released at the process's end.
class Spares {
 public:
  char* take() {
    LockGuard<Mutex> hold(mutex_);
    return count_ == 0 ? nullptr : blocks_[--count_];
  }
  bool keep(char* block) {
    LockGuard<Mutex> hold(mutex_);
    if (count_ == kBlocks) return false;
    blocks_[count_++] = block;
    return true;
  }

 private:
  static constexpr uint32_t kBlocks = 16;
  Mutex mutex_;
  uint32_t count_ = 0;
  char* blocks_[kBlocks];
};
Spares& spares() {
  static Spares* instance = new Spares;
  return *instance;
}

char* map_block(size_t bytes) {
  // A large page begins at a multiple of its size, so take more and give the ends back.
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* place = mmap(nullptr, bytes + LargeBlock::kBytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  ORRERY_ASSERT(place != MAP_FAILED);
  char* begin = static_cast<char*>(place);
  size_t before = -reinterpret_cast<uintptr_t>(begin) % LargeBlock::kBytes;
  char* block = begin + before;
  if (before > 0) munmap(begin, before);
  munmap(block + bytes, LargeBlock::kBytes - before);
#if defined(MADV_HUGEPAGE)
  madvise(block, bytes, MADV_HUGEPAGE);  // a wish: without it everything works, only slower
#endif
  return block;
}

}  // namespace

LargeBlock::LargeBlock(size_t bytes) : size_((bytes + 4095) & ~size_t{4095}) {
  if (size_ == kBytes) data_ = spares().take();
  if (data_ == nullptr) data_ = map_block(size_);
}
LargeBlock::~LargeBlock() {
  if (data_ == nullptr || (size_ == kBytes && spares().keep(data_))) return;
  munmap(data_, size_);
}

#endif

}  // namespace orrery::env
