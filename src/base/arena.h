// Arena: bump allocation freed all at once. Not thread-safe. Memory is 8-aligned and never moves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace orrery {

class Arena {
 public:
  explicit Arena(size_t first_block_bytes = 4096) : next_block_bytes_(first_block_bytes) {}
  Arena(Arena&&) noexcept = default;
  Arena& operator=(Arena&&) noexcept = default;

  void* allocate(size_t bytes) {
    bytes = (bytes + 7) & ~size_t{7};
    if (bytes > left_) grow(bytes);
    char* p = p_;
    p_ += bytes;
    left_ -= bytes;
    return p;
  }
  template <class T>
  T* allocate_array(size_t n) {
    return static_cast<T*>(allocate(n * sizeof(T)));
  }
  /// Copies the bytes and returns the arena's copy.
  std::string_view copy(std::string_view s) {
    char* p = static_cast<char*>(allocate(s.size()));
    if (!s.empty()) std::memcpy(p, s.data(), s.size());
    return {p, s.size()};
  }
  /// Forgets everything; keeps the largest block for reuse.
  void reset();
  size_t allocated_bytes() const { return allocated_bytes_; }

 private:
  void grow(size_t bytes);

  struct Block {
    std::unique_ptr<char[]> data;
    size_t size;
  };
  std::vector<Block> blocks_;
  char* p_ = nullptr;
  size_t left_ = 0;
  size_t next_block_bytes_;
  size_t allocated_bytes_ = 0;
};

}  // namespace orrery
