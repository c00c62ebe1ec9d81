#include "exec/buffered_join.h"
#include "exec/join_table.h"
#include "exec/operators.h"

namespace orrery::exec {
namespace {

using plan::JoinType;

class HashJoin final : public BufferedJoin, private Sink {
 public:
  HashJoin(const plan::HashJoinNode& node, Scope& scope, std::unique_ptr<Pipeline> build)
      : BufferedJoin(node, scope, node.type, node.residual.get(), output_types(*node.children[1])),
        build_(std::move(build)),
        left_keys_(node.left_keys) {
    std::vector<types::TypeId> columns = right_types_;
    std::vector<types::TypeId> probe_types;
    std::vector<uint32_t> key_columns;
    for (size_t k = 0; k < node.right_keys.size(); ++k) {
      const expr::Expr& key = *node.right_keys[k];
      probe_types.push_back(node.left_keys[k]->type);
      if (key.kind == expr::ExprKind::kColumn) {
        key_columns.push_back(key.index);
      } else {
        key_columns.push_back(static_cast<uint32_t>(columns.size()));
        columns.push_back(key.type);
        computed_keys_.add(key);
      }
    }
    table_.init(columns, std::move(key_columns), std::move(probe_types));
  }

 protected:
  Status open_join() override {
    left_keys_.begin_run();
    computed_keys_.begin_run();
    table_.clear();
    clear_matched();
    held_ = 0;
    return {};
  }

  Status prepare(bool* no_output) override {
    if (heads_ == nullptr) {
      heads_.reset(new uint32_t[types::kVectorCapacity]);
      hashes_.reset(new uint64_t[types::kVectorCapacity]);
    }
    ORRERY_TRY(build_->open());
    ORRERY_TRY(build_->run(*this));
    table_.build();
    scope_.run.memory.hold(&held_, table_.bytes());
    bool empty = table_.rows().size() == 0;
    *no_output = (empty && (type_ == JoinType::kInner || type_ == JoinType::kSemi ||
                            type_ == JoinType::kRight)) ||
                 (type_ == JoinType::kNullAwareAnti && table_.has_null_key());
    return {};
  }

  Status begin_chunk(types::Chunk& in) override {
    ORRERY_TRY(left_keys_.evaluate(scope_.eval, in, rows_));
    table_.find_heads(left_keys_.results(), rows_, heads_.get(), hashes_.get());
    candidate_ = position_ < rows_.count ? heads_[position_] : JoinTable::kNone;
    return {};
  }

  Status find_pairs() override {
    auto keys = left_keys_.results();
    const bool null_aware = type_ == JoinType::kNullAwareAnti && table_.rows().size() != 0;
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

  Result<Flow> consume(types::Chunk& in) override {
    types::Selection sel = in.rows();
    ORRERY_TRY(computed_keys_.evaluate(scope_.eval, in, sel));
    build_row_.clear();
    for (size_t c = 0; c < right_types_.size(); ++c) build_row_.push_back(&in.columns[c]);
    for (const types::Vector* v : computed_keys_.results()) build_row_.push_back(v);
    table_.rows().append(build_row_, sel);
    scope_.run.memory.hold(&held_, table_.bytes());
    if (scope_.run.memory.exceeded()) {
      return Error(ErrorCode::kOutOfMemory, "memory limit exceeded by a hash join");
    }
    return Flow::kNeedInput;
  }

  std::unique_ptr<Pipeline> build_;
  EvaluatorList left_keys_;
  EvaluatorList computed_keys_;  ///< right keys that are not columns
  JoinTable table_;
  std::vector<const types::Vector*> build_row_;
  std::unique_ptr<uint32_t[]> heads_;
  std::unique_ptr<uint64_t[]> hashes_;
  uint32_t candidate_ = JoinTable::kNone;
  uint64_t held_ = 0;
};

}  // namespace

std::unique_ptr<Operator> make_hash_join(const plan::HashJoinNode& node, Scope& scope,
                                         std::unique_ptr<Pipeline> build) {
  return std::make_unique<HashJoin>(node, scope, std::move(build));
}

}  // namespace orrery::exec
