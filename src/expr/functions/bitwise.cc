// & | ^ ~ << >> on integers; NULL for every other type.
#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"

namespace orrery::expr {

using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;

namespace {

struct And {
  static constexpr std::string_view kName = "&";
  static int64_t apply(int64_t a, int64_t b) { return a & b; }
};
struct Or {
  static constexpr std::string_view kName = "|";
  static int64_t apply(int64_t a, int64_t b) { return a | b; }
};
struct Xor {
  static constexpr std::string_view kName = "^";
  static int64_t apply(int64_t a, int64_t b) { return a ^ b; }
};
// A shift by n is one by n modulo 64.
struct ShiftLeft {
  static constexpr std::string_view kName = "<<";
  static int64_t apply(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) << (static_cast<uint64_t>(b) & 63));
  }
};
struct ShiftRight {
  static constexpr std::string_view kName = ">>";
  static int64_t apply(int64_t a, int64_t b) { return a >> (static_cast<uint64_t>(b) & 63); }
};

template <class Op>
Status integers(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  binary_rows<int64_t, int64_t>(
      *call.args[0], *call.args[1], rows,
      [to](uint32_t r, int64_t a, int64_t b) { to[r] = Op::apply(a, b); });
  return {};
}

template <class Op>
Status mixed(const KernelCall& call, const Selection& rows, Vector& out) {
  types::for_each_row(rows, [&](uint32_t r) {
    Datum a = call.args[0]->datum(r), b = call.args[1]->datum(r);
    bool fits = a.type() == TypeId::kInteger && b.type() == TypeId::kInteger;
    if (fits) {
      out.data<int64_t>()[r] = Op::apply(a.as_int64(), b.as_int64());
    } else {
      out.set_null(r);
    }
  });
  return {};
}

template <class Op>
struct Operator {
  static constexpr auto kPure = Volatility::kImmutable;
  static constexpr ScalarFunction kIntegers = {Op::kName,   2, 2, kPure, NullRule::kPropagate,
                                               integers<Op>};
  static constexpr ScalarFunction kMixed = {Op::kName, 2, 2, kPure, NullRule::kPropagate,
                                            mixed<Op>};
  static constexpr ScalarFunction kNothing = {Op::kName,           2,          2, kPure,
                                              NullRule::kSeesNull, null_kernel};
  static void pick(std::span<const TypeId> args, Resolved* out) {
    out->result = TypeId::kInteger;
    out->function = &kIntegers;
    for (TypeId t : args) {
      if (t == TypeId::kAny && out->function == &kIntegers) out->function = &kMixed;
      if (t != TypeId::kAny && t != TypeId::kInteger) out->function = &kNothing;
    }
  }
  static constexpr Dispatch kDispatch = {Op::kName, 2, 2, pick};
};

Status invert(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  unary_rows<int64_t>(*call.args[0], rows, [to](uint32_t r, int64_t a) { to[r] = ~a; });
  return {};
}

Status invert_mixed(const KernelCall& call, const Selection& rows, Vector& out) {
  types::for_each_row(rows, [&](uint32_t r) {
    Datum a = call.args[0]->datum(r);
    if (a.type() == TypeId::kInteger) {
      out.data<int64_t>()[r] = ~a.as_int64();
    } else {
      out.set_null(r);
    }
  });
  return {};
}

constexpr ScalarFunction kInvert[] = {
    {"BITNOT", 1, 1, Volatility::kImmutable, NullRule::kPropagate, invert},
    {"BITNOT", 1, 1, Volatility::kImmutable, NullRule::kPropagate, invert_mixed},
    {"BITNOT", 1, 1, Volatility::kImmutable, NullRule::kSeesNull, null_kernel},
};

void pick_invert(std::span<const TypeId> args, Resolved* out) {
  out->result = TypeId::kInteger;
  out->function = args[0] == TypeId::kInteger ? &kInvert[0]
                  : args[0] == TypeId::kAny   ? &kInvert[1]
                                              : &kInvert[2];
}

constexpr Dispatch kDispatches[] = {
    Operator<And>::kDispatch,       Operator<Or>::kDispatch,         Operator<Xor>::kDispatch,
    Operator<ShiftLeft>::kDispatch, Operator<ShiftRight>::kDispatch, {"BITNOT", 1, 1, pick_invert},
};

}  // namespace

Family bitwise_functions() {
  return {{}, kDispatches};
}

}  // namespace orrery::expr
