#include "base/arena.h"

#include <algorithm>
#include <utility>

namespace orrery {

void Arena::grow(size_t bytes) {
  size_t size = std::max(bytes, next_block_bytes_);
  next_block_bytes_ = std::min<size_t>(size * 2, size_t{1} << 20);
  blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
  p_ = blocks_.back().data.get();
  left_ = size;
  allocated_bytes_ += size;
}

void Arena::reset() {
  if (blocks_.empty()) return;
  auto largest = std::max_element(blocks_.begin(), blocks_.end(),
                                  [](const Block& a, const Block& b) { return a.size < b.size; });
  Block keep = std::move(*largest);
  blocks_.clear();
  p_ = keep.data.get();
  left_ = keep.size;
  allocated_bytes_ = keep.size;
  blocks_.push_back(std::move(keep));
}

}  // namespace orrery
