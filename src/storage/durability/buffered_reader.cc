#include "storage/durability/buffered_reader.h"

#include <algorithm>

namespace orrery::storage {
namespace {
constexpr size_t kWindow = size_t{1} << 20;
}

Result<BufferedReader> BufferedReader::over(env::File* file) {
  ORRERY_TRY_ASSIGN(const uint64_t size, file->size());
  return BufferedReader(file, size);
}

Result<std::string_view> BufferedReader::view(uint64_t offset, size_t n) {
  if (offset >= file_size_) return std::string_view();
  n = static_cast<size_t>(std::min<uint64_t>(n, file_size_ - offset));
  if (offset < window_at_ || offset - window_at_ > window_.size() ||
      window_.size() - (offset - window_at_) < n) {
    window_.resize(
        static_cast<size_t>(std::min<uint64_t>(std::max(n, kWindow), file_size_ - offset)));
    ORRERY_TRY_ASSIGN(const size_t count, file_->read_at(offset, window_));
    window_.resize(count);
    window_at_ = offset;
  }
  return std::string_view(window_).substr(static_cast<size_t>(offset - window_at_), n);
}

}  // namespace orrery::storage
