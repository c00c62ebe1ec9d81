// Physical plans: a tree of operators with typed output columns, bound expressions and estimated
// cost.
//
// Made by plan/planner.h from the syntax tree, run by exec/, printed by plan/explain.h. A plan is
// immutable once made, is good for one catalog version and one list of parameter types, and may be
// run by many executions at once. In every node, expressions over the input name columns of the
// child's output (of left ++ right for joins).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "expr/expr.h"
#include "expr/function.h"
#include "storage/table.h"

namespace orrery::plan {

enum class NodeKind : uint8_t {
  kScan,
  kValues,
  kGenerateSeries,
  kCteScan,
  kFilter,
  kProject,
  kHashJoin,
  kNestedLoopJoin,
  kIndexJoin,
  kAggregate,
  kDistinct,
  kSort,
  kLimit,
  kWindow,
  kSetOperation,
  kRecursive,
  kInsert,
  kUpdate,
  kDelete,
};

struct OutputColumn {
  std::string name;
  types::TypeId type = types::TypeId::kNull;
  bool nullable = true;
  /// Of a statement's column that is a table's own: its type there. SQL's type says less.
  std::optional<types::AlgebraicType> column_type = std::nullopt;
};

struct PlanNode {
  const NodeKind kind;
  std::vector<OutputColumn> output;
  std::vector<std::unique_ptr<PlanNode>> children;
  double estimated_rows = 0;
  double estimated_cost = 0;
  uint32_t id = 0;  ///< number within the statement, for EXPLAIN ANALYZE counters

  virtual ~PlanNode() = default;
  PlanNode(const PlanNode&) = delete;
  PlanNode& operator=(const PlanNode&) = delete;

 protected:
  explicit PlanNode(NodeKind k) : kind(k) {}
};
using PlanNodePtr = std::unique_ptr<PlanNode>;

/// A CTE computed once per execution of the plan that declares it, and read by CteScanNodes.
struct CtePlan {
  uint32_t id = 0;  ///< unique within the statement
  std::string name;
  PlanNodePtr root;
};

/// One range of an index scan; expressions are row-independent (constants, parameters, outer slots,
/// scalar subqueries of these) and of the index columns' types.
struct IndexRange {
  std::vector<expr::ExprPtr> equal;  ///< for the first columns of the index
  storage::BoundKind lower_kind = storage::BoundKind::kUnbounded;
  expr::ExprPtr lower;
  storage::BoundKind upper_kind = storage::BoundKind::kUnbounded;
  expr::ExprPtr upper;
};
struct IndexPath {
  storage::IndexId index = 0;
  std::vector<IndexRange> ranges;
};

/// Rows of a table. No index path: full scan. One path with one range: in index order (or
/// backward). More: the union of the ranges, each row once, in no promised order unless `ordered`
/// (then ranges ascend and do not overlap).
struct ScanNode final : PlanNode {
  ScanNode() : PlanNode(NodeKind::kScan) {}
  std::shared_ptr<storage::Table> table;
  std::string alias;
  std::vector<uint32_t> columns;  ///< table column of each output column (before the row id)
  bool emit_row_id = false;       ///< one more output column, INTEGER: the RowId
  std::vector<IndexPath> paths;
  storage::Direction direction = storage::Direction::kForward;
  bool ordered = false;  ///< some operator above relies on the index order
  bool distinct_first_key =
      false;  ///< one row per distinct value of the index's first column is enough
  expr::ExprPtr
      filter;  ///< over the output columns, or null; ranges already applied need not be repeated
  uint64_t row_goal = 0;  ///< rows wanted before the reader is likely to stop; 0 = all
};

struct ValuesNode final : PlanNode {  ///< also SELECT without FROM: one row, no columns
  ValuesNode() : PlanNode(NodeKind::kValues) {}
  std::vector<std::vector<expr::ExprPtr>> rows;
};

struct GenerateSeriesNode final : PlanNode {
  GenerateSeriesNode() : PlanNode(NodeKind::kGenerateSeries) {}
  std::vector<expr::ExprPtr> arguments;  ///< 2 or 3, row-independent
};

struct CteScanNode final : PlanNode {  ///< a CtePlan's rows, or a recursive step's working table
  CteScanNode() : PlanNode(NodeKind::kCteScan) {}
  uint32_t cte = 0;
  std::string name;
};

struct FilterNode final : PlanNode {
  FilterNode() : PlanNode(NodeKind::kFilter) {}
  expr::ExprPtr condition;
};

struct ProjectNode final : PlanNode {
  ProjectNode() : PlanNode(NodeKind::kProject) {}
  std::vector<expr::ExprPtr> exprs;
};

enum class JoinType : uint8_t {
  kInner,
  kLeft,
  kRight,
  kFull,
  kSemi,           ///< left rows with a match
  kAnti,           ///< left rows without a match (NOT EXISTS)
  kNullAwareAnti,  ///< NOT IN: no row passes if the right side has a NULL key, nor one with a NULL
                   ///< key unless the right is empty
};

/// children[0] left (probe), children[1] right (build). Output: left ++ right columns (left only
/// for semi and anti).
struct HashJoinNode final : PlanNode {
  HashJoinNode() : PlanNode(NodeKind::kHashJoin) {}
  JoinType type = JoinType::kInner;
  std::vector<expr::ExprPtr> left_keys;   ///< over the left output
  std::vector<expr::ExprPtr> right_keys;  ///< over the right output; same types as the left ones,
                                          ///< INTEGER meets FLOAT by value
  expr::ExprPtr residual;                 ///< over left ++ right; part of the match, or null
};

struct NestedLoopJoinNode final : PlanNode {
  NestedLoopJoinNode() : PlanNode(NodeKind::kNestedLoopJoin) {}
  JoinType type = JoinType::kInner;
  expr::ExprPtr condition;  ///< over left ++ right, or null
  /// LATERAL: the right child is run once per left row; slot i of its outer values is
  /// lateral_args[i] over the left row.
  bool lateral = false;
  std::vector<expr::ExprPtr> lateral_args;
};

/// For each row of children[0], the rows of `table` whose index key equals key expressions over
/// that row. Keeps the order of children[0].
struct IndexJoinNode final : PlanNode {
  IndexJoinNode() : PlanNode(NodeKind::kIndexJoin) {}
  JoinType type = JoinType::kInner;  ///< inner, left, semi, anti
  std::shared_ptr<storage::Table> table;
  std::string alias;
  storage::IndexId index = 0;
  std::vector<expr::ExprPtr> keys;  ///< over the left output; for the first columns of the index
  std::vector<uint32_t> columns;    ///< of the table, appended to the left output
  expr::ExprPtr residual;           ///< over left ++ columns, or null
};

struct SortKey {
  expr::ExprPtr expr;
  bool descending = false;
  bool nulls_first = false;  ///< resolved: the default is NULLs largest
};

struct AggregateCall {
  expr::AggregateKind kind = expr::AggregateKind::kCountStar;
  types::TypeId type = types::TypeId::kNull;  ///< of the result
  std::vector<expr::ExprPtr> args;
  bool distinct = false;
  expr::ExprPtr filter;           ///< or null
  std::vector<SortKey> order_by;  ///< STRING_AGG(x ORDER BY y)
  std::string separator = ",";    ///< STRING_AGG
};

/// Output: groups, then aggregates, then one INTEGER per `grouping` entry. Without groups: one row,
/// also for no input.
struct AggregateNode final : PlanNode {
  AggregateNode() : PlanNode(NodeKind::kAggregate) {}
  std::vector<expr::ExprPtr> groups;
  std::vector<AggregateCall> aggregates;
  /// ROLLUP, CUBE, GROUPING SETS: the groups of each set (indexes into `groups`); empty = one set
  /// of all groups.
  std::vector<std::vector<uint32_t>> grouping_sets;
  std::vector<uint32_t> grouping;  ///< GROUPING(groups[i]) for each entry
  /// Rows of equal groups come next to each other: stream (a new key ends the group before).
  bool input_sorted = false;
};

/// First row of each distinct key; keys are `columns` of the input (all when empty). Keeps the
/// input's order.
struct DistinctNode final : PlanNode {
  DistinctNode() : PlanNode(NodeKind::kDistinct) {}
  std::vector<uint32_t> columns;
};

/// ORDER BY; with limit set: keep only offset + limit rows (top-N).
struct SortNode final : PlanNode {
  SortNode() : PlanNode(NodeKind::kSort) {}
  std::vector<SortKey> keys;
  expr::ExprPtr limit;  ///< row-independent, or null; a hint: a LimitNode above still applies
  expr::ExprPtr offset;
  /// The input already comes ordered by the first n keys: sort run by run, and with a limit stop at
  /// the end of the run in which it is reached.
  uint32_t sorted_prefix = 0;
};

struct LimitNode final : PlanNode {
  LimitNode() : PlanNode(NodeKind::kLimit) {}
  expr::ExprPtr
      limit;  ///< row-independent, or null = no limit; NULL value = no limit; negative = error
  expr::ExprPtr offset;
};

enum class FrameUnit : uint8_t { kRows, kRange };
enum class FrameBound : uint8_t {
  kUnboundedPreceding,
  kPreceding,
  kCurrentRow,
  kFollowing,
  kUnboundedFollowing
};
struct WindowCall {
  expr::WindowKind kind = expr::WindowKind::kRowNumber;
  AggregateCall aggregate;          ///< for kAggregate (filter and distinct included)
  std::vector<expr::ExprPtr> args;  ///< of the others
  types::TypeId type = types::TypeId::kNull;
  FrameUnit unit = FrameUnit::kRange;
  FrameBound start = FrameBound::kUnboundedPreceding;
  FrameBound end = FrameBound::kCurrentRow;
  expr::ExprPtr start_offset;  ///< row-independent, or null
  expr::ExprPtr end_offset;
};
/// Windows that share PARTITION BY and ORDER BY. Output: the child's columns, then one per call.
/// Row order of the output is that of partition and order keys.
struct WindowNode final : PlanNode {
  WindowNode() : PlanNode(NodeKind::kWindow) {}
  std::vector<expr::ExprPtr> partition_by;
  std::vector<SortKey> order_by;
  std::vector<WindowCall> calls;
  bool input_sorted = false;  ///< the input already comes in partition and order
  uint64_t row_goal = 0;      ///< with input_sorted: rows wanted
};

enum class SetOperation : uint8_t {
  kUnionAll,
  kUnion,
  kIntersect,
  kIntersectAll,
  kExcept,
  kExceptAll
};
/// Two or more children with equally many columns, combined from the left.
struct SetOperationNode final : PlanNode {
  SetOperationNode() : PlanNode(NodeKind::kSetOperation) {}
  SetOperation op = SetOperation::kUnionAll;
};

/// WITH RECURSIVE: children[0] anchor, children[1] step, which reads the rows of the round before
/// through CteScanNode `cte`. Ends with an empty round, or with
/// kLimit after so many rounds that it hardly would.
struct RecursiveNode final : PlanNode {
  RecursiveNode() : PlanNode(NodeKind::kRecursive) {}
  uint32_t cte = 0;
  bool distinct = false;  ///< UNION
};

/// A CHECK to evaluate over a full row (all columns of the table); FALSE is the error, NULL passes.
struct CheckConstraint {
  expr::ExprPtr condition;
  std::string error;  ///< full message
};
struct ReturningList {
  std::vector<expr::ExprPtr> exprs;  ///< over the table's columns; empty = no RETURNING
};
enum class ConflictAction : uint8_t { kError, kDoNothing, kDoUpdate };

/// children[0] yields a value per table column in order (defaults filled in, not yet coerced). With
/// an auto-increment key, NULL in it asks for the next value. Output: RETURNING columns, or none.
struct InsertNode final : PlanNode {
  InsertNode() : PlanNode(NodeKind::kInsert) {}
  std::shared_ptr<storage::Table> table;
  int32_t auto_increment = -1;
  std::vector<CheckConstraint> checks;
  ConflictAction on_conflict = ConflictAction::kError;
  std::vector<storage::IndexId> conflict_indexes;  ///< that the clause covers
  std::vector<uint16_t> update_columns;            ///< DO UPDATE SET
  std::vector<expr::ExprPtr> update_values;        ///< over existing row ++ proposed row
  expr::ExprPtr update_where;                      ///< the same, or null
  ReturningList returning;
};

/// children[0] yields the RowId (INTEGER), then a new value per entry of `columns`, not yet
/// coerced. All rows are read before the first is written.
struct UpdateNode final : PlanNode {
  UpdateNode() : PlanNode(NodeKind::kUpdate) {}
  std::shared_ptr<storage::Table> table;
  std::vector<uint16_t> columns;
  std::vector<CheckConstraint> checks;
  ReturningList returning;  ///< over the new row
};

/// children[0] yields the RowId.
struct DeleteNode final : PlanNode {
  DeleteNode() : PlanNode(NodeKind::kDelete) {}
  std::shared_ptr<storage::Table> table;
  ReturningList returning;  ///< over the old row
};

/// What an executor keeps with a plan between executions (prepared operators, scratch memory).
class PreparedExecution {
 public:
  virtual ~PreparedExecution() = default;
};

/// A table's size when the plan was made: a plan whose tables have grown or shrunk a lot should be
/// made again.
struct PlannedTable {
  std::shared_ptr<storage::Table> table;
  uint64_t rows = 0;
};

/// What SELECT, INSERT, UPDATE and DELETE become.
struct PlannedStatement {
  PlannedStatement() = default;
  PlannedStatement(const PlannedStatement&) = delete;
  PlannedStatement& operator=(const PlannedStatement&) = delete;
  ~PlannedStatement();

  PlanNodePtr root;
  std::vector<CtePlan> ctes;          ///< in an order in which each reads only earlier ones
  std::vector<OutputColumn> columns;  ///< result header; empty for DML without RETURNING
  bool writes = false;
  uint32_t node_count = 0;
  uint64_t catalog_version = 0;
  std::vector<types::TypeId> parameter_types;
  std::vector<PlannedTable> tables;
  /// Owned; taken out and put back with exchange() by exec/, so executions may run at once.
  mutable std::atomic<PreparedExecution*> prepared{nullptr};
};

}  // namespace orrery::plan

namespace orrery::expr {
/// A subquery's plan (declared in expr/expr.h). Its outer slots are filled from Expr::outer_args.
struct Subplan {
  plan::PlanNodePtr root;
  std::vector<plan::CtePlan> ctes;
  bool correlated = false;  ///< reads outer slots: else it is run once per execution
};
}  // namespace orrery::expr
