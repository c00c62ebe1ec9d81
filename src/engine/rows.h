// Rows: the result of one statement, read forward.
//
// A Rows keeps alive what it reads from: the database, the plan, the parameter values and the read
// view. Rows of a statement inside a transaction are read lazily too; before that transaction
// writes or ends, what is left of them is read into memory, so they never see later changes. One
// thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/chunk_buffer.h"
#include "plan/plan.h"
#include "types/datum.h"
#include "types/vector.h"

namespace orrery::engine {

/// Where a Rows gets its chunks from.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual std::span<const plan::OutputColumn> columns() const = 0;
  /// The next rows, dense; false at the end. Good until the next call.
  virtual Result<bool> next(const types::Chunk** chunk) = 0;
};

/// What is left of a chunk that a reader has begun.
struct RowBatch {
  const types::Chunk* chunk = nullptr;  ///< nullptr at the end
  uint32_t first_row = 0;
  uint32_t end_row = 0;
};

class Rows {
 public:
  Rows() = default;  ///< no columns, no rows
  explicit Rows(uint64_t rows_affected) : rows_affected_(rows_affected) {}
  explicit Rows(std::unique_ptr<RowSource> source, uint64_t rows_affected = 0)
      : source_(std::move(source)), rows_affected_(rows_affected) {}
  Rows(Rows&& other) noexcept;
  Rows& operator=(Rows&& other) noexcept;
  ~Rows() = default;

  std::span<const plan::OutputColumn> columns() const {
    return source_ == nullptr ? std::span<const plan::OutputColumn>() : source_->columns();
  }
  uint64_t rows_affected() const { return rows_affected_; }

  /// Steps to the next row; false after the last one.
  Result<bool> next() {
    if (row_ + 1 < end_row_) {
      ++row_;
      return true;
    }
    return next_chunk();
  }
  bool on_row() const { return row_ < end_row_; }
  /// A cell of the row that next() stepped to. It borrows from the Rows until the next step.
  types::Datum cell(uint32_t column) const { return chunk_->columns[column].datum(row_); }
  /// The rows not yet stepped over, a chunk at a time; on_row() is false from then on.
  Result<RowBatch> next_batch();
  /// Reads the first chunk now, so that its errors show here and not at next().
  Status prefetch();

 private:
  static constexpr uint32_t kBeforeFirst = UINT32_MAX;
  Result<bool> next_chunk();

  std::unique_ptr<RowSource> source_;
  const types::Chunk* chunk_ = nullptr;
  uint32_t row_ = kBeforeFirst;  ///< row_ + 1 is the next one; kBeforeFirst wraps to 0
  uint32_t end_row_ = 0;
  uint64_t rows_affected_ = 0;
  bool prefetched_ = false;  ///< chunk_ has not been begun
  bool finished_ = false;
};

/// Rows made by the engine itself (SHOW, PRAGMA, EXPLAIN, ...).
class ResultTable {
 public:
  explicit ResultTable(std::vector<plan::OutputColumn> columns);
  void add_row(std::span<const types::Datum> row) { builder_.add_row(row); }
  Rows finish();

 private:
  std::vector<plan::OutputColumn> columns_;
  ChunkBuilder builder_;
};

}  // namespace orrery::engine
