// Aggregation, DISTINCT, sorting and limits.
#include <algorithm>
#include <cmath>

#include "plan/construct.h"
#include "plan/lower_node.h"
#include "plan/lower_order.h"
#include "plan/stream.h"

namespace orrery::plan {

using expr::ExprKind;
using expr::ExprPtr;

void add_call_reads(const PlanContext& context, const AggregateCall& call, ColumnSet* need) {
  for (const ExprPtr& arg : call.args) add_columns_read(context, *arg, need);
  if (call.filter) add_columns_read(context, *call.filter, need);
  for (const SortKey& key : call.order_by) add_columns_read(context, *key.expr, need);
}

std::vector<Ordering> orderings(const std::vector<SortKey>& keys) {
  std::vector<Ordering> out;
  for (const SortKey& key : keys) {
    if (key.expr->kind != ExprKind::kColumn) break;
    out.push_back({key.expr->index, key.descending, key.nulls_first});
  }
  return out;
}

size_t common_prefix(const std::vector<Ordering>& have, const std::vector<Ordering>& wanted) {
  size_t n = 0;
  while (n < have.size() && n < wanted.size() && have[n].column == wanted[n].column &&
         have[n].descending == wanted[n].descending &&
         have[n].nulls_first == wanted[n].nulls_first) {
    ++n;
  }
  return n;
}

double sort_cost(double rows) { return rows * std::log2(rows + 2) * cost::kSortStep; }

namespace {

/// A constant row count, or 0 where it is not known yet.
double known_count(const ExprPtr& e) {
  if (!e || e->kind != ExprKind::kConstant || e->constant.is_null()) return 0;
  return static_cast<double>(e->constant.datum().as_int64());
}

}  // namespace

/// The group column that is a table's unique key on which all other groups depend, or kNoColumn.
ColumnId Lowering::unique_group(const std::vector<ExprPtr>& groups) const {
  for (const ExprPtr& key : groups) {
    if (key->kind != ExprKind::kColumn) continue;
    const ColumnInfo& info = context_.columns[key->index];
    if (info.table == nullptr || info.nullable || info.scan == 0) continue;
    bool unique = std::any_of(
        info.table->indexes().begin(), info.table->indexes().end(), [&](const auto& index) {
          return index->def().unique && index->def().columns.size() == 1 &&
                 index->def().columns[0] == info.table_column;
        });
    bool depend = unique && std::all_of(groups.begin(), groups.end(), [&](const ExprPtr& e) {
      ColumnSet read = columns_read(context_, *e);
      for (ColumnId id : read.ids()) {
        if (context_.columns[id].scan != info.scan) return false;
      }
      return !has_subquery(*e) && !is_volatile(context_, *e);
    });
    if (depend) return key->index;
  }
  return kNoColumn;
}

/// True where rows that agree in every group expression are sure to come next to each other.
bool Lowering::groups_are_adjacent(const std::vector<ExprPtr>& groups, const Lowered& in) const {
  if (groups.empty()) return false;
  ColumnId key = unique_group(groups);
  if (key != kNoColumn && in.contiguous.has(key)) return true;
  ColumnSet columns;
  for (const ExprPtr& e : groups) {
    if (e->kind != ExprKind::kColumn) return false;
    columns.add(e->index);
  }
  ColumnSet leading;
  for (const Ordering& ordering : in.order) {
    if (!columns.has(ordering.column)) break;
    leading.add(ordering.column);
  }
  return leading.contains(columns);
}

/// What the input of an aggregation should give: with few groups wanted, it pays to have groups
/// come one after the other.
Want Lowering::aggregate_want(const Rel& rel, const Want& want,
                              const std::vector<size_t>& kept) const {
  Want below;
  for (const ExprPtr& e : rel.exprs) add_columns_read(context_, *e, &below.need);
  for (size_t i : kept) add_call_reads(context_, rel.aggregates[i], &below.need);
  if (want.goal <= 0 || rel.exprs.empty() || !rel.grouping_sets.empty()) return below;
  double groups = 1;
  for (const ExprPtr& e : rel.exprs) groups *= estimator_.distinct(*e);
  Estimate all = estimator_.estimate(*rel.inputs[0]);
  groups = std::min(groups, std::max(all.rows, 1.0));
  if (want.goal > groups / 2) return below;
  double share = want.goal / groups;
  ColumnId key = unique_group(rel.exprs);
  if (key != kNoColumn && want.order.empty()) {
    StreamCost stream = cost_of_adjacency(context_, estimator_, *rel.inputs[0], key);
    if (stream.possible && stream.total * share < all.total + all.rows * cost::kGroupRow) {
      below.goal = all.rows * share;
      below.stream = true;
      below.adjacent = key;
      return below;
    }
  }
  std::vector<Ordering> order = group_order(rel, want);
  if (order.empty()) return below;
  below.order = std::move(order);
  below.any_order = want.order.empty();
  below.goal = all.rows * share;
  return below;
}

/// The order of the input in which groups come as wanted; empty where there is none.
std::vector<Ordering> Lowering::group_order(const Rel& rel, const Want& want) const {
  std::vector<Ordering> out;
  for (const ExprPtr& e : rel.exprs) {
    if (e->kind != ExprKind::kColumn) return {};
    if (want.order.empty()) out.push_back({e->index, false, false});
  }
  if (want.order.empty()) return out;
  for (const Ordering& wanted : want.order) {
    auto at = std::find(rel.columns.begin(), rel.columns.end(), wanted.column);
    auto group = static_cast<size_t>(at - rel.columns.begin());
    if (group >= rel.exprs.size()) return {};  // by an aggregate: all groups are needed
    out.push_back({rel.exprs[group]->index, wanted.descending, wanted.nulls_first});
  }
  return out.size() == rel.exprs.size() ? out : std::vector<Ordering>();
}

/// Groups that follow from a table's key among them become any value of the group: one key to hash.
std::vector<size_t> Lowering::drop_dependent_groups(Rel& rel, const ColumnSet& need,
                                                    std::vector<size_t> kept) const {
  ColumnId key = unique_group(rel.exprs);
  if (key == kNoColumn || rel.exprs.size() < 2) return kept;
  std::vector<ExprPtr> groups;
  std::vector<ColumnId> columns, moved;
  size_t count = rel.exprs.size();
  for (size_t i = 0; i < count; ++i) {
    bool is_key = rel.exprs[i]->kind == ExprKind::kColumn && rel.exprs[i]->index == key;
    if (is_key) {
      groups.push_back(std::move(rel.exprs[i]));
      columns.push_back(rel.columns[i]);
      continue;
    }
    if (!need.has(rel.columns[i])) continue;
    AggregateCall call;
    call.kind = expr::AggregateKind::kFirst;
    call.type = rel.exprs[i]->type;
    call.args.push_back(std::move(rel.exprs[i]));
    kept.push_back(rel.aggregates.size());
    rel.aggregates.push_back(std::move(call));
    moved.push_back(rel.columns[i]);
  }
  columns.insert(columns.end(), rel.columns.begin() + static_cast<ptrdiff_t>(count),
                 rel.columns.end());
  columns.insert(columns.end(), moved.begin(), moved.end());
  rel.columns = std::move(columns);
  rel.exprs = std::move(groups);
  return kept;
}

Result<Lowered> Lowering::lower_aggregate(Rel& rel, const Want& want) {
  size_t groups = rel.exprs.size();
  std::vector<size_t> kept;
  for (size_t i = 0; i < rel.aggregates.size(); ++i) {
    if (want.need.has(rel.columns[groups + i])) kept.push_back(i);
  }
  ORRERY_TRY_ASSIGN(Lowered in, lower(*rel.inputs[0], aggregate_want(rel, want, kept)));
  Lowered out;
  auto node = make_node<AggregateNode>();
  node->input_sorted = rel.grouping_sets.empty() && groups_are_adjacent(rel.exprs, in);
  if (rel.grouping_sets.empty() && rel.grouping.empty()) {
    kept = drop_dependent_groups(rel, want.need, std::move(kept));
    groups = rel.exprs.size();
  }
  for (size_t i = 0; i < groups; ++i) out.layout.push_back(rel.columns[i]);
  for (size_t i : kept) {
    out.layout.push_back(rel.columns[groups + i]);
    ORRERY_TRY(lower_call(&rel.aggregates[i], in.layout));
    node->aggregates.push_back(std::move(rel.aggregates[i]));
  }
  for (size_t i = 0; i < rel.grouping.size(); ++i) {
    out.layout.push_back(rel.columns[groups + rel.aggregates.size() + i]);
  }
  double estimate = 1;
  for (const ExprPtr& e : rel.exprs) estimate *= estimator_.distinct(*e);
  if (node->input_sorted) {
    for (const Ordering& key : in.order) {
      size_t i = 0;
      while (i < groups && (rel.exprs[i]->kind != ExprKind::kColumn ||
                            rel.exprs[i]->index != key.column)) {
        ++i;
      }
      if (i == groups) break;
      out.order.push_back({rel.columns[i], key.descending, key.nulls_first});
    }
  }
  if (groups == 1 && rel.grouping_sets.empty()) out.contiguous.add(rel.columns[0]);
  ORRERY_TRY(lower_exprs(&rel.exprs, in.layout));
  node->groups = std::move(rel.exprs);
  node->grouping_sets = std::move(rel.grouping_sets);
  node->grouping = std::move(rel.grouping);
  set_output(node.get(), out.layout);
  double row_cost = node->input_sorted ? cost::kStreamRow : cost::kGroupRow;
  node->estimated_rows = std::min(estimate, std::max(1.0, in.node->estimated_rows));
  node->estimated_cost = in.node->estimated_cost + in.node->estimated_rows * row_cost;
  node->children.push_back(std::move(in.node));
  out.node = std::move(node);
  return out;
}

/// DISTINCT of one indexed column of a whole table: hop from key to key.
void Lowering::use_skip_scan(const Rel& rel, const Want& want, Lowered* input) const {
  bool single = rel.keys.size() == 1 && input->layout.size() == 1 &&
                input->layout[0] == rel.keys[0] && input->node->kind == NodeKind::kScan;
  if (!single) return;
  auto* scan = static_cast<ScanNode*>(input->node.get());
  if (scan->filter || scan->emit_row_id) return;
  bool whole = scan->paths.empty() || (scan->paths.size() == 1 &&
                                       scan->paths[0].ranges.size() == 1 &&
                                       scan->paths[0].ranges[0].equal.empty());
  const ColumnInfo& column = context_.columns[rel.keys[0]];
  double rows = estimator_.table_rows(*scan->table);
  for (const auto& index : scan->table->indexes()) {
    const storage::IndexDef& def = index->def();
    bool chosen = scan->paths.empty() || scan->paths[0].index == def.id;
    if (!whole || !chosen || !index->ordered() || def.columns[0] != scan->columns[0]) continue;
    double keys = std::min(rows, estimator_.distinct(rel.keys[0]));
    if (keys * cost::kDescend > rows * (cost::kSeqRow + cost::kGroupRow)) continue;
    if (scan->paths.empty()) {
      scan->paths.emplace_back();
      scan->paths[0].index = def.id;
      scan->paths[0].ranges.emplace_back();
    }
    scan->distinct_first_key = true;
    scan->estimated_rows = keys;
    scan->estimated_cost = keys * cost::kDescend;
    bool wants_down = !want.order.empty() && want.order[0].column == rel.keys[0] &&
                      want.order[0].descending;
    bool nulls_fit = !column.nullable || want.order.empty() ||
                     want.order[0].nulls_first == want.order[0].descending;
    if (input->order.empty() && nulls_fit) {
      scan->ordered = true;
      scan->direction =
          wants_down ? storage::Direction::kBackward : storage::Direction::kForward;
      input->order.push_back({rel.keys[0], wants_down, wants_down});
      if (!column.nullable && !want.order.empty()) {
        input->order[0].nulls_first = want.order[0].nulls_first;
      }
    }
    return;
  }
}

Result<Lowered> Lowering::lower_distinct(Rel& rel, Want want) {
  for (ColumnId id : rel.keys) want.need.add(id);
  double estimate = 1;
  for (ColumnId id : rel.keys) estimate *= estimator_.distinct(id);
  double rows = estimator_.estimate(*rel.inputs[0]).rows;
  estimate = std::min(estimate, std::max(1.0, rows));
  Want below = want;
  // Most of the distinct rows turn up early; all of them late.
  below.goal = want.goal < estimate / 2 ? want.goal * 2 : 0;
  below.hard_limit = nullptr;
  below.any_order = below.stream = false;
  below.adjacent = kNoColumn;
  ORRERY_TRY_ASSIGN(Lowered out, lower(*rel.inputs[0], std::move(below)));
  use_skip_scan(rel, want, &out);
  auto node = make_node<DistinctNode>();
  for (ColumnId id : rel.keys) {
    auto at = std::find(out.layout.begin(), out.layout.end(), id);
    node->columns.push_back(static_cast<uint32_t>(at - out.layout.begin()));
  }
  bool all = node->columns.size() == out.layout.size();
  for (uint32_t i = 0; i < node->columns.size(); ++i) all = all && node->columns[i] == i;
  if (all) node->columns.clear();
  node->output = out.node->output;
  node->estimated_rows = estimate;
  node->estimated_cost = out.node->estimated_cost + out.node->estimated_rows * cost::kGroupRow;
  node->children.push_back(std::move(out.node));
  out.node = std::move(node);
  return out;
}

Result<Lowered> Lowering::lower_sort(Rel& rel, Want want) {
  std::vector<Ordering> wanted = orderings(rel.sort_keys);
  for (const SortKey& key : rel.sort_keys) add_columns_read(context_, *key.expr, &want.need);
  double goal = want.goal;
  bool complete = wanted.size() == rel.sort_keys.size();
  want.order = wanted;
  want.any_order = want.stream = false;
  want.adjacent = kNoColumn;
  if (!complete) {
    want.goal = 0;
    want.hard_limit = nullptr;
  }
  if (want.goal > 0 && rel.inputs[0]->kind != RelKind::kScan) {
    StreamCost stream = cost_of_order(context_, estimator_, *rel.inputs[0], wanted);
    if (stream.possible) {
      Estimate all = estimator_.estimate(*rel.inputs[0]);
      double share = std::min(1.0, want.goal / std::max(stream.rows, 1.0));
      want.stream = stream.total * share < all.total + all.rows * cost::kSortStep;
    }
  }
  ORRERY_TRY_ASSIGN(Lowered out, lower(*rel.inputs[0], std::move(want)));
  size_t sorted = common_prefix(out.order, wanted);
  if (sorted == rel.sort_keys.size()) return out;
  auto node = make_node<SortNode>();
  ORRERY_TRY(lower_keys(&rel.sort_keys, out.layout));
  node->keys = std::move(rel.sort_keys);
  node->sorted_prefix = static_cast<uint32_t>(sorted);
  if (rel.limit) node->limit = std::move(rel.limit);
  if (rel.offset) node->offset = std::move(rel.offset);
  node->output = out.node->output;
  double rows = out.node->estimated_rows;
  node->estimated_rows = goal > 0 ? std::min(goal, rows) : rows;
  node->estimated_cost = out.node->estimated_cost + sort_cost(node->estimated_rows) + rows * 2;
  node->children.push_back(std::move(out.node));
  out.node = std::move(node);
  out.order = std::move(wanted);
  out.contiguous = ColumnSet();
  return out;
}

Result<Lowered> Lowering::lower_limit(Rel& rel, Want want) {
  constexpr double kUnknownLimit = 100;
  double limit = known_count(rel.limit);
  double goal = 0;
  if (rel.limit) {
    goal = rel.limit->kind == ExprKind::kConstant ? limit : kUnknownLimit;
    goal += known_count(rel.offset);
  }
  if (goal > 0) want.goal = want.goal > 0 ? std::min(goal, want.goal) : goal;
  bool nothing = rel.limit && rel.limit->kind == ExprKind::kConstant && limit == 0 &&
                 !rel.limit->constant.is_null();
  if (nothing) return lower_nothing(want.need);
  Rel* input = rel.inputs[0].get();
  if (input->kind == RelKind::kSort && rel.limit) {
    input->limit = expr::clone(*rel.limit);
    if (rel.offset) input->offset = expr::clone(*rel.offset);
    ORRERY_TRY(lower_expr(&input->limit, {}));
    if (input->offset) ORRERY_TRY(lower_expr(&input->offset, {}));
  }
  want.order.clear();
  want.any_order = want.stream = false;
  want.adjacent = kNoColumn;
  want.hard_limit = rel.limit && !is_null_constant(*rel.limit) ? &rel : nullptr;
  ORRERY_TRY_ASSIGN(Lowered out, lower(*input, std::move(want)));
  auto node = make_node<LimitNode>();
  if (rel.limit) ORRERY_TRY(lower_expr(&rel.limit, {}));
  if (rel.offset) ORRERY_TRY(lower_expr(&rel.offset, {}));
  node->limit = std::move(rel.limit);
  node->offset = std::move(rel.offset);
  node->output = out.node->output;
  node->estimated_rows = out.node->estimated_rows;
  if (limit > 0) node->estimated_rows = std::min(limit, node->estimated_rows);
  node->estimated_cost = out.node->estimated_cost;
  node->children.push_back(std::move(out.node));
  out.node = std::move(node);
  return out;
}

}  // namespace orrery::plan
