#include "types/timestamp.h"

#include <charconv>

#include "types/cast.h"

namespace orrery::types {

int64_t days_from_civil(int64_t year, uint32_t month, uint32_t day) {
  // Years are counted from March so that the leap day is the last of its year.
  year -= month <= 2 ? 1 : 0;
  int64_t era = floor_div(year, 400);
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (static_cast<int64_t>(month) + (month > 2 ? -3 : 9)) + 2) / 5 +
                        static_cast<int64_t>(day) - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

CivilTime civil_from_nanos(int64_t nanos) {
  int64_t days = floor_div(nanos, kNanosPerDay);
  // Not nanos - days * kNanosPerDay: the first day that fits begins before what 64 bits hold.
  int64_t rest = nanos % kNanosPerDay;
  if (rest < 0) rest += kNanosPerDay;
  int64_t z = days + 719468;
  int64_t era = floor_div(z, 146097);
  int64_t day_of_era = z - era * 146097;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month_from_march = (5 * day_of_year + 2) / 153;
  CivilTime c;
  c.day = static_cast<uint32_t>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  c.month =
      static_cast<uint32_t>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  c.year = year_of_era + era * 400 + (c.month <= 2 ? 1 : 0);
  c.hour = static_cast<uint32_t>(rest / kNanosPerHour);
  c.minute = static_cast<uint32_t>(rest / kNanosPerMinute % 60);
  c.second = static_cast<uint32_t>(rest / kNanosPerSecond % 60);
  c.nanosecond = static_cast<uint32_t>(rest % kNanosPerSecond);
  return c;
}

bool nanos_from_civil(const CivilTime& c, int64_t* nanos) {
  if (c.year < -100000 || c.year > 100000) return false;
  int64_t seconds = days_from_civil(c.year, c.month, c.day) * 86400 + c.hour * int64_t{3600} +
                    c.minute * int64_t{60} + c.second;
  // The first second that fits begins before the first nanosecond that does: go through its end.
  int64_t below = static_cast<int64_t>(c.nanosecond);
  if (seconds < 0 && below > 0) {
    seconds += 1;
    below -= kNanosPerSecond;
  }
  int64_t scaled;
  if (__builtin_mul_overflow(seconds, kNanosPerSecond, &scaled)) return false;
  return !__builtin_add_overflow(scaled, below, nanos);
}

uint32_t days_in_month(int64_t year, uint32_t month) {
  static constexpr uint8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

int64_t day_of_week(int64_t days) {
  int64_t r = (days + 4) % 7;  // 1970-01-01 was a Thursday
  return r < 0 ? r + 7 : r;
}

int64_t iso_week(int64_t days) {
  int64_t iso_day = (day_of_week(days) + 6) % 7;  // Monday = 0
  int64_t thursday = days - iso_day + 3;          // its year is the week's year
  CivilTime c = civil_from_nanos(thursday * kNanosPerDay);
  return (thursday - days_from_civil(c.year, 1, 1)) / 7 + 1;
}

namespace {

char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same_word(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower_ascii(a[i]) != lower[i]) return false;
  }
  return true;
}

struct Unit {
  std::string_view name;
  int64_t months;
  int64_t nanos;
};
constexpr Unit kUnits[] = {
    {"day", 0, kNanosPerDay},
    {"hour", 0, kNanosPerHour},
    {"minute", 0, kNanosPerMinute},
    {"second", 0, kNanosPerSecond},
    {"week", 0, 7 * kNanosPerDay},
    {"month", 1, 0},
    {"year", 12, 0},
    {"millisecond", 0, 1'000'000},
    {"microsecond", 0, 1'000},
    {"nanosecond", 0, 1},
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

bool interval_of(int64_t count, std::string_view unit, Interval* out) {
  if (unit.size() > 1 && lower_ascii(unit.back()) == 's') unit.remove_suffix(1);
  for (const Unit& u : kUnits) {
    if (!same_word(unit, u.name)) continue;
    return !__builtin_mul_overflow(count, u.months, &out->months) &&
           !__builtin_mul_overflow(count, u.nanos, &out->nanos);
  }
  return false;
}

bool parse_interval(std::string_view text, Interval* out) {
  *out = {};
  const char* p = text.data();
  const char* end = p + text.size();
  bool any = false;
  while (true) {
    while (p < end && is_blank(*p)) ++p;
    if (p == end) return any;
    if (*p == '+') ++p;
    int64_t count;
    auto [after, error] = std::from_chars(p, end, count);
    if (error != std::errc() || after == p) return false;
    p = after;
    while (p < end && is_blank(*p)) ++p;
    const char* word = p;
    while (p < end && !is_blank(*p)) ++p;
    Interval part;
    if (!interval_of(count, {word, static_cast<size_t>(p - word)}, &part)) return false;
    if (__builtin_add_overflow(out->months, part.months, &out->months)) return false;
    if (__builtin_add_overflow(out->nanos, part.nanos, &out->nanos)) return false;
    any = true;
  }
}

bool negate_interval(Interval* interval) {
  return !__builtin_sub_overflow(int64_t{0}, interval->months, &interval->months) &&
         !__builtin_sub_overflow(int64_t{0}, interval->nanos, &interval->nanos);
}

bool add_interval(int64_t nanos, const Interval& interval, int64_t* out) {
  if (interval.months != 0) {
    CivilTime c = civil_from_nanos(nanos);
    int64_t month;
    if (__builtin_add_overflow(c.year * 12 + static_cast<int64_t>(c.month) - 1, interval.months,
                               &month)) {
      return false;
    }
    c.year = floor_div(month, 12);
    c.month = static_cast<uint32_t>(month - c.year * 12) + 1;
    uint32_t last = days_in_month(c.year, c.month);
    if (c.day > last) c.day = last;
    if (!nanos_from_civil(c, &nanos)) return false;
  }
  return !__builtin_add_overflow(nanos, interval.nanos, out);
}

void append_duration(int64_t nanos, std::string* out) {
  bool negative = nanos < 0;
  uint64_t seconds = (negative ? ~static_cast<uint64_t>(nanos) + 1 : static_cast<uint64_t>(nanos)) /
                     static_cast<uint64_t>(kNanosPerSecond);
  negative = negative && seconds != 0;
  uint64_t days = seconds / 86400;
  if (days > 0) {
    if (negative) out->push_back('-');
    out->append(std::to_string(days)).append(" days ");
  }
  if (negative) out->push_back('-');
  uint64_t parts[] = {seconds / 3600 % 24, seconds / 60 % 60, seconds % 60};
  for (int i = 0; i < 3; ++i) {
    if (i > 0) out->push_back(':');
    out->push_back(static_cast<char>('0' + parts[i] / 10));
    out->push_back(static_cast<char>('0' + parts[i] % 10));
  }
}

namespace {

void append_digits(uint64_t v, int width, std::string* out) {
  char buffer[20];
  for (int i = width - 1; i >= 0; --i) {
    buffer[i] = static_cast<char>('0' + v % 10);
    v /= 10;
  }
  out->append(buffer, static_cast<size_t>(width));
}

/// Reads timestamps left to right; every take_ leaves the position alone where it fails.
class Scanner {
 public:
  explicit Scanner(std::string_view s) : p_(s.data()), end_(s.data() + s.size()) {}

  bool done() const { return p_ == end_; }
  char peek() const { return p_ < end_ ? *p_ : '\0'; }
  bool take(char c) {
    if (peek() != c || done()) return false;
    ++p_;
    return true;
  }
  bool take_digits(int count, uint32_t* out) {
    if (end_ - p_ < count) return false;
    uint32_t v = 0;
    for (int i = 0; i < count; ++i) {
      if (p_[i] < '0' || p_[i] > '9') return false;
      v = v * 10 + static_cast<uint32_t>(p_[i] - '0');
    }
    p_ += count;
    *out = v;
    return true;
  }
  /// ".123": digits past the ninth are cut.
  bool take_fraction(uint32_t* nanos) {
    *nanos = 0;
    if (!take('.')) return true;
    uint32_t scale = 100'000'000;
    const char* start = p_;
    while (p_ < end_ && *p_ >= '0' && *p_ <= '9') {
      *nanos += static_cast<uint32_t>(*p_ - '0') * scale;
      scale /= 10;
      ++p_;
    }
    return p_ > start;
  }
  bool take_clock(CivilTime* c) {
    return take_digits(2, &c->hour) && take(':') && take_digits(2, &c->minute) && c->hour < 24 &&
           c->minute < 60;
  }
  bool take_seconds(CivilTime* c) {
    return take(':') && take_digits(2, &c->second) && c->second < 60 &&
           take_fraction(&c->nanosecond);
  }
  bool take_offset(int64_t* nanos) {
    *nanos = 0;
    if (done() || take('Z') || take('z')) return true;
    bool negative = peek() == '-';
    if (!take('+') && !take('-')) return false;
    uint32_t hour, minute;
    if (!take_digits(2, &hour) || !take(':') || !take_digits(2, &minute)) return false;
    if (hour > 23 || minute > 59) return false;
    *nanos = hour * kNanosPerHour + minute * kNanosPerMinute;
    if (negative) *nanos = -*nanos;
    return true;
  }

 private:
  const char* p_;
  const char* end_;
};

bool parse_time_of_day(Scanner in, int64_t now_nanos, int64_t* nanos) {
  CivilTime c;
  if (!in.take_clock(&c)) return false;
  if (!in.done() && !in.take_seconds(&c)) return false;
  if (!in.done()) return false;
  int64_t midnight = floor_div(now_nanos, kNanosPerDay) * kNanosPerDay;
  return !__builtin_add_overflow(midnight,
                                 c.hour * kNanosPerHour + c.minute * kNanosPerMinute +
                                     c.second * kNanosPerSecond + c.nanosecond,
                                 nanos);
}

}  // namespace

bool parse_timestamp(std::string_view text, int64_t now_nanos, int64_t* nanos) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  Scanner in(text);
  if (text.size() > 2 && text[2] == ':') return parse_time_of_day(in, now_nanos, nanos);
  CivilTime c;
  uint32_t year;
  if (!in.take_digits(4, &year)) return false;
  c.year = year;
  char separator = in.peek();
  if (separator != '-' && separator != '/') return false;
  in.take(separator);
  if (!in.take_digits(2, &c.month) || !in.take(separator) || !in.take_digits(2, &c.day)) {
    return false;
  }
  if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > days_in_month(c.year, c.month)) {
    return false;
  }
  if (in.done()) return separator == '-' && nanos_from_civil(c, nanos);
  if (!in.take('T') && !in.take(' ') && !in.take('t')) return false;
  int64_t offset;
  if (!in.take_clock(&c) || !in.take_seconds(&c) || !in.take_offset(&offset) || !in.done()) {
    return false;
  }
  int64_t local;
  return nanos_from_civil(c, &local) && !__builtin_sub_overflow(local, offset, nanos);
}

void append_timestamp(int64_t nanos, std::string* out) {
  CivilTime c = civil_from_nanos(nanos);
  append_digits(static_cast<uint64_t>(c.year), 4, out);
  out->push_back('-');
  append_digits(c.month, 2, out);
  out->push_back('-');
  append_digits(c.day, 2, out);
  out->push_back('T');
  append_digits(c.hour, 2, out);
  out->push_back(':');
  append_digits(c.minute, 2, out);
  out->push_back(':');
  append_digits(c.second, 2, out);
  if (c.nanosecond != 0) {
    out->push_back('.');
    if (c.nanosecond % 1'000'000 == 0) {
      append_digits(c.nanosecond / 1'000'000, 3, out);
    } else if (c.nanosecond % 1'000 == 0) {
      append_digits(c.nanosecond / 1'000, 6, out);
    } else {
      append_digits(c.nanosecond, 9, out);
    }
  }
  out->append("+00:00");
}

}  // namespace orrery::types
