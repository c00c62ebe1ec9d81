// RowSpool: rows appended once and read in order any number of times; in memory until spill(), in
// a file of blocks from then on. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "exec/column_buffer.h"
#include "exec/spill.h"
#include "types/vector.h"

namespace orrery::exec {

class RowSpool {
 public:
  void init(RunState& run, std::span<const types::TypeId> types);
  /// Forgets the rows and the file.
  void clear();

  Status append(std::span<const types::Vector* const> columns, const types::Selection& sel);
  Status append(const types::Chunk& chunk, const types::Selection& sel);
  Status append(const RowBuffer& rows, const uint32_t* numbers, uint32_t first, uint32_t n);
  /// What is in memory goes to a file, and so does what comes.
  Status spill();
  /// After the last append, before reading.
  Status finish();

  bool spilled() const { return file_ != nullptr; }
  uint64_t rows() const { return spilled_rows_ + buffer_.size(); }
  uint64_t bytes() const { return buffer_.bytes(); }
  /// All rows, where not spilled.
  const RowBuffer& memory() const { return buffer_; }
  size_t column_count() const { return buffer_.column_count(); }

  /// Reads from the beginning. The spool outlives it and gets no rows meanwhile.
  class Reader {
   public:
    explicit Reader(const RowSpool& spool) : spool_(&spool) {}
    /// The next run of rows, good until the next call; nullptr at the end. Not with next().
    Status next_block(const RowBuffer** rows);
    /// The next up to max rows as a chunk; nullptr at the end.
    Status next(uint32_t max, types::Chunk** out);

   private:
    const RowSpool* spool_;
    size_t block_ = 0;
    const RowBuffer* rows_ = nullptr;
    uint32_t at_ = 0;
    std::vector<char> bytes_;
    RowBuffer decoded_;
    types::Chunk chunk_;
  };

 private:
  struct Block {
    uint64_t offset;
    uint32_t length;
    uint32_t rows;
  };
  Status flush(uint32_t keep_below);
  Status write_block(uint32_t first, uint32_t n);

  RunState* run_ = nullptr;
  std::vector<types::TypeId> types_;
  RowBuffer buffer_;
  std::unique_ptr<SpillFile> file_;
  std::vector<Block> blocks_;
  uint64_t spilled_rows_ = 0;
  std::string encoded_;
};

/// Rows [first, first + n) as bytes, and back; false where the bytes are damaged.
void encode_rows(const RowBuffer& rows, uint32_t first, uint32_t n, std::string* out);
bool decode_rows(std::string_view bytes, uint32_t n, RowBuffer* out);

}  // namespace orrery::exec
