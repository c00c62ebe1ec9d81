#include "exec/build.h"

#include "exec/cte_store.h"
#include "exec/operators.h"

namespace orrery::exec {

using plan::NodeKind;
using plan::PlanNode;

std::vector<types::TypeId> output_types(const PlanNode& node) {
  std::vector<types::TypeId> types;
  types.reserve(node.output.size());
  for (const auto& c : node.output) types.push_back(c.type);
  return types;
}

namespace {

template <class Node>
const Node& as(const PlanNode& node) {
  return static_cast<const Node&>(node);
}

Result<std::unique_ptr<Pipeline>> build(const PlanNode& node, Scope& scope);

std::unique_ptr<Pipeline> begin_with(std::unique_ptr<Source> source, Scope& scope) {
  auto p = std::make_unique<Pipeline>(scope.run);
  p->source = std::move(source);
  return p;
}

Result<std::unique_ptr<Pipeline>> build_join(const PlanNode& node, Scope& scope) {
  ORRERY_TRY_ASSIGN(auto left, build(*node.children[0], scope));
  if (node.kind == NodeKind::kIndexJoin) {
    left->operators.push_back(make_index_join(as<plan::IndexJoinNode>(node), scope));
    return left;
  }
  if (node.kind == NodeKind::kNestedLoopJoin && as<plan::NestedLoopJoinNode>(node).lateral) {
    ORRERY_TRY_ASSIGN(auto right, Subtree::make(*node.children[1], {}, scope.run));
    left->operators.push_back(
        make_lateral_join(as<plan::NestedLoopJoinNode>(node), scope, std::move(right)));
    return left;
  }
  ORRERY_TRY_ASSIGN(auto right, build(*node.children[1], scope));
  if (node.kind == NodeKind::kHashJoin) {
    left->operators.push_back(
        make_hash_join(as<plan::HashJoinNode>(node), scope, std::move(right)));
  } else {
    left->operators.push_back(
        make_nested_loop_join(as<plan::NestedLoopJoinNode>(node), scope, std::move(right)));
  }
  return left;
}

/// Nodes that work on each chunk of the pipeline below them.
Result<std::unique_ptr<Pipeline>> build_operator(const PlanNode& node, Scope& scope) {
  ORRERY_TRY_ASSIGN(auto input, build(*node.children[0], scope));
  std::unique_ptr<Operator> op;
  switch (node.kind) {
    case NodeKind::kFilter:
      op = make_filter(as<plan::FilterNode>(node), scope);
      break;
    case NodeKind::kProject:
      op = make_project(as<plan::ProjectNode>(node), scope);
      break;
    case NodeKind::kLimit:
      op = make_limit(as<plan::LimitNode>(node), scope);
      break;
    case NodeKind::kDistinct:
      op = make_distinct(as<plan::DistinctNode>(node), scope);
      break;
    default:
      return Error(ErrorCode::kInternal, "no operator for plan node");
  }
  input->operators.push_back(std::move(op));
  return input;
}

Result<std::unique_ptr<Pipeline>> build_breaker(const PlanNode& node, Scope& scope) {
  ORRERY_TRY_ASSIGN(auto input, build(*node.children[0], scope));
  std::unique_ptr<Source> source;
  switch (node.kind) {
    case NodeKind::kAggregate: {
      const auto& aggregate = as<plan::AggregateNode>(node);
      if (aggregate.input_sorted && !aggregate.groups.empty() && aggregate.grouping_sets.empty()) {
        input->operators.push_back(make_stream_aggregate(aggregate, scope));
        return input;
      }
      source = make_aggregate(aggregate, scope, std::move(input));
      break;
    }
    case NodeKind::kSort:
      source = as<plan::SortNode>(node).sorted_prefix == 0
                   ? make_sort(as<plan::SortNode>(node), scope, std::move(input))
                   : make_sort_runs(as<plan::SortNode>(node), scope, std::move(input));
      break;
    case NodeKind::kWindow:
      source = make_window(as<plan::WindowNode>(node), scope, std::move(input));
      break;
    case NodeKind::kInsert:
      source = make_insert(as<plan::InsertNode>(node), scope, std::move(input));
      break;
    case NodeKind::kUpdate:
      source = make_update(as<plan::UpdateNode>(node), scope, std::move(input));
      break;
    case NodeKind::kDelete:
      source = make_delete(as<plan::DeleteNode>(node), scope, std::move(input));
      break;
    default:
      return Error(ErrorCode::kInternal, "no breaker for plan node");
  }
  return begin_with(std::move(source), scope);
}

Result<std::unique_ptr<Pipeline>> build(const PlanNode& node, Scope& scope) {
  switch (node.kind) {
    case NodeKind::kScan:
      return begin_with(make_scan(as<plan::ScanNode>(node), scope), scope);
    case NodeKind::kValues:
      return begin_with(make_values(as<plan::ValuesNode>(node), scope), scope);
    case NodeKind::kGenerateSeries:
      return begin_with(make_generate_series(as<plan::GenerateSeriesNode>(node), scope), scope);
    case NodeKind::kCteScan:
      return begin_with(make_cte_scan(as<plan::CteScanNode>(node), scope), scope);
    case NodeKind::kFilter:
    case NodeKind::kProject:
    case NodeKind::kLimit:
    case NodeKind::kDistinct:
      return build_operator(node, scope);
    case NodeKind::kHashJoin:
    case NodeKind::kNestedLoopJoin:
    case NodeKind::kIndexJoin:
      return build_join(node, scope);
    case NodeKind::kAggregate:
    case NodeKind::kSort:
    case NodeKind::kWindow:
    case NodeKind::kInsert:
    case NodeKind::kUpdate:
    case NodeKind::kDelete:
      return build_breaker(node, scope);
    case NodeKind::kSetOperation: {
      std::vector<std::unique_ptr<Pipeline>> inputs;
      for (const auto& child : node.children) {
        ORRERY_TRY_ASSIGN(auto input, build(*child, scope));
        inputs.push_back(std::move(input));
      }
      const auto& set = as<plan::SetOperationNode>(node);
      auto pipeline = begin_with(make_set_operation(set, scope, std::move(inputs)), scope);
      if (set.op == plan::SetOperation::kUnion) {
        pipeline->operators.push_back(make_distinct_rows(set, scope));
      }
      return pipeline;
    }
    case NodeKind::kRecursive: {
      ORRERY_TRY_ASSIGN(auto anchor, build(*node.children[0], scope));
      ORRERY_TRY_ASSIGN(auto step, build(*node.children[1], scope));
      return begin_with(
          make_recursive(as<plan::RecursiveNode>(node), scope, std::move(anchor), std::move(step)),
          scope);
    }
  }
  return Error(ErrorCode::kInternal, "unknown plan node");
}

}  // namespace

Result<std::unique_ptr<Pipeline>> build_pipeline(const PlanNode& root, Scope& scope) {
  return build(root, scope);
}

Result<std::unique_ptr<Subtree>> Subtree::make(const PlanNode& root,
                                               std::span<const plan::CtePlan> ctes, RunState& run) {
  std::unique_ptr<Subtree> tree(new Subtree(run));
  for (const plan::CtePlan& cte : ctes) {
    ORRERY_TRY(run.ctes->declare(cte, tree->scope_));
    tree->ctes_.push_back(cte.id);
  }
  ORRERY_TRY_ASSIGN(tree->pipeline_, build_pipeline(root, tree->scope_));
  return tree;
}

Status Subtree::open(uint64_t row_goal) {
  scope_.begin();
  for (uint32_t id : ctes_) scope_.run.ctes->invalidate(id);
  return pipeline_->open(row_goal);
}

}  // namespace orrery::exec
