#include <algorithm>
#include <memory>

#include "exec/buffered_join.h"
#include "exec/join_table.h"
#include "exec/operators.h"
#include "exec/row_hash.h"
#include "exec/spilled_join.h"

namespace orrery::exec {
namespace {

using plan::JoinType;
using types::Chunk;

/// The right side is kept in a table by the hash of its keys. Past the memory limit both sides go
/// to files and are joined part by part.
class HashJoin final : public BufferedJoin, private Sink {
 public:
  HashJoin(const plan::HashJoinNode& node, Scope& scope, std::unique_ptr<Pipeline> build)
      : BufferedJoin(node, scope, node.type, node.residual.get(), output_types(*node.children[1])),
        node_(node),
        build_(std::move(build)),
        left_keys_(node.left_keys) {
    build_types_ = right_types_;
    std::vector<types::TypeId> probe_types;
    std::vector<uint32_t> key_columns;
    for (size_t k = 0; k < node.right_keys.size(); ++k) {
      const expr::Expr& key = *node.right_keys[k];
      probe_types.push_back(node.left_keys[k]->type);
      if (key.kind == expr::ExprKind::kColumn) {
        key_columns.push_back(key.index);
      } else {
        key_columns.push_back(static_cast<uint32_t>(build_types_.size()));
        build_types_.push_back(key.type);
        computed_keys_.add(key);
      }
    }
    table_.init(build_types_, std::move(key_columns), std::move(probe_types));
  }

  Result<Flow> process(Chunk& in, Chunk** out) override {
    *out = nullptr;
    ORRERY_TRY(ensure_prepared());
    if (spilled_ == nullptr || joining_parts_) return BufferedJoin::process(in, out);
    if (dead_) return Flow::kFinished;
    types::Selection sel = in.rows();
    ORRERY_TRY(left_keys_.evaluate(scope_.eval, in, sel));
    hash_rows(left_keys_.results(), sel, hashes_.get());
    ORRERY_TRY(spilled_->add_left(in, hashes_.get()));
    return Flow::kNeedInput;
  }

  Result<Flow> finish(Chunk** out) override {
    *out = nullptr;
    // Unmatched right rows come even where no left row ever did.
    if (keeps_right()) ORRERY_TRY(ensure_prepared());
    if (spilled_ == nullptr) return BufferedJoin::finish(out);
    if (dead_) return Flow::kNeedInput;
    if (!joining_parts_) ORRERY_TRY(join_parts());
    ORRERY_TRY(spilled_->next_output(out));
    return *out == nullptr ? Flow::kNeedInput : Flow::kHaveMore;
  }

 protected:
  Status open_join() override {
    left_keys_.begin_run();
    computed_keys_.begin_run();
    table_.clear();
    clear_matched();
    scope_.run.memory.hold(&held_, 0);
    spilled_.reset();
    joining_parts_ = dead_ = false;
    right_rows_seen_ = 0;
    null_key_seen_ = false;
    return {};
  }

  Status prepare(bool* no_output) override {
    if (heads_ == nullptr) {
      heads_.reset(new uint32_t[types::kVectorCapacity]);
      hashes_.reset(new uint64_t[types::kVectorCapacity]);
    }
    ORRERY_TRY(build_->open());
    ORRERY_TRY(build_->run(*this));
    if (spilled_ == nullptr) {
      table_.build();
      null_key_seen_ = table_.has_null_key();
      scope_.run.memory.hold(&held_, table_.bytes());
    }
    const bool empty = right_rows_seen_ == 0;
    dead_ = (empty && (type_ == JoinType::kInner || type_ == JoinType::kSemi ||
                       type_ == JoinType::kRight)) ||
            (type_ == JoinType::kNullAwareAnti && null_key_seen_);
    *no_output = dead_;
    return {};
  }

  Status begin_chunk(Chunk& in) override {
    ORRERY_TRY(left_keys_.evaluate(scope_.eval, in, rows_));
    table_.find_heads(left_keys_.results(), rows_, heads_.get(), hashes_.get());
    candidate_ = position_ < rows_.count ? heads_[position_] : JoinTable::kNone;
    return {};
  }

  Status find_pairs() override {
    auto keys = left_keys_.results();
    const bool null_aware = type_ == JoinType::kNullAwareAnti && right_rows_seen_ != 0;
    if (position_ < rows_.count && is_decided()) candidate_ = JoinTable::kNone;
    while (position_ < rows_.count) {
      const uint32_t row = row_at_position();
      while (candidate_ != JoinTable::kNone) {
        candidate_ = table_.next_match(keys, row, hashes_[position_], candidate_);
        if (candidate_ == JoinTable::kNone) break;
        if (!has_room()) return {};
        add_pair(candidate_);
        candidate_ = wants_one_match() ? JoinTable::kNone : table_.next(candidate_);
      }
      if (!has_room()) return {};
      if (null_aware && has_null_key(row)) mark_left();
      next_row();
      if (position_ < rows_.count) candidate_ = heads_[position_];
    }
    return {};
  }

  const RowBuffer& right_rows() const override { return table_.rows(); }

 private:
  bool has_null_key(uint32_t row) const {
    for (const types::Vector* v : left_keys_.results()) {
      if (v->is_null(row)) return true;
    }
    return false;
  }

  Result<Flow> consume(Chunk& in) override {
    types::Selection sel = in.rows();
    ORRERY_TRY(computed_keys_.evaluate(scope_.eval, in, sel));
    build_row_.clear();
    for (size_t c = 0; c < right_types_.size(); ++c) build_row_.push_back(&in.columns[c]);
    for (const types::Vector* v : computed_keys_.results()) build_row_.push_back(v);
    right_rows_seen_ += sel.count;
    if (spilled_ != nullptr) {
      ORRERY_TRY(add_right(sel));
      return Flow::kNeedInput;
    }
    table_.rows().append(build_row_, sel);
    scope_.run.memory.hold(&held_, table_.rows().bytes() * 2);  // the chains are still to come
    if (!scope_.run.memory.exceeded()) return Flow::kNeedInput;
    ORRERY_TRY_ASSIGN(bool spill, should_spill(scope_.run, held_.bytes, "a hash join"));
    if (spill) ORRERY_TRY(begin_spilling());
    return Flow::kNeedInput;
  }

  /// The rows of build_row_ to their partitions.
  Status add_right(const types::Selection& sel) {
    keys_.clear();
    for (uint32_t c : table_.key_columns()) {
      const types::Vector* v = build_row_[c];
      keys_.push_back(v);
      for (uint32_t i = 0; v->has_nulls() && i < sel.count; ++i) {
        null_key_seen_ |= v->is_null(sel[i]);
      }
    }
    hash_rows(keys_, sel, hashes_.get());
    return spilled_->add_right(build_row_, sel, hashes_.get());
  }

  Status begin_spilling() {
    spilled_ =
        std::make_unique<SpilledJoin>(scope_.run, left_types_, build_types_, output_types(node_));
    spilled_->begin(0);
    const RowBuffer& rows = table_.rows();
    Chunk chunk;
    for (uint32_t at = 0; at < rows.size(); at += types::kVectorCapacity) {
      const uint32_t n = std::min(rows.size() - at, types::kVectorCapacity);
      rows.slice(at, n, rows.column_count(), &chunk);
      build_row_.clear();
      for (const types::Vector& v : chunk.columns) build_row_.push_back(&v);
      ORRERY_TRY(add_right({nullptr, n}));
    }
    table_.rows().release();
    table_.clear();
    scope_.run.memory.hold(&held_, 0);
    return {};
  }

  Status join_parts() {
    joining_parts_ = true;
    ORRERY_TRY(spilled_->end_level());
    SpilledJoin::Part part;
    while (spilled_->next_part(&part)) {
      ORRERY_TRY_ASSIGN(bool fits, load_right(part));
      if (fits) {
        ORRERY_TRY(join_part(part));
      } else {
        ORRERY_TRY(split_again(part));
      }
    }
    table_.rows().release();
    table_.clear();
    scope_.run.memory.hold(&held_, 0);
    return spilled_->end_output();
  }

  /// Fills the table; false where the part should be split again.
  Result<bool> load_right(const SpilledJoin::Part& part) {
    table_.rows().release();
    table_.clear();
    clear_matched();
    if (part.right != nullptr) {
      RowSpool::Reader reader(*part.right);
      for (;;) {
        Chunk* chunk = nullptr;
        ORRERY_TRY(reader.next(types::kVectorCapacity, &chunk));
        if (chunk == nullptr) break;
        table_.rows().append(*chunk, chunk->rows());
        scope_.run.memory.hold(&held_, table_.rows().bytes() * 2);
        if (!scope_.run.memory.exceeded() || part.level == RowPartitions::kLevelsMax) continue;
        ORRERY_TRY_ASSIGN(bool too_large, should_spill(scope_.run, held_.bytes, "a hash join"));
        if (too_large) return false;
      }
    }
    table_.build();
    return true;
  }

  Status join_part(const SpilledJoin::Part& part) {
    std::vector<uint32_t> left_rows;
    if (part.left != nullptr) {
      RowSpool::Reader reader(*part.left);
      for (;;) {
        ORRERY_TRY(scope_.run.check_cancelled());
        Chunk* chunk = nullptr;
        ORRERY_TRY(reader.next(scope_.run.vector_size, &chunk));
        if (chunk == nullptr) break;
        forget_input();
        for (Flow flow = Flow::kHaveMore; flow == Flow::kHaveMore;) {
          Chunk* out = nullptr;
          ORRERY_TRY_ASSIGN(flow, BufferedJoin::process(*chunk, &out));
          if (out == nullptr || out->size() == 0) continue;
          output_rows(*out, &left_rows);
          ORRERY_TRY(spilled_->add_output(*out, *chunk, left_rows));
        }
      }
    }
    if (!keeps_right()) return {};
    begin_unmatched();
    for (;;) {
      Chunk* out = nullptr;
      next_unmatched(&out);
      if (out == nullptr) return {};
      ORRERY_TRY(spilled_->add_last(*out));
    }
  }

  Status split_again(const SpilledJoin::Part& part) {
    table_.rows().release();
    table_.clear();
    scope_.run.memory.hold(&held_, 0);
    spilled_->begin(part.level + 1);
    RowSpool::Reader right(*part.right);
    for (;;) {
      Chunk* chunk = nullptr;
      ORRERY_TRY(right.next(types::kVectorCapacity, &chunk));
      if (chunk == nullptr) break;
      build_row_.clear();
      for (const types::Vector& v : chunk->columns) build_row_.push_back(&v);
      ORRERY_TRY(add_right(chunk->rows()));
    }
    if (part.left != nullptr) {
      RowSpool::Reader left(*part.left);
      for (;;) {
        Chunk* chunk = nullptr;
        ORRERY_TRY(left.next(types::kVectorCapacity, &chunk));
        if (chunk == nullptr) break;
        ORRERY_TRY(left_keys_.evaluate(scope_.eval, *chunk, chunk->rows()));
        hash_rows(left_keys_.results(), chunk->rows(), hashes_.get());
        ORRERY_TRY(spilled_->add_numbered_left(*chunk, hashes_.get()));
      }
    }
    return spilled_->end_level();
  }

  const plan::HashJoinNode& node_;
  std::unique_ptr<Pipeline> build_;
  EvaluatorList left_keys_;
  EvaluatorList computed_keys_;             ///< right keys that are not columns
  std::vector<types::TypeId> build_types_;  ///< right columns, then the computed keys
  JoinTable table_;
  std::vector<const types::Vector*> build_row_;
  std::vector<const types::Vector*> keys_;
  std::unique_ptr<uint32_t[]> heads_;
  std::unique_ptr<uint64_t[]> hashes_;
  uint32_t candidate_ = JoinTable::kNone;
  MemoryBudget::Held held_;
  uint64_t right_rows_seen_ = 0;
  bool null_key_seen_ = false;
  bool dead_ = false;  ///< nothing can come out
  std::unique_ptr<SpilledJoin> spilled_;
  bool joining_parts_ = false;
};

}  // namespace

std::unique_ptr<Operator> make_hash_join(const plan::HashJoinNode& node, Scope& scope,
                                         std::unique_ptr<Pipeline> build) {
  return std::make_unique<HashJoin>(node, scope, std::move(build));
}

}  // namespace orrery::exec
