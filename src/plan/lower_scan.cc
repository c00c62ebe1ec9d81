// Scans: the choice of an access path, and what of the filter remains.
#include <algorithm>

#include "plan/access_path.h"
#include "plan/construct.h"
#include "plan/lower_node.h"
#include "plan/lower_order.h"
#include "plan/scan_order.h"

namespace orrery::plan {

using expr::ExprPtr;

namespace {

/// A path with what it costs the parent, who may have to sort.
struct Choice {
  const AccessPath* path = nullptr;  ///< nullptr: full scan
  const storage::Index* order_index = nullptr;  ///< walked for its order only
  IndexOrder order;
  double cost = 0;
};

double cost_for_parent(double cost, double out_rows, size_t order_keys, const Want& want) {
  if (want.order.empty() || order_keys == want.order.size()) {
    bool stops = want.goal > 0 && out_rows > want.goal;
    return stops ? cost * want.goal / out_rows : cost;
  }
  if (want.any_order) return cost + out_rows * cost::kGroupRow;
  if (want.goal <= 0) return cost + sort_cost(out_rows);
  // Top-N: most rows only meet the heap's bound. With a sorted prefix reading stops after the runs
  // that hold the rows wanted.
  double share = 1;
  if (order_keys > 0) share = std::min(1.0, (want.goal + out_rows / 20) / out_rows);
  return cost * share + out_rows * share * cost::kSortStep + sort_cost(want.goal);
}

}  // namespace

/// Columns of which no two rows share a value: trivially next to each other.
ColumnSet Lowering::contiguous_columns(const Rel& rel) const {
  ColumnSet out;
  for (const auto& index : rel.table->indexes()) {
    const storage::IndexDef& def = index->def();
    if (!def.unique || def.columns.size() != 1) continue;
    ColumnId id = scan_column(rel, def.columns[0]);
    if (id != kNoColumn && !context_.columns[id].nullable) out.add(id);
  }
  return out;
}

namespace {

/// The cheapest of a full scan, the index paths, and walking an index for its order.
Choice choose_path(const PlanContext& context, const Rel& rel, const ScanPaths& paths,
                   double out_rows, const Want& want) {
  OrderFreedom freedom = want.any_order ? OrderFreedom::kAnyPermutation : OrderFreedom::kAsWanted;
  double tests = cost::kTest * static_cast<double>(rel.exprs.size());
  Choice best;
  best.cost = cost_for_parent(paths.table_rows() * (cost::kSeqRow + tests), out_rows, 0, want);
  for (const AccessPath& path : paths.paths()) {
    Choice choice;
    choice.path = &path;
    if (path.parts.size() == 1 && path.order_skip != SIZE_MAX && path.parts[0].index->ordered()) {
      choice.order = order_of_index(context, rel, path.parts[0].index->def(), path.order_skip,
                                    want.order, freedom);
    }
    if (path.single_row) choice.order = order_of_one_row(rel, want.order, freedom);
    choice.cost = cost_for_parent(path.cost, out_rows, choice.order.order.size(), want);
    if (choice.cost < best.cost) best = std::move(choice);
  }
  for (const auto& index : rel.table->indexes()) {
    if (want.order.empty() || !index->ordered()) continue;
    Choice choice;
    choice.order_index = index.get();
    choice.order = order_of_index(context, rel, index->def(), 0, want.order, freedom);
    if (choice.order.order.empty()) continue;
    choice.cost = cost_for_parent(paths.table_rows() * (cost::kIndexRow + tests), out_rows,
                                  choice.order.order.size(), want);
    if (choice.cost < best.cost) best = std::move(choice);
  }
  return best;
}

}  // namespace

Result<Lowered> Lowering::lower_scan(Rel& rel, const Want& want) {
  for (const ExprPtr& e : rel.exprs) {
    if (is_never_true(*e)) return lower_nothing(want.need);
  }
  ScanPaths paths(context_, estimator_, rel);
  if (paths.impossible()) return lower_nothing(want.need);
  double out_rows = std::max(paths.table_rows() * estimator_.selectivity(rel.exprs), 0.01);
  for (const AccessPath& path : paths.paths()) out_rows = std::min(out_rows, path.rows);

  Choice best = choose_path(context_, rel, paths, out_rows, want);
  auto node = make_node<ScanNode>();
  node->table = rel.table;
  // A row found by its key is found so in a table of any size.
  if (best.path == nullptr || !best.path->single_row) note_table(rel.table);
  node->alias = std::string(rel.alias);
  std::vector<bool> answered(rel.exprs.size(), false);
  if (best.path != nullptr) {
    node->paths = make_index_paths(*best.path);
    for (size_t i : best.path->answered) answered[i] = true;
    for (IndexPath& path : node->paths) {
      for (IndexRange& range : path.ranges) {
        ORRERY_TRY(lower_exprs(&range.equal, {}));
        if (range.lower) ORRERY_TRY(lower_expr(&range.lower, {}));
        if (range.upper) ORRERY_TRY(lower_expr(&range.upper, {}));
      }
    }
  } else if (best.order_index != nullptr) {
    node->paths.emplace_back();
    node->paths[0].index = best.order_index->def().id;
    node->paths[0].ranges.emplace_back();
  }
  Lowered out;
  if (!best.order.order.empty()) {
    node->direction = best.order.direction;
    node->ordered = true;
    out.order = std::move(best.order.order);
  }
  std::vector<ExprPtr> rest;
  for (size_t i = 0; i < rel.exprs.size(); ++i) {
    if (!answered[i]) rest.push_back(std::move(rel.exprs[i]));
  }
  ColumnSet emitted = want.need;
  for (const ExprPtr& e : rest) add_columns_read(context_, *e, &emitted);
  for (size_t i = 0; i < rel.columns.size(); ++i) {
    if (!emitted.has(rel.columns[i])) continue;
    if (rel.table_columns[i] == kRowIdColumn) continue;
    out.layout.push_back(rel.columns[i]);
    node->columns.push_back(rel.table_columns[i]);
  }
  for (size_t i = 0; i < rel.columns.size(); ++i) {
    if (rel.table_columns[i] != kRowIdColumn || !emitted.has(rel.columns[i])) continue;
    out.layout.push_back(rel.columns[i]);
    node->emit_row_id = true;
  }
  set_output(node.get(), out.layout);
  if (!rest.empty()) {
    ORRERY_TRY(lower_exprs(&rest, out.layout));
    node->filter = expr::make_and(std::move(rest));
  }
  bool served = want.order.empty() || out.order.size() == want.order.size();
  if (want.goal > 0 && served) node->row_goal = row_goal(want.goal);
  node->estimated_rows = out_rows;
  node->estimated_cost = best.cost;
  out.contiguous = contiguous_columns(rel);
  out.node = std::move(node);
  return out;
}

}  // namespace orrery::plan
