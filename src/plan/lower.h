// Lowering: logical relations to physical operators.
//
// Works top down: a parent says which columns it needs, how many rows it will probably read and
// which order it would like; the child chooses access paths and algorithms and says what it gives.
// Column ids become positions in the child's output, columns of enclosing queries become outer
// slots. One object per planning run.
#pragma once

#include <vector>

#include "plan/context.h"
#include "plan/estimate.h"
#include "plan/join_choice.h"

namespace orrery::plan {

struct Ordering {
  ColumnId column = kNoColumn;
  bool descending = false;
  bool nulls_first = false;
};

/// What the parent wants of a relation.
struct Want {
  ColumnSet need;
  double goal = 0;              ///< rows after which reading may stop; 0 = all are read
  std::vector<Ordering> order;  ///< worth having, if cheap; else `goal` does not count
  /// The LIMIT above, if every row of this relation is one of its input: it will read no more rows
  /// than limit + offset. `goal` is but an estimate.
  const Rel* hard_limit = nullptr;
  bool any_order = false;       ///< any permutation and direction of `order` will do
  /// The tree was found able to keep `order`, or rows of equal values of this unique column
  /// together, by index joins (stream.h): do so.
  bool stream = false;
  ColumnId adjacent = kNoColumn;
};

/// want.goal for a node: 0 (all) where it is beyond any table, as LIMIT's largest numbers are.
uint64_t row_goal(double goal);

struct Lowered {
  PlanNodePtr node;
  std::vector<ColumnId> layout;  ///< of the node's output
  std::vector<Ordering> order;   ///< in which the rows come, as far as known
  ColumnSet contiguous;          ///< rows equal in these columns come next to each other
};

class Lowering {
 public:
  explicit Lowering(PlanContext& context) : context_(context), estimator_(context) {}

  /// The relation's plan with exactly these columns.
  Result<PlanNodePtr> lower_exact(Rel& rel, const std::vector<ColumnId>& columns, double goal);
  /// Rewrites ids to positions in `layout`, or to outer slots.
  Status lower_expr(expr::ExprPtr* e, const std::vector<ColumnId>& layout);
  /// Fills in what the statement has besides its root.
  void finish(PlannedStatement* statement);
  template <class Node>
  std::unique_ptr<Node> make_node();
  /// The plans of the CTEs that `owner` declares.
  Status lower_ctes(uint32_t owner, std::vector<CtePlan>* out);

 private:
  struct Frame {
    std::vector<ColumnId> slots;
    bool reads_working_table = false;
  };

  // lower.cc
  Result<Lowered> lower(Rel& rel, Want want);
  Lowered lower_nothing(const ColumnSet& need);
  Result<Lowered> lower_filter(Rel& rel, Want want);
  Result<Lowered> lower_project(Rel& rel, Want want);
  Result<Lowered> lower_values(Rel& rel);
  Result<Lowered> lower_series(Rel& rel);
  Result<Lowered> lower_cte(Rel& rel);
  Result<Lowered> lower_set(Rel& rel, const Want& want);
  Result<Lowered> lower_recursive(Rel& rel);
  Result<PlanNodePtr> project_exact(Lowered lowered, const std::vector<ColumnId>& columns);

  // lower_expr.cc
  Status lower_exprs(std::vector<expr::ExprPtr>* list, const std::vector<ColumnId>& layout);
  Status lower_keys(std::vector<SortKey>* keys, const std::vector<ColumnId>& layout);
  Status lower_call(AggregateCall* call, const std::vector<ColumnId>& layout);
  Status lower_subquery(expr::Expr* e, const std::vector<ColumnId>& layout);
  Result<std::shared_ptr<expr::Subplan>> lower_subplan(uint32_t index);
  std::shared_ptr<expr::Subplan> find_equal_subplan(uint32_t index);

  // lower_scan.cc
  Result<Lowered> lower_scan(Rel& rel, const Want& want);
  ColumnSet contiguous_columns(const Rel& rel) const;

  // lower_join.cc
  struct Sides {
    ColumnSet left;
    ColumnSet right;
    double rows = 0;
    double left_rows = 0;
    double cost = 0;
  };
  Result<Lowered> lower_join(Rel& rel, const Want& want);
  Result<Lowered> lower_hash_join(Rel& rel, const Want& want, const JoinKeys& keys,
                                  const Sides& sides);
  Result<Lowered> lower_nested_loop(Rel& rel, const Want& want, const Sides& sides);
  Result<Lowered> lower_lateral(Rel& rel, const Want& want, const ColumnSet& free);
  Result<Lowered> lower_index_join(Rel& rel, const Want& want, IndexJoinChoice choice,
                                   const Sides& sides);
  IndexJoinChoice find_lookup(const Rel& rel, const Want& want, const JoinKeys& keys,
                              const Estimate& right, double limit) const;
  Result<Lowered> lower_lookup(Rel& rel, const Want& want, IndexJoinChoice choice);
  Want side_want(const Rel& rel, const Want& want, const ColumnSet& side) const;
  Result<expr::ExprPtr> residual_of(Rel& rel, const std::vector<bool>& used,
                                    const std::vector<ColumnId>& both);
  void finish_join(PlanNode* node, const std::vector<ColumnId>& layout, Lowered& left,
                   Lowered& right, const Sides& sides);

  // lower_group.cc
  bool groups_are_adjacent(const std::vector<expr::ExprPtr>& groups, const Lowered& in) const;
  ColumnId unique_group(const std::vector<expr::ExprPtr>& groups) const;
  std::vector<Ordering> group_order(const Rel& rel, const Want& want) const;
  Want aggregate_want(const Rel& rel, const Want& want, const std::vector<size_t>& kept) const;
  std::vector<size_t> drop_dependent_groups(Rel& rel, const ColumnSet& need,
                                            std::vector<size_t> kept) const;
  void use_skip_scan(const Rel& rel, const Want& want, Lowered* input) const;
  Result<Lowered> lower_aggregate(Rel& rel, const Want& want);
  Result<Lowered> lower_distinct(Rel& rel, Want want);
  Result<Lowered> lower_sort(Rel& rel, Want want);
  Result<Lowered> lower_limit(Rel& rel, Want want);

  // lower_window.cc
  Result<Lowered> lower_window(Rel& rel, const Want& want);
  Want window_want(const Rel& rel, const Want& want, const std::vector<size_t>& kept,
                   double* ahead) const;
  double goal_of_groups(const Rel& rel, const Want& want, const std::vector<size_t>& kept) const;
  Result<Lowered> presort(Lowered in, const Rel& rel, const Rel* limit, double ahead,
                          double goal);

  void note_table(const std::shared_ptr<storage::Table>& table);
  void set_output(PlanNode* node, const std::vector<ColumnId>& layout) const;

  PlanContext& context_;
  Estimator estimator_;
  std::vector<Frame> frames_;
  std::vector<PlannedTable> tables_;
  uint32_t next_id_ = 0;
};

}  // namespace orrery::plan
