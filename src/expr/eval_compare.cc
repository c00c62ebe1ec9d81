// Comparison of vectors: loops over typed arrays, with one side constant or both flat.
#include <cmath>

#include "expr/eval_node.h"
#include "types/cast.h"
#include "types/compare.h"

namespace orrery::expr {

using types::Datum;
using types::Layout;
using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

// Every operator is one of three on a total order, or the opposite of one.
struct Equal {
  bool operator()(int64_t a, int64_t b) const { return a == b; }
  bool operator()(uint8_t a, uint8_t b) const { return a == b; }
  bool operator()(double a, double b) const { return a == b || (a != a && b != b); }
  bool operator()(const StringRef& a, const StringRef& b) const { return a == b; }
};
struct Less {
  bool operator()(int64_t a, int64_t b) const { return a < b; }
  bool operator()(uint8_t a, uint8_t b) const { return a < b; }
  bool operator()(double a, double b) const { return a < b || (b != b && a == a); }
  bool operator()(const StringRef& a, const StringRef& b) const {
    return StringRef::compare(a, b) < 0;
  }
};
struct LessEqual {
  template <class T>
  bool operator()(const T& a, const T& b) const {
    return !Less()(b, a);
  }
};
/// For a right side that is no NaN: a < b alone tells NaN right already.
struct LessNumber {
  bool operator()(double a, double b) const { return a < b; }
};
struct LessEqualNumber {
  bool operator()(double a, double b) const { return a <= b; }
};
struct EqualNumber {
  bool operator()(double a, double b) const { return a == b; }
};

/// What becomes of the result of each comparison of a row.
struct RowSink {
  const Selection& rows;
  const uint64_t* validity;  ///< rows not to be tested, as they are NULL; nullptr = none
  uint32_t* selected;        ///< or nullptr, and:
  uint8_t* cells;
  uint32_t count;

  template <Stride kStride, class Test>
  void run(Test test, bool negate) {
    if (selected == nullptr && validity == nullptr) {
      types::for_each_row(rows, [&](uint32_t r) { cells[r] = test(r) != negate; });
    } else if (selected == nullptr) {
      types::for_each_row(rows, [&](uint32_t r) {
        if (((validity[r >> 6] >> (r & 63)) & 1) != 0) cells[r] = test(r) != negate;
      });
    } else if (validity == nullptr) {
      count = filter_rows<kStride>(rows, selected, [&](uint32_t r) { return test(r) != negate; });
    } else {
      count = filter_rows<kStride>(rows, selected, [&](uint32_t r) {
        return ((validity[r >> 6] >> (r & 63)) & 1) != 0 && test(r) != negate;
      });
    }
  }
};

template <class T, class Op>
void run_typed(const Vector& a, const Vector& b, Op op, bool negate, RowSink* sink) {
  constexpr Stride kStride = std::is_same_v<T, StringRef> ? Stride::kOne : Stride::kFour;
  const T* x = a.data<T>();
  const T* y = b.data<T>();
  if (b.is_constant()) {
    const T c = y[0];
    if (a.is_constant()) {
      const T d = x[0];
      sink->template run<kStride>([=](uint32_t) { return op(d, c); }, negate);
    } else {
      sink->template run<kStride>([=](uint32_t r) { return op(x[r], c); }, negate);
    }
  } else {
    sink->template run<kStride>([=](uint32_t r) { return op(x[r], y[r]); }, negate);
  }
}

CompareOp mirrored(CompareOp op) {
  switch (op) {
    case CompareOp::kLess:
      return CompareOp::kGreater;
    case CompareOp::kLessEqual:
      return CompareOp::kGreaterEqual;
    case CompareOp::kGreater:
      return CompareOp::kLess;
    case CompareOp::kGreaterEqual:
      return CompareOp::kLessEqual;
    default:
      return op;
  }
}

template <class T>
void run_op(CompareOp op, const Vector& a, const Vector& b, RowSink* sink) {
  if constexpr (std::is_same_v<T, double>) {
    if (b.is_constant() && !std::isnan(b.data<double>()[0])) {
      switch (op) {
        case CompareOp::kEqual:
        case CompareOp::kNotEqual:
          return run_typed<T>(a, b, EqualNumber(), op == CompareOp::kNotEqual, sink);
        case CompareOp::kLess:
        case CompareOp::kGreaterEqual:
          return run_typed<T>(a, b, LessNumber(), op == CompareOp::kGreaterEqual, sink);
        case CompareOp::kLessEqual:
        case CompareOp::kGreater:
          return run_typed<T>(a, b, LessEqualNumber(), op == CompareOp::kGreater, sink);
      }
    }
  }
  switch (op) {
    case CompareOp::kEqual:
    case CompareOp::kNotEqual:
      return run_typed<T>(a, b, Equal(), op == CompareOp::kNotEqual, sink);
    case CompareOp::kLess:
    case CompareOp::kGreaterEqual:
      return run_typed<T>(a, b, Less(), op == CompareOp::kGreaterEqual, sink);
    case CompareOp::kLessEqual:
    case CompareOp::kGreater:
      return run_typed<T>(a, b, LessEqual(), op == CompareOp::kGreater, sink);
  }
}

bool apply(CompareOp op, int order) {
  switch (op) {
    case CompareOp::kEqual:
      return order == 0;
    case CompareOp::kNotEqual:
      return order != 0;
    case CompareOp::kLess:
      return order < 0;
    case CompareOp::kLessEqual:
      return order <= 0;
    case CompareOp::kGreater:
      return order > 0;
    case CompareOp::kGreaterEqual:
      return order >= 0;
  }
  return false;
}

bool is_sql_number(TypeId t) {
  return t == TypeId::kInteger || t == TypeId::kFloat;
}
bool is_textual(TypeId t) {
  return t == TypeId::kText || t == TypeId::kJson;
}

/// A constant of the other numeric kind, in the kind of the column where that is the same value.
bool same_number(const Vector& constant, TypeId as, Vector* out) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  Datum d = constant.datum(0);
  if (as == TypeId::kFloat) {
    auto v = static_cast<double>(d.as_int64());
    if (std::abs(v) > kExact) return false;
    out->set_constant(Datum::floating(v), as);
    return true;
  }
  double v = d.as_double();
  if (!(std::abs(v) <= kExact) || v != std::trunc(v)) return false;
  out->set_constant(Datum::integer(static_cast<int64_t>(v)), as);
  return true;
}

void run_generic(CompareOp op, const Vector& a, const Vector& b, RowSink* sink) {
  sink->run<Stride::kOne>(
      [&](uint32_t r) {
        Datum x = a.datum(r), y = b.datum(r);
        return !x.is_null() && !y.is_null() && compare_cells(op, x, y);
      },
      false);
}

void run(CompareOp op, const Vector& a, const Vector& b, RowSink* sink) {
  if (a.is_constant() && !b.is_constant()) return run(mirrored(op), b, a, sink);
  TypeId ta = a.type(), tb = b.type();
  if (is_textual(ta) && is_textual(tb)) return run_op<StringRef>(op, a, b, sink);
  const bool by_bytes = !types::is_wide(ta) || op == CompareOp::kEqual || op == CompareOp::kNotEqual;
  if (ta == tb && by_bytes) {
    switch (types::layout_of(ta)) {
      case Layout::kInt64:
        return run_op<int64_t>(op, a, b, sink);
      case Layout::kDouble:
        return run_op<double>(op, a, b, sink);
      case Layout::kBool:
        return run_op<uint8_t>(op, a, b, sink);
      case Layout::kString:
        return run_op<StringRef>(op, a, b, sink);
      case Layout::kDatum:
        break;
    }
  } else if (is_sql_number(ta) && is_sql_number(tb)) {
    Vector same;
    if (b.is_constant() && same_number(b, ta, &same)) return run(op, a, same, sink);
  }
  run_generic(op, a, b, sink);
}

/// The validity of both as one bitmap: one's own, or `buffer`'s, or none.
const uint64_t* joint_validity(const Vector& a, const Vector& b, uint32_t row_bound,
                               std::vector<uint64_t>* buffer) {
  const uint64_t* x = a.is_constant() ? nullptr : a.validity();
  const uint64_t* y = b.is_constant() ? nullptr : b.validity();
  if (x == nullptr || y == nullptr) return x == nullptr ? y : x;
  buffer->resize((row_bound + 63) / 64);
  for (size_t i = 0; i < buffer->size(); ++i) (*buffer)[i] = x[i] & y[i];
  return buffer->data();
}

bool is_constant_null(const Vector& v) {
  return v.type() == TypeId::kNull || (v.is_constant() && v.is_null(0));
}

uint32_t row_bound(const Selection& rows) {
  if (rows.rows == nullptr || rows.count == 0) return rows.count;
  return rows.rows[rows.count - 1] + 1;
}

}  // namespace

bool compare_cells(CompareOp op, const Datum& a, const Datum& b) {
  TypeId ta = a.type(), tb = b.type();
  if (ta == tb || (types::is_number(ta) && types::is_number(tb))) return apply(op, types::total_order(a, b));
  if (is_textual(ta) && is_textual(tb)) {
    return apply(op, StringRef::compare(a.as_string(), b.as_string()));
  }
  if (op == CompareOp::kEqual) return false;
  if (op == CompareOp::kNotEqual) return true;
  std::string x, y;
  types::append_text(a, &x);
  types::append_text(b, &y);
  return apply(op, x.compare(y));
}

void compare_vectors(CompareOp op, const Vector& a, const Vector& b, const Selection& rows,
                     uint32_t capacity, Vector& out) {
  if (is_constant_null(a) || is_constant_null(b)) {
    out.set_constant(Datum::null(), TypeId::kBoolean);
    return;
  }
  bool constant = a.is_constant() && b.is_constant();
  Selection todo = constant ? first_row() : rows;
  out.reset(TypeId::kBoolean, constant ? 64 : capacity);
  std::vector<uint64_t> buffer;
  uint32_t bound = row_bound(todo);
  if (const uint64_t* valid = joint_validity(a, b, bound, &buffer); valid != nullptr) {
    std::memcpy(out.mutable_validity(), valid, (bound + 63) / 64 * 8);
  }
  // Numbers under a NULL may be compared, which keeps the loop plain; strings must not be followed.
  bool plain = types::layout_of(a.type()) != Layout::kString &&
               types::layout_of(b.type()) != Layout::kString;
  RowSink sink{todo, plain ? nullptr : out.validity(), nullptr, out.data<uint8_t>(), 0};
  run(op, a, b, &sink);
  if (constant) out.make_constant();
}

uint32_t select_compared(CompareOp op, const Vector& a, const Vector& b, const Selection& rows,
                         uint32_t* out_rows) {
  if (rows.count == 0 || is_constant_null(a) || is_constant_null(b)) return 0;
  std::vector<uint64_t> buffer;
  RowSink sink{rows, joint_validity(a, b, row_bound(rows), &buffer), out_rows, nullptr, 0};
  run(op, a, b, &sink);
  return sink.count;
}

uint32_t select_true(const Vector& v, const Selection& rows, uint32_t* out_rows) {
  const uint8_t* cells = v.data<uint8_t>();
  if (v.is_constant()) {
    bool keep = !v.is_null(0) && cells[0] != 0;
    return keep ? filter_rows(rows, out_rows, [](uint32_t) { return true; }) : 0;
  }
  const uint64_t* valid = v.validity();
  if (valid == nullptr) {
    return filter_rows(rows, out_rows, [cells](uint32_t r) { return cells[r] != 0; });
  }
  return filter_rows(rows, out_rows, [cells, valid](uint32_t r) {
    return cells[r] != 0 && ((valid[r >> 6] >> (r & 63)) & 1) != 0;
  });
}

Status Evaluator::compare(Node& node, const Selection& rows, Vector& out) {
  if (node.children[0].expr->kind == ExprKind::kRow) return compare_rows(node, rows, out);
  const Vector *a, *b;
  ORRERY_TRY(evaluate(node.children[0], rows, &a));
  ORRERY_TRY(evaluate(node.children[1], rows, &b));
  compare_vectors(node.expr->compare_op, *a, *b, rows, capacity_, out);
  return {};
}

Status Evaluator::select_compare(Node& node, const Selection& rows, uint32_t* out_rows,
                                 uint32_t* count) {
  const Vector *a, *b;
  ORRERY_TRY(evaluate(node.children[0], rows, &a));
  ORRERY_TRY(evaluate(node.children[1], rows, &b));
  *count = select_compared(node.expr->compare_op, *a, *b, rows, out_rows);
  return {};
}

namespace {

enum class Truth : uint8_t { kFalse, kTrue, kNull };

/// (a1, a2, ...) op (b1, b2, ...) at one row, by SQL's rule for row values.
Truth compare_row_values(CompareOp op, const std::vector<const Vector*>& a,
                         const std::vector<const Vector*>& b, uint32_t row) {
  bool unknown = false;
  bool equality = op == CompareOp::kEqual || op == CompareOp::kNotEqual;
  for (size_t i = 0; i < a.size(); ++i) {
    Datum x = a[i]->datum(row), y = b[i]->datum(row);
    if (x.is_null() || y.is_null()) {
      if (!equality) return Truth::kNull;  // the order hangs on this member
      unknown = true;
      continue;
    }
    if (compare_cells(CompareOp::kEqual, x, y)) continue;
    if (equality) return op == CompareOp::kNotEqual ? Truth::kTrue : Truth::kFalse;
    bool less = op == CompareOp::kLess || op == CompareOp::kLessEqual;
    return compare_cells(less ? CompareOp::kLess : CompareOp::kGreater, x, y) ? Truth::kTrue
                                                                              : Truth::kFalse;
  }
  if (unknown) return Truth::kNull;
  return apply(op, 0) ? Truth::kTrue : Truth::kFalse;
}

void write_truth(Truth t, uint32_t row, Vector& out) {
  if (t == Truth::kNull) {
    out.set_null(row);
  } else {
    out.data<uint8_t>()[row] = t == Truth::kTrue;
  }
}

Error row_size_error() {
  return Error(ErrorCode::kBind, "row values must have the same number of members");
}

}  // namespace

Status Evaluator::compare_rows(Node& node, const Selection& rows, Vector& out) {
  Node& left = node.children[0];
  Node& right = node.children[1];
  if (right.expr->kind != ExprKind::kRow || left.arg_count != right.arg_count) {
    return row_size_error();
  }
  std::vector<const Vector*> a, b;
  ORRERY_TRY(evaluate_members(left, rows, &a));
  ORRERY_TRY(evaluate_members(right, rows, &b));
  out.reset(TypeId::kBoolean, capacity_);
  types::for_each_row(rows, [&](uint32_t r) {
    write_truth(compare_row_values(node.expr->compare_op, a, b, r), r, out);
  });
  return {};
}

Status Evaluator::in_list_of_rows(Node& node, const Selection& rows, Vector& out) {
  Node& left = node.children[0];
  std::vector<const Vector*> a;
  ORRERY_TRY(evaluate_members(left, rows, &a));
  std::vector<std::vector<const Vector*>> items(node.arg_count - 1);
  for (uint32_t i = 1; i < node.arg_count; ++i) {
    Node& item = node.children[i];
    if (item.expr->kind != ExprKind::kRow || item.arg_count != left.arg_count) {
      return row_size_error();
    }
    ORRERY_TRY(evaluate_members(item, rows, &items[i - 1]));
  }
  out.reset(TypeId::kBoolean, capacity_);
  types::for_each_row(rows, [&](uint32_t r) {
    Truth found = Truth::kFalse;
    for (size_t i = 0; i < items.size() && found != Truth::kTrue; ++i) {
      Truth t = compare_row_values(CompareOp::kEqual, a, items[i], r);
      if (t != Truth::kFalse) found = t;
    }
    if (node.expr->negated && found != Truth::kNull) {
      found = found == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
    }
    write_truth(found, r, out);
  });
  return {};
}

}  // namespace orrery::expr
