// LargeBlock: memory straight from the system, which is asked to back it with large pages: reading
// at random in a big table then walks fewer page tables, and filling it faults less often.
//
// For memory that is needed by the megabyte; smaller needs belong to the allocator. Owned by the
// object, released with it (up to 32 MB of what is released serve for the next who ask). Running
// out of memory ends the process, as it does in operator new.
#pragma once

#include <cstddef>
#include <utility>

namespace orrery::env {

class LargeBlock {
 public:
  /// What large pages suit; other sizes work too.
  static constexpr size_t kBytes = size_t{2} << 20;

  explicit LargeBlock(size_t bytes = kBytes);
  LargeBlock(LargeBlock&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  LargeBlock& operator=(LargeBlock&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~LargeBlock();

  /// Aligned to 4096 bytes at least; the content is unspecified.
  char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace orrery::env
