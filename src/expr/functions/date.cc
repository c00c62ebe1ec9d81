// Date and time: parts, truncation, differences, calendar arithmetic. Text forms: date_text.cc.
#include <algorithm>
#include <charconv>

#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "types/timestamp.h"

namespace orrery::expr {

using types::CivilTime;
using types::Datum;
using types::floor_div;
using types::Interval;
using types::kNanosPerDay;
using types::kNanosPerHour;
using types::kNanosPerMinute;
using types::kNanosPerSecond;
using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

bool same_word(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() &&
         std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
         });
}

using Part = int64_t (*)(int64_t nanos);

int64_t year_of(int64_t t) {
  return types::civil_from_nanos(t).year;
}
int64_t month_of(int64_t t) {
  return types::civil_from_nanos(t).month;
}
int64_t day_of(int64_t t) {
  return types::civil_from_nanos(t).day;
}
int64_t quarter_of(int64_t t) {
  return (month_of(t) + 2) / 3;
}
int64_t days_of(int64_t t) {
  return floor_div(t, kNanosPerDay);
}
int64_t time_of_day(int64_t t) {
  const int64_t rest = t % kNanosPerDay;  // the start of the first day may not fit in 64 bits
  return rest < 0 ? rest + kNanosPerDay : rest;
}
int64_t hour_of(int64_t t) {
  return time_of_day(t) / kNanosPerHour;
}
int64_t minute_of(int64_t t) {
  return time_of_day(t) / kNanosPerMinute % 60;
}
int64_t second_of(int64_t t) {
  return time_of_day(t) / kNanosPerSecond % 60;
}
int64_t millisecond_of(int64_t t) {
  return time_of_day(t) % kNanosPerSecond / 1'000'000;
}
int64_t microsecond_of(int64_t t) {
  return time_of_day(t) % kNanosPerSecond / 1'000;
}
int64_t weekday_of(int64_t t) {
  return types::day_of_week(days_of(t));
}
int64_t iso_weekday_of(int64_t t) {
  return (weekday_of(t) + 6) % 7 + 1;
}
int64_t week_of(int64_t t) {
  return types::iso_week(days_of(t));
}
int64_t day_of_year(int64_t t) {
  return days_of(t) - types::days_from_civil(year_of(t), 1, 1) + 1;
}
int64_t epoch_of(int64_t t) {
  return floor_div(t, kNanosPerSecond);
}

struct Field {
  std::string_view name;
  Part part;
};
constexpr Field kFields[] = {
    {"year", year_of},
    {"month", month_of},
    {"day", day_of},
    {"hour", hour_of},
    {"minute", minute_of},
    {"second", second_of},
    {"quarter", quarter_of},
    {"week", week_of},
    {"dow", weekday_of},
    {"isodow", iso_weekday_of},
    {"doy", day_of_year},
    {"epoch", epoch_of},
    {"millisecond", millisecond_of},
    {"milliseconds", millisecond_of},
    {"microsecond", microsecond_of},
    {"microseconds", microsecond_of},
};

Part find_field(std::string_view name) {
  for (const Field& f : kFields) {
    if (same_word(name, f.name)) return f.part;
  }
  return nullptr;
}

Status extract(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  const Vector& names = *call.args[0];
  Part part = nullptr;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t r = rows[i];
    if (part == nullptr || !names.is_constant()) {
      std::string_view name = names.cell<StringRef>(r).view();
      part = find_field(name);
      if (part == nullptr) {
        return Error(ErrorCode::kInvalidArgument,
                     "invalid EXTRACT field '" + std::string(name) +
                         "'. Valid fields: YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLISECOND, "
                         "MICROSECOND, DOW, ISODOW, DOY, WEEK, QUARTER, EPOCH");
      }
    }
    to[r] = part(call.args[1]->cell<int64_t>(r));
  }
  return {};
}

template <Part kPart>
Status part_of(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  unary_rows<int64_t>(*call.args[0], rows, [to](uint32_t r, int64_t t) { to[r] = kPart(t); });
  return {};
}

Status midnight(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  unary_rows<int64_t>(*call.args[0], rows,
                      [to](uint32_t r, int64_t t) { to[r] = t - time_of_day(t); });
  return {};
}

/// The first moment of the unit that t lies in. False for an unknown unit, or where it does not
/// fit.
bool truncate_to(std::string_view unit, int64_t t, int64_t* out) {
  CivilTime c = types::civil_from_nanos(t);
  int64_t exact = 0;
  if (same_word(unit, "year")) {
    c = {c.year, 1, 1, 0, 0, 0, 0};
  } else if (same_word(unit, "quarter")) {
    c = {c.year, (c.month - 1) / 3 * 3 + 1, 1, 0, 0, 0, 0};
  } else if (same_word(unit, "month")) {
    c = {c.year, c.month, 1, 0, 0, 0, 0};
  } else if (same_word(unit, "week")) {
    int64_t monday = days_of(t) - (iso_weekday_of(t) - 1);
    return !__builtin_mul_overflow(monday, kNanosPerDay, out);
  } else if (same_word(unit, "day")) {
    exact = kNanosPerDay;
  } else if (same_word(unit, "hour")) {
    exact = kNanosPerHour;
  } else if (same_word(unit, "minute")) {
    exact = kNanosPerMinute;
  } else if (same_word(unit, "second")) {
    exact = kNanosPerSecond;
  } else {
    return false;
  }
  if (exact == 0) return types::nanos_from_civil(c, out);
  return !__builtin_mul_overflow(floor_div(t, exact), exact, out);
}

Status date_trunc(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  binary_rows<StringRef, int64_t>(*call.args[0], *call.args[1], rows,
                                  [&](uint32_t r, const StringRef& unit, int64_t t) {
                                    if (!truncate_to(unit.view(), t, &to[r])) out.set_null(r);
                                  });
  return {};
}

/// "15m", "1h", "500ms": 0 where it is none.
int64_t parse_step(std::string_view text) {
  int64_t count = 0;
  auto [p, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count <= 0) return 0;
  std::string_view unit = text.substr(static_cast<size_t>(p - text.data()));
  int64_t scale = unit == "ns"   ? 1
                  : unit == "us" ? 1'000
                  : unit == "ms" ? 1'000'000
                  : unit == "s"  ? kNanosPerSecond
                  : unit == "m"  ? kNanosPerMinute
                  : unit == "h"  ? kNanosPerHour
                                 : 0;
  int64_t step;
  return __builtin_mul_overflow(count, scale, &step) ? 0 : step;
}

/// To a multiple of the step since 1970, toward 1970.
Status time_trunc(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  binary_rows<StringRef, int64_t>(*call.args[0], *call.args[1], rows,
                                  [&](uint32_t r, const StringRef& text, int64_t t) {
                                    int64_t step = parse_step(text.view());
                                    if (step == 0) {
                                      out.set_null(r);
                                    } else {
                                      to[r] = t / step * step;
                                    }
                                  });
  return {};
}

enum class Direction : uint8_t { kForward, kBack };

bool shift(int64_t t, Interval interval, Direction direction, int64_t* out) {
  if (direction == Direction::kBack && !types::negate_interval(&interval)) return false;
  return types::add_interval(t, interval, out);
}

/// DATE_ADD and DATE_SUB(ts, count [, unit = 'day']).
template <Direction kDirection>
Status shift_units(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  types::for_each_row(rows, [&](uint32_t r) {
    std::string_view unit = call.args.size() == 3 ? call.args[2]->cell<StringRef>(r).view() : "day";
    Interval interval;
    if (!types::interval_of(call.args[1]->cell<int64_t>(r), unit, &interval) ||
        !shift(call.args[0]->cell<int64_t>(r), interval, kDirection, &to[r])) {
      out.set_null(r);
    }
  });
  return {};
}

template <Direction kDirection>
Status shift_interval(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  const Vector& texts = *call.args[1];
  Interval interval;
  bool known =
      texts.is_constant() && types::parse_interval(texts.cell<StringRef>(0).view(), &interval);
  types::for_each_row(rows, [&](uint32_t r) {
    Datum t = call.args[0]->datum(r);
    if (!texts.is_constant()) {
      known = types::parse_interval(texts.cell<StringRef>(r).view(), &interval);
    }
    if (!known || t.type() != TypeId::kTimestamp ||
        !shift(t.as_int64(), interval, kDirection, &to[r])) {
      out.set_null(r);
    }
  });
  return {};
}

/// Whole days from b to a.
Status day_difference(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  binary_rows<int64_t, int64_t>(*call.args[0], *call.args[1], rows,
                                [to](uint32_t r, int64_t a, int64_t b) {
                                  __extension__ using Wide = __int128;
                                  Wide difference = static_cast<Wide>(a) - b;
                                  to[r] = static_cast<int64_t>(difference / kNanosPerDay);
                                });
  return {};
}

/// The text of an interval literal in its plain form: '24 hours' is '24 hour'.
Status interval_text(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t r = rows[i];
    std::string_view s = call.args[0]->cell<StringRef>(r).view();
    while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
    while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
    int64_t count = 0;
    auto [p, error] = std::from_chars(s.data(), s.data() + s.size(), count);
    size_t word = s.find_first_not_of(' ', static_cast<size_t>(p - s.data()));
    if (error != std::errc() || word == std::string_view::npos) {
      return Error(ErrorCode::kInvalidArgument,
                   "invalid interval format: '" + std::string(s) + "'");
    }
    std::string text = std::to_string(count) + ' ';
    for (char c : s.substr(word))
      text.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    if (text.back() == 's' && text.find(' ', text.find(' ') + 1) == std::string::npos) {
      text.pop_back();
    }
    to[r] = out.add_string(text);
  }
  return {};
}

constexpr auto kPure = Volatility::kImmutable;
constexpr auto kPropagate = NullRule::kPropagate;
constexpr auto kText = TypeId::kText;
constexpr auto kInteger = TypeId::kInteger;
constexpr auto kTimestamp = TypeId::kTimestamp;

constexpr ScalarFunction kShiftInterval[] = {
    {"ADD_INTERVAL", 2, 2, kPure, kPropagate, shift_interval<Direction::kForward>},
    {"SUB_INTERVAL", 2, 2, kPure, kPropagate, shift_interval<Direction::kBack>},
};

/// Text is not taken for a timestamp here: the result is NULL.
template <int kWhich>
void pick_shift(std::span<const TypeId>, Resolved* out) {
  out->function = &kShiftInterval[kWhich];
  out->result = kTimestamp;
  out->arguments[1] = kText;
}

constexpr Dispatch kDispatches[] = {
    {"ADD_INTERVAL", 2, 2, pick_shift<0>},
    {"SUB_INTERVAL", 2, 2, pick_shift<1>},
};

constexpr Overload kOverloads[] = {
    {{"EXTRACT", 2, 2, kPure, kPropagate, extract}, kInteger, {kText, kTimestamp}},
    {{"YEAR", 1, 1, kPure, kPropagate, part_of<year_of>}, kInteger, {kTimestamp}},
    {{"MONTH", 1, 1, kPure, kPropagate, part_of<month_of>}, kInteger, {kTimestamp}},
    {{"DAY", 1, 1, kPure, kPropagate, part_of<day_of>}, kInteger, {kTimestamp}},
    {{"HOUR", 1, 1, kPure, kPropagate, part_of<hour_of>}, kInteger, {kTimestamp}},
    {{"MINUTE", 1, 1, kPure, kPropagate, part_of<minute_of>}, kInteger, {kTimestamp}},
    {{"SECOND", 1, 1, kPure, kPropagate, part_of<second_of>}, kInteger, {kTimestamp}},
    {{"DATE", 1, 1, kPure, kPropagate, midnight}, kTimestamp, {kTimestamp}},
    {{"DATE_TRUNC", 2, 2, kPure, kPropagate, date_trunc}, kTimestamp, {kText, kTimestamp}},
    {{"TIME_TRUNC", 2, 2, kPure, kPropagate, time_trunc}, kTimestamp, {kText, kTimestamp}},
    {{"DATE_ADD", 2, 3, kPure, kPropagate, shift_units<Direction::kForward>},
     kTimestamp,
     {kTimestamp, kInteger, kText}},
    {{"DATE_SUB", 2, 3, kPure, kPropagate, shift_units<Direction::kBack>},
     kTimestamp,
     {kTimestamp, kInteger, kText}},
    {{"DATEDIFF", 2, 2, kPure, kPropagate, day_difference}, kInteger, {kTimestamp, kTimestamp}},
    {{"DATE_DIFF", 2, 2, kPure, kPropagate, day_difference}, kInteger, {kTimestamp, kTimestamp}},
    {{"INTERVAL", 1, 1, kPure, kPropagate, interval_text}, kText, {kText}},
};

}  // namespace

Family date_functions() {
  return {kOverloads, kDispatches};
}

}  // namespace orrery::expr
