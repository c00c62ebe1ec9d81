// Scans: the choice of an access path, and what of the filter remains.
#include <algorithm>
#include <cmath>

#include "plan/access_path.h"
#include "plan/construct.h"
#include "plan/lower_node.h"

namespace orrery::plan {

using expr::ExprPtr;

namespace {

ColumnId scan_column(const Rel& rel, uint32_t table_column) {
  for (size_t i = 0; i < rel.columns.size(); ++i) {
    if (rel.table_columns[i] == table_column) return rel.columns[i];
  }
  return kNoColumn;
}

/// How an index scan serves an order: how many of its keys, and walked which way.
struct IndexOrder {
  size_t keys = 0;
  storage::Direction direction = storage::Direction::kForward;
};

IndexOrder order_of_index(const PlanContext& context, const Rel& rel,
                          const storage::IndexDef& def, size_t skip,
                          const std::vector<Ordering>& wanted) {
  IndexOrder out;
  std::vector<ColumnId> fixed;
  for (size_t i = 0; i < skip && i < def.columns.size(); ++i) {
    fixed.push_back(scan_column(rel, def.columns[i]));
  }
  size_t next = skip;
  bool decided = false;
  for (const Ordering& key : wanted) {
    if (std::find(fixed.begin(), fixed.end(), key.column) != fixed.end()) {
      ++out.keys;  // one value only: any order will do
      continue;
    }
    if (next >= def.columns.size() || scan_column(rel, def.columns[next]) != key.column) break;
    // An index keeps NULLs as the largest keys, as ORDER BY does by default.
    bool nullable = context.columns[key.column].nullable;
    if (nullable && key.nulls_first != key.descending) break;
    auto direction =
        key.descending ? storage::Direction::kBackward : storage::Direction::kForward;
    if (decided && direction != out.direction) break;
    out.direction = direction;
    decided = true;
    ++out.keys;
    ++next;
    if (next == def.columns.size() && def.unique && !nullable) {
      out.keys = wanted.size();  // no two rows are equal in the keys so far
      break;
    }
  }
  return out;
}

double sort_cost(double rows) { return rows * std::log2(rows + 2) * cost::kSortStep; }

/// A path with what it costs the parent, who may have to sort.
struct Choice {
  const AccessPath* path = nullptr;  ///< nullptr: full scan
  const storage::Index* order_index = nullptr;  ///< walked for its order only
  IndexOrder order;
  double cost = 0;
  double rows = 0;
};

double cost_for_parent(double cost, double rows, double out_rows, size_t order_keys,
                       const Want& want) {
  if (want.order.empty() || order_keys == want.order.size()) {
    bool stops = want.goal > 0 && out_rows > want.goal;
    return stops ? cost * want.goal / out_rows + rows * 0 : cost;
  }
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

Result<Lowered> Lowering::lower_scan(Rel& rel, const Want& want) {
  for (const ExprPtr& e : rel.exprs) {
    if (is_never_true(*e)) return lower_nothing(want.need);
  }
  ScanPaths paths(context_, estimator_, rel);
  double out_rows = std::max(paths.table_rows() * estimator_.selectivity(rel.exprs), 0.01);
  for (const AccessPath& path : paths.paths()) out_rows = std::min(out_rows, path.rows);

  Choice best;
  double tests = cost::kTest * static_cast<double>(rel.exprs.size());
  best.rows = paths.table_rows();
  best.cost = cost_for_parent(best.rows * (cost::kSeqRow + tests), best.rows, out_rows, 0, want);
  for (const AccessPath& path : paths.paths()) {
    Choice choice;
    choice.path = &path;
    choice.rows = path.rows;
    if (path.parts.size() == 1 && path.order_skip != SIZE_MAX && path.parts[0].index->ordered()) {
      choice.order = order_of_index(context_, rel, path.parts[0].index->def(), path.order_skip,
                                    want.order);
    }
    if (path.single_row) choice.order.keys = want.order.size();
    choice.cost = cost_for_parent(path.cost, path.rows, out_rows, choice.order.keys, want);
    if (choice.cost < best.cost) best = choice;
  }
  for (const auto& index : rel.table->indexes()) {
    if (want.order.empty() || !index->ordered()) break;
    Choice choice;
    choice.order_index = index.get();
    choice.order = order_of_index(context_, rel, index->def(), 0, want.order);
    if (choice.order.keys == 0) continue;
    choice.rows = paths.table_rows();
    choice.cost = cost_for_parent(choice.rows * (cost::kIndexRow + tests), choice.rows, out_rows,
                                  choice.order.keys, want);
    if (choice.cost < best.cost) best = choice;
  }

  auto node = make_node<ScanNode>();
  node->table = rel.table;
  note_table(rel.table);
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
  if (best.order.keys > 0) {
    node->direction = best.order.direction;
    node->ordered = true;
    out.order.assign(want.order.begin(),
                     want.order.begin() + static_cast<ptrdiff_t>(best.order.keys));
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
  bool served = want.order.empty() || best.order.keys == want.order.size();
  if (want.goal > 0 && served) node->row_goal = static_cast<uint64_t>(std::ceil(want.goal));
  node->estimated_rows = out_rows;
  node->estimated_cost = best.cost;
  out.contiguous = contiguous_columns(rel);
  out.node = std::move(node);
  return out;
}

}  // namespace orrery::plan
