// MatchJoin: what all joins share. A join names, for each left row in turn, candidate right rows;
// here they become output: residual condition, unmatched rows of outer joins in the left side's
// order, one row or none for semi and anti joins.
//
// Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "exec/evaluator.h"
#include "exec/pipeline.h"
#include "exec/run_state.h"
#include "plan/plan.h"

namespace orrery::exec {

class MatchJoin : public Operator {
 public:
  MatchJoin(const plan::PlanNode& node, Scope& scope, plan::JoinType type,
            const expr::Expr* residual, std::vector<types::TypeId> right_types);

  Status open() final;
  Result<Flow> process(types::Chunk& in, types::Chunk** out) override;
  Result<Flow> finish(types::Chunk** out) override;

 protected:
  static constexpr uint32_t kNoRow = UINT32_MAX;

  virtual Status open_join() = 0;
  /// Calls prepare() where that was not done yet.
  Status ensure_prepared();
  /// Forgets where it was in an input chunk.
  void forget_input() { in_ = nullptr; }
  /// For the rows that the last call of process() gave out: the input row of each.
  void output_rows(const types::Chunk& out, std::vector<uint32_t>* rows) const;
  /// Before the first input, or the end of an input without chunks. `*no_output`: nothing can ever
  /// come out.
  virtual Status prepare(bool* no_output) = 0;
  virtual Status begin_chunk(types::Chunk& in) = 0;
  /// Names candidates from where the last call stopped: add_pair() for each, next_row() after the
  /// last of a row; both only while has_room(). With position_ == rows_.count the chunk is done.
  virtual Status find_pairs() = 0;
  /// Columns of the named right rows (kNoRow = NULLs) to out->columns from left_types_.size() on.
  virtual void gather_right(const uint32_t* rows, uint32_t n, types::Chunk* out) = 0;
  /// For right and full joins.
  virtual void mark_matched(const uint32_t* rows, uint32_t n);
  /// Right rows without a match from `*from` on: up to max to `rows`.
  virtual uint32_t unmatched_rows(uint32_t* from, uint32_t* rows, uint32_t max);

  bool has_room() const { return room() != 0; }
  uint32_t room() const { return scope_.run.vector_size - pair_count_ - reserved_; }
  uint32_t row_at_position() const { return rows_[position_]; }
  void add_pair(uint32_t right) {
    left_rows_[pair_count_] = rows_[position_];
    right_rows_[pair_count_++] = right;
    row_has_pair_ = true;
  }
  /// The row at position_ has no further candidates.
  void next_row() {
    if (!row_has_pair_) {
      // An unmatched row takes a place too, so that merging it in later cannot overflow.
      if (emit_unmatched_here_) {
        add_pair(kNoRow);
      } else {
        ++reserved_;
      }
    }
    row_has_pair_ = false;
    ++position_;
  }
  bool wants_one_match() const { return one_match_; }
  /// Whether it is known already that the row at position_, some of whose candidates came in earlier
  /// calls, has a match, and no more is to be known.
  bool is_decided() const { return one_is_enough_ && matched_[rows_[position_]] != 0; }
  /// For semi and anti joins: the row at position_ counts as matched.
  void mark_left() { matched_[rows_[position_]] = 1; }

  bool keeps_right() const {
    return type_ == plan::JoinType::kRight || type_ == plan::JoinType::kFull;
  }
  /// Rows of the right side without a match, as output; nullptr at the end.
  void next_unmatched(types::Chunk** out);
  void begin_unmatched() { unmatched_from_ = 0; }

  Scope& scope_;
  const plan::JoinType type_;
  const std::vector<types::TypeId> left_types_;
  const std::vector<types::TypeId> right_types_;  ///< those that the condition can see
  types::Chunk* in_ = nullptr;
  types::Selection rows_;  ///< of the input
  uint32_t position_ = 0;  ///< in rows_

 private:
  Status check_residual(uint32_t* selected, uint32_t* count);
  Status run_find();
  void ensure_scratch();
  void gather_pairs(const uint32_t* left, const uint32_t* right, uint32_t n, types::Chunk* out);
  void gather_left(uint32_t column, const uint32_t* rows, uint32_t n, types::Vector* out);
  void merge_unmatched(const uint32_t* selected, uint32_t count, uint32_t from, uint32_t to);
  Result<Flow> process_semi(types::Chunk** out);
  Result<Flow> process_pairs(types::Chunk** out);
  bool keeps_left() const {
    return type_ == plan::JoinType::kLeft || type_ == plan::JoinType::kFull;
  }

  std::optional<Evaluator> residual_;
  bool tests_only_ = false;  ///< candidates are gathered for the residual only, not as output
  std::vector<uint32_t> tested_columns_;  ///< of the left, that the residual reads
  bool one_is_enough_ = false;
  bool emit_unmatched_here_ = false;
  bool one_match_ = false;
  bool row_has_pair_ = false;
  bool prepared_ = false;
  bool no_output_ = false;
  uint32_t pair_count_ = 0;
  uint32_t reserved_ = 0;
  uint32_t unmatched_from_ = 0;
  uint32_t scratch_rows_ = 0;
  std::unique_ptr<uint32_t[]> left_rows_, right_rows_, selected_;
  std::unique_ptr<uint32_t[]> merged_left_, merged_right_;
  std::unique_ptr<uint8_t[]> matched_;  ///< per input row, where one row may span several calls
  types::Chunk pairs_;
  types::Chunk out_;
};

}  // namespace orrery::exec
