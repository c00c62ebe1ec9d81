#include "exec/row_spool.h"

#include <algorithm>

#include "exec/run_state.h"

namespace orrery::exec {

namespace {
constexpr uint32_t kBlockRows = types::kVectorCapacity;
}  // namespace

void RowSpool::init(RunState& run, std::span<const types::TypeId> types) {
  run_ = &run;
  types_.assign(types.begin(), types.end());
  buffer_.init(types_);
  clear();
}

void RowSpool::clear() {
  buffer_.clear();
  file_.reset();
  blocks_.clear();
  spilled_rows_ = 0;
}

Status RowSpool::append(std::span<const types::Vector* const> columns,
                        const types::Selection& sel) {
  buffer_.append(columns, sel);
  return file_ == nullptr ? Status() : flush(kBlockRows);
}
Status RowSpool::append(const types::Chunk& chunk, const types::Selection& sel) {
  buffer_.append(chunk, sel);
  return file_ == nullptr ? Status() : flush(kBlockRows);
}
Status RowSpool::append(const RowBuffer& rows, const uint32_t* numbers, uint32_t first,
                        uint32_t n) {
  buffer_.append(rows, numbers, first, n);
  return file_ == nullptr ? Status() : flush(kBlockRows);
}

Status RowSpool::spill() {
  if (file_ == nullptr) {
    ORRERY_TRY_ASSIGN(file_, run_->spill->create());
  }
  return flush(1);
}

Status RowSpool::finish() {
  return file_ == nullptr ? Status() : flush(1);
}

Status RowSpool::write_block(uint32_t first, uint32_t n) {
  encoded_.clear();
  encode_rows(buffer_, first, n, &encoded_);
  blocks_.push_back({file_->size(), static_cast<uint32_t>(encoded_.size()), n});
  return file_->append(encoded_);
}

/// Writes all rows if there are at least `rows_min`.
Status RowSpool::flush(uint32_t rows_min) {
  const uint32_t n = buffer_.size();
  if (n < rows_min) return {};
  for (uint32_t at = 0; at < n; at += kBlockRows) {
    ORRERY_TRY(write_block(at, std::min(n - at, kBlockRows)));
  }
  spilled_rows_ += n;
  buffer_.release();
  buffer_.init(types_);
  return {};
}

Status RowSpool::Reader::next_block(const RowBuffer** rows) {
  *rows = nullptr;
  if (!spool_->spilled()) {
    if (block_ == 0 && spool_->buffer_.size() != 0) *rows = &spool_->buffer_;
    block_ = 1;
    return {};
  }
  if (block_ == spool_->blocks_.size()) return {};
  const Block& block = spool_->blocks_[block_++];
  bytes_.resize(block.length);
  ORRERY_TRY(spool_->file_->read(block.offset, bytes_));
  decoded_.init(spool_->types_);
  if (!decode_rows({bytes_.data(), bytes_.size()}, block.rows, &decoded_)) {
    return Error(ErrorCode::kIo, "a spill file does not hold what was written to it");
  }
  *rows = &decoded_;
  return {};
}

Status RowSpool::Reader::next(uint32_t max, types::Chunk** out) {
  *out = nullptr;
  while (rows_ == nullptr || at_ == rows_->size()) {
    ORRERY_TRY(next_block(&rows_));
    at_ = 0;
    if (rows_ == nullptr) return {};
  }
  const uint32_t n = std::min(max, rows_->size() - at_);
  rows_->slice(at_, n, rows_->column_count(), &chunk_);
  at_ += n;
  *out = &chunk_;
  return {};
}

}  // namespace orrery::exec
