#include "engine/rows.h"

#include <utility>

namespace orrery::engine {
namespace {

class BufferSource final : public RowSource {
 public:
  BufferSource(std::vector<plan::OutputColumn> columns, ChunkBuffer chunks)
      : columns_(std::move(columns)), chunks_(std::move(chunks)) {}
  std::span<const plan::OutputColumn> columns() const override { return columns_; }
  Result<bool> next(const types::Chunk** chunk) override {
    *chunk = chunks_.next();
    return *chunk != nullptr;
  }

 private:
  std::vector<plan::OutputColumn> columns_;
  ChunkBuffer chunks_;
};

std::vector<types::TypeId> types_of(const std::vector<plan::OutputColumn>& columns) {
  std::vector<types::TypeId> out;
  out.reserve(columns.size());
  for (const plan::OutputColumn& column : columns) out.push_back(column.type);
  return out;
}

}  // namespace

Rows::Rows(Rows&& other) noexcept
    : source_(std::move(other.source_)),
      chunk_(std::exchange(other.chunk_, nullptr)),
      row_(std::exchange(other.row_, kBeforeFirst)),
      end_row_(std::exchange(other.end_row_, 0)),
      rows_affected_(other.rows_affected_),
      prefetched_(std::exchange(other.prefetched_, false)),
      finished_(std::exchange(other.finished_, true)) {}

Rows& Rows::operator=(Rows&& other) noexcept {
  if (this != &other) {
    this->~Rows();
    new (this) Rows(std::move(other));
  }
  return *this;
}

Result<bool> Rows::next_chunk() {
  row_ = kBeforeFirst;
  end_row_ = 0;
  if (prefetched_) {
    prefetched_ = false;
  } else {
    if (source_ == nullptr || finished_) return false;
    // After an error there are no more rows.
    finished_ = true;
    do {
      ORRERY_TRY_ASSIGN(bool more, source_->next(&chunk_));
      if (!more) return false;
    } while (chunk_->row_count == 0);
    finished_ = false;
  }
  row_ = 0;
  end_row_ = chunk_->row_count;
  return true;
}

Status Rows::prefetch() {
  ORRERY_TRY_ASSIGN(bool more, next_chunk());
  row_ = kBeforeFirst;
  end_row_ = 0;
  prefetched_ = more;
  return {};
}

Result<RowBatch> Rows::next_batch() {
  uint32_t first = 0;
  if (row_ + 1 < end_row_) {
    first = row_ + 1;
  } else {
    ORRERY_TRY_ASSIGN(bool more, next_chunk());
    if (!more) return RowBatch();
  }
  const uint32_t end = end_row_;
  row_ = kBeforeFirst;
  end_row_ = 0;
  return RowBatch{chunk_, first, end};
}

ResultTable::ResultTable(std::vector<plan::OutputColumn> columns)
    : columns_(std::move(columns)), builder_(types_of(columns_)) {}

Rows ResultTable::finish() {
  return Rows(std::make_unique<BufferSource>(std::move(columns_), builder_.finish()));
}

}  // namespace orrery::engine
