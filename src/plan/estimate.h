// Estimates: how many rows a relation gives and what they cost, in nanoseconds or so.
//
// Sizes come from the tables and indexes; where nothing is known, rules of thumb are used. An empty
// or small table counts as kAssumedRows, so that a plan made before the data arrives is still a
// plan for data.
#pragma once

#include <vector>

#include "plan/context.h"

namespace orrery::plan {

inline constexpr double kAssumedRows = 1000;

using Conjuncts = std::vector<const expr::Expr*>;
Conjuncts view_of(const std::vector<expr::ExprPtr>& exprs);

namespace cost {
inline constexpr double kSeqRow = 4;         ///< one row of a full scan
inline constexpr double kTest = 2;           ///< one conjunct on one row
inline constexpr double kIndexRow = 18;      ///< one row found through an index
inline constexpr double kDescend = 90;       ///< to the start of a range
inline constexpr double kProbe = 70;         ///< one lookup of an index join
inline constexpr double kHashBuild = 28;     ///< one row into a hash table
inline constexpr double kHashProbe = 14;
inline constexpr double kGroupRow = 20;      ///< one row into its group
inline constexpr double kStreamRow = 8;      ///< one row into a group next to it
inline constexpr double kSortStep = 9;       ///< one comparison and move
inline constexpr double kEmit = 3;           ///< one row out of an operator
inline constexpr double kLoopPair = 3;       ///< one pair of a nested loop
inline constexpr double kSubqueryRow = 300;  ///< one row of a correlated subquery
}  // namespace cost

struct Estimate {
  double rows = 0;
  double startup = 0;  ///< before the first row
  double total = 0;    ///< for all rows

  /// Cost where only `goal` rows are read (0 = all).
  double for_goal(double goal) const {
    if (goal <= 0 || rows <= goal) return total;
    return startup + (total - startup) * goal / rows;
  }
};

class Estimator {
 public:
  explicit Estimator(const PlanContext& context) : context_(context) {}

  Estimate estimate(const Rel& rel) const;
  double table_rows(const storage::Table& table) const;
  /// Share of rows that pass.
  double selectivity(const expr::Expr& e) const;
  double selectivity(const std::vector<expr::ExprPtr>& conjuncts) const;
  double selectivity(const Conjuncts& conjuncts) const;
  /// Number of different values.
  double distinct(const expr::Expr& e) const;
  double distinct(ColumnId column) const;
  /// The same as far as an index or the type tells; 0 where nothing does.
  double known_distinct(ColumnId column) const;
  /// Rows of a join given those of its inputs.
  double join_rows(JoinType type, double left, double right, const Conjuncts& conjuncts) const;

 private:
  Estimate estimate_scan(const Rel& rel) const;
  Estimate estimate_join(const Rel& rel) const;
  double compare_selectivity(const expr::Expr& e) const;

  const PlanContext& context_;
};

}  // namespace orrery::plan
