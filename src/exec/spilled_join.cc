#include "exec/spilled_join.h"

#include <limits>

namespace orrery::exec {

using types::Chunk;
using types::TypeId;

SpilledJoin::SpilledJoin(RunState& run, std::vector<TypeId> left, std::vector<TypeId> right,
                         std::vector<TypeId> output)
    : run_(run),
      left_columns_(left.size()),
      output_columns_(output.size()),
      left_types_(std::move(left)),
      right_types_(std::move(right)),
      output_(run, "a join") {
  left_types_.push_back(TypeId::kInteger);
  const auto number = static_cast<uint32_t>(output.size());
  output.push_back(TypeId::kInteger);
  output_.init(std::move(output), {{number, SortOrder::kAscending, NullOrder::kLast}});
  output_.begin(SortBuffer::kAllRows);
}

void SpilledJoin::begin(uint32_t level) {
  level_ = level;
  right_.init(run_, right_types_, level);
  left_.init(run_, left_types_, level);
}

Status SpilledJoin::add_left(const Chunk& in, const uint64_t* hashes) {
  types::Selection sel = in.rows();
  numbers_.reset(TypeId::kInteger);
  for (uint32_t i = 0; i < sel.count; ++i) numbers_.data<int64_t>()[sel[i]] = left_rows_++;
  columns_.clear();
  for (size_t c = 0; c < left_columns_; ++c) columns_.push_back(&in.columns[c]);
  columns_.push_back(&numbers_);
  return left_.append(columns_, sel, hashes);
}

Status SpilledJoin::add_numbered_left(const Chunk& in, const uint64_t* hashes) {
  columns_.clear();
  for (const types::Vector& v : in.columns) columns_.push_back(&v);
  return left_.append(columns_, in.rows(), hashes);
}

Status SpilledJoin::end_level() {
  ORRERY_TRY(right_.finish());
  ORRERY_TRY(left_.finish());
  for (uint32_t p = 0; p < RowPartitions::kCount; ++p) {
    Part part{right_.take(p), left_.take(p), level_};
    if (part.right != nullptr || part.left != nullptr) parts_.push_back(std::move(part));
  }
  return {};
}

bool SpilledJoin::next_part(Part* part) {
  if (parts_.empty()) return false;
  *part = std::move(parts_.back());
  parts_.pop_back();
  return true;
}

Status SpilledJoin::add_output(const Chunk& out, const Chunk& left,
                               std::span<const uint32_t> left_rows) {
  types::Selection sel = out.rows();
  const types::Vector& numbers = left.columns[left_columns_];
  numbers_.reset(TypeId::kInteger);
  for (uint32_t i = 0; i < sel.count; ++i) {
    numbers_.data<int64_t>()[sel[i]] = numbers.cell<int64_t>(left_rows[i]);
  }
  columns_.clear();
  for (size_t c = 0; c < output_columns_; ++c) columns_.push_back(&out.columns[c]);
  columns_.push_back(&numbers_);
  return output_.append(columns_, sel);
}

Status SpilledJoin::add_last(const Chunk& out) {
  numbers_.set_constant(types::Datum::integer(std::numeric_limits<int64_t>::max()),
                        TypeId::kInteger);
  columns_.clear();
  for (size_t c = 0; c < output_columns_; ++c) columns_.push_back(&out.columns[c]);
  columns_.push_back(&numbers_);
  return output_.append(columns_, out.rows());
}

}  // namespace orrery::exec
