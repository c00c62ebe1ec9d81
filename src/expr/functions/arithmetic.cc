// + - * / % and unary minus on numbers; + and - on timestamps.
#include <cmath>

#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "expr/functions/wide.h"
#include "types/cast.h"
#include "types/timestamp.h"
#include "types/wide_number.h"

namespace orrery::expr {

using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;

Status remainder_integers(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  binary_rows<int64_t, int64_t>(*call.args[0], *call.args[1], rows,
                                [&](uint32_t r, int64_t a, int64_t b) {
                                  if (b == 0) {
                                    out.set_null(r);
                                  } else {
                                    to[r] = b == -1 ? 0 : a % b;
                                  }
                                });
  return {};
}

namespace {

Error overflow_error(int64_t a, int64_t b) {
  return Error(ErrorCode::kOverflow, "Integer overflow in arithmetic operation: " +
                                         std::to_string(a) + " and " + std::to_string(b));
}

struct AddChecked {
  static bool apply(int64_t a, int64_t b, int64_t* out) {
    return !__builtin_add_overflow(a, b, out);
  }
};
struct SubtractChecked {
  static bool apply(int64_t a, int64_t b, int64_t* out) {
    return !__builtin_sub_overflow(a, b, out);
  }
};
struct MultiplyChecked {
  static bool apply(int64_t a, int64_t b, int64_t* out) {
    return !__builtin_mul_overflow(a, b, out);
  }
};

/// The loop only notes that some row went over; which one is looked up afterwards.
template <class Op>
Status checked_kernel(const KernelCall& call, const Selection& rows, Vector& out) {
  bool fits = true;
  int64_t* to = out.data<int64_t>();
  binary_rows<int64_t, int64_t>(
      *call.args[0], *call.args[1], rows,
      [&fits, to](uint32_t r, int64_t a, int64_t b) { fits &= Op::apply(a, b, &to[r]); });
  if (fits) return {};
  int64_t left = 0, right = 0;
  for (uint32_t i = rows.count; i > 0; --i) {
    uint32_t r = rows[i - 1];
    int64_t ignored;
    int64_t a = call.args[0]->cell<int64_t>(r), b = call.args[1]->cell<int64_t>(r);
    if (!Op::apply(a, b, &ignored)) left = a, right = b;
  }
  return overflow_error(left, right);
}

Status divide_integers(const KernelCall& call, const Selection& rows, Vector& out) {
  const Vector &x = *call.args[0], &y = *call.args[1];
  int64_t* to = out.data<int64_t>();
  bool fits = true;
  binary_rows<int64_t, int64_t>(x, y, rows, [&](uint32_t r, int64_t a, int64_t b) {
    if (b == 0) {
      out.set_null(r);
    } else if (b == -1) {
      fits &= !__builtin_sub_overflow(int64_t{0}, a, &to[r]);
    } else {
      to[r] = a / b;
    }
  });
  return fits ? Status() : Status(overflow_error(INT64_MIN, -1));
}

struct AddFloats {
  static double apply(double a, double b) { return a + b; }
};
struct SubtractFloats {
  static double apply(double a, double b) { return a - b; }
};
struct MultiplyFloats {
  static double apply(double a, double b) { return a * b; }
};

template <class Op>
Status float_kernel(const KernelCall& call, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  binary_rows<double, double>(*call.args[0], *call.args[1], rows,
                              [to](uint32_t r, double a, double b) { to[r] = Op::apply(a, b); });
  return {};
}

Status divide_floats(const KernelCall& call, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  binary_rows<double, double>(*call.args[0], *call.args[1], rows,
                              [&](uint32_t r, double a, double b) {
                                to[r] = a / b;
                                if (b == 0) out.set_null(r);
                              });
  return {};
}

Status remainder_floats(const KernelCall& call, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  binary_rows<double, double>(*call.args[0], *call.args[1], rows,
                              [&](uint32_t r, double a, double b) {
                                if (b == 0) {
                                  out.set_null(r);
                                } else {
                                  to[r] = std::fmod(a, b);
                                }
                              });
  return {};
}

Status negate_integers(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  bool fits = true;
  unary_rows<int64_t>(*call.args[0], rows, [&fits, to](uint32_t r, int64_t a) {
    fits &= !__builtin_sub_overflow(int64_t{0}, a, &to[r]);
  });
  return fits ? Status() : Status(overflow_error(0, INT64_MIN));
}

Status negate_floats(const KernelCall& call, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  unary_rows<double>(*call.args[0], rows, [to](uint32_t r, double a) { to[r] = -a; });
  return {};
}

/// TIMESTAMP ± a number of days.
template <class Op>
Status shift_days(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  binary_rows<int64_t, int64_t>(*call.args[0], *call.args[1], rows,
                                [&](uint32_t r, int64_t at, int64_t days) {
                                  int64_t nanos;
                                  if (__builtin_mul_overflow(days, types::kNanosPerDay, &nanos) ||
                                      !Op::apply(at, nanos, &to[r])) {
                                    out.set_null(r);
                                  }
                                });
  return {};
}

Status days_plus_timestamp(const KernelCall& call, const Selection& rows, Vector& out) {
  const Vector* swapped[] = {call.args[1], call.args[0]};
  return shift_days<AddChecked>({call.context, call.expr, swapped, call.state}, rows, out);
}

Status timestamp_difference(const KernelCall& call, const Selection& rows, Vector& out) {
  auto* to = out.data<types::StringRef>();
  std::string text;
  binary_rows<int64_t, int64_t>(*call.args[0], *call.args[1], rows,
                                [&](uint32_t r, int64_t a, int64_t b) {
                                  int64_t nanos;
                                  if (__builtin_sub_overflow(a, b, &nanos)) {
                                    out.set_null(r);
                                    return;
                                  }
                                  text.clear();
                                  types::append_duration(nanos, &text);
                                  to[r] = out.add_string(text);
                                });
  return {};
}

#define ORRERY_OPERATOR(name, args, kernel) \
  {name, args, args, Volatility::kImmutable, NullRule::kPropagate, kernel}

enum Operator : uint8_t { kAdd, kSubtract, kMultiply, kDivide, kRemainder };

constexpr std::string_view kNames[] = {"+", "-", "*", "/", "%"};
constexpr ScalarFunction kIntegers[] = {
    ORRERY_OPERATOR("+", 2, checked_kernel<AddChecked>),
    ORRERY_OPERATOR("-", 2, checked_kernel<SubtractChecked>),
    ORRERY_OPERATOR("*", 2, checked_kernel<MultiplyChecked>),
    ORRERY_OPERATOR("/", 2, divide_integers),
    ORRERY_OPERATOR("%", 2, remainder_integers),
};
constexpr ScalarFunction kFloats[] = {
    ORRERY_OPERATOR("+", 2, float_kernel<AddFloats>),
    ORRERY_OPERATOR("-", 2, float_kernel<SubtractFloats>),
    ORRERY_OPERATOR("*", 2, float_kernel<MultiplyFloats>),
    ORRERY_OPERATOR("/", 2, divide_floats),
    ORRERY_OPERATOR("%", 2, remainder_floats),
};
constexpr ScalarFunction kNothing[] = {
    {"+", 2, 2, Volatility::kImmutable, NullRule::kSeesNull, null_kernel},
    {"-", 2, 2, Volatility::kImmutable, NullRule::kSeesNull, null_kernel},
    {"*", 2, 2, Volatility::kImmutable, NullRule::kSeesNull, null_kernel},
    {"/", 2, 2, Volatility::kImmutable, NullRule::kSeesNull, null_kernel},
    {"%", 2, 2, Volatility::kImmutable, NullRule::kSeesNull, null_kernel},
};
constexpr ScalarFunction kTimestampPlusDays = ORRERY_OPERATOR("+", 2, shift_days<AddChecked>);
constexpr ScalarFunction kDaysPlusTimestamp = ORRERY_OPERATOR("+", 2, days_plus_timestamp);
constexpr ScalarFunction kTimestampMinusDays = ORRERY_OPERATOR("-", 2, shift_days<SubtractChecked>);
constexpr ScalarFunction kTimestampDifference = ORRERY_OPERATOR("-", 2, timestamp_difference);
constexpr ScalarFunction kNegate[] = {
    ORRERY_OPERATOR("NEG", 1, negate_integers),
    ORRERY_OPERATOR("NEG", 1, negate_floats),
    {"NEG", 1, 1, Volatility::kImmutable, NullRule::kSeesNull, null_kernel},
};

/// What the operator does with these types, kAny not among them.
const ScalarFunction* operator_for(Operator op, TypeId a, TypeId b, TypeId* result) {
  if (a == TypeId::kInteger && b == TypeId::kInteger) {
    *result = TypeId::kInteger;
    return &kIntegers[op];
  }
  if (types::is_whole(a) && types::is_whole(b)) {
    *result = types::joint_arithmetic_type(a, b);
    return &kWideOperators[op];
  }
  if (types::is_number(a) && types::is_number(b)) {
    *result = TypeId::kFloat;
    return &kFloats[op];
  }
  *result = TypeId::kTimestamp;
  if (op == kAdd && a == TypeId::kTimestamp && b == TypeId::kInteger) return &kTimestampPlusDays;
  if (op == kAdd && a == TypeId::kInteger && b == TypeId::kTimestamp) return &kDaysPlusTimestamp;
  if (op == kSubtract && a == TypeId::kTimestamp) {
    if (b == TypeId::kInteger) return &kTimestampMinusDays;
    *result = TypeId::kText;
    if (b == TypeId::kTimestamp) return &kTimestampDifference;
  }
  *result = TypeId::kNull;
  return &kNothing[op];
}

/// Runs the operator on the cells of one row.
Status apply_to_cells(const KernelCall& call, const ScalarFunction& function, TypeId parameter,
                      TypeId result, uint32_t row, Vector& out) {
  Vector cells[2], answer(result, 64);
  const Vector* args[2] = {&cells[0], &cells[1]};
  for (size_t i = 0; i < call.args.size(); ++i) {
    Datum d = call.args[i]->datum(row);
    if (parameter == TypeId::kFloat) {
      d = types::cast_datum(d, TypeId::kFloat, 0, out.strings());
    }
    cells[i].set_constant(d, d.type());
  }
  KernelCall one{call.context, call.expr, {args, call.args.size()}, call.state};
  ORRERY_TRY(function.kernel(one, {nullptr, 1}, answer));
  Datum d = answer.datum(0);
  if (types::layout_of(d.type()) == types::Layout::kString) {
    d = Datum::string(d.type(), out.add_string(d.view()));
  }
  out.set_datum(row, d);
  return {};
}

template <Operator op>
Status mixed_kernel(const KernelCall& call, const Selection& rows, Vector& out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t r = rows[i];
    TypeId result;
    const ScalarFunction* f =
        operator_for(op, call.args[0]->datum(r).type(), call.args[1]->datum(r).type(), &result);
    if (result == TypeId::kNull) {
      out.set_null(r);
      continue;
    }
    ORRERY_TRY(apply_to_cells(call, *f, result, result, r, out));
  }
  return {};
}

Status mixed_negate(const KernelCall& call, const Selection& rows, Vector& out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t r = rows[i];
    TypeId type = call.args[0]->datum(r).type();
    if (!types::is_number(type)) {
      out.set_null(r);
      continue;
    }
    const ScalarFunction& f = types::is_wide(type)        ? kWideNegate
                              : type == TypeId::kInteger ? kNegate[0]
                                                         : kNegate[1];
    const TypeId result = types::is_wide(type) ? negated_type(type) : type;
    ORRERY_TRY(apply_to_cells(call, f, type, result, r, out));
  }
  return {};
}

constexpr ScalarFunction kMixed[] = {
    ORRERY_OPERATOR("+", 2, mixed_kernel<kAdd>),
    ORRERY_OPERATOR("-", 2, mixed_kernel<kSubtract>),
    ORRERY_OPERATOR("*", 2, mixed_kernel<kMultiply>),
    ORRERY_OPERATOR("/", 2, mixed_kernel<kDivide>),
    ORRERY_OPERATOR("%", 2, mixed_kernel<kRemainder>),
};
constexpr ScalarFunction kMixedNegate = ORRERY_OPERATOR("NEG", 1, mixed_negate);

template <Operator op>
void pick_operator(std::span<const TypeId> args, Resolved* out) {
  TypeId a = args[0], b = args[1];
  if (a == TypeId::kNull || b == TypeId::kNull) {
    // The other side still tells the type, so that NULL + 1.5 is a FLOAT column.
    TypeId other = a == TypeId::kNull ? b : a;
    out->function = &kNothing[op];
    out->result = types::is_number(other) || other == TypeId::kTimestamp ? other : TypeId::kNull;
    return;
  }
  if (a == TypeId::kAny || b == TypeId::kAny) {
    out->function = &kMixed[op];
    out->result = TypeId::kAny;
    return;
  }
  out->function = operator_for(op, a, b, &out->result);
  if (out->result == TypeId::kFloat) out->arguments = {TypeId::kFloat, TypeId::kFloat};
}

void pick_negate(std::span<const TypeId> args, Resolved* out) {
  out->result = args[0];
  if (args[0] == TypeId::kInteger) {
    out->function = &kNegate[0];
  } else if (args[0] == TypeId::kFloat) {
    out->function = &kNegate[1];
  } else if (types::is_wide(args[0])) {
    out->function = &kWideNegate;
    out->result = negated_type(args[0]);
  } else if (args[0] == TypeId::kAny) {
    out->function = &kMixedNegate;
  } else {
    out->function = &kNegate[2];
    out->result = TypeId::kNull;
  }
}

constexpr Dispatch kDispatches[] = {
    {kNames[kAdd], 2, 2, pick_operator<kAdd>},
    {kNames[kSubtract], 2, 2, pick_operator<kSubtract>},
    {kNames[kMultiply], 2, 2, pick_operator<kMultiply>},
    {kNames[kDivide], 2, 2, pick_operator<kDivide>},
    {kNames[kRemainder], 2, 2, pick_operator<kRemainder>},
    {"NEG", 1, 1, pick_negate},
};

}  // namespace

Family arithmetic_functions() {
  return {{}, kDispatches};
}

}  // namespace orrery::expr
