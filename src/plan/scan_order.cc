#include "plan/scan_order.h"

#include <algorithm>

namespace orrery::plan {

ColumnId scan_column(const Rel& scan, uint32_t table_column) {
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    if (scan.table_columns[i] == table_column) return scan.columns[i];
  }
  return kNoColumn;
}

namespace {

bool shows(const Rel& scan, ColumnId id) {
  return std::find(scan.columns.begin(), scan.columns.end(), id) != scan.columns.end();
}

IndexOrder any_permutation(const Rel& scan, const storage::IndexDef& def, size_t skip,
                           const std::vector<Ordering>& wanted,
                           const std::vector<ColumnId>& fixed) {
  IndexOrder out;
  ColumnSet missing;
  for (const Ordering& key : wanted) {
    bool is_fixed = std::find(fixed.begin(), fixed.end(), key.column) != fixed.end();
    if (is_fixed) {
      out.order.push_back({key.column, false, false});
    } else {
      missing.add(key.column);
    }
  }
  for (size_t i = skip; i < def.columns.size() && !missing.empty(); ++i) {
    ColumnId id = scan_column(scan, def.columns[i]);
    if (id == kNoColumn || !missing.has(id)) break;
    out.order.push_back({id, false, false});
    ColumnSet found;
    found.add(id);
    missing.remove(found);
  }
  if (!missing.empty()) out.order.clear();
  return out;
}

}  // namespace

IndexOrder order_of_one_row(const Rel& scan, const std::vector<Ordering>& wanted,
                            OrderFreedom freedom) {
  IndexOrder out;
  for (const Ordering& key : wanted) {
    if (!shows(scan, key.column)) break;
    out.order.push_back(key);
  }
  bool all = out.order.size() == wanted.size();
  if (freedom == OrderFreedom::kAnyPermutation && !all) out.order.clear();
  return out;
}

IndexOrder order_of_index(const PlanContext& context, const Rel& scan,
                          const storage::IndexDef& def, size_t skip,
                          const std::vector<Ordering>& wanted, OrderFreedom freedom) {
  std::vector<ColumnId> fixed;
  for (size_t i = 0; i < skip && i < def.columns.size(); ++i) {
    fixed.push_back(scan_column(scan, def.columns[i]));
  }
  if (freedom == OrderFreedom::kAnyPermutation) {
    return any_permutation(scan, def, skip, wanted, fixed);
  }
  IndexOrder out;
  size_t next = skip;
  bool decided = false;
  bool one_row = false;  // per value of the keys so far
  for (const Ordering& key : wanted) {
    if (std::find(fixed.begin(), fixed.end(), key.column) != fixed.end()) {
      out.order.push_back(key);  // one value only: any order will do
      continue;
    }
    if (one_row) {
      // A join above may repeat the row with different values from its other side.
      if (!shows(scan, key.column)) break;
      out.order.push_back(key);
      continue;
    }
    if (next >= def.columns.size() || scan_column(scan, def.columns[next]) != key.column) break;
    // Indexes keep NULLs behind all values, as ORDER BY does by default.
    bool nullable = context.columns[key.column].nullable;
    if (nullable && key.nulls_first != key.descending) break;
    auto direction = key.descending ? storage::Direction::kBackward : storage::Direction::kForward;
    if (decided && direction != out.direction) break;
    out.direction = direction;
    decided = true;
    out.order.push_back(key);
    ++next;
    one_row = next == def.columns.size() && def.unique && !nullable;
  }
  return out;
}

}  // namespace orrery::plan
