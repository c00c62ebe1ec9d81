#include "exec/evaluator.h"
#include "exec/operators.h"

namespace orrery::exec {
namespace {

class Filter final : public Operator {
 public:
  Filter(const plan::FilterNode& node, Scope& scope)
      : Operator(node.id), scope_(scope), condition_(*node.condition) {}

  Status open() override {
    condition_.begin_run();
    return {};
  }

  Result<Flow> process(types::Chunk& in, types::Chunk** out) override {
    types::Selection rows = in.rows();
    uint32_t* selected = in.mutable_selection();
    ORRERY_TRY_ASSIGN(uint32_t n, condition_.select(scope_.eval, in, rows, selected));
    if (n < rows.count || in.has_selection) {
      in.has_selection = true;
      in.selected_count = n;
    }
    *out = n == 0 ? nullptr : &in;
    return Flow::kNeedInput;
  }

  bool only_drops_rows() const override { return true; }
  /// How much passes is not known: begin with small chunks nevertheless.
  uint64_t input_goal(uint64_t row_goal) override { return row_goal == 0 ? 0 : row_goal * 2; }

 private:
  Scope& scope_;
  Evaluator condition_;
};

}  // namespace

std::unique_ptr<Operator> make_filter(const plan::FilterNode& node, Scope& scope) {
  return std::make_unique<Filter>(node, scope);
}

}  // namespace orrery::exec
