// A query of the dialect after names, types and :sender are put in: tables, and a conjunction of
// conditions on their columns, every value encoded.
//
// Columns are positions in the rows as they are stored: in the backing table of a view the hidden
// hash of the arguments comes first, so the view's own columns begin at 1. Plain values that borrow
// the module definition.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/module_def.h"
#include "subscribe/cell.h"
#include "subscribe/dialect.h"
#include "types/identity.h"

namespace orrery::subscribe {

/// A table or view in a query. Exactly one of `table` and `view` is there.
struct Relation {
  const schema::TableDef* table = nullptr;
  const schema::ViewDef* view = nullptr;
  std::string alias;

  std::string_view qualified_name() const {
    return table != nullptr ? table->qualified_name : view->qualified_name;
  }
  bool is_event() const { return table != nullptr && table->is_event; }
  /// Columns of a stored row before the first one of the table or view.
  uint32_t hidden_columns() const { return view != nullptr ? 1 : 0; }
  /// The product that a stored row is.
  types::AlgebraicType stored_type() const;
};

struct ColumnRef {
  uint32_t relation = 0;
  uint32_t column = 0;  ///< of the stored row
  friend bool operator==(const ColumnRef&, const ColumnRef&) = default;
};

enum class PredicateKind : uint8_t {
  kConstant,         ///< value
  kAnd,              ///< all operands
  kOr,               ///< any operand
  kNot,              ///< not the one operand
  kCompareValue,     ///< left op bytes
  kCompareColumns,   ///< left op right
  kCompareBooleans,  ///< operands[0] op operands[1], false before true
};
struct Predicate {
  PredicateKind kind = PredicateKind::kConstant;
  CompareOp op = CompareOp::kEqual;
  CellType cell = CellType::kU8;
  bool value = false;
  ColumnRef left, right;
  std::string bytes;  ///< BSATN
  std::vector<Predicate> operands;
};

struct BoundQuery {
  std::vector<Relation> relations;
  std::vector<Predicate> conjuncts;
  uint32_t projected = 0;  ///< whose rows it returns
};

/// Whom the names of a query are looked up for.
enum class Privacy : uint8_t {
  kHidePrivate,  ///< private tables and views are unknown
  kShowAll,
};
struct Binding {
  const schema::ModuleDef& definition;
  types::Identity sender;
  Privacy privacy = Privacy::kHidePrivate;
};
/// kTableNotFound, kColumnNotFound, kTypeMismatch, kNotSupported with the original's texts.
Result<BoundQuery> bind_select(const Binding& binding, const SelectSyntax& select);

/// Calls `visit(ColumnRef&)` for every column in the predicate.
template <class Visit>
void for_each_column(Predicate& predicate, Visit&& visit) {
  if (predicate.kind == PredicateKind::kCompareValue) visit(predicate.left);
  if (predicate.kind == PredicateKind::kCompareColumns) {
    visit(predicate.left);
    visit(predicate.right);
  }
  for (Predicate& operand : predicate.operands) for_each_column(operand, visit);
}
template <class Visit>
void for_each_column(const Predicate& predicate, Visit&& visit) {
  if (predicate.kind == PredicateKind::kCompareValue) visit(predicate.left);
  if (predicate.kind == PredicateKind::kCompareColumns) {
    visit(predicate.left);
    visit(predicate.right);
  }
  for (const Predicate& operand : predicate.operands) for_each_column(operand, visit);
}

/// Row-level security: the query with the rules of every table put in, as the queries whose results
/// together (with duplicates) it is. Rules of one table are alternatives; tables in rules have
/// their rules put in too. kNotSupported for rules that need each other, kLimit for too many.
Result<std::vector<BoundQuery>> apply_row_level_security(const Binding& binding, BoundQuery query);
/// What is wrong with one rule of a definition, for schema::validate().
Status check_row_level_security(const schema::ModuleDef& definition, std::string_view sql);

}  // namespace orrery::subscribe
