// What each plan node becomes; defined one per file. Plan nodes and scopes outlive what is made.
#pragma once

#include <memory>

#include "exec/build.h"
#include "exec/pipeline.h"
#include "exec/run_state.h"
#include "plan/plan.h"

namespace orrery::exec {

// Sources of their own.
std::unique_ptr<Source> make_scan(const plan::ScanNode& node, Scope& scope);
std::unique_ptr<Source> make_values(const plan::ValuesNode& node, Scope& scope);
std::unique_ptr<Source> make_generate_series(const plan::GenerateSeriesNode& node, Scope& scope);
std::unique_ptr<Source> make_cte_scan(const plan::CteScanNode& node, Scope& scope);

// Operators within a pipeline.
std::unique_ptr<Operator> make_filter(const plan::FilterNode& node, Scope& scope);
std::unique_ptr<Operator> make_project(const plan::ProjectNode& node, Scope& scope);
std::unique_ptr<Operator> make_limit(const plan::LimitNode& node, Scope& scope);
std::unique_ptr<Operator> make_distinct(const plan::DistinctNode& node, Scope& scope);
/// Passes each different row of the output of `node` once (UNION).
std::unique_ptr<Operator> make_distinct_rows(const plan::PlanNode& node, Scope& scope);
std::unique_ptr<Operator> make_index_join(const plan::IndexJoinNode& node, Scope& scope);
std::unique_ptr<Operator> make_stream_aggregate(const plan::AggregateNode& node, Scope& scope);
/// The pipelines are those of the right child.
std::unique_ptr<Operator> make_hash_join(const plan::HashJoinNode& node, Scope& scope,
                                         std::unique_ptr<Pipeline> build);
std::unique_ptr<Operator> make_nested_loop_join(const plan::NestedLoopJoinNode& node, Scope& scope,
                                                std::unique_ptr<Pipeline> right);
std::unique_ptr<Operator> make_lateral_join(const plan::NestedLoopJoinNode& node, Scope& scope,
                                            std::unique_ptr<Subtree> right);

// Breakers: the pipeline ends in them. (Of UNION this is only the union of all rows.)
std::unique_ptr<Source> make_aggregate(const plan::AggregateNode& node, Scope& scope,
                                       std::unique_ptr<Pipeline> input);
std::unique_ptr<Source> make_sort(const plan::SortNode& node, Scope& scope,
                                  std::unique_ptr<Pipeline> input);
/// For input that is ordered by the first keys.
std::unique_ptr<Source> make_sort_runs(const plan::SortNode& node, Scope& scope,
                                       std::unique_ptr<Pipeline> input);
std::unique_ptr<Source> make_window(const plan::WindowNode& node, Scope& scope,
                                    std::unique_ptr<Pipeline> input);
std::unique_ptr<Source> make_set_operation(const plan::SetOperationNode& node, Scope& scope,
                                           std::vector<std::unique_ptr<Pipeline>> inputs);
std::unique_ptr<Source> make_recursive(const plan::RecursiveNode& node, Scope& scope,
                                       std::unique_ptr<Pipeline> anchor,
                                       std::unique_ptr<Pipeline> step);
std::unique_ptr<Source> make_insert(const plan::InsertNode& node, Scope& scope,
                                    std::unique_ptr<Pipeline> input);
std::unique_ptr<Source> make_update(const plan::UpdateNode& node, Scope& scope,
                                    std::unique_ptr<Pipeline> input);
std::unique_ptr<Source> make_delete(const plan::DeleteNode& node, Scope& scope,
                                    std::unique_ptr<Pipeline> input);

/// Types of a node's output columns.
std::vector<types::TypeId> output_types(const plan::PlanNode& node);
/// LIMIT or OFFSET as a number; nullptr gives `absent`. Errors: kParse for negative or not a
/// number.
Result<uint64_t> evaluate_row_limit(const expr::Expr* e, std::string_view clause, uint64_t absent,
                                    expr::EvalContext& context);

}  // namespace orrery::exec
