// IN, EXISTS and their negations in conjuncts become semi and anti joins.
//
// A correlated subquery qualifies if what it reads from outside stands only in conjuncts that can
// be pulled up through joins, filters and projections; these become part of the join condition.
#include <algorithm>

#include "plan/construct.h"
#include "plan/correlation.h"
#include "plan/rewrite.h"

namespace orrery::plan {

using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;
using expr::SubqueryKind;

namespace {

bool all_hash_alike(const PlanContext& context, const Expr& test, const Subquery& subquery) {
  for (size_t i = 0; i < subquery.columns.size(); ++i) {
    const Expr& member =
        test.args[0]->kind == ExprKind::kRow ? *test.args[0]->args[i] : *test.args[0];
    types::TypeId a = member.type;
    types::TypeId b = context.columns[subquery.columns[i]].type;
    if (a != b && !(types::is_number(a) && types::is_number(b))) return false;
    if (a == types::TypeId::kNull) return false;
  }
  return true;
}

class Unnester {
 public:
  explicit Unnester(PlanContext& context) : context_(context) {}

  RelPtr run(RelPtr rel) {
    for (RelPtr& input : rel->inputs) input = run(std::move(input));
    bool filters = rel->kind == RelKind::kFilter || rel->kind == RelKind::kScan;
    if (!filters) return rel;
    ColumnSet left = available_columns(*rel);
    std::vector<ExprPtr> found =
        take_if(&rel->exprs, [&](const Expr& e) { return may_unnest(e, left); });
    bool empty = rel->kind == RelKind::kFilter && rel->exprs.empty();
    if (empty) rel = std::move(rel->inputs[0]);
    for (ExprPtr& e : found) rel = join(std::move(rel), *e);
    return rel;
  }

 private:
  bool may_unnest(const Expr& e, const ColumnSet& left) const {
    if (e.kind != ExprKind::kSubquery) return false;
    const Subquery& subquery = context_.subqueries[e.index];
    if (!subquery.rel || owns_ctes(e.index)) return false;
    bool correlated = !subquery.free.empty();
    if (correlated && !can_pull(context_, *subquery.rel, subquery.free)) return false;
    if (e.subquery_kind == SubqueryKind::kExists) return correlated;
    if (e.subquery_kind != SubqueryKind::kIn || has_subquery(*e.args[0])) return false;
    if (!all_hash_alike(context_, e, subquery) || is_volatile(context_, *e.args[0])) return false;
    if (!columns_read(context_, *e.args[0]).intersects(left)) return false;
    if (!e.negated) return true;
    bool never_null = !e.args[0]->nullable && e.args[0]->kind != ExprKind::kRow;
    for (ColumnId id : subquery.columns) {
      never_null = never_null && !context_.columns[id].nullable;
    }
    return never_null || (!correlated && subquery.columns.size() == 1);
  }

  /// A subquery with CTEs of its own stays one: they would have to move along.
  bool owns_ctes(uint32_t index) const {
    return std::any_of(context_.ctes.begin(), context_.ctes.end(),
                       [index](const Cte& cte) { return cte.owner == index + 1; });
  }

  /// Select lists that the join condition does not read.
  RelPtr strip_projections(RelPtr rel, const std::vector<ExprPtr>& conjuncts) const {
    while (rel->kind == RelKind::kProject) {
      ColumnSet made;
      made.add(rel->columns);
      bool read = std::any_of(conjuncts.begin(), conjuncts.end(), [&](const ExprPtr& e) {
        return columns_read(context_, *e).intersects(made);
      });
      if (read) break;
      RelPtr input = std::move(rel->inputs[0]);
      rel = std::move(input);
    }
    return rel;
  }

  RelPtr join(RelPtr left, Expr& test) {
    Subquery& subquery = context_.subqueries[test.index];
    std::vector<ExprPtr> conjuncts;
    RelPtr right = std::move(subquery.rel);
    if (!subquery.free.empty()) pull_correlated(context_, &right, subquery.free, &conjuncts);
    right = run(std::move(right));
    bool never_null = true;
    if (test.subquery_kind == SubqueryKind::kIn) {
      bool row = test.args[0]->kind == ExprKind::kRow;
      for (size_t i = 0; i < subquery.columns.size(); ++i) {
        ExprPtr member = row ? std::move(test.args[0]->args[i]) : std::move(test.args[0]);
        ExprPtr column = context_.column_ref(subquery.columns[i]);
        never_null = never_null && !member->nullable && !column->nullable;
        conjuncts.push_back(expr::make_compare(expr::CompareOp::kEqual, std::move(member),
                                               std::move(column)));
      }
    }
    right = strip_projections(std::move(right), conjuncts);
    JoinType type = !test.negated ? JoinType::kSemi
                    : never_null  ? JoinType::kAnti
                                  : JoinType::kNullAwareAnti;
    return make_join(type, std::move(left), std::move(right), std::move(conjuncts));
  }

  PlanContext& context_;
};

}  // namespace

RelPtr unnest(PlanContext& context, RelPtr rel) {
  if (context.subqueries.empty()) return rel;
  rel = Unnester(context).run(std::move(rel));
  return push_down(context, std::move(rel), {});
}

}  // namespace orrery::plan
