// Access paths: which index ranges answer the conjuncts of a scan, and at what cost.
//
// A conjunct is sargable if it compares a column of the table with something that is fixed while
// the table is read. A path names an index and, for each range, the conjuncts that make it up;
// conjuncts that the ranges answer exactly need not be tested again.
#pragma once

#include <vector>

#include "plan/context.h"

namespace orrery::plan {

class Estimator;

enum class SargKind : uint8_t { kEqual, kLower, kUpper, kIn, kPrefix };

/// One comparison of one column with fixed values.
struct Sarg {
  SargKind kind = SargKind::kEqual;
  uint32_t column = 0;  ///< of the table
  bool included = true;
  bool exact = true;  ///< false: the conjunct must be tested on the rows found
  size_t conjunct = 0;
  std::vector<expr::ExprPtr> values;  ///< of the column's type; one, or the members of IN
  std::vector<size_t> implied;        ///< conjuncts that are weaker bounds of the same kind
};

/// The comparison that a conjunct makes, if any. `table_columns` are those of the scan.
std::vector<Sarg> find_sargs(const PlanContext& context, const Rel& scan, const expr::Expr& e,
                             size_t conjunct);
/// The value converted to a column's type so that an index can look it up; null where it cannot.
/// Sets *exact to false where the comparison has to be repeated.
expr::ExprPtr adapt_key(const expr::Expr& value, types::TypeId column, bool* exact);

struct PathRange {
  std::vector<const Sarg*> equal;   ///< with `in_member` for the IN among them
  std::vector<size_t> member;       ///< which value of equal[i]
  const Sarg* lower = nullptr;
  const Sarg* upper = nullptr;
};
struct PathPart {
  const storage::Index* index = nullptr;
  std::vector<PathRange> ranges;
};

struct AccessPath {
  std::vector<PathPart> parts;   ///< none: a full scan
  std::vector<size_t> answered;  ///< conjuncts that need no test
  double rows = 0;               ///< that the ranges hold
  bool single_row = false;       ///< a unique key is given in full
  /// Index columns that are fixed, before those that give order; SIZE_MAX: there is no order.
  size_t order_skip = 0;
  double cost = 0;               ///< of reading all of them
};

/// Sargs of a scan, kept while paths are compared.
class ScanPaths {
 public:
  ScanPaths(const PlanContext& context, const Estimator& estimator, const Rel& scan);

  const std::vector<AccessPath>& paths() const { return paths_; }
  double table_rows() const { return table_rows_; }
  /// The conjuncts contradict each other: no row can pass.
  bool impossible() const { return impossible_; }

 private:
  void tighten();
  void find_contradiction();
  void add_index_paths();
  void add_or_path(size_t conjunct);
  bool match_index(const storage::Index& index, const std::vector<Sarg>& sargs,
                   AccessPath* path) const;

  const PlanContext& context_;
  const Estimator& estimator_;
  const Rel& scan_;
  double table_rows_;
  bool impossible_ = false;
  std::vector<Sarg> sargs_;
  std::vector<std::vector<Sarg>> or_sargs_;
  std::vector<AccessPath> paths_;
};

/// The ranges as the executor takes them.
std::vector<IndexPath> make_index_paths(const AccessPath& path);

}  // namespace orrery::plan
