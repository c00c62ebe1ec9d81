// The order that walking an index gives to a scan.
#pragma once

#include "plan/lower.h"

namespace orrery::plan {

struct IndexOrder {
  std::vector<Ordering> order;  ///< as much of the wanted order as the index gives
  storage::Direction direction = storage::Direction::kForward;
};
enum class OrderFreedom : uint8_t {
  kAsWanted,
  kAnyPermutation,  ///< all of the wanted columns, however arranged; or nothing
};

/// `skip`: index columns that are fixed to one value, before those that give order.
IndexOrder order_of_index(const PlanContext& context, const Rel& scan,
                          const storage::IndexDef& def, size_t skip,
                          const std::vector<Ordering>& wanted, OrderFreedom freedom);
/// What a scan of one row gives: its own columns in any order, those of joined tables in none.
IndexOrder order_of_one_row(const Rel& scan, const std::vector<Ordering>& wanted,
                            OrderFreedom freedom);
/// The scan's column that shows this column of the table, or kNoColumn.
ColumnId scan_column(const Rel& scan, uint32_t table_column);

}  // namespace orrery::plan
