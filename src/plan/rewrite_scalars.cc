// Correlated scalar aggregates: (SELECT COUNT(*) FROM o WHERE o.u = u.id) for many rows of u is one
// grouping of o and a join, rather than a query per row.
//
// Done where the subquery aggregates without groups, is correlated by equalities only, and the
// estimate says that the join costs less.
#include <algorithm>

#include "plan/construct.h"
#include "plan/correlation.h"
#include "plan/estimate.h"
#include "plan/rewrite.h"

namespace orrery::plan {

using expr::AggregateKind;
using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;

namespace {

constexpr double kGain = 0.7;  ///< the join must cost less than this share of the runs

bool hash_alike(types::TypeId a, types::TypeId b) {
  return a != types::TypeId::kNull && (a == b || (types::is_number(a) && types::is_number(b)));
}

class ScalarUnnester {
 public:
  explicit ScalarUnnester(PlanContext& context) : context_(context), estimator_(context) {}

  RelPtr run(RelPtr rel) {
    for (RelPtr& input : rel->inputs) input = run(std::move(input));
    if (rel->kind == RelKind::kScan) return from_scan(std::move(rel));
    if (rel->kind != RelKind::kProject && rel->kind != RelKind::kFilter) return rel;
    double rows = estimator_.estimate(*rel->inputs[0]).rows;
    for (ExprPtr& e : rel->exprs) visit(&e, rows, &rel->inputs[0]);
    return rel;
  }

 private:
  /// A scan's own conjuncts: those with such subqueries move above the join.
  RelPtr from_scan(RelPtr scan) {
    double rows = estimator_.table_rows(*scan->table);
    std::vector<ExprPtr> found = take_if(
        &scan->exprs, [&](const Expr& e) { return has_candidate(e, rows); });
    if (found.empty()) return scan;
    for (ExprPtr& e : found) visit(&e, rows, &scan);
    return make_filter(std::move(scan), std::move(found));
  }

  bool has_candidate(const Expr& e, double rows) {
    if (e.kind == ExprKind::kSubquery) return pays(e, rows);
    return std::any_of(e.args.begin(), e.args.end(),
                       [&](const ExprPtr& arg) { return has_candidate(*arg, rows); });
  }

  void visit(ExprPtr* e, double rows, RelPtr* input) {
    if ((*e)->kind == ExprKind::kSubquery) {
      if (pays(**e, rows)) *e = join(**e, input);
      return;
    }
    for (ExprPtr& arg : (*e)->args) visit(&arg, rows, input);
  }

  /// The aggregation under the select list of the subquery, or nullptr.
  static Rel* aggregate_of(Rel* rel) {
    while (rel->kind == RelKind::kProject) rel = rel->inputs[0].get();
    bool plain = rel->kind == RelKind::kAggregate && rel->exprs.empty() &&
                 rel->grouping_sets.empty() && rel->grouping.empty();
    return plain ? rel : nullptr;
  }

  bool pays(const Expr& e, double rows) {
    if (e.subquery_kind != expr::SubqueryKind::kScalar) return false;
    Subquery& subquery = context_.subqueries[e.index];
    if (!subquery.rel || subquery.free.empty() || owns_ctes(e.index)) return false;
    Rel* aggregate = aggregate_of(subquery.rel.get());
    if (aggregate == nullptr || !correlated_by_equality(subquery, *aggregate)) return false;
    double once = estimator_.estimate(*pushed(subquery)).total + cost::kSubqueryRow;
    Estimate whole = whole_input(*aggregate->inputs[0], subquery.free);
    double joined = whole.total + whole.rows * cost::kGroupRow + rows * cost::kHashProbe;
    return joined < rows * once * kGain;
  }

  /// The subquery with its conjuncts at the tables, as one run would see it.
  const Rel* pushed(Subquery& subquery) {
    subquery.rel = push_down(context_, std::move(subquery.rel), {});
    return subquery.rel.get();
  }

  /// Estimate of the aggregation's input without its correlation.
  Estimate whole_input(const Rel& rel, const ColumnSet& free) {
    if (rel.kind != RelKind::kScan) {
      Estimate out = estimator_.estimate(rel);
      out.total = out.rows = 0;
      for (const RelPtr& input : rel.inputs) {
        Estimate part = whole_input(*input, free);
        out.total += part.total;
        out.rows = std::max(out.rows, part.rows);
      }
      return out;
    }
    double rows = estimator_.table_rows(*rel.table);
    Estimate out;
    out.rows = rows;
    for (const ExprPtr& e : rel.exprs) {
      if (!columns_read(context_, *e).intersects(free)) out.rows *= estimator_.selectivity(*e);
    }
    out.total = rows * (cost::kSeqRow + cost::kTest * static_cast<double>(rel.exprs.size()));
    return out;
  }

  bool owns_ctes(uint32_t index) const {
    return std::any_of(context_.ctes.begin(), context_.ctes.end(),
                       [index](const Cte& cte) { return cte.owner == index + 1; });
  }

  bool correlated_by_equality(const Subquery& subquery, const Rel& aggregate) const {
    for (const AggregateCall& call : aggregate.aggregates) {
      ColumnSet read;
      for (const ExprPtr& arg : call.args) add_columns_read(context_, *arg, &read);
      if (call.filter) add_columns_read(context_, *call.filter, &read);
      for (const SortKey& key : call.order_by) add_columns_read(context_, *key.expr, &read);
      if (read.intersects(subquery.free)) return false;
    }
    const Rel& input = *aggregate.inputs[0];
    if (!can_pull(context_, input, subquery.free) || has_order(input)) return false;
    for (const Rel* rel = subquery.rel.get(); rel != &aggregate; rel = rel->inputs[0].get()) {
      for (const ExprPtr& e : rel->exprs) {
        if (columns_read(context_, *e).intersects(subquery.free) || has_subquery(*e)) return false;
      }
    }
    std::vector<const Expr*> found;
    find_correlated(context_, input, subquery.free, &found);
    return !found.empty() && std::all_of(found.begin(), found.end(), [&](const Expr* e) {
      return split(*e, subquery.free) != Split::kNone;
    });
  }

  static bool has_order(const Rel& rel) {
    return rel.kind == RelKind::kSort || rel.kind == RelKind::kDistinct ||
           std::any_of(rel.inputs.begin(), rel.inputs.end(),
                       [](const RelPtr& input) { return has_order(*input); });
  }

  enum class Split : uint8_t { kNone, kOuterLeft, kOuterRight };
  /// Which side of an equality is the outer one.
  Split split(const Expr& e, const ColumnSet& free) const {
    if (e.kind != ExprKind::kCompare || e.compare_op != expr::CompareOp::kEqual) {
      return Split::kNone;
    }
    if (!hash_alike(e.args[0]->type, e.args[1]->type) || has_subquery(e)) return Split::kNone;
    ColumnSet a = columns_read(context_, *e.args[0]);
    ColumnSet b = columns_read(context_, *e.args[1]);
    ColumnSet a_inner = a;
    ColumnSet b_inner = b;
    a_inner.remove(free);
    b_inner.remove(free);
    bool a_outer = a.intersects(free) && a_inner.empty();
    bool b_outer = b.intersects(free) && b_inner.empty();
    if (a_outer && !b.intersects(free) && !b.empty()) return Split::kOuterLeft;
    if (b_outer && !a.intersects(free) && !a.empty()) return Split::kOuterRight;
    return Split::kNone;
  }

  /// Joins the grouped subquery to `input` and returns what stands for its value.
  ExprPtr join(const Expr& e, RelPtr* input) {
    Subquery& subquery = context_.subqueries[e.index];
    RelPtr rel = std::move(subquery.rel);
    ExprPtr value = context_.column_ref(subquery.columns[0]);
    while (rel->kind == RelKind::kProject) {
      ColumnMap map;
      for (size_t i = 0; i < rel->columns.size(); ++i) {
        map.emplace_back(rel->columns[i], rel->exprs[i].get());
      }
      substitute(context_, map, &value);
      RelPtr below = std::move(rel->inputs[0]);
      rel = std::move(below);
    }
    std::vector<ExprPtr> conjuncts;
    pull_correlated(context_, &rel->inputs[0], subquery.free, &conjuncts);
    std::vector<ExprPtr> on;
    std::vector<ColumnId> groups;
    for (ExprPtr& c : conjuncts) {
      bool outer_left = split(*c, subquery.free) == Split::kOuterLeft;
      ExprPtr inner = std::move(c->args[outer_left ? 1 : 0]);
      ExprPtr outer = std::move(c->args[outer_left ? 0 : 1]);
      ColumnId id = context_.new_column("group", inner->type, inner->nullable);
      groups.push_back(id);
      on.push_back(expr::make_compare(expr::CompareOp::kEqual, std::move(outer),
                                      context_.column_ref(id)));
      rel->exprs.push_back(std::move(inner));
    }
    empty_counts(*rel, &value);
    rel->columns.insert(rel->columns.begin(), groups.begin(), groups.end());
    rel = push_down(context_, std::move(rel), {});
    *input = make_join(JoinType::kLeft, std::move(*input), std::move(rel), std::move(on));
    return value;
  }

  /// A row without a group counts 0 and has NULL for everything else.
  void empty_counts(const Rel& aggregate, ExprPtr* value) {
    std::vector<ExprPtr> owned;
    ColumnMap map;
    for (size_t i = 0; i < aggregate.aggregates.size(); ++i) {
      AggregateKind kind = aggregate.aggregates[i].kind;
      ExprPtr column = expr::make_column(aggregate.columns[i], aggregate.aggregates[i].type, true);
      if (kind == AggregateKind::kCount || kind == AggregateKind::kCountStar) {
        std::vector<ExprPtr> args;
        args.push_back(std::move(column));
        args.push_back(integer_constant(0));
        column = coalesce(std::move(args));
      }
      owned.push_back(std::move(column));
      map.emplace_back(aggregate.columns[i], owned.back().get());
    }
    substitute(context_, map, value);
  }

  PlanContext& context_;
  Estimator estimator_;
};

}  // namespace

RelPtr unnest_scalars(PlanContext& context, RelPtr rel) {
  if (context.subqueries.empty()) return rel;
  return ScalarUnnester(context).run(std::move(rel));
}

}  // namespace orrery::plan
