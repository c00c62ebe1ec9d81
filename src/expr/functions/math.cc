// Mathematical functions. Outside of a function's domain the result is NULL.
#include <cmath>

#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "expr/functions/wide.h"
#include "types/cast.h"
#include "types/wide_number.h"

namespace orrery::expr {

using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;

namespace {

constexpr double kPi = 3.14159265358979323846;

/// A function of one number that is defined everywhere.
template <double (*kFunction)(double)>
Status everywhere(const KernelCall& call, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  unary_rows<double>(*call.args[0], rows, [to](uint32_t r, double x) { to[r] = kFunction(x); });
  return {};
}

bool not_negative(double x) {
  return !(x < 0);
}
bool positive(double x) {
  return !(x <= 0);
}

/// A function of one number that is NULL where `kDefined` says no.
template <double (*kFunction)(double), bool (*kDefined)(double)>
Status within(const KernelCall& call, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  unary_rows<double>(*call.args[0], rows, [&](uint32_t r, double x) {
    if (kDefined(x)) {
      to[r] = kFunction(x);
    } else {
      out.set_null(r);
    }
  });
  return {};
}

// Named here because a template takes no overloaded library function.
double floor_of(double x) {
  return std::floor(x);
}
double ceil_of(double x) {
  return std::ceil(x);
}
double trunc_of(double x) {
  return std::trunc(x);
}
/// Half away from zero, without the library call that baseline x86-64 needs.
double round_of(double x) {
  if (!(std::fabs(x) < 4503599627370496.0)) return x;  // 2^52: no fraction, or no number
  auto whole = static_cast<double>(static_cast<int64_t>(x));
  double rest = x - whole;  // exact
  whole += static_cast<double>(rest >= 0.5) - static_cast<double>(rest <= -0.5);
  return std::copysign(whole, x);
}
double sqrt_of(double x) {
  return std::sqrt(x);
}
double exp_of(double x) {
  return std::exp(x);
}
double ln_of(double x) {
  return std::log(x);
}
double log10_of(double x) {
  return std::log10(x);
}
double log2_of(double x) {
  return std::log2(x);
}
double sin_of(double x) {
  return std::sin(x);
}
double cos_of(double x) {
  return std::cos(x);
}
double tan_of(double x) {
  return std::tan(x);
}
double degrees_of(double x) {
  return x * 180 / kPi;
}
double radians_of(double x) {
  return x * kPi / 180;
}

/// x to `digits` places by `kTo`; negative digits are places before the point.
template <double (*kTo)(double)>
double to_digits(double x, int64_t digits) {
  if (!std::isfinite(x) || digits > 308) return x;
  if (digits < -308) return kTo(0 * x);
  double scale = std::pow(10.0, static_cast<double>(digits < 0 ? -digits : digits));
  if (digits < 0) return kTo(x / scale) * scale;
  double scaled = x * scale;
  return std::isfinite(scaled) ? kTo(scaled) / scale : x;
}

template <double (*kTo)(double)>
Status to_places(const KernelCall& call, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  if (call.args.size() == 1) return everywhere<kTo>(call, rows, out);
  const Vector& digits = *call.args[1];
  if (digits.is_constant() && digits.cell<int64_t>(0) >= 0 && digits.cell<int64_t>(0) <= 15) {
    const double scale = std::pow(10.0, static_cast<double>(digits.cell<int64_t>(0)));
    unary_rows<double>(*call.args[0], rows, [to, scale](uint32_t r, double x) {
      double scaled = x * scale;
      to[r] = std::isfinite(scaled) ? kTo(scaled) / scale : x;
    });
    return {};
  }
  binary_rows<double, int64_t>(*call.args[0], digits, rows, [to](uint32_t r, double x, int64_t d) {
    to[r] = to_digits<kTo>(x, d);
  });
  return {};
}

Status power(const KernelCall& call, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  binary_rows<double, double>(*call.args[0], *call.args[1], rows,
                              [to](uint32_t r, double x, double y) { to[r] = std::pow(x, y); });
  return {};
}

/// LOG(x) to base 10, LOG(base, x).
Status logarithm(const KernelCall& call, const Selection& rows, Vector& out) {
  if (call.args.size() == 1) return within<log10_of, positive>(call, rows, out);
  double* to = out.data<double>();
  binary_rows<double, double>(*call.args[0], *call.args[1], rows,
                              [&](uint32_t r, double base, double x) {
                                if (positive(base) && positive(x) && base != 1) {
                                  to[r] = std::log(x) / std::log(base);
                                } else {
                                  out.set_null(r);
                                }
                              });
  return {};
}

Status sign(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  unary_rows<double>(*call.args[0], rows, [to](uint32_t r, double x) {
    to[r] = static_cast<int64_t>(x > 0) - static_cast<int64_t>(x < 0);
  });
  return {};
}

Status pi(const KernelCall&, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  types::for_each_row(rows, [to](uint32_t r) { to[r] = kPi; });
  return {};
}

Status random_number(const KernelCall& call, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  if (call.context.random_state == nullptr) {
    return Error(ErrorCode::kNotSupported, "RANDOM is not allowed here");
  }
  uint64_t& state = *call.context.random_state;
  types::for_each_row(rows, [to, &state](uint32_t r) {
    // SplitMix64; the upper 53 bits are a double in [0, 1).
    uint64_t z = state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    to[r] = static_cast<double>(z >> 11) * 0x1.0p-53;
  });
  return {};
}

Status absolute_integers(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  unary_rows<int64_t>(*call.args[0], rows, [&](uint32_t r, int64_t x) {
    if (x == INT64_MIN) {
      out.set_null(r);
    } else {
      to[r] = x < 0 ? -x : x;
    }
  });
  return {};
}

double absolute_of(double x) {
  return std::fabs(x);
}

Status absolute_mixed(const KernelCall& call, const Selection& rows, Vector& out) {
  types::for_each_row(rows, [&](uint32_t r) {
    Datum d = call.args[0]->datum(r);
    if (d.type() == TypeId::kText || d.type() == TypeId::kJson) {
      d = types::cast_datum(d, TypeId::kFloat, 0, out.strings());
    }
    if (d.type() == TypeId::kFloat) {
      out.set_datum(r, Datum::floating(std::fabs(d.as_double())));
    } else if (d.type() == TypeId::kInteger && d.as_int64() != INT64_MIN) {
      out.set_datum(r, Datum::integer(std::abs(d.as_int64())));
    } else {
      out.set_null(r);
    }
  });
  return {};
}

constexpr auto kPure = Volatility::kImmutable;
constexpr auto kPropagate = NullRule::kPropagate;
constexpr auto kFloat = TypeId::kFloat;
constexpr auto kInteger = TypeId::kInteger;

constexpr ScalarFunction kAbsolute[] = {
    {"ABS", 1, 1, kPure, kPropagate, absolute_integers},
    {"ABS", 1, 1, kPure, kPropagate, everywhere<absolute_of>},
    {"ABS", 1, 1, kPure, kPropagate, absolute_mixed},
};

void pick_absolute(std::span<const TypeId> args, Resolved* out) {
  switch (args[0]) {
    case TypeId::kInteger:
    case TypeId::kNull:
      out->function = &kAbsolute[0];
      out->result = out->arguments[0] = kInteger;
      break;
    case TypeId::kAny:
      out->function = &kAbsolute[2];
      out->result = TypeId::kAny;
      break;
    case TypeId::kU64:
    case TypeId::kU128:
    case TypeId::kI128:
    case TypeId::kU256:
    case TypeId::kI256:
      out->function = &kWideAbsolute;
      out->result = args[0];
      break;
    default:
      out->function = &kAbsolute[1];
      out->result = out->arguments[0] = kFloat;
      break;
  }
}

constexpr ScalarFunction kIntegerRemainder = {"MOD", 2, 2, kPure, kPropagate, remainder_integers};

void pick_remainder(std::span<const TypeId> args, Resolved* out) {
  if (types::is_whole(args[0]) && types::is_whole(args[1]) &&
      (types::is_wide(args[0]) || types::is_wide(args[1]))) {
    out->function = &kWideOperators[4];
    out->result = types::joint_arithmetic_type(args[0], args[1]);
    return;
  }
  out->function = &kIntegerRemainder;
  out->result = out->arguments[0] = out->arguments[1] = kInteger;
}

constexpr Dispatch kDispatches[] = {{"ABS", 1, 1, pick_absolute}, {"MOD", 2, 2, pick_remainder}};

constexpr Overload kOverloads[] = {
    {{"ROUND", 1, 2, kPure, kPropagate, to_places<round_of>}, kFloat, {kFloat, kInteger}},
    {{"TRUNC", 1, 2, kPure, kPropagate, to_places<trunc_of>}, kFloat, {kFloat, kInteger}},
    {{"TRUNCATE", 1, 2, kPure, kPropagate, to_places<trunc_of>}, kFloat, {kFloat, kInteger}},
    {{"FLOOR", 1, 1, kPure, kPropagate, everywhere<floor_of>}, kFloat, {kFloat}},
    {{"CEIL", 1, 1, kPure, kPropagate, everywhere<ceil_of>}, kFloat, {kFloat}},
    {{"CEILING", 1, 1, kPure, kPropagate, everywhere<ceil_of>}, kFloat, {kFloat}},
    {{"POWER", 2, 2, kPure, kPropagate, power}, kFloat, {kFloat, kFloat}},
    {{"POW", 2, 2, kPure, kPropagate, power}, kFloat, {kFloat, kFloat}},
    {{"SQRT", 1, 1, kPure, kPropagate, within<sqrt_of, not_negative>}, kFloat, {kFloat}},
    {{"EXP", 1, 1, kPure, kPropagate, everywhere<exp_of>}, kFloat, {kFloat}},
    {{"LN", 1, 1, kPure, kPropagate, within<ln_of, positive>}, kFloat, {kFloat}},
    {{"LOG", 1, 2, kPure, kPropagate, logarithm}, kFloat, {kFloat, kFloat}},
    {{"LOG10", 1, 1, kPure, kPropagate, within<log10_of, positive>}, kFloat, {kFloat}},
    {{"LOG2", 1, 1, kPure, kPropagate, within<log2_of, positive>}, kFloat, {kFloat}},
    {{"SIN", 1, 1, kPure, kPropagate, everywhere<sin_of>}, kFloat, {kFloat}},
    {{"COS", 1, 1, kPure, kPropagate, everywhere<cos_of>}, kFloat, {kFloat}},
    {{"TAN", 1, 1, kPure, kPropagate, everywhere<tan_of>}, kFloat, {kFloat}},
    {{"DEGREES", 1, 1, kPure, kPropagate, everywhere<degrees_of>}, kFloat, {kFloat}},
    {{"RADIANS", 1, 1, kPure, kPropagate, everywhere<radians_of>}, kFloat, {kFloat}},
    {{"SIGN", 1, 1, kPure, kPropagate, sign}, kInteger, {kFloat}},
    {{"PI", 0, 0, kPure, kPropagate, pi}, kFloat, {}},
    {{"RANDOM", 0, 0, Volatility::kVolatile, kPropagate, random_number}, kFloat, {}},
};

}  // namespace

Family math_functions() {
  return {kOverloads, kDispatches};
}

}  // namespace orrery::expr
