#include "expr/functions/wide.h"

#include "expr/eval.h"
#include "expr/functions/kernels.h"
#include "types/wide_number.h"

namespace orrery::expr {

using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;
using types::WideNumber;

namespace {

Error overflow_error(const std::string& what) {
  return Error(ErrorCode::kOverflow, "Integer overflow in arithmetic operation: " + what);
}

Datum cell_of(const Vector& v, uint32_t row) { return v.datum(v.is_constant() ? 0 : row); }

/// False where the number does not fit the type of `out`.
bool put(const WideNumber& n, uint32_t row, Vector& out) {
  char bytes[sizeof(types::U256)];
  if (!types::store_wide(n, out.type(), bytes)) return false;
  out.data<types::StringRef>()[row] = out.add_string({bytes, types::wide_bytes(out.type())});
  return true;
}

std::optional<WideNumber> quotient(const WideNumber& a, const WideNumber& b) {
  WideNumber rest;
  return types::divide(a, b, &rest);
}
std::optional<WideNumber> remainder(const WideNumber& a, const WideNumber& b) {
  WideNumber rest;
  types::divide(a, b, &rest);
  return rest;
}

using Operation = std::optional<WideNumber> (*)(const WideNumber&, const WideNumber&);

template <Operation kApply>
Status operator_kernel(const KernelCall& call, const Selection& rows, Vector& out) {
  constexpr bool kDivides = kApply == &quotient || kApply == &remainder;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const WideNumber a = types::wide_number(cell_of(*call.args[0], row));
    const WideNumber b = types::wide_number(cell_of(*call.args[1], row));
    if (kDivides && b == WideNumber()) {
      out.set_null(row);
      continue;
    }
    const std::optional<WideNumber> result = kApply(a, b);
    if (!result || !put(*result, row, out)) {
      return overflow_error(types::to_decimal(a) + " and " + types::to_decimal(b));
    }
  }
  return {};
}

Status negate_kernel(const KernelCall& call, const Selection& rows, Vector& out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const WideNumber n = types::wide_number(cell_of(*call.args[0], rows[i]));
    if (!put(WideNumber::make(!n.negative, n.magnitude), rows[i], out)) {
      return overflow_error("0 and " + types::to_decimal(n));
    }
  }
  return {};
}

Status absolute_kernel(const KernelCall& call, const Selection& rows, Vector& out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const WideNumber n = types::wide_number(cell_of(*call.args[0], rows[i]));
    if (!put(WideNumber::make(false, n.magnitude), rows[i], out)) {
      return overflow_error("0 and " + types::to_decimal(n));
    }
  }
  return {};
}

constexpr ScalarFunction function(std::string_view name, uint8_t arguments, Kernel kernel) {
  return {name, arguments, arguments, Volatility::kImmutable, NullRule::kPropagate, kernel};
}

}  // namespace

constinit const ScalarFunction kWideOperators[5] = {
    function("+", 2, operator_kernel<types::add>),
    function("-", 2, operator_kernel<types::subtract>),
    function("*", 2, operator_kernel<types::multiply>),
    function("/", 2, operator_kernel<quotient>),
    function("%", 2, operator_kernel<remainder>),
};
constinit const ScalarFunction kWideNegate = function("NEG", 1, negate_kernel);
constinit const ScalarFunction kWideAbsolute = function("ABS", 1, absolute_kernel);

TypeId negated_type(TypeId wide) {
  switch (wide) {
    case TypeId::kU64:
      return TypeId::kI128;
    case TypeId::kU128:
    case TypeId::kU256:
      return TypeId::kI256;
    default:
      return wide;
  }
}

}  // namespace orrery::expr
