#include "exec/buffered_join.h"
#include "exec/build.h"
#include "exec/operators.h"
#include "exec/spill.h"

namespace orrery::exec {
namespace {

/// Every right row is a candidate of every left row.
class NestedLoopJoin final : public BufferedJoin, private Sink {
 public:
  NestedLoopJoin(const plan::NestedLoopJoinNode& node, Scope& scope,
                 std::unique_ptr<Pipeline> right)
      : BufferedJoin(node, scope, node.type, node.condition.get(), output_types(*node.children[1])),
        right_(std::move(right)) {
    buffer_.init(right_types_);
  }

 protected:
  Status open_join() override {
    buffer_.clear();
    clear_matched();
    scope_.run.memory.hold(&held_, 0);
    return {};
  }

  Status prepare(bool* no_output) override {
    ORRERY_TRY(right_->open());
    ORRERY_TRY(right_->run(*this));
    *no_output =
        buffer_.size() == 0 && (type_ == plan::JoinType::kInner || type_ == plan::JoinType::kSemi ||
                                type_ == plan::JoinType::kRight);
    return {};
  }

  Status begin_chunk(types::Chunk&) override {
    candidate_ = 0;
    return {};
  }

  Status find_pairs() override {
    const uint32_t size = buffer_.size();
    while (position_ < rows_.count) {
      while (candidate_ < size) {
        if (!has_room()) return {};
        add_pair(candidate_);
        candidate_ = wants_one_match() ? size : candidate_ + 1;
      }
      if (!has_room()) return {};
      next_row();
      candidate_ = 0;
    }
    return {};
  }

  const RowBuffer& right_rows() const override { return buffer_; }

 private:
  Result<Flow> consume(types::Chunk& in) override {
    buffer_.append(in, in.rows());
    scope_.run.memory.hold(&held_, buffer_.bytes());
    ORRERY_TRY(check_memory(scope_.run, held_.bytes, "a nested loop join"));
    return Flow::kNeedInput;
  }

  std::unique_ptr<Pipeline> right_;
  RowBuffer buffer_;
  uint32_t candidate_ = 0;
  MemoryBudget::Held held_;
};

/// The right side is run anew for each left row, whose values it sees as outer slots. The rows of
/// several left rows are gathered before they go on.
class LateralJoin final : public BufferedJoin {
 public:
  LateralJoin(const plan::NestedLoopJoinNode& node, Scope& scope, std::unique_ptr<Subtree> right)
      : BufferedJoin(node, scope, node.type, node.condition.get(), output_types(*node.children[1])),
        right_(std::move(right)),
        arguments_(node.lateral_args) {
    buffer_.init(right_types_);
  }

 protected:
  Status open_join() override {
    arguments_.begin_run();
    buffer_.clear();
    return {};
  }
  Status prepare(bool*) override { return {}; }

  Status begin_chunk(types::Chunk& in) override {
    chunk_ = nullptr;
    running_ = false;
    return arguments_.evaluate(scope_.eval, in, rows_);
  }

  Status find_pairs() override {
    buffer_.clear();
    while (position_ < rows_.count) {
      if (!running_) ORRERY_TRY(start());
      for (;;) {
        if (chunk_ == nullptr || next_ >= chunk_->size()) {
          ORRERY_TRY(right_->next(&chunk_));
          next_ = 0;
          if (chunk_ == nullptr) break;
        }
        uint32_t row = chunk_->rows()[next_];
        if (!has_room()) return {};
        buffer_.append(*chunk_, types::Selection{&row, 1});
        add_pair(buffer_.size() - 1);
        ++next_;
        if (wants_one_match()) break;
      }
      if (!has_room()) {
        // Comes back to find the right side at its end.
        return {};
      }
      running_ = false;
      chunk_ = nullptr;
      next_row();
    }
    return {};
  }

  const RowBuffer& right_rows() const override { return buffer_; }

 private:
  Status start() {
    Scope& scope = right_->scope();
    auto values = arguments_.results();
    scope.outer.resize(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      scope.outer[i] = values[i]->datum(row_at_position());
    }
    running_ = true;
    return right_->open(wants_one_match() ? 1 : 0);
  }

  std::unique_ptr<Subtree> right_;
  EvaluatorList arguments_;
  RowBuffer buffer_;
  types::Chunk* chunk_ = nullptr;
  uint32_t next_ = 0;
  bool running_ = false;
};

}  // namespace

std::unique_ptr<Operator> make_nested_loop_join(const plan::NestedLoopJoinNode& node, Scope& scope,
                                                std::unique_ptr<Pipeline> right) {
  return std::make_unique<NestedLoopJoin>(node, scope, std::move(right));
}

std::unique_ptr<Operator> make_lateral_join(const plan::NestedLoopJoinNode& node, Scope& scope,
                                            std::unique_ptr<Subtree> right) {
  return std::make_unique<LateralJoin>(node, scope, std::move(right));
}

}  // namespace orrery::exec
