#include "exec/match_join.h"

#include <algorithm>
#include <cstring>

#include "exec/column_buffer.h"
#include "exec/operators.h"

namespace orrery::exec {

using plan::JoinType;
using types::Chunk;

namespace {
bool is_semi(JoinType type) {
  return type == JoinType::kSemi || type == JoinType::kAnti || type == JoinType::kNullAwareAnti;
}
}  // namespace

MatchJoin::MatchJoin(const plan::PlanNode& node, Scope& scope, JoinType type,
                     const expr::Expr* residual, std::vector<types::TypeId> right_types)
    : Operator(node.id),
      scope_(scope),
      type_(type),
      left_types_(output_types(*node.children[0])),
      right_types_(std::move(right_types)) {
  if (residual != nullptr) {
    residual_.emplace(*residual);
    tests_only_ = (is_semi(type) || keeps_left()) && is_plain(*residual);
    expr::collect_columns(*residual, &tested_columns_);
    while (!tested_columns_.empty() && tested_columns_.back() >= left_types_.size()) {
      tested_columns_.pop_back();
    }
  }
  one_is_enough_ = is_semi(type);
  bool keeps = type == JoinType::kLeft || type == JoinType::kFull;
  emit_unmatched_here_ = keeps && residual == nullptr;
  one_match_ = is_semi(type) && residual == nullptr;
}

Status MatchJoin::open() {
  if (residual_) residual_->begin_run();
  prepared_ = no_output_ = false;
  in_ = nullptr;
  position_ = 0;
  rows_ = {};
  unmatched_from_ = 0;
  return open_join();
}

void MatchJoin::mark_matched(const uint32_t*, uint32_t) {}
uint32_t MatchJoin::unmatched_rows(uint32_t*, uint32_t*, uint32_t) {
  return 0;
}

void MatchJoin::ensure_scratch() {
  const uint32_t n = scope_.run.vector_size;
  if (scratch_rows_ >= n) return;
  scratch_rows_ = n;
  left_rows_.reset(new uint32_t[n]);
  right_rows_.reset(new uint32_t[n]);
  selected_.reset(new uint32_t[n]);
  merged_left_.reset(new uint32_t[n]);
  merged_right_.reset(new uint32_t[n]);
  matched_.reset(new uint8_t[types::kVectorCapacity]);
}

Status MatchJoin::run_find() {
  pair_count_ = reserved_ = 0;
  // Whether a row had a pair in an earlier call is told by matched_ where that matters.
  if (!emit_unmatched_here_) row_has_pair_ = false;
  return find_pairs();
}

Status MatchJoin::ensure_prepared() {
  if (prepared_) return {};
  ensure_scratch();
  ORRERY_TRY(prepare(&no_output_));
  prepared_ = true;
  return {};
}

void MatchJoin::output_rows(const Chunk& out, std::vector<uint32_t>* rows) const {
  types::Selection sel = out.rows();
  rows->resize(sel.count);
  for (uint32_t i = 0; i < sel.count; ++i) {
    (*rows)[i] = is_semi(type_) ? sel[i] : left_rows_[sel[i]];
  }
}

Result<Flow> MatchJoin::process(Chunk& in, Chunk** out) {
  *out = nullptr;
  ORRERY_TRY(ensure_prepared());
  if (no_output_) return Flow::kFinished;
  if (in_ != &in || position_ >= rows_.count) {
    in_ = &in;
    rows_ = in.rows();
    position_ = 0;
    row_has_pair_ = false;
    if (is_semi(type_) || (residual_ && keeps_left())) {
      std::memset(matched_.get(), 0, in.row_count);
    }
    ORRERY_TRY(begin_chunk(in));
  }
  return is_semi(type_) ? process_semi(out) : process_pairs(out);
}

Result<Flow> MatchJoin::process_semi(Chunk** out) {
  while (position_ < rows_.count) {
    ORRERY_TRY(run_find());
    uint32_t n = pair_count_;
    if (residual_ && n != 0) {
      ORRERY_TRY(check_residual(selected_.get(), &n));
      for (uint32_t i = 0; i < n; ++i) matched_[left_rows_[selected_[i]]] = 1;
    } else {
      for (uint32_t i = 0; i < n; ++i) matched_[left_rows_[i]] = 1;
    }
    ORRERY_TRY(scope_.run.check_cancelled());
  }
  const uint8_t wanted = type_ == JoinType::kSemi ? 1 : 0;
  uint32_t* rows = in_->mutable_selection();
  uint32_t kept = 0;
  for (uint32_t i = 0; i < rows_.count; ++i) {
    uint32_t row = rows_[i];
    rows[kept] = row;
    kept += matched_[row] == wanted ? 1 : 0;
  }
  if (kept < rows_.count || in_->has_selection) {
    in_->has_selection = true;
    in_->selected_count = kept;
  }
  if (kept != 0) *out = in_;
  in_ = nullptr;
  return Flow::kNeedInput;
}

Status MatchJoin::check_residual(uint32_t* selected, uint32_t* count) {
  if (tests_only_) {
    pairs_.reset();
    pairs_.columns.resize(left_types_.size() + right_types_.size());
    pairs_.row_count = pair_count_;
    for (uint32_t c : tested_columns_) {
      gather_left(c, left_rows_.get(), pair_count_, &pairs_.columns[c]);
    }
    gather_right(right_rows_.get(), pair_count_, &pairs_);
  } else {
    gather_pairs(left_rows_.get(), right_rows_.get(), pair_count_, &pairs_);
  }
  ORRERY_TRY_ASSIGN(*count,
                    residual_->select(scope_.eval, pairs_, {nullptr, pair_count_}, selected));
  return {};
}

void MatchJoin::gather_pairs(const uint32_t* left, const uint32_t* right, uint32_t n, Chunk* out) {
  out->reset();
  out->columns.resize(left_types_.size() + right_types_.size());
  out->row_count = n;
  for (uint32_t c = 0; c < left_types_.size(); ++c) gather_left(c, left, n, &out->columns[c]);
  gather_right(right, n, out);
}

void MatchJoin::gather_left(uint32_t column, const uint32_t* rows, uint32_t n,
                            types::Vector* out) {
  const types::Vector& from = in_->columns[column];
  bool identity = true;  // each left row once: no need to move its cells
  for (uint32_t i = 0; i < n && identity; ++i) identity = rows[i] == i;
  if (identity || from.is_constant()) {
    out->reference(from);
  } else {
    take(from, rows, n, out);
  }
}

void MatchJoin::merge_unmatched(const uint32_t* selected, uint32_t count, uint32_t from,
                                uint32_t to) {
  uint32_t n = 0, s = 0;
  auto take_row = [&](uint32_t row) {
    for (; s < count && left_rows_[selected[s]] == row; ++s) {
      matched_[row] = 1;
      merged_left_[n] = row;
      merged_right_[n++] = right_rows_[selected[s]];
    }
  };
  for (uint32_t p = from; p < to; ++p) {
    uint32_t row = rows_[p];
    take_row(row);
    if (matched_[row] != 0) continue;
    merged_left_[n] = row;
    merged_right_[n++] = kNoRow;
  }
  if (to < rows_.count) take_row(rows_[to]);  // has more candidates to come
  merged_left_.swap(left_rows_);
  merged_right_.swap(right_rows_);
  pair_count_ = n;
}

Result<Flow> MatchJoin::process_pairs(Chunk** out) {
  const uint32_t from = position_;
  ORRERY_TRY(run_find());
  Flow flow = position_ < rows_.count ? Flow::kHaveMore : Flow::kNeedInput;
  if (!residual_) {
    if (keeps_right()) mark_matched(right_rows_.get(), pair_count_);
    if (pair_count_ != 0) {
      gather_pairs(left_rows_.get(), right_rows_.get(), pair_count_, &out_);
      *out = &out_;
    }
    return flow;
  }
  uint32_t n = 0;
  if (pair_count_ != 0) ORRERY_TRY(check_residual(selected_.get(), &n));
  if (keeps_right()) {
    for (uint32_t i = 0; i < n; ++i) mark_matched(&right_rows_[selected_[i]], 1);
  }
  if (keeps_left()) {
    merge_unmatched(selected_.get(), n, from, position_);
    if (pair_count_ == 0) return flow;
    gather_pairs(left_rows_.get(), right_rows_.get(), pair_count_, &out_);
    *out = &out_;
    return flow;
  }
  if (n == 0) return flow;
  if (n < pair_count_) {
    std::copy(selected_.get(), selected_.get() + n, pairs_.mutable_selection());
    pairs_.has_selection = true;
    pairs_.selected_count = n;
  }
  *out = &pairs_;
  return flow;
}

void MatchJoin::next_unmatched(Chunk** out) {
  *out = nullptr;
  uint32_t n = unmatched_rows(&unmatched_from_, right_rows_.get(), scope_.run.vector_size);
  if (n == 0) return;
  out_.reset();
  out_.columns.resize(left_types_.size() + right_types_.size());
  for (size_t c = 0; c < left_types_.size(); ++c) {
    out_.columns[c].set_constant(types::Datum::null(), left_types_[c]);
  }
  out_.row_count = n;
  gather_right(right_rows_.get(), n, &out_);
  *out = &out_;
}

Result<Flow> MatchJoin::finish(Chunk** out) {
  *out = nullptr;
  if (!keeps_right()) return Flow::kNeedInput;
  ORRERY_TRY(ensure_prepared());
  next_unmatched(out);
  return *out == nullptr ? Flow::kNeedInput : Flow::kHaveMore;
}

}  // namespace orrery::exec
