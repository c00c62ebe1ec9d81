// Windows, and how a LIMIT above them saves work.
//
// A call that looks only backwards (or a known number of rows ahead) needs no more than the first
// rows in the order of partitions and sort keys, so that with a limit a top-N sort or the beginning
// of an index walk is enough.
#include <algorithm>

#include "plan/construct.h"
#include "plan/lower_node.h"
#include "plan/lower_order.h"

namespace orrery::plan {

using expr::ExprKind;
using expr::ExprPtr;
using expr::WindowKind;

namespace {

constexpr double kUnbounded = -1;

/// A constant number of rows, or kUnbounded.
double constant_rows(const ExprPtr& e, double otherwise) {
  if (!e) return otherwise;
  if (e->kind != ExprKind::kConstant || e->type != types::TypeId::kInteger) return kUnbounded;
  if (e->constant.is_null()) return kUnbounded;
  return static_cast<double>(e->constant.datum().as_int64());
}

double frame_look_ahead(const WindowCall& call) {
  switch (call.end) {
    case FrameBound::kUnboundedPreceding:
    case FrameBound::kPreceding:
      return call.unit == FrameUnit::kRows ? 0 : kUnbounded;
    case FrameBound::kCurrentRow:
      return call.unit == FrameUnit::kRows ? 0 : kUnbounded;  // RANGE takes the peers in
    case FrameBound::kFollowing:
      return call.unit == FrameUnit::kRows ? constant_rows(call.end_offset, kUnbounded)
                                           : kUnbounded;
    case FrameBound::kUnboundedFollowing:
      break;
  }
  return kUnbounded;
}

/// How many rows after its own the call looks at.
double look_ahead(const WindowCall& call) {
  switch (call.kind) {
    case WindowKind::kRowNumber:
    case WindowKind::kRank:
    case WindowKind::kDenseRank:
      return 0;
    case WindowKind::kLag:
    case WindowKind::kLead: {
      double offset = call.args.size() < 2 ? 1 : constant_rows(call.args[1], 1);
      if (offset < 0) return kUnbounded;
      return call.kind == WindowKind::kLead ? offset : 0;
    }
    case WindowKind::kFirstValue:
      return call.start == FrameBound::kUnboundedPreceding ? 0 : frame_look_ahead(call);
    case WindowKind::kLastValue:
    case WindowKind::kNthValue:
    case WindowKind::kAggregate:
      return frame_look_ahead(call);
    case WindowKind::kNtile:
    case WindowKind::kPercentRank:
    case WindowKind::kCumeDist:
      break;
  }
  return kUnbounded;
}

/// Partition keys, then sort keys; empty where one of them is not a column.
std::vector<Ordering> window_order(const Rel& rel) {
  std::vector<Ordering> out;
  for (const ExprPtr& e : rel.exprs) {
    if (e->kind != ExprKind::kColumn) return {};
    out.push_back({e->index, false, false});
  }
  for (const SortKey& key : rel.sort_keys) {
    if (key.expr->kind != ExprKind::kColumn) return {};
    out.push_back({key.expr->index, key.descending, key.nulls_first});
  }
  return out;
}

/// offset + ahead: how many rows beyond those of LIMIT are read; null where none.
ExprPtr rows_beyond(const Rel& limit, double ahead) {
  if (ahead <= 0) return limit.offset ? expr::clone(*limit.offset) : ExprPtr();
  auto rows = static_cast<int64_t>(ahead);
  return integer_constant(rows + (limit.offset ? limit.offset->constant.datum().as_int64() : 0));
}

/// Can `rows_beyond` say it?
bool is_addable(const Rel& limit, double ahead) {
  constexpr double kMax = 1e15;
  if (ahead <= 0 || !limit.offset) return ahead < kMax;
  double offset = constant_rows(limit.offset, 0);
  return ahead < kMax && offset >= 0 && offset < kMax;
}

}  // namespace

Want Lowering::window_want(const Rel& rel, const Want& want, const std::vector<size_t>& kept,
                           double* ahead) const {
  Want below;
  ColumnSet made;
  made.add(rel.columns);
  below.need = want.need;
  below.need.remove(made);
  for (const ExprPtr& e : rel.exprs) add_columns_read(context_, *e, &below.need);
  for (const SortKey& key : rel.sort_keys) add_columns_read(context_, *key.expr, &below.need);
  *ahead = 0;
  for (size_t i : kept) {
    const WindowCall& call = rel.calls[i];
    add_call_reads(context_, call.aggregate, &below.need);
    for (const ExprPtr& arg : call.args) add_columns_read(context_, *arg, &below.need);
    double rows = look_ahead(call);
    *ahead = *ahead < 0 || rows < 0 ? kUnbounded : std::max(*ahead, rows);
  }
  below.order = window_order(rel);
  bool keeps_order = common_prefix(below.order, want.order) == want.order.size();
  if (want.hard_limit == nullptr || !keeps_order) *ahead = kUnbounded;
  if (*ahead >= 0 && !is_addable(*want.hard_limit, *ahead)) *ahead = kUnbounded;
  bool ordered = !below.order.empty() || (rel.exprs.empty() && rel.sort_keys.empty());
  if (ordered && *ahead >= 0) {
    below.goal = want.goal + *ahead;
  } else if (!below.order.empty() && want.goal > 0 && keeps_order) {
    below.goal = goal_of_groups(rel, want, kept);
  }
  return below;
}

/// How many rows it takes where calls look at whole partitions or at all peers of a row; 0 = all.
double Lowering::goal_of_groups(const Rel& rel, const Want& want,
                                const std::vector<size_t>& kept) const {
  bool peers = std::all_of(kept.begin(), kept.end(), [&](size_t i) {
    const WindowCall& call = rel.calls[i];
    bool framed = call.kind == WindowKind::kAggregate || call.kind == WindowKind::kFirstValue ||
                  call.kind == WindowKind::kLastValue || call.kind == WindowKind::kNthValue;
    return look_ahead(call) >= 0 || (framed && call.end == FrameBound::kCurrentRow);
  });
  if (rel.exprs.empty() && !peers) return 0;
  double groups = 1;
  for (const ExprPtr& e : rel.exprs) groups *= estimator_.distinct(*e);
  for (const SortKey& key : rel.sort_keys) {
    if (peers) groups *= estimator_.distinct(*key.expr);
  }
  double rows = std::max(1.0, estimator_.estimate(*rel.inputs[0]).rows);
  return want.goal + rows / std::clamp(groups, 1.0, rows);
}

/// Brings rows into the order of the window; with a limit no more of them than will be read.
Result<Lowered> Lowering::presort(Lowered in, const Rel& rel, const Rel* limit, double ahead,
                                  double goal) {
  std::vector<Ordering> order = window_order(rel);
  size_t sorted = common_prefix(in.order, order);
  bool complete = !order.empty() || (rel.exprs.empty() && rel.sort_keys.empty());
  if (complete && sorted == order.size()) return in;
  auto node = make_node<SortNode>();
  for (const ExprPtr& e : rel.exprs) {
    SortKey key;
    key.expr = expr::clone(*e);
    node->keys.push_back(std::move(key));
  }
  for (const SortKey& by : rel.sort_keys) {
    SortKey key;
    key.expr = expr::clone(*by.expr);
    key.descending = by.descending;
    key.nulls_first = by.nulls_first;
    node->keys.push_back(std::move(key));
  }
  ORRERY_TRY(lower_keys(&node->keys, in.layout));
  node->sorted_prefix = static_cast<uint32_t>(sorted);
  if (limit != nullptr) {
    node->limit = expr::clone(*limit->limit);
    node->offset = rows_beyond(*limit, ahead);
    ORRERY_TRY(lower_expr(&node->limit, {}));
  }
  if (node->offset) ORRERY_TRY(lower_expr(&node->offset, {}));
  node->output = in.node->output;
  node->estimated_rows = std::min(goal, in.node->estimated_rows);
  node->estimated_cost = in.node->estimated_cost + in.node->estimated_rows * cost::kTest +
                         sort_cost(node->estimated_rows);
  node->children.push_back(std::move(in.node));
  in.node = std::move(node);
  in.order = std::move(order);
  in.contiguous = ColumnSet();
  return in;
}

Result<Lowered> Lowering::lower_window(Rel& rel, const Want& want) {
  std::vector<size_t> kept;
  for (size_t i = 0; i < rel.columns.size(); ++i) {
    if (want.need.has(rel.columns[i])) kept.push_back(i);
  }
  if (kept.empty()) return lower(*rel.inputs[0], want);
  double ahead = 0;
  Want below = window_want(rel, want, kept, &ahead);
  bool streams = ahead >= 0;
  double goal = below.goal;
  ORRERY_TRY_ASSIGN(Lowered out, lower(*rel.inputs[0], std::move(below)));
  std::vector<Ordering> order = window_order(rel);
  if (streams) {
    ORRERY_TRY_ASSIGN(out, presort(std::move(out), rel, want.hard_limit, ahead,
                                   want.goal + ahead));
  } else if (goal > 0 && common_prefix(out.order, order) > 0) {
    double rows = out.node->estimated_rows;
    ORRERY_TRY_ASSIGN(out, presort(std::move(out), rel, nullptr, 0, rows));
    streams = true;
  }
  bool sorted = common_prefix(out.order, order) == order.size() &&
                (!order.empty() || (rel.exprs.empty() && rel.sort_keys.empty()));
  auto node = make_node<WindowNode>();
  node->input_sorted = sorted || streams;
  if (streams) node->row_goal = row_goal(want.goal);
  bool node_sorted = node->input_sorted;
  size_t partitions = rel.exprs.size();
  std::vector<ColumnId> layout = out.layout;
  for (size_t i : kept) {
    WindowCall& call = rel.calls[i];
    ORRERY_TRY(lower_call(&call.aggregate, out.layout));
    ORRERY_TRY(lower_exprs(&call.args, out.layout));
    node->calls.push_back(std::move(call));
    layout.push_back(rel.columns[i]);
  }
  ORRERY_TRY(lower_exprs(&rel.exprs, out.layout));
  ORRERY_TRY(lower_keys(&rel.sort_keys, out.layout));
  node->partition_by = std::move(rel.exprs);
  node->order_by = std::move(rel.sort_keys);
  set_output(node.get(), layout);
  double rows = out.node->estimated_rows;
  node->estimated_rows = rows;
  node->estimated_cost = out.node->estimated_cost + rows * cost::kStreamRow +
                         (node->input_sorted ? 0 : sort_cost(rows));
  node->children.push_back(std::move(out.node));
  out.node = std::move(node);
  out.layout = std::move(layout);
  // A window that sorts by itself may arrange its partitions as it likes.
  bool known = node_sorted || partitions == 0;
  out.order = known ? std::move(order) : std::vector<Ordering>();
  out.contiguous = ColumnSet();
  return out;
}

}  // namespace orrery::plan
