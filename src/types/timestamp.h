// Calendar arithmetic on TIMESTAMP (nanoseconds since 1970-01-01 UTC, proleptic Gregorian) and
// intervals. Text forms are in types/cast.h. Every function is pure; overflow is reported, never
// wrapped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::types {

inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kNanosPerMinute = 60 * kNanosPerSecond;
inline constexpr int64_t kNanosPerHour = 60 * kNanosPerMinute;
inline constexpr int64_t kNanosPerDay = 24 * kNanosPerHour;

/// A moment taken apart.
struct CivilTime {
  int64_t year = 1970;
  uint32_t month = 1;  ///< 1..12
  uint32_t day = 1;    ///< 1..31
  uint32_t hour = 0;
  uint32_t minute = 0;
  uint32_t second = 0;
  uint32_t nanosecond = 0;
};

/// Days since 1970-01-01.
int64_t days_from_civil(int64_t year, uint32_t month, uint32_t day);
CivilTime civil_from_nanos(int64_t nanos);
/// False where the moment does not fit 64 bits of nanoseconds.
bool nanos_from_civil(const CivilTime& civil, int64_t* nanos);
uint32_t days_in_month(int64_t year, uint32_t month);
/// Rounds down; b > 0.
constexpr int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}
/// 0 = Sunday.
int64_t day_of_week(int64_t days_since_epoch);
int64_t iso_week(int64_t days_since_epoch);

/// A length of time: months clamp to the end of a month when added, the rest is exact.
struct Interval {
  int64_t months = 0;
  int64_t nanos = 0;
};

/// Units: nanosecond microsecond millisecond second minute hour day week month year, singular or
/// plural, any case. False for an unknown unit or overflow.
bool interval_of(int64_t count, std::string_view unit, Interval* out);
/// "1 day", "-2 hours", "1 day 3 hours".
bool parse_interval(std::string_view text, Interval* out);
/// False where the result does not fit.
bool add_interval(int64_t nanos, const Interval& interval, int64_t* out);
bool negate_interval(Interval* interval);
/// "2 days 03:04:05", "03:04:05"; every part carries the sign where negative. Fractions of a second
/// are cut.
void append_duration(int64_t nanos, std::string* out);

}  // namespace orrery::types
