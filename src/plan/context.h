// PlanContext: everything that one planning run knows besides the tree at hand.
//
// Created by plan_statement() and its kin for one statement, passed by reference, not thread-safe.
// Names are views into the syntax tree, the catalog or view texts parsed in this run, all of which
// outlive it.
#pragma once

#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "plan/logical.h"
#include "plan/planner.h"

namespace orrery::plan {

inline constexpr uint32_t kViewDepthMax = 32;
/// Bound expression nodes and relations in one statement: beyond it views and BETWEEN operands that
/// multiply would eat all memory.
inline constexpr uint32_t kComplexityMax = 4'000'000;
/// As the owner of CTEs: a place that is run many times, where each reference is bound anew.
inline constexpr uint32_t kNeverShare = UINT32_MAX;

struct ColumnInfo {
  std::string_view name;
  types::TypeId type = types::TypeId::kNull;
  bool nullable = true;
  const storage::Table* table = nullptr;  ///< of a table's own column
  uint32_t table_column = 0;
  std::string_view alias;  ///< of that table in the statement
  uint32_t scan = 0;       ///< which of the statement's scans made it, from 1; 0 = none
};

/// A bound subquery expression.
struct Subquery {
  RelPtr rel;  ///< gone once it was made a join or lowered
  std::vector<ColumnId> columns;
  const sql::Query* query = nullptr;
  const void* ctes = nullptr;  ///< the CTEs in sight: equal texts mean the same where this is equal
  ColumnSet free;      ///< columns read from enclosing queries
  std::shared_ptr<expr::Subplan> subplan;
  std::vector<ColumnId> slots;  ///< column that fills each outer slot of the subplan
};

/// A CTE that is read more than once, or a recursive one.
struct Cte {
  std::string_view name;
  RelPtr rel;  ///< null for a recursive step's own name
  std::vector<ColumnId> columns;
  uint32_t owner = 0;  ///< 0 = the statement, else 1 + index of the subquery that declares it
  bool lowered = false;
  double rows = 0;
};

struct PlanContext {
  explicit PlanContext(const PlannerInput& in) : input(in) {}

  const PlannerInput& input;
  std::vector<ColumnInfo> columns;
  std::deque<Subquery> subqueries;
  std::deque<Cte> ctes;
  std::vector<sql::QueryPtr> view_queries;
  std::deque<std::string> names;  ///< made up during binding
  uint32_t view_depth = 0;
  uint32_t complexity = 0;
  uint32_t scan_count = 0;

  ColumnId new_column(std::string_view name, types::TypeId type, bool nullable) {
    columns.push_back({name, type, nullable, nullptr, 0, {}, 0});
    return static_cast<ColumnId>(columns.size() - 1);
  }
  expr::ExprPtr column_ref(ColumnId id) const {
    const ColumnInfo& c = columns[id];
    return expr::make_column(id, c.type, c.nullable);
  }
  std::string_view keep_name(std::string name) {
    return names.emplace_back(std::move(name));
  }
  /// Counts towards kComplexityMax.
  Status spend(uint32_t amount) {
    complexity += amount;
    if (complexity > kComplexityMax) return Error(ErrorCode::kLimit, "statement too complex");
    return {};
  }
};

}  // namespace orrery::plan
