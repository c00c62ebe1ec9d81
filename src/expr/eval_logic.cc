// AND, OR, NOT, tests for NULL and truth, CASE, COALESCE; and selection by any expression.
#include <algorithm>

#include "expr/eval_node.h"
#include "types/cast.h"
#include "types/compare.h"

namespace orrery::expr {

using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;

namespace {

bool is_true(const Datum& d) {
  switch (d.type()) {
    case TypeId::kBoolean:
      return d.as_bool();
    case TypeId::kInteger:
      return d.as_int64() != 0;
    case TypeId::kFloat:
      return d.as_double() != 0;
    default:
      return false;
  }
}

bool is_set(const uint64_t* bits, uint32_t row) {
  return ((bits[row >> 6] >> (row & 63)) & 1) != 0;
}

}  // namespace

Status Evaluator::truth(Node& node, const Selection& rows, const Vector** out) {
  const Vector* v;
  ORRERY_TRY(evaluate(node, rows, &v));
  *out = v;
  if (v->type() == TypeId::kBoolean) return {};
  if (node.converted == nullptr) node.converted = std::make_unique<Vector>();
  Vector& t = *node.converted;
  *out = &t;
  if (v->type() == TypeId::kNull) {
    t.set_constant(Datum::null(), TypeId::kBoolean);
    return {};
  }
  t.reset(TypeId::kBoolean, v->is_constant() ? 64 : capacity_);
  types::for_each_row(v->is_constant() ? first_row() : rows, [&](uint32_t r) {
    Datum d = v->datum(r);
    if (d.is_null()) {
      t.set_null(r);
    } else {
      t.data<uint8_t>()[r] = is_true(d);
    }
  });
  if (v->is_constant()) t.make_constant();
  return {};
}

namespace {

/// Folds an argument into what the earlier ones gave; all are without NULLs.
void fold_in(const Vector& v, const Selection& rows, bool is_or, uint8_t* cells) {
  const uint8_t* from = v.data<uint8_t>();
  if (v.is_constant()) {
    const uint8_t c = from[0];
    if (c == (is_or ? 0 : 1)) return;
    types::for_each_row(rows, [=](uint32_t r) { cells[r] = c; });
  } else if (is_or) {
    types::for_each_row(rows, [=](uint32_t r) { cells[r] |= from[r]; });
  } else {
    types::for_each_row(rows, [=](uint32_t r) { cells[r] &= from[r]; });
  }
}

}  // namespace

/// Every argument for every row. False where one has NULLs, which is left to connective().
Status Evaluator::cheap_connective(Node& node, const Selection& rows, Vector& out, bool* done) {
  const bool is_or = node.expr->kind == ExprKind::kOr;
  out.reset(TypeId::kBoolean, capacity_);
  uint8_t* cells = out.data<uint8_t>();
  types::for_each_row(rows, [=](uint32_t r) { cells[r] = is_or ? 0 : 1; });
  *done = false;
  for (uint32_t i = 0; i < node.arg_count; ++i) {
    const Vector* v;
    ORRERY_TRY(truth(node.children[i], rows, &v));
    if (v->has_nulls()) return {};
    fold_in(*v, rows, is_or, cells);
  }
  *done = true;
  return {};
}

Status Evaluator::connective(Node& node, const Selection& rows, Vector& out) {
  // The value that decides: FALSE for AND, TRUE for OR. A later argument is evaluated only where no
  // earlier one has decided.
  const uint8_t decisive = node.expr->kind == ExprKind::kOr ? 1 : 0;
  if (node.cheap) {
    bool done;
    ORRERY_TRY(cheap_connective(node, rows, out, &done));
    if (done) return {};
  }
  out.reset(TypeId::kBoolean, capacity_);
  uint8_t* cells = out.data<uint8_t>();
  ScopedRows open(buffers_, rows.count);
  Selection todo = rows;
  for (uint32_t i = 0; i < node.arg_count; ++i) {
    const Vector* v;
    ORRERY_TRY(truth(node.children[i], todo, &v));
    const uint8_t* from = v->data<uint8_t>();
    const bool first = i == 0;
    uint32_t left = filter_rows(todo, open.data(), [&](uint32_t r) {
      if (v->is_null(r)) {
        out.set_null(r);
        return true;
      }
      uint8_t value = from[v->at(r)];
      if (value == decisive) {
        cells[r] = decisive;
        if (!first) out.set_valid(r);
        return false;
      }
      if (first) cells[r] = value;
      return true;
    });
    if (left == 0) break;
    if (left < todo.count || todo.rows != nullptr) todo = {open.data(), left};
  }
  return {};
}

Status Evaluator::negation(Node& node, const Selection& rows, Vector& out) {
  const Vector* v;
  ORRERY_TRY(truth(node.children[0], rows, &v));
  const uint8_t* from = v->data<uint8_t>();
  if (v->is_constant()) {
    out.set_constant(v->is_null(0) ? Datum::null() : Datum::boolean(from[0] == 0),
                     TypeId::kBoolean);
    return {};
  }
  out.reset(TypeId::kBoolean, capacity_);
  uint8_t* cells = out.data<uint8_t>();
  types::for_each_row(rows, [=](uint32_t r) { cells[r] = from[r] == 0; });
  if (v->has_nulls()) {
    std::memcpy(out.mutable_validity(), v->validity(), (input_.row_count + 63) / 64 * 8);
  }
  return {};
}

Status Evaluator::null_test(Node& node, const Selection& rows, Vector& out) {
  const Vector* v;
  ORRERY_TRY(evaluate(node.children[0], rows, &v));
  const bool negated = node.expr->negated;
  if (v->type() == TypeId::kNull) {
    out.set_constant(Datum::boolean(!negated), TypeId::kBoolean);
    return {};
  }
  if (v->is_constant() || !v->has_nulls()) {
    out.set_constant(Datum::boolean((v->is_constant() && v->is_null(0)) != negated),
                     TypeId::kBoolean);
    return {};
  }
  out.reset(TypeId::kBoolean, capacity_);
  uint8_t* cells = out.data<uint8_t>();
  const uint64_t* valid = v->validity();
  types::for_each_row(rows, [=](uint32_t r) { cells[r] = is_set(valid, r) == negated; });
  return {};
}

Status Evaluator::boolean_test(Node& node, const Selection& rows, Vector& out) {
  const Vector* v;
  ORRERY_TRY(evaluate(node.children[0], rows, &v));
  const bool wanted = node.expr->index == 1;
  const bool negated = node.expr->negated;
  out.reset(TypeId::kBoolean, capacity_);
  types::for_each_row(rows, [&](uint32_t r) {
    Datum d = v->datum(r);  // only real booleans are TRUE or FALSE here
    bool is = d.type() == TypeId::kBoolean && d.as_bool() == wanted;
    out.data<uint8_t>()[r] = is != negated;
  });
  return {};
}

Status Evaluator::distinct_test(Node& node, const Selection& rows, Vector& out) {
  const Vector *a, *b;
  ORRERY_TRY(evaluate(node.children[0], rows, &a));
  ORRERY_TRY(evaluate(node.children[1], rows, &b));
  const bool negated = node.expr->negated;
  out.reset(TypeId::kBoolean, capacity_);
  types::for_each_row(rows, [&](uint32_t r) {
    Datum x = a->datum(r), y = b->datum(r);
    bool distinct = x.is_null() || y.is_null() ? x.is_null() != y.is_null()
                                               : compare_cells(CompareOp::kNotEqual, x, y);
    out.data<uint8_t>()[r] = distinct != negated;
  });
  return {};
}

namespace {

/// out[row] = the cell of branch[row]; `results` are constants, nullptr stands for NULL.
template <class T>
void take_branches(const uint8_t* branch, const std::vector<const Vector*>& results,
                   const Selection& rows, Vector& out) {
  T table[256] = {};
  bool nulls = false;
  for (size_t i = 0; i < results.size(); ++i) {
    bool null = results[i] == nullptr || results[i]->is_null(0);
    nulls = nulls || null;
    if (!null) table[i] = results[i]->data<T>()[0];
  }
  T* to = out.data<T>();
  types::for_each_row(rows, [&](uint32_t r) { to[r] = table[branch[r]]; });
  if (!nulls) return;
  types::for_each_row(rows, [&](uint32_t r) {
    const Vector* v = results[branch[r]];
    if (v == nullptr || v->is_null(0)) out.set_null(r);
  });
}

}  // namespace

/// CASE with cheap conditions and constant results: every condition for every row, the last first,
/// so that an earlier one overwrites. False where the expression is no such.
Status Evaluator::case_of_constants(Node& node, const Selection& rows, Vector& out, bool* done) {
  *done = false;
  const uint32_t whens = node.arg_count / 2;
  if (whens > 200 || types::layout_of(node.expr->type) == types::Layout::kDatum) return {};
  for (uint32_t i = 0; i < node.arg_count; ++i) {
    const Node& child = node.children[i];
    bool condition = i % 2 == 0 && i + 1 < node.arg_count;
    bool fits =
        condition ? child.cheap
                  : child.expr->kind == ExprKind::kConstant &&
                        (child.expr->type == node.expr->type || child.expr->type == TypeId::kNull);
    if (!fits) return {};
  }
  std::vector<const Vector*> results(whens + 1, nullptr);
  for (uint32_t i = 0; i <= whens; ++i) {
    uint32_t at = i < whens ? 2 * i + 1 : 2 * whens;
    if (at < node.arg_count) ORRERY_TRY(evaluate(node.children[at], rows, &results[i]));
  }
  ScopedRows memory(buffers_, capacity_);
  auto* branch = reinterpret_cast<uint8_t*>(memory.data());
  types::for_each_row(rows, [=](uint32_t r) { branch[r] = static_cast<uint8_t>(whens); });
  for (uint32_t i = whens; i-- > 0;) {
    const Vector* v;
    ORRERY_TRY(truth(node.children[2 * i], rows, &v));
    const uint8_t* hit = v->data<uint8_t>();
    const auto number = static_cast<uint8_t>(i);
    if (v->is_constant() || v->has_nulls()) {
      types::for_each_row(rows, [&](uint32_t r) {
        if (!v->is_null(r) && hit[v->at(r)] != 0) branch[r] = number;
      });
    } else {
      // By masks, not by a branch that the cells would mislead.
      types::for_each_row(rows, [=](uint32_t r) {
        auto mask = static_cast<uint8_t>(-static_cast<int>(hit[r]));
        branch[r] = static_cast<uint8_t>((number & mask) | (branch[r] & ~mask));
      });
    }
  }
  out.reset(node.expr->type, capacity_);
  *done = true;
  switch (types::layout_of(node.expr->type)) {
    case types::Layout::kBool:
      take_branches<uint8_t>(branch, results, rows, out);
      break;
    case types::Layout::kString:
      take_branches<types::StringRef>(branch, results, rows, out);
      break;
    default:
      take_branches<uint64_t>(branch, results, rows, out);
      break;
  }
  return {};
}

Status Evaluator::case_of(Node& node, const Selection& rows, Vector& out) {
  bool done;
  ORRERY_TRY(case_of_constants(node, rows, out, &done));
  if (done) return {};
  out.reset(node.expr->type, capacity_);
  ScopedRows hits(buffers_, rows.count);
  ScopedRows open(buffers_, rows.count);
  Selection todo = rows;
  uint32_t i = 0;
  for (; i + 1 < node.arg_count && todo.count > 0; i += 2) {
    uint32_t count;
    ORRERY_TRY(select(node.children[i], todo, hits.data(), &count));
    if (count == 0) continue;
    const Vector* v;
    ORRERY_TRY(evaluate(node.children[i + 1], {hits.data(), count}, &v));
    copy_rows(*v, {hits.data(), count}, context_.now_nanos, out);
    const uint32_t* hit = hits.data();
    const uint32_t* end = hit + count;
    uint32_t left = filter_rows(todo, open.data(), [&](uint32_t r) {
      if (hit == end || *hit != r) return true;
      ++hit;
      return false;
    });
    todo = {open.data(), left};
  }
  if (todo.count == 0) return {};
  if (node.arg_count % 2 == 1) {
    const Vector* v;
    ORRERY_TRY(evaluate(node.children[node.arg_count - 1], todo, &v));
    copy_rows(*v, todo, context_.now_nanos, out);
  } else {
    types::for_each_row(todo, [&](uint32_t r) { out.set_null(r); });
  }
  return {};
}

Status Evaluator::coalesce(Node& node, const Selection& rows, Vector& out) {
  const Vector* first;
  ORRERY_TRY(evaluate(node.children[0], rows, &first));
  if (!first->has_nulls() && first->type() == node.expr->type) {
    out.reference(*first);
    return {};
  }
  out.reset(node.expr->type, capacity_);
  ScopedRows open(buffers_, rows.count);
  Selection todo = rows;
  for (uint32_t i = 0; i < node.arg_count && todo.count > 0; ++i) {
    const Vector* v = first;
    if (i > 0) ORRERY_TRY(evaluate(node.children[i], todo, &v));
    copy_rows(*v, todo, context_.now_nanos, out);
    uint32_t left = filter_rows(todo, open.data(), [&out](uint32_t r) { return out.is_null(r); });
    todo = {open.data(), left};
  }
  return {};
}

Status Evaluator::select(Node& node, const Selection& rows, uint32_t* out_rows, uint32_t* count) {
  *count = 0;
  if (rows.count == 0) return {};
  switch (node.expr->kind) {
    case ExprKind::kAnd:
      return select_and(node, rows, out_rows, count);
    case ExprKind::kOr:
      if (node.cheap) break;
      return select_or(node, rows, out_rows, count);
    case ExprKind::kCompare:
      if (node.children[0].expr->kind == ExprKind::kRow) break;
      return select_compare(node, rows, out_rows, count);
    case ExprKind::kIsNull:
      return select_null_test(node, rows, out_rows, count);
    default:
      break;
  }
  const Vector* v;
  ORRERY_TRY(truth(node, rows, &v));
  *count = select_true(*v, rows, out_rows);
  return {};
}

Status Evaluator::select_and(Node& node, const Selection& rows, uint32_t* out_rows,
                             uint32_t* count) {
  Selection todo = rows;
  for (uint32_t i = 0; i < node.arg_count; ++i) {
    ORRERY_TRY(select(node.children[i], todo, out_rows, count));
    if (*count == 0) break;
    todo = {out_rows, *count};
  }
  return {};
}

Status Evaluator::select_or(Node& node, const Selection& rows, uint32_t* out_rows,
                            uint32_t* count) {
  // Rows that no argument has picked yet stay in `open`; picked ones are marked and gathered in
  // order at the end. `rows` may be `out_rows`, which is written last.
  ScopedRows open(buffers_, rows.count);
  ScopedRows hits(buffers_, rows.count);
  std::vector<uint64_t> marks((input_.row_count + 63) / 64);
  Selection todo = rows;
  for (uint32_t i = 0; i < node.arg_count && todo.count > 0; ++i) {
    uint32_t n;
    ORRERY_TRY(select(node.children[i], todo, hits.data(), &n));
    if (n == 0) continue;
    for (uint32_t k = 0; k < n; ++k) {
      uint32_t r = hits.data()[k];
      marks[r >> 6] |= uint64_t{1} << (r & 63);
    }
    if (i + 1 == node.arg_count) break;
    uint32_t left =
        filter_rows(todo, open.data(), [&](uint32_t r) { return !is_set(marks.data(), r); });
    todo = {open.data(), left};
  }
  *count = filter_rows(rows, out_rows, [&](uint32_t r) { return is_set(marks.data(), r); });
  return {};
}

Status Evaluator::select_null_test(Node& node, const Selection& rows, uint32_t* out_rows,
                                   uint32_t* count) {
  const Vector* v;
  ORRERY_TRY(evaluate(node.children[0], rows, &v));
  const bool negated = node.expr->negated;
  if (v->type() == TypeId::kNull || v->is_constant() || !v->has_nulls()) {
    bool null = v->type() == TypeId::kNull || (v->is_constant() && v->is_null(0));
    *count = null == negated ? 0 : filter_rows(rows, out_rows, [](uint32_t) { return true; });
    return {};
  }
  const uint64_t* valid = v->validity();
  *count = filter_rows(rows, out_rows,
                       [valid, negated](uint32_t r) { return is_set(valid, r) == negated; });
  return {};
}

}  // namespace orrery::expr
