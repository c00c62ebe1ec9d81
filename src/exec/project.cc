#include "exec/evaluator.h"
#include "exec/operators.h"

namespace orrery::exec {
namespace {

class Project final : public Operator {
 public:
  Project(const plan::ProjectNode& node, Scope& scope)
      : Operator(node.id), scope_(scope), exprs_(node.exprs) {
    for (const auto& e : node.exprs) plain_ = plain_ && is_plain(*e);
  }

  Status open() override {
    exprs_.begin_run();
    return {};
  }

  /// Rows that nobody wants have to go through expressions that may have effects.
  bool keeps_row_count() const override { return plain_; }

  Result<Flow> process(types::Chunk& in, types::Chunk** out) override {
    types::Selection rows = in.rows();
    ORRERY_TRY(exprs_.evaluate(scope_.eval, in, rows));
    out_.reset();
    out_.columns.resize(exprs_.size());
    for (size_t i = 0; i < exprs_.size(); ++i) out_.columns[i].reference(*exprs_.results()[i]);
    out_.row_count = in.row_count;
    if (in.has_selection) {
      std::copy(rows.rows, rows.rows + rows.count, out_.mutable_selection());
      out_.has_selection = true;
      out_.selected_count = rows.count;
    }
    *out = &out_;
    return Flow::kNeedInput;
  }

 private:
  Scope& scope_;
  EvaluatorList exprs_;
  bool plain_ = true;
  types::Chunk out_;
};

}  // namespace

std::unique_ptr<Operator> make_project(const plan::ProjectNode& node, Scope& scope) {
  return std::make_unique<Project>(node, scope);
}

}  // namespace orrery::exec
