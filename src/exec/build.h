// From plan trees to pipelines.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "exec/pipeline.h"
#include "exec/run_state.h"
#include "plan/plan.h"

namespace orrery::exec {

Result<std::unique_ptr<Pipeline>> build_pipeline(const plan::PlanNode& root, Scope& scope);

/// A plan tree with outer slots and CTEs of its own: a subquery, the right side of a LATERAL join,
/// or the statement.
class Subtree {
 public:
  /// `root` and `ctes` outlive the subtree.
  static Result<std::unique_ptr<Subtree>> make(const plan::PlanNode& root,
                                               std::span<const plan::CtePlan> ctes, RunState& run);
  /// Begins a run with the scope's outer values as they are.
  Status open(uint64_t row_goal);
  Status next(types::Chunk** out) { return pipeline_->next(out); }
  Scope& scope() { return scope_; }
  Pipeline& pipeline() { return *pipeline_; }

 private:
  explicit Subtree(RunState& run) : scope_(run) {}
  Scope scope_;
  std::vector<uint32_t> ctes_;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace orrery::exec
