// TO_CHAR: timestamps and numbers by a pattern.
#include <algorithm>
#include <cstdio>

#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "types/cast.h"
#include "types/timestamp.h"

namespace orrery::expr {

using types::CivilTime;
using types::Datum;
using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

constexpr std::string_view kMonths[] = {"JANUARY",   "FEBRUARY", "MARCH",    "APRIL",
                                        "MAY",       "JUNE",     "JULY",     "AUGUST",
                                        "SEPTEMBER", "OCTOBER",  "NOVEMBER", "DECEMBER"};
constexpr std::string_view kDays[] = {"SUNDAY",   "MONDAY", "TUESDAY", "WEDNESDAY",
                                      "THURSDAY", "FRIDAY", "SATURDAY"};

/// Longer codes stand before those that they begin with.
enum class Code : uint8_t {
  kYear4,
  kYear2,
  kMonthName,
  kMonthShort,
  kMonth,
  kMinute,
  kDayName,
  kDay,
  kDayShort,
  kHour24,
  kHour12,
  kSecond,
};
struct CodeName {
  std::string_view name;
  Code code;
};
constexpr CodeName kCodes[] = {
    {"YYYY", Code::kYear4},     {"YY", Code::kYear2},    {"MONTH", Code::kMonthName},
    {"MON", Code::kMonthShort}, {"MM", Code::kMonth},    {"MI", Code::kMinute},
    {"DAY", Code::kDayName},    {"DD", Code::kDay},      {"DY", Code::kDayShort},
    {"HH24", Code::kHour24},    {"HH12", Code::kHour12}, {"HH", Code::kHour12},
    {"SS", Code::kSecond},
};

bool begins_with(std::string_view s, std::string_view upper) {
  return s.size() >= upper.size() &&
         std::equal(upper.begin(), upper.end(), s.begin(), [](char u, char c) {
           return (c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c) == u;
         });
}

void append_two(uint32_t v, std::string* out) {
  out->push_back(static_cast<char>('0' + v / 10 % 10));
  out->push_back(static_cast<char>('0' + v % 10));
}

void append_code(Code code, const CivilTime& c, int64_t weekday, std::string* out) {
  auto year = static_cast<uint32_t>(c.year);
  switch (code) {
    case Code::kYear4:
      append_two(year / 100, out);
      append_two(year, out);
      break;
    case Code::kYear2:
      append_two(year, out);
      break;
    case Code::kMonthName:
      out->append(kMonths[c.month - 1]);
      break;
    case Code::kMonthShort:
      out->append(kMonths[c.month - 1].substr(0, 3));
      break;
    case Code::kMonth:
      append_two(c.month, out);
      break;
    case Code::kMinute:
      append_two(c.minute, out);
      break;
    case Code::kDayName:
      out->append(kDays[weekday]);
      break;
    case Code::kDay:
      append_two(c.day, out);
      break;
    case Code::kDayShort:
      out->append(kDays[weekday].substr(0, 3));
      break;
    case Code::kHour24:
      append_two(c.hour, out);
      break;
    case Code::kHour12:
      append_two((c.hour + 11) % 12 + 1, out);
      break;
    case Code::kSecond:
      append_two(c.second, out);
      break;
  }
}

void format_timestamp(int64_t nanos, std::string_view pattern, std::string* out) {
  CivilTime c = types::civil_from_nanos(nanos);
  int64_t weekday = types::day_of_week(types::floor_div(nanos, types::kNanosPerDay));
  while (!pattern.empty()) {
    auto* hit = std::find_if(std::begin(kCodes), std::end(kCodes), [pattern](const CodeName& code) {
      return begins_with(pattern, code.name);
    });
    if (hit == std::end(kCodes)) {
      out->push_back(pattern.front());
      pattern.remove_prefix(1);
    } else {
      append_code(hit->code, c, weekday, out);
      pattern.remove_prefix(hit->name.size());
    }
  }
}

/// With as many decimals as the pattern has characters after its point.
void format_number(const Datum& d, std::string_view pattern, std::string* out) {
  size_t point = pattern.find('.');
  auto decimals = static_cast<int>(
      point == std::string_view::npos ? 0 : std::min<size_t>(pattern.size() - point - 1, 30));
  if (d.type() == TypeId::kInteger) {
    out->append(std::to_string(d.as_int64()));
    if (decimals > 0) out->append(".").append(static_cast<size_t>(decimals), '0');
    return;
  }
  char buffer[400];  // 309 digits, the point, 30 decimals
  int n = std::snprintf(buffer, sizeof(buffer), "%.*f", decimals, d.as_double());
  out->append(buffer, static_cast<size_t>(n));
}

Status to_char(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string text;
  types::for_each_row(rows, [&](uint32_t r) {
    Datum d = call.args[0]->datum(r);
    std::string_view pattern = call.args[1]->cell<StringRef>(r).view();
    if (d.type() == TypeId::kText) {
      d = types::cast_datum(d, TypeId::kTimestamp, call.context.now_nanos, out.strings());
    }
    text.clear();
    if (d.type() == TypeId::kTimestamp) {
      format_timestamp(d.as_int64(), pattern, &text);
    } else if (d.type() == TypeId::kInteger || d.type() == TypeId::kFloat) {
      format_number(d, pattern, &text);
    } else {
      out.set_null(r);
      return;
    }
    to[r] = out.add_string(text);
  });
  return {};
}

constexpr Overload kOverloads[] = {
    {{"TO_CHAR", 2, 2, Volatility::kImmutable, NullRule::kPropagate, to_char},
     TypeId::kText,
     {TypeId::kAny, TypeId::kText}},
};

}  // namespace

Family date_text_functions() {
  return {kOverloads, {}};
}

}  // namespace orrery::expr
