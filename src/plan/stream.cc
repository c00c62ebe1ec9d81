#include "plan/stream.h"

#include <algorithm>

#include "plan/join_choice.h"
#include "plan/scan_order.h"

namespace orrery::plan {

namespace {

class Streamer {
 public:
  Streamer(const PlanContext& context, const Estimator& estimator,
           const std::vector<Ordering>& order, ColumnId key)
      : context_(context), estimator_(estimator), order_(order), key_(key) {}

  StreamCost cost(const Rel& rel) const {
    switch (rel.kind) {
      case RelKind::kScan:
        return scan_cost(rel);
      case RelKind::kFilter:
        return filter_cost(rel);
      case RelKind::kProject:
        return cost(*rel.inputs[0]);
      case RelKind::kJoin:
        return join_cost(rel);
      default:
        return {};
    }
  }

 private:
  StreamCost scan_cost(const Rel& rel) const {
    StreamCost out;
    double rows = estimator_.table_rows(*rel.table);
    double per_row = cost::kSeqRow;
    if (key_ != kNoColumn) {
      out.possible = std::find(rel.columns.begin(), rel.columns.end(), key_) != rel.columns.end();
    } else {
      per_row = cost::kIndexRow;
      for (const auto& index : rel.table->indexes()) {
        if (!index->ordered()) continue;
        IndexOrder found = order_of_index(context_, rel, index->def(), 0, order_,
                                          OrderFreedom::kAsWanted);
        out.possible = out.possible || found.order.size() == order_.size();
      }
    }
    out.rows = std::max(0.01, rows * estimator_.selectivity(rel.exprs));
    out.total = rows * (per_row + cost::kTest * static_cast<double>(rel.exprs.size()));
    return out;
  }

  StreamCost filter_cost(const Rel& rel) const {
    StreamCost out = cost(*rel.inputs[0]);
    out.total += out.rows * cost::kTest * static_cast<double>(rel.exprs.size());
    out.rows *= estimator_.selectivity(rel.exprs);
    return out;
  }

  /// The left side leads; for inner joins the right one may.
  StreamCost join_cost(const Rel& rel) const {
    if (rel.join_type == JoinType::kFull || rel.join_type == JoinType::kNullAwareAnti) return {};
    StreamCost out = led_by(rel, *rel.inputs[0], *rel.inputs[1]);
    if (out.possible || rel.join_type != JoinType::kInner) return out;
    return led_by(rel, *rel.inputs[1], *rel.inputs[0]);
  }

  StreamCost led_by(const Rel& rel, const Rel& left, const Rel& right) const {
    ColumnId first = key_ != kNoColumn ? key_ : order_[0].column;
    ColumnSet left_columns = available_columns(left);
    if (right.kind != RelKind::kScan || !left_columns.has(first)) return {};
    StreamCost out = cost(left);
    if (!out.possible) return {};
    Conjuncts conjuncts = view_of(rel.exprs);
    JoinKeys keys = find_join_keys(context_, conjuncts, left_columns, available_columns(right));
    IndexJoinChoice index = find_index_join(context_, estimator_, keys, right);
    if (index.index == nullptr) return {};
    double right_rows = estimator_.estimate(right).rows;
    double rows = estimator_.join_rows(rel.join_type, out.rows, right_rows, conjuncts);
    out.total += out.rows * (cost::kProbe + index.matches * cost::kIndexRow);
    out.rows = rows;
    return out;
  }

  const PlanContext& context_;
  const Estimator& estimator_;
  const std::vector<Ordering>& order_;
  ColumnId key_;
};

}  // namespace

StreamCost cost_of_order(const PlanContext& context, const Estimator& estimator, const Rel& rel,
                         const std::vector<Ordering>& order) {
  if (order.empty()) return {};
  return Streamer(context, estimator, order, kNoColumn).cost(rel);
}

StreamCost cost_of_adjacency(const PlanContext& context, const Estimator& estimator,
                             const Rel& rel, ColumnId key) {
  return Streamer(context, estimator, {}, key).cost(rel);
}

}  // namespace orrery::plan
