// Functions of the statement and its session: time, transaction, version; and SLEEP.
#include <algorithm>
#include <cmath>

#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "types/timestamp.h"

namespace orrery::expr {

using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

constexpr std::string_view kVersion = "Orrery 0.1.0 (SQL dialect of stoolap 0.4.1)";

Status now(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  int64_t nanos = call.context.now_nanos;
  types::for_each_row(rows, [=](uint32_t r) { to[r] = nanos; });
  return {};
}

Status current_date(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  int64_t midnight =
      types::floor_div(call.context.now_nanos, types::kNanosPerDay) * types::kNanosPerDay;
  types::for_each_row(rows, [=](uint32_t r) { to[r] = midnight; });
  return {};
}

Status current_time(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  int64_t days = types::floor_div(call.context.now_nanos, types::kNanosPerDay);
  std::string text;
  types::append_duration(call.context.now_nanos - days * types::kNanosPerDay, &text);
  types::for_each_row(rows, [&](uint32_t r) { to[r] = StringRef(text); });
  return {};
}

Status version(const KernelCall&, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  types::for_each_row(rows, [to](uint32_t r) { to[r] = StringRef(kVersion); });
  return {};
}

Status transaction_id(const KernelCall& call, const Selection& rows, Vector& out) {
  uint64_t id = call.context.transaction_id;
  if (id == 0) return null_kernel(call, rows, out);
  int64_t* to = out.data<int64_t>();
  types::for_each_row(rows, [=](uint32_t r) { to[r] = static_cast<int64_t>(id); });
  return {};
}

/// SLEEP(seconds), once for every row.
Status sleep(const KernelCall& call, const Selection& rows, Vector& out) {
  constexpr double kSecondsMax = 86400;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t r = rows[i];
    out.data<int64_t>()[r] = 0;
    double seconds = call.args[0]->cell<double>(r);
    if (!(seconds > 0)) continue;
    if (call.context.sleep == nullptr) {
      return Error(ErrorCode::kNotSupported, "SLEEP is not allowed here");
    }
    auto nanos = static_cast<int64_t>(std::min(seconds, kSecondsMax) * 1e9);
    ORRERY_TRY(call.context.sleep(call.context, nanos));
  }
  return {};
}

constexpr auto kStable = Volatility::kStable;
constexpr auto kPropagate = NullRule::kPropagate;
constexpr auto kTimestamp = TypeId::kTimestamp;

constexpr Overload kOverloads[] = {
    {{"NOW", 0, 0, kStable, kPropagate, now}, kTimestamp, {}},
    {{"CURRENT_TIMESTAMP", 0, 0, kStable, kPropagate, now}, kTimestamp, {}},
    {{"CURRENT_DATE", 0, 0, kStable, kPropagate, current_date}, kTimestamp, {}},
    {{"CURRENT_TIME", 0, 0, kStable, kPropagate, current_time}, TypeId::kText, {}},
    {{"VERSION", 0, 0, Volatility::kImmutable, kPropagate, version}, TypeId::kText, {}},
    {{"CURRENT_TRANSACTION_ID", 0, 0, kStable, kPropagate, transaction_id}, TypeId::kInteger, {}},
    {{"SLEEP", 1, 1, Volatility::kVolatile, kPropagate, sleep}, TypeId::kInteger, {TypeId::kFloat}},
};

}  // namespace

Family session_functions() {
  return {kOverloads, {}};
}

}  // namespace orrery::expr
