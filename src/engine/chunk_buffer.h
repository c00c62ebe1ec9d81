// ChunkBuffer: chunks kept in memory, with copies of their strings. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "types/datum.h"
#include "types/vector.h"

namespace orrery::engine {

class ChunkBuffer {
 public:
  /// Appends a copy of the selected rows.
  void append(const types::Chunk& chunk);
  /// The next chunk, or nullptr at the end; it stays until the buffer is destroyed.
  const types::Chunk* next();
  /// Gives up the next chunk; there must be one.
  types::Chunk take_next();

 private:
  // Every write has a buffer, few put anything in: an empty one allocates nothing.
  std::vector<std::unique_ptr<types::Chunk>> chunks_;
  size_t position_ = 0;
};

/// Collects rows of cells into chunks.
class ChunkBuilder {
 public:
  explicit ChunkBuilder(std::vector<types::TypeId> column_types);
  /// One Datum per column, of the column's type or NULL. Strings are copied.
  void add_row(std::span<const types::Datum> row);
  ChunkBuffer finish();

 private:
  void start_chunk();

  std::vector<types::TypeId> types_;
  types::Chunk chunk_;
  ChunkBuffer done_;
};

}  // namespace orrery::engine
