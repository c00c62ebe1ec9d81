// Join algorithms: what the equalities of a condition make possible, and what each way costs.
#pragma once

#include <vector>

#include "plan/estimate.h"

namespace orrery::plan {

/// A conjunct of the form left expression = right expression.
struct JoinKey {
  size_t conjunct = 0;
  const expr::Expr* left = nullptr;
  const expr::Expr* right = nullptr;
};
struct JoinKeys {
  std::vector<JoinKey> equal;
};

/// The equalities between the two sides whose types hash alike.
JoinKeys find_join_keys(const PlanContext& context, const Conjuncts& conjuncts,
                        const ColumnSet& left, const ColumnSet& right);

/// Looking up the right table's index for each left row.
struct IndexJoinChoice {
  const storage::Index* index = nullptr;
  std::vector<expr::ExprPtr> keys;        ///< over the left side, of the index columns' types
  std::vector<size_t> answered;           ///< join conjuncts that the lookup answers
  std::vector<size_t> answered_by_scan;   ///< filter conjuncts of the right scan that it answers
  double matches = 1;                     ///< rows of the index per lookup
};

/// The best index of `right` (a scan) for these conjuncts; index is nullptr where none fits.
IndexJoinChoice find_index_join(const PlanContext& context, const Estimator& estimator,
                                const JoinKeys& keys, const Rel& right);

enum class JoinMethod : uint8_t { kHash, kIndex, kNestedLoop };
struct JoinCost {
  JoinMethod method = JoinMethod::kNestedLoop;
  Estimate estimate;
};
/// The cheapest way to join, where `goal` rows of the result will be read (0 = all).
JoinCost choose_join(JoinType type, const Estimate& left, const Estimate& right, double rows,
                     const JoinKeys& keys, const IndexJoinChoice& index, double goal);

}  // namespace orrery::plan
