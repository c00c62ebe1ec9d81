// The logical plan: a tree of relations whose expressions name columns by statement-wide ids.
//
// The binder builds it, the rewrites reshape it, the lowering turns it into physical nodes
// (plan.h). Because a column keeps its id through joins, filters and reorderings, moving an
// expression up or down needs no renumbering; an id that a subtree reads but does not make is a
// correlation with an enclosing query (or with the left side of a lateral join). A kSubquery
// expression keeps the number of its Subquery (PlanContext::subqueries) in Expr::index.
// Owned by one planning run; not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "plan/column_set.h"
#include "plan/plan.h"

namespace orrery::plan {

struct PlanContext;

enum class RelKind : uint8_t {
  kScan,       ///< table; columns parallel to table_columns; exprs = filter conjuncts
  kValues,     ///< rows; columns
  kSeries,     ///< exprs = arguments; one column
  kCte,        ///< reads CTE `number`; columns parallel to those of the CTE
  kFilter,     ///< exprs = conjuncts
  kProject,    ///< adds columns[i] = exprs[i] to those of the input
  kJoin,       ///< join_type (no kRight); exprs = conjuncts of the condition
  kAggregate,  ///< columns = groups (exprs), then aggregates, then grouping
  kDistinct,   ///< keys = columns that make a row distinct; first row of each
  kSort,       ///< sort_keys
  kLimit,      ///< limit, offset
  kWindow,     ///< adds columns[i] = calls[i]; exprs = partition keys, sort_keys
  kSet,        ///< set_op; columns; column i of input k is input_columns[k][i]
  kRecursive,  ///< inputs anchor and step; columns; input_columns; number = the CTE of the round
};

struct Rel;
using RelPtr = std::unique_ptr<Rel>;

inline constexpr uint32_t kRowIdColumn = UINT32_MAX;  ///< in table_columns: the row id

struct Rel {
  explicit Rel(RelKind k) : kind(k) {}

  RelKind kind;
  JoinType join_type = JoinType::kInner;
  SetOperation set_op = SetOperation::kUnionAll;
  bool distinct = false;  ///< kRecursive: UNION
  bool ordered = false;   ///< kJoin: its place among inner joins is chosen
  uint32_t number = 0;    ///< kCte, kRecursive
  std::vector<RelPtr> inputs;
  std::vector<ColumnId> columns;  ///< that this relation makes
  std::vector<expr::ExprPtr> exprs;
  std::shared_ptr<storage::Table> table;
  std::string_view alias;
  std::vector<uint32_t> table_columns;
  std::vector<std::vector<expr::ExprPtr>> rows;
  std::vector<AggregateCall> aggregates;
  std::vector<std::vector<uint32_t>> grouping_sets;
  std::vector<uint32_t> grouping;
  std::vector<ColumnId> keys;
  std::vector<SortKey> sort_keys;
  expr::ExprPtr limit;
  expr::ExprPtr offset;
  std::vector<WindowCall> calls;
  std::vector<std::vector<ColumnId>> input_columns;
};

RelPtr make_filter(RelPtr input, std::vector<expr::ExprPtr> conjuncts);  ///< no conjuncts: input
RelPtr make_join(JoinType type, RelPtr left, RelPtr right, std::vector<expr::ExprPtr> conjuncts);

/// Calls `visit` with every expression slot of this relation (not of its inputs).
void for_each_expr(Rel& rel, const std::function<void(expr::ExprPtr&)>& visit);
/// Columns that `rel` gives to its parent.
ColumnSet available_columns(const Rel& rel);
/// Columns that the expression reads, those that its subqueries read from outside included.
void add_columns_read(const PlanContext& context, const expr::Expr& e, ColumnSet* out);
ColumnSet columns_read(const PlanContext& context, const expr::Expr& e);
/// Columns that the tree reads but does not make.
ColumnSet free_columns(const PlanContext& context, const Rel& rel);
/// Sets Subquery::free of a bound subquery.
void find_free_columns(PlanContext& context, uint32_t subquery);
/// True where the tree calls a function whose value differs from row to row (RANDOM).
bool is_volatile(const PlanContext& context, const expr::Expr& e);
bool has_subquery(const expr::Expr& e);

/// What stands for a column: replacement for expressions that read it.
using ColumnMap = std::vector<std::pair<ColumnId, const expr::Expr*>>;
/// Replaces columns by copies of what stands for them, in subqueries of the expression too.
void substitute(PlanContext& context, const ColumnMap& map, expr::ExprPtr* e);
void substitute(PlanContext& context, const ColumnMap& map, Rel* rel);

}  // namespace orrery::plan
