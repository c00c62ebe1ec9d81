#include "types/compare.h"

#include <cmath>

#include "base/hash.h"
#include "types/wide_number.h"

namespace orrery::types {

int compare_int_float(int64_t a, double b) {
  if (b != b) return -1;
  if (b >= 9223372036854775808.0) return -1;
  if (b < -9223372036854775808.0) return 1;
  auto whole = static_cast<int64_t>(b);  // truncates toward zero, in range
  if (a != whole) return a < whole ? -1 : 1;
  double fraction = b - static_cast<double>(whole);
  return fraction > 0 ? -1 : (fraction < 0 ? 1 : 0);
}

namespace {
/// Kinds that compare with one another share a rank.
int rank_of(TypeId type) {
  switch (type) {
    case TypeId::kNull:
      return 0;
    case TypeId::kBoolean:
      return 1;
    case TypeId::kInteger:
    case TypeId::kFloat:
    case TypeId::kU64:
    case TypeId::kU128:
    case TypeId::kI128:
    case TypeId::kU256:
    case TypeId::kI256:
      return 2;
    case TypeId::kTimestamp:
      return 3;
    case TypeId::kText:
      return 4;
    default:
      return 4 + static_cast<int>(type);
  }
}
}  // namespace

int total_order(const Datum& a, const Datum& b) {
  int ra = rank_of(a.type()), rb = rank_of(b.type());
  if (ra != rb) return ra < rb ? -1 : 1;
  if (ra == 2) {
    if (is_wide(a.type()) || is_wide(b.type())) return compare_wide(a, b);
    bool fa = a.type() == TypeId::kFloat, fb = b.type() == TypeId::kFloat;
    if (fa && fb) return compare_doubles(a.as_double(), b.as_double());
    if (fa) return -compare_int_float(b.as_int64(), a.as_double());
    if (fb) return compare_int_float(a.as_int64(), b.as_double());
  }
  if (layout_of(a.type()) == Layout::kString) {
    return StringRef::compare(a.as_string(), b.as_string());
  }
  int64_t x = a.as_int64(), y = b.as_int64();
  return x < y ? -1 : (x > y ? 1 : 0);
}

uint64_t hash_int64(int64_t v) { return hash_u64(static_cast<uint64_t>(v) ^ 0x5851f42d4c957f2dULL); }

uint64_t hash_double(double v) {
  if (v >= -9223372036854775808.0 && v < 9223372036854775808.0) {
    auto whole = static_cast<int64_t>(v);
    if (static_cast<double>(whole) == v) return hash_int64(whole);
  }
  if (v != v) return 0x7ff8000000000000ULL;
  uint64_t bits;
  std::memcpy(&bits, &v, 8);
  return hash_u64(bits);
}

uint64_t hash_datum(const Datum& d) {
  if (is_wide(d.type())) return hash_wide(d);
  switch (layout_of(d.type())) {
    case Layout::kInt64:
    case Layout::kBool:
      return d.is_null() ? 0x9ae16a3b2f90404fULL : hash_int64(d.as_int64());
    case Layout::kDouble:
      return hash_double(d.as_double());
    default:
      return hash_bytes(d.view());
  }
}

}  // namespace orrery::types
