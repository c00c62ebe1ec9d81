#include "plan/join_choice.h"

#include <algorithm>

#include "plan/access_path.h"
#include "plan/construct.h"

namespace orrery::plan {

using expr::CompareOp;
using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;
using types::TypeId;

namespace {

bool hash_alike(TypeId a, TypeId b) {
  if (a == b) return a != TypeId::kNull;
  return types::is_number(a) && types::is_number(b);
}

}  // namespace

JoinKeys find_join_keys(const PlanContext& context, const Conjuncts& conjuncts,
                        const ColumnSet& left, const ColumnSet& right) {
  JoinKeys out;
  for (size_t i = 0; i < conjuncts.size(); ++i) {
    const Expr& e = *conjuncts[i];
    if (e.kind != ExprKind::kCompare || e.compare_op != CompareOp::kEqual) continue;
    if (!hash_alike(e.args[0]->type, e.args[1]->type)) continue;
    if (has_subquery(e) || is_volatile(context, e)) continue;
    ColumnSet a = columns_read(context, *e.args[0]);
    ColumnSet b = columns_read(context, *e.args[1]);
    bool straight = a.intersects(left) && !a.intersects(right) && b.intersects(right) &&
                    !b.intersects(left);
    bool crossed = b.intersects(left) && !b.intersects(right) && a.intersects(right) &&
                   !a.intersects(left);
    if (straight) out.equal.push_back({i, e.args[0].get(), e.args[1].get()});
    if (crossed) out.equal.push_back({i, e.args[1].get(), e.args[0].get()});
  }
  return out;
}

namespace {

uint32_t table_column_of(const Rel& scan, const Expr& e) {
  if (e.kind != ExprKind::kColumn) return UINT32_MAX;
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    if (scan.columns[i] == e.index) return scan.table_columns[i];
  }
  return UINT32_MAX;
}

double column_distinct(const Estimator& estimator, const Rel& scan, uint32_t table_column) {
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    if (scan.table_columns[i] == table_column) return estimator.distinct(scan.columns[i]);
  }
  return 10;
}

}  // namespace

IndexJoinChoice find_index_join(const PlanContext& context, const Estimator& estimator,
                                const JoinKeys& keys, const Rel& right) {
  IndexJoinChoice best;
  if (right.kind != RelKind::kScan || keys.equal.empty()) return best;
  std::vector<Sarg> fixed;
  for (size_t i = 0; i < right.exprs.size(); ++i) {
    for (Sarg& sarg : find_sargs(context, right, *right.exprs[i], i)) {
      if (sarg.kind == SargKind::kEqual) fixed.push_back(std::move(sarg));
    }
  }
  double rows = estimator.table_rows(*right.table);
  for (const auto& index : right.table->indexes()) {
    const storage::IndexDef& def = index->def();
    IndexJoinChoice choice;
    choice.index = index.get();
    choice.matches = rows;
    bool uses_left = false;
    for (uint16_t column : def.columns) {
      const TypeId type = right.table->def().columns[column].sql_type();
      bool found = false;
      for (const JoinKey& key : keys.equal) {
        if (table_column_of(right, *key.right) != column) continue;
        bool exact = true;
        ExprPtr value = adapt_key(*key.left, type, &exact);
        if (!value) continue;
        if (exact) choice.answered.push_back(key.conjunct);
        choice.keys.push_back(std::move(value));
        found = uses_left = true;
        break;
      }
      for (size_t i = 0; i < fixed.size() && !found; ++i) {
        if (fixed[i].column != column) continue;
        if (fixed[i].exact) choice.answered_by_scan.push_back(fixed[i].conjunct);
        choice.keys.push_back(expr::clone(*fixed[i].values[0]));
        found = true;
      }
      if (!found) break;
      choice.matches /= std::max(1.0, column_distinct(estimator, right, column));
    }
    bool whole = choice.keys.size() == def.columns.size();
    if (!uses_left || (!index->ordered() && !whole)) continue;
    if (whole && def.unique) choice.matches = 1;
    if (best.index == nullptr || choice.matches < best.matches) best = std::move(choice);
  }
  return best;
}

JoinCost choose_join(JoinType type, const Estimate& left, const Estimate& right, double rows,
                     const JoinKeys& keys, const IndexJoinChoice& index, double goal) {
  std::vector<JoinCost> ways;
  if (!keys.equal.empty()) {
    JoinCost hash{JoinMethod::kHash, {}};
    double build = right.total + right.rows * cost::kHashBuild;
    hash.estimate = {rows, left.startup + build,
                     build + left.total + left.rows * cost::kHashProbe + rows * cost::kEmit};
    ways.push_back(hash);
  }
  bool index_can = type == JoinType::kInner || type == JoinType::kLeft ||
                   type == JoinType::kSemi || type == JoinType::kAnti;
  if (index.index != nullptr && index_can) {
    double found = index.matches;
    if (type == JoinType::kSemi) found = std::min(found, 1 + found / 2);
    double probe = index.matches <= 1 ? cost::kProbe / 2 : cost::kProbe;
    ways.push_back({JoinMethod::kIndex,
                    {rows, left.startup,
                     left.total + left.rows * (probe + found * cost::kIndexRow) +
                         rows * cost::kEmit}});
  }
  if (ways.empty()) {
    ways.push_back({JoinMethod::kNestedLoop,
                    {rows, left.startup + right.total,
                     left.total + right.total + left.rows * right.rows * cost::kLoopPair}});
  }
  return *std::min_element(ways.begin(), ways.end(), [goal](const JoinCost& a, const JoinCost& b) {
    return a.estimate.for_goal(goal) < b.estimate.for_goal(goal);
  });
}

}  // namespace orrery::plan
