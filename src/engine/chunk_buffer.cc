#include "engine/chunk_buffer.h"

#include <utility>

#include "base/assert.h"

namespace orrery::engine {

void ChunkBuffer::append(const types::Chunk& chunk) {
  const types::Selection rows = chunk.rows();
  if (rows.count == 0) return;
  auto kept_rows = std::make_unique<types::Chunk>();
  types::Chunk& copy = *kept_rows;
  copy.row_count = rows.count;
  copy.columns.reserve(chunk.columns.size());
  for (const types::Vector& column : chunk.columns) {
    types::Vector& kept = copy.columns.emplace_back(column.type(), rows.count);
    kept.copy_selected(column, rows, 0, types::Vector::CopyStrings::kYes);
  }
  chunks_.push_back(std::move(kept_rows));
}

const types::Chunk* ChunkBuffer::next() {
  if (position_ == chunks_.size()) return nullptr;
  return chunks_[position_++].get();
}

types::Chunk ChunkBuffer::take_next() {
  ORRERY_ASSERT(position_ < chunks_.size());
  return std::move(*std::exchange(chunks_[position_++], nullptr));
}

ChunkBuilder::ChunkBuilder(std::vector<types::TypeId> column_types)
    : types_(std::move(column_types)) {
  start_chunk();
}

void ChunkBuilder::start_chunk() {
  chunk_ = types::Chunk();
  for (types::TypeId type : types_) chunk_.columns.emplace_back(type);
}

void ChunkBuilder::add_row(std::span<const types::Datum> row) {
  ORRERY_ASSERT(row.size() == types_.size());
  const uint32_t at = chunk_.row_count++;
  for (size_t i = 0; i < row.size(); ++i) {
    types::Vector& column = chunk_.columns[i];
    if (row[i].is_null()) {
      column.set_null(at);
    } else if (types::layout_of(row[i].type()) == types::Layout::kString) {
      column.set_datum(at, types::Datum::string(row[i].type(), column.add_string(row[i].view())));
    } else {
      column.set_datum(at, row[i]);
    }
  }
  if (chunk_.row_count == types::kVectorCapacity) {
    done_.append(chunk_);
    start_chunk();
  }
}

ChunkBuffer ChunkBuilder::finish() {
  done_.append(chunk_);
  start_chunk();
  return std::move(done_);
}

}  // namespace orrery::engine
