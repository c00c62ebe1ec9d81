#include "exec/row_hash.h"
#include "exec/subqueries.h"
#include "types/compare.h"

namespace orrery::exec {

using expr::CompareOp;
using expr::Expr;
using expr::SubqueryKind;
using types::Chunk;
using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;

void QuantifiedSet::init(std::span<const TypeId> types) {
  members_.init(types);
}

void QuantifiedSet::clear() {
  members_.clear();
  with_null_.clear();
}

void QuantifiedSet::add(const Chunk& rows) {
  keys_.clear();
  for (size_t c = 0; c < members_.keys().column_count(); ++c) keys_.push_back(&rows.columns[c]);
  groups_.resize(types::kVectorCapacity);
  members_.find_or_add(keys_, rows.rows(), groups_.data());
}

void QuantifiedSet::finish() {
  const RowBuffer& keys = members_.keys();
  smallest_ = largest_ = Datum::null();
  for (size_t c = 0; c < keys.column_count(); ++c) {
    const ColumnBuffer& column = keys.column(c);
    if (!column.has_nulls() && column.type() != TypeId::kNull) continue;
    for (uint32_t m = 0; m < keys.size(); ++m) {
      if (column.is_null(m) && (with_null_.empty() || with_null_.back() != m)) {
        with_null_.push_back(m);
      }
    }
  }
  if (keys.column_count() != 1) return;
  for (uint32_t m = 0; m < keys.size(); ++m) {
    Datum d = keys.column(0).datum(m);
    if (d.is_null()) continue;
    if (smallest_.is_null() || types::total_order(d, smallest_) < 0) smallest_ = d;
    if (largest_.is_null() || types::total_order(d, largest_) > 0) largest_ = d;
  }
}

/// No column tells the two apart: they are equal, or one is NULL.
bool QuantifiedSet::may_equal(std::span<const Vector* const> left, uint32_t row,
                              uint32_t member) const {
  for (size_t c = 0; c < left.size(); ++c) {
    const ColumnBuffer& column = members_.keys().column(c);
    if (left[c]->datum(row).is_null() || column.is_null(member)) continue;
    if (!cells_equal(*left[c], row, column, member)) return false;
  }
  return true;
}

QuantifiedSet::Truth QuantifiedSet::contains(std::span<const Vector* const> left, uint32_t row,
                                             uint32_t found) const {
  bool null = false;
  for (const Vector* v : left) null |= v->datum(row).is_null();
  if (!null) {
    if (found != GroupTable::kNone) return Truth::kTrue;
    for (uint32_t m : with_null_) {
      if (may_equal(left, row, m)) return Truth::kUnknown;
    }
    return Truth::kFalse;
  }
  if (left.size() == 1) return members_.size() == 0 ? Truth::kFalse : Truth::kUnknown;
  for (uint32_t m = 0; m < members_.size(); ++m) {
    if (may_equal(left, row, m)) return Truth::kUnknown;
  }
  return Truth::kFalse;
}

QuantifiedSet::Truth QuantifiedSet::compare_any(CompareOp op, const Datum& x, Truth in_set) const {
  if (op == CompareOp::kEqual) return in_set;
  if (members_.size() == 0) return Truth::kFalse;
  if (x.is_null()) return Truth::kUnknown;
  bool holds = false;
  if (!smallest_.is_null()) {
    int low = types::total_order(x, smallest_), high = types::total_order(x, largest_);
    switch (op) {
      case CompareOp::kEqual:
        break;
      case CompareOp::kNotEqual:
        holds = low != 0 || high != 0;
        break;
      case CompareOp::kLess:
        holds = high < 0;
        break;
      case CompareOp::kLessEqual:
        holds = high <= 0;
        break;
      case CompareOp::kGreater:
        holds = low > 0;
        break;
      case CompareOp::kGreaterEqual:
        holds = low >= 0;
        break;
    }
  }
  if (holds) return Truth::kTrue;
  return with_null_.empty() ? Truth::kFalse : Truth::kUnknown;
}

QuantifiedSet::Truth QuantifiedSet::compare_all(CompareOp op, const Datum& x, Truth in_set) const {
  if (members_.size() == 0) return Truth::kTrue;
  if (op == CompareOp::kNotEqual) {
    if (in_set == Truth::kUnknown) return Truth::kUnknown;
    return in_set == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
  }
  if (x.is_null()) return Truth::kUnknown;
  bool holds = true;
  if (!smallest_.is_null()) {
    int low = types::total_order(x, smallest_), high = types::total_order(x, largest_);
    switch (op) {
      case CompareOp::kEqual:
        holds = low == 0 && high == 0;
        break;
      case CompareOp::kNotEqual:
        break;
      case CompareOp::kLess:
        holds = low < 0;
        break;
      case CompareOp::kLessEqual:
        holds = low <= 0;
        break;
      case CompareOp::kGreater:
        holds = high > 0;
        break;
      case CompareOp::kGreaterEqual:
        holds = high >= 0;
        break;
    }
  }
  if (!holds) return Truth::kFalse;
  return with_null_.empty() ? Truth::kTrue : Truth::kUnknown;
}

void QuantifiedSet::test(const Expr& subquery, std::span<const Vector* const> left,
                         const Selection& rows, Vector& out) {
  groups_.resize(types::kVectorCapacity);
  members_.find(left, rows, groups_.data());
  auto* cells = out.data<uint8_t>();
  const bool simple = left.size() == 1 && with_null_.empty() && !left[0]->has_nulls() &&
                      left[0]->type() != TypeId::kNull &&
                      subquery.subquery_kind == SubqueryKind::kIn;
  if (simple) {
    for (uint32_t i = 0; i < rows.count; ++i) {
      cells[rows[i]] = (groups_[i] != GroupTable::kNone) != subquery.negated ? 1 : 0;
    }
    return;
  }
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    Truth truth = contains(left, row, groups_[i]);
    if (subquery.subquery_kind == SubqueryKind::kAny) {
      truth = compare_any(subquery.compare_op, left[0]->datum(row), truth);
    } else if (subquery.subquery_kind == SubqueryKind::kAll) {
      truth = compare_all(subquery.compare_op, left[0]->datum(row), truth);
    }
    if (truth == Truth::kUnknown) {
      out.set_null(row);
    } else {
      cells[row] = (truth == Truth::kTrue) != subquery.negated ? 1 : 0;
      out.set_valid(row);
    }
  }
}

}  // namespace orrery::exec
