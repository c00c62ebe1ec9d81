// GENERATE_SERIES where a scalar is wanted: the whole series as one text.
#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"

namespace orrery::expr {

using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

/// False where the text grows past kTextBytesMax.
bool append_series(int64_t start, int64_t stop, int64_t step, std::string* out) {
  out->push_back('[');
  for (int64_t v = start; step > 0 ? v <= stop : v >= stop;) {
    if (out->size() > 1) out->append(", ");
    out->append(std::to_string(v));
    if (out->size() > kTextBytesMax) return false;
    if (__builtin_add_overflow(v, step, &v)) break;
  }
  out->push_back(']');
  return true;
}

Status generate_series(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string text;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t r = rows[i];
    int64_t start = call.args[0]->cell<int64_t>(r), stop = call.args[1]->cell<int64_t>(r);
    int64_t step = stop < start ? -1 : 1;
    if (call.args.size() == 3) step = call.args[2]->cell<int64_t>(r);
    if (step == 0) {
      return Error(ErrorCode::kInvalidArgument, "GENERATE_SERIES step must not be zero");
    }
    text.clear();
    if (!append_series(start, stop, step, &text)) {
      return Error(ErrorCode::kLimit, "GENERATE_SERIES makes a text longer than 10 MiB");
    }
    to[r] = out.add_string(text);
  }
  return {};
}

constexpr Overload kOverloads[] = {
    {{"GENERATE_SERIES", 2, 3, Volatility::kImmutable, NullRule::kPropagate, generate_series},
     TypeId::kText,
     {TypeId::kInteger, TypeId::kInteger, TypeId::kInteger}},
};

}  // namespace

Family series_functions() {
  return {kOverloads, {}};
}

}  // namespace orrery::expr
