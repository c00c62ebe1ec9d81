#include "capi/cells.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "types/cast.h"

namespace orrery::capi {
namespace {

int64_t truncate(double v) {
  if (std::isnan(v)) return 0;
  if (v >= 9223372036854775808.0) return std::numeric_limits<int64_t>::max();
  if (v <= -9223372036854775808.0) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(v);
}

}  // namespace

int64_t cell_int64(const types::Datum& cell) {
  switch (cell.type()) {
    case types::TypeId::kInteger:
    case types::TypeId::kTimestamp:
      return cell.as_int64();
    case types::TypeId::kBoolean:
      return cell.as_bool() ? 1 : 0;
    case types::TypeId::kFloat:
      return truncate(cell.as_double());
    case types::TypeId::kText: {
      int64_t v = 0;
      return types::parse_int64(cell.view(), &v) ? v : 0;
    }
    default:
      return 0;
  }
}

double cell_double(const types::Datum& cell) {
  switch (cell.type()) {
    case types::TypeId::kInteger:
      return static_cast<double>(cell.as_int64());
    case types::TypeId::kFloat:
      return cell.as_double();
    case types::TypeId::kText: {
      double v = 0;
      return types::parse_double(cell.view(), &v) ? v : 0;
    }
    default:
      return 0;
  }
}

bool cell_bool(const types::Datum& cell) {
  switch (cell.type()) {
    case types::TypeId::kInteger:
    case types::TypeId::kBoolean:
      return cell.as_int64() != 0;
    case types::TypeId::kFloat:
      return cell.as_double() != 0;
    case types::TypeId::kText: {
      std::string_view text = cell.view();
      double v = 0;
      if (types::parse_double(text, &v)) return v != 0;
      return text == "true" || text == "TRUE" || text == "True" || text == "t" || text == "yes";
    }
    default:
      return false;
  }
}

std::string_view cell_text(const types::Datum& cell, Arena& arena) {
  std::string made;
  std::string_view text;
  switch (cell.type()) {
    case types::TypeId::kText:
    case types::TypeId::kJson:
      text = cell.view();
      break;
    default:
      types::append_text(cell, &made);
      text = made;
      break;
  }
  auto* out = static_cast<char*>(arena.allocate(text.size() + 1));
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  out[text.size()] = '\0';
  return {out, text.size()};
}

}  // namespace orrery::capi
