// BufferedReader: positional reads of one file through a window that moves with the reader.
//
// Borrows the file. Not thread-safe. Views are valid until the next call.
#pragma once

#include <string>
#include <string_view>

#include "env/file_system.h"

namespace orrery::storage {

class BufferedReader {
 public:
  static Result<BufferedReader> over(env::File* file);
  uint64_t file_size() const { return file_size_; }
  /// The n bytes at `offset`, fewer only where the file ends.
  Result<std::string_view> view(uint64_t offset, size_t n);

 private:
  BufferedReader(env::File* file, uint64_t file_size) : file_(file), file_size_(file_size) {}
  env::File* file_;
  uint64_t file_size_;
  uint64_t window_at_ = 0;
  std::string window_;
};

}  // namespace orrery::storage
