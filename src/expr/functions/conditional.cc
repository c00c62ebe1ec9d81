// Functions that choose among their arguments or look at their types and truth.
#include <algorithm>

#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "types/cast.h"
#include "types/compare.h"

namespace orrery::expr {

using types::Datum;
using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

/// The type that holds cells of all these types as they are.
TypeId joint_type(std::span<const TypeId> args) {
  TypeId joint = TypeId::kNull;
  for (TypeId t : args) {
    if (t == TypeId::kNull || t == joint) continue;
    if (joint != TypeId::kNull) return TypeId::kAny;
    joint = t;
  }
  return joint;
}

void keep_strings(const KernelCall& call, Vector& out) {
  for (const Vector* arg : call.args) out.share_strings(*arg);
}

/// GREATEST and LEAST: NULLs do not take part; the winner keeps its type.
template <CompareOp kBetter>
Status extreme(const KernelCall& call, const Selection& rows, Vector& out) {
  types::for_each_row(rows, [&](uint32_t r) {
    Datum best;
    for (const Vector* arg : call.args) {
      Datum d = arg->datum(r);
      if (!d.is_null() && (best.is_null() || compare_cells(kBetter, d, best))) best = d;
    }
    out.set_datum(r, best);
  });
  keep_strings(call, out);
  return {};
}

/// The first argument, or NULL where the second equals it.
Status nullif(const KernelCall& call, const Selection& rows, Vector& out) {
  types::for_each_row(rows, [&](uint32_t r) {
    Datum a = call.args[0]->datum(r), b = call.args[1]->datum(r);
    bool equal = !a.is_null() && !b.is_null() && compare_cells(CompareOp::kEqual, a, b);
    out.set_datum(r, equal ? Datum::null() : a);
  });
  keep_strings(call, out);
  return {};
}

Status ifnull(const KernelCall& call, const Selection& rows, Vector& out) {
  types::for_each_row(rows, [&](uint32_t r) {
    out.set_datum(r, call.args[call.args[0]->is_null(r) ? 1 : 0]->datum(r));
  });
  keep_strings(call, out);
  return {};
}

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

Status iif(const KernelCall& call, const Selection& rows, Vector& out) {
  types::for_each_row(rows, [&](uint32_t r) {
    out.set_datum(r, call.args[is_true(call.args[0]->datum(r)) ? 1 : 2]->datum(r));
  });
  keep_strings(call, out);
  return {};
}

Status type_of(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  types::for_each_row(rows, [&](uint32_t r) {
    to[r] = StringRef(types::type_name(call.args[0]->datum(r).type()));
  });
  return {};
}

Status exclusive_or(const KernelCall& call, const Selection& rows, Vector& out) {
  uint8_t* to = out.data<uint8_t>();
  types::for_each_row(rows, [&](uint32_t r) {
    to[r] = is_true(call.args[0]->datum(r)) != is_true(call.args[1]->datum(r));
  });
  return {};
}

Status between(const KernelCall& call, const Selection& rows, Vector& out) {
  uint8_t* to = out.data<uint8_t>();
  types::for_each_row(rows, [&](uint32_t r) {
    Datum x = call.args[0]->datum(r);
    to[r] = compare_cells(CompareOp::kGreaterEqual, x, call.args[1]->datum(r)) &&
            compare_cells(CompareOp::kLessEqual, x, call.args[2]->datum(r));
  });
  return {};
}

constexpr auto kPure = Volatility::kImmutable;
constexpr auto kSeesNull = NullRule::kSeesNull;
constexpr auto kPropagate = NullRule::kPropagate;

constexpr ScalarFunction kGreatest = {"GREATEST", 1,         255,
                                      kPure,      kSeesNull, extreme<CompareOp::kGreater>};
constexpr ScalarFunction kLeast = {"LEAST", 1, 255, kPure, kSeesNull, extreme<CompareOp::kLess>};
constexpr ScalarFunction kNullif = {"NULLIF", 2, 2, kPure, kSeesNull, nullif};
constexpr ScalarFunction kIfnull = {"IFNULL", 2, 2, kPure, kSeesNull, ifnull};
constexpr ScalarFunction kIif = {"IIF", 3, 3, kPure, kSeesNull, iif};
constexpr ScalarFunction kTypeOf = {"TYPEOF", 1, 1, kPure, kSeesNull, type_of};
constexpr ScalarFunction kXor = {"XOR", 2, 2, kPure, kPropagate, exclusive_or};
constexpr ScalarFunction kBetween = {"BETWEEN", 3, 3, kPure, kPropagate, between};

/// The result is one of the arguments from `from` on.
void pick_joint(std::span<const TypeId> args, size_t from, Resolved* out) {
  out->result = joint_type(args.subspan(from));
  for (size_t i = from; i < args.size(); ++i) {
    if (out->result != TypeId::kAny) out->arguments[i] = out->result;
  }
}
void pick_greatest(std::span<const TypeId> args, Resolved* out) {
  out->function = &kGreatest;
  pick_joint(args, 0, out);
}
void pick_least(std::span<const TypeId> args, Resolved* out) {
  out->function = &kLeast;
  pick_joint(args, 0, out);
}
void pick_nullif(std::span<const TypeId> args, Resolved* out) {
  out->function = &kNullif;
  out->result = args[0];
}
void pick_ifnull(std::span<const TypeId> args, Resolved* out) {
  out->function = &kIfnull;
  pick_joint(args, 0, out);
}
void pick_iif(std::span<const TypeId> args, Resolved* out) {
  out->function = &kIif;
  pick_joint(args, 1, out);
}
template <const ScalarFunction& kFunction, TypeId kResult>
void pick_any(std::span<const TypeId>, Resolved* out) {
  out->function = &kFunction;
  out->result = kResult;
}

constexpr Dispatch kDispatches[] = {
    {"GREATEST", 1, 255, pick_greatest},
    {"LEAST", 1, 255, pick_least},
    {"NULLIF", 2, 2, pick_nullif},
    {"IFNULL", 2, 2, pick_ifnull},
    {"IIF", 3, 3, pick_iif},
    {"TYPEOF", 1, 1, pick_any<kTypeOf, TypeId::kText>},
    {"XOR", 2, 2, pick_any<kXor, TypeId::kBoolean>},
    {"BETWEEN", 3, 3, pick_any<kBetween, TypeId::kBoolean>},
};

}  // namespace

Family conditional_functions() {
  return {{}, kDispatches};
}

}  // namespace orrery::expr
