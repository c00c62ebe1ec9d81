#include "plan/estimate.h"

#include <algorithm>
#include <cmath>

#include "plan/access_path.h"
#include "plan/join_choice.h"

namespace orrery::plan {

using expr::CompareOp;
using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;
using types::TypeId;

namespace {

constexpr double kRangeShare = 0.3;
constexpr double kUnknownShare = 0.25;
constexpr double kDistinctUnindexedMax = 200;

}  // namespace

Conjuncts view_of(const std::vector<ExprPtr>& exprs) {
  Conjuncts out;
  out.reserve(exprs.size());
  for (const ExprPtr& e : exprs) out.push_back(e.get());
  return out;
}

double Estimator::table_rows(const storage::Table& table) const {
  return std::max(static_cast<double>(table.approximate_row_count()), kAssumedRows);
}

double Estimator::known_distinct(ColumnId column) const {
  const ColumnInfo& info = context_.columns[column];
  if (info.type == TypeId::kBoolean) return 2;
  if (info.table == nullptr) return 0;
  for (const auto& index : info.table->indexes()) {
    const storage::IndexDef& def = index->def();
    if (def.columns[0] != info.table_column) continue;
    if (def.columns.size() == 1 && def.unique) return table_rows(*info.table);
    double known = static_cast<double>(index->approximate_distinct());
    double entries = static_cast<double>(index->approximate_entries());
    if (entries >= kAssumedRows / 4 && known >= 1) return known;
  }
  return 0;
}

double Estimator::distinct(ColumnId column) const {
  double known = known_distinct(column);
  if (known > 0) return known;
  const ColumnInfo& info = context_.columns[column];
  if (info.table == nullptr) return kDistinctUnindexedMax;
  return std::clamp(std::sqrt(table_rows(*info.table)), 1.0, kDistinctUnindexedMax);
}

double Estimator::distinct(const Expr& e) const {
  if (e.kind == ExprKind::kColumn) return distinct(e.index);
  if (e.kind == ExprKind::kConstant || e.kind == ExprKind::kParameter) return 1;
  if (e.type == TypeId::kBoolean) return 2;
  if (e.kind == ExprKind::kCase) return static_cast<double>(e.args.size() / 2 + 1);
  return kDistinctUnindexedMax;
}

double Estimator::compare_selectivity(const Expr& e) const {
  const Expr& a = *e.args[0];
  const Expr& b = *e.args[1];
  if (e.compare_op == CompareOp::kEqual) return 1 / std::max(distinct(a), distinct(b));
  if (e.compare_op == CompareOp::kNotEqual) return 1 - 1 / std::max(distinct(a), distinct(b));
  return kRangeShare;
}

double Estimator::selectivity(const Expr& e) const {
  switch (e.kind) {
    case ExprKind::kConstant:
      return !e.constant.is_null() && e.constant.datum().as_bool() ? 1 : 0;
    case ExprKind::kColumn:
      return 0.5;
    case ExprKind::kCompare:
      return compare_selectivity(e);
    case ExprKind::kAnd: {
      double share = 1;
      for (const ExprPtr& arg : e.args) share *= selectivity(*arg);
      return share;
    }
    case ExprKind::kOr: {
      double miss = 1;
      for (const ExprPtr& arg : e.args) miss *= 1 - selectivity(*arg);
      return 1 - miss;
    }
    case ExprKind::kNot:
      return 1 - selectivity(*e.args[0]);
    case ExprKind::kIsNull:
      return e.negated ? 0.95 : 0.05;
    case ExprKind::kInList: {
      double share =
          std::min(1.0, static_cast<double>(e.args.size() - 1) / distinct(*e.args[0]));
      return e.negated ? 1 - share : share;
    }
    case ExprKind::kSubquery:
      return 0.5;
    default:
      return kUnknownShare;
  }
}

double Estimator::selectivity(const std::vector<ExprPtr>& conjuncts) const {
  double share = 1;
  for (const ExprPtr& e : conjuncts) share *= selectivity(*e);
  return share;
}

double Estimator::selectivity(const Conjuncts& conjuncts) const {
  double share = 1;
  for (const Expr* e : conjuncts) share *= selectivity(*e);
  return share;
}

double Estimator::join_rows(JoinType type, double left, double right,
                            const Conjuncts& conjuncts) const {
  double share = selectivity(conjuncts);
  double inner = left * right * share;
  switch (type) {
    case JoinType::kInner:
      return inner;
    case JoinType::kLeft:
      return std::max(inner, left);
    case JoinType::kRight:
      return std::max(inner, right);
    case JoinType::kFull:
      return std::max(inner, left + right);
    case JoinType::kSemi:
      return std::min(left, std::max(inner * 0.5, left * 0.1));
    case JoinType::kAnti:
    case JoinType::kNullAwareAnti:
      return std::max(left * 0.2, left - inner * 0.5);
  }
  return inner;
}

Estimate Estimator::estimate_scan(const Rel& rel) const {
  Estimate out;
  double rows = table_rows(*rel.table);
  out.rows = std::max(rows * selectivity(rel.exprs), rel.exprs.empty() ? rows : 0.01);
  out.total = rows * (cost::kSeqRow + cost::kTest * static_cast<double>(rel.exprs.size()));
  if (rel.exprs.empty()) return out;
  ScanPaths paths(context_, *this, rel);
  for (const AccessPath& path : paths.paths()) {
    out.rows = std::min(out.rows, path.rows);
    out.total = std::min(out.total, path.cost);
  }
  return out;
}

Estimate Estimator::estimate_join(const Rel& rel) const {
  Estimate left = estimate(*rel.inputs[0]);
  Estimate right = estimate(*rel.inputs[1]);
  Conjuncts conjuncts = view_of(rel.exprs);
  double rows = join_rows(rel.join_type, left.rows, right.rows, conjuncts);
  JoinKeys keys = find_join_keys(context_, conjuncts, available_columns(*rel.inputs[0]),
                                 available_columns(*rel.inputs[1]));
  IndexJoinChoice index = find_index_join(context_, *this, keys, *rel.inputs[1]);
  return choose_join(rel.join_type, left, right, rows, keys, index, 0).estimate;
}

namespace {

/// The rows of a whole table of which an index starts with the column.
bool has_skip_scan(const PlanContext& context, const Rel& rel, ColumnId column) {
  const ColumnInfo& info = context.columns[column];
  if (rel.kind != RelKind::kScan || !rel.exprs.empty() || info.table != rel.table.get()) {
    return false;
  }
  return std::any_of(info.table->indexes().begin(), info.table->indexes().end(),
                     [&](const auto& index) {
                       return index->ordered() && index->def().columns[0] == info.table_column;
                     });
}

double sort_cost(double rows) { return rows * std::log2(rows + 2) * cost::kSortStep; }

}  // namespace

Estimate Estimator::estimate(const Rel& rel) const {
  Estimate out;
  switch (rel.kind) {
    case RelKind::kScan:
      return estimate_scan(rel);
    case RelKind::kValues:
      out.rows = static_cast<double>(rel.rows.size());
      out.total = out.rows * cost::kEmit;
      return out;
    case RelKind::kSeries:
      out.rows = kAssumedRows;
      out.total = out.rows * cost::kEmit;
      return out;
    case RelKind::kCte: {
      const Cte& cte = context_.ctes[rel.number];
      out.rows = cte.rel ? estimate(*cte.rel).rows : std::max(cte.rows, 100.0);
      out.total = out.rows * cost::kSeqRow;
      return out;
    }
    case RelKind::kFilter:
      out = estimate(*rel.inputs[0]);
      out.total += out.rows * cost::kTest * static_cast<double>(rel.exprs.size());
      out.rows *= selectivity(rel.exprs);
      return out;
    case RelKind::kProject:
      out = estimate(*rel.inputs[0]);
      out.total += out.rows * cost::kTest * static_cast<double>(rel.exprs.size());
      return out;
    case RelKind::kJoin:
      return estimate_join(rel);
    case RelKind::kAggregate: {
      Estimate input = estimate(*rel.inputs[0]);
      double groups = 1;
      for (const ExprPtr& e : rel.exprs) groups *= distinct(*e);
      out.rows = std::min(groups, std::max(1.0, input.rows));
      out.startup = out.total = input.total + input.rows * cost::kGroupRow;
      return out;
    }
    case RelKind::kDistinct: {
      Estimate input = estimate(*rel.inputs[0]);
      double keys = 1;
      for (ColumnId id : rel.keys) keys *= distinct(id);
      out.rows = std::min(keys, std::max(1.0, input.rows));
      out.startup = input.startup;
      out.total = input.total + input.rows * cost::kGroupRow;
      if (rel.keys.size() == 1 && has_skip_scan(context_, *rel.inputs[0], rel.keys[0])) {
        out.total = std::min(out.total, out.rows * cost::kDescend);
      }
      return out;
    }
    case RelKind::kSort:
    case RelKind::kWindow:
      out = estimate(*rel.inputs[0]);
      out.startup = out.total = out.total + sort_cost(out.rows);
      return out;
    case RelKind::kLimit: {
      out = estimate(*rel.inputs[0]);
      if (rel.limit && rel.limit->kind == ExprKind::kConstant && !rel.limit->constant.is_null()) {
        double limit = static_cast<double>(rel.limit->constant.datum().as_int64());
        out.total = out.for_goal(limit);
        out.rows = std::min(out.rows, limit);
      }
      return out;
    }
    case RelKind::kSet:
    case RelKind::kRecursive:
      for (const RelPtr& input : rel.inputs) {
        Estimate part = estimate(*input);
        out.rows += part.rows;
        out.total += part.total;
      }
      if (rel.kind == RelKind::kRecursive) out.rows *= 10;
      return out;
  }
  return out;
}

}  // namespace orrery::plan
