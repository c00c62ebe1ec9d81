// Timestamp, TimeDuration and ScheduleAt: microseconds since the Unix epoch, microseconds, and when a scheduled row fires.
#pragma once

#include <compare>

#include "spacetimedb/bsatn.h"
#if __has_include(<__chrono/system_clock.h>) && __has_include(<__chrono/duration.h>)
// libc++ keeps the clock apart from <chrono>'s formatting, which costs a third of a second to read.
#include <__chrono/duration.h>
#include <__chrono/system_clock.h>
#else
#include <chrono>
#endif

namespace SpacetimeDB {

class TimeDuration {
 public:
  constexpr TimeDuration() = default;
  explicit constexpr TimeDuration(int64_t micros) : micros_(micros) {}
  static constexpr TimeDuration from_micros(int64_t n) { return TimeDuration(n); }
  static constexpr TimeDuration from_millis(int64_t n) { return TimeDuration(n * 1000); }
  static constexpr TimeDuration from_seconds(int64_t n) { return TimeDuration(n * 1000000); }
  static constexpr TimeDuration from_minutes(int64_t n) { return TimeDuration(n * 60000000); }
  static constexpr TimeDuration from_hours(int64_t n) { return TimeDuration(n * 3600000000); }
  template <class Rep, class Period>
  static constexpr TimeDuration from_chrono(std::chrono::duration<Rep, Period> duration) {
    return TimeDuration(static_cast<int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count()));
  }

  constexpr int64_t micros() const { return micros_; }
  constexpr int64_t millis() const { return micros_ / 1000; }
  constexpr int64_t seconds() const { return micros_ / 1000000; }
  constexpr std::chrono::microseconds to_chrono() const { return std::chrono::microseconds(micros_); }
  constexpr TimeDuration abs() const { return TimeDuration(micros_ < 0 ? -micros_ : micros_); }
  /// Sign, seconds, six digits: "+1.000000".
  std::string to_string() const;

  constexpr TimeDuration operator+(TimeDuration other) const { return TimeDuration(micros_ + other.micros_); }
  constexpr TimeDuration operator-(TimeDuration other) const { return TimeDuration(micros_ - other.micros_); }
  constexpr TimeDuration operator*(int64_t factor) const { return TimeDuration(micros_ * factor); }
  constexpr TimeDuration operator/(int64_t divisor) const { return TimeDuration(micros_ / divisor); }
  friend constexpr TimeDuration operator*(int64_t factor, TimeDuration duration) { return duration * factor; }
  constexpr auto operator<=>(const TimeDuration&) const = default;

 private:
  int64_t micros_ = 0;
};

class Timestamp {
 public:
  constexpr Timestamp() = default;
  explicit constexpr Timestamp(int64_t micros_since_epoch) : micros_(micros_since_epoch) {}
  static constexpr Timestamp from_micros_since_epoch(int64_t n) { return Timestamp(n); }
  static constexpr Timestamp from_millis_since_epoch(int64_t n) { return Timestamp(n * 1000); }
  static constexpr Timestamp from_seconds_since_epoch(int64_t n) { return Timestamp(n * 1000000); }
  static constexpr Timestamp unix_epoch() { return Timestamp(0); }
  /// The timestamp of the running call: a module has no clock of its own.
  static Timestamp now();
  static constexpr Timestamp from_chrono(std::chrono::system_clock::time_point point) {
    return Timestamp(TimeDuration::from_chrono(point.time_since_epoch()).micros());
  }

  constexpr int64_t micros_since_epoch() const { return micros_; }
  constexpr int64_t millis_since_epoch() const { return micros_ / 1000; }
  constexpr int64_t seconds_since_epoch() const { return micros_ / 1000000; }
  constexpr std::chrono::system_clock::time_point to_chrono() const {
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::microseconds(micros_)));
  }
  /// Zero when `earlier` is not earlier.
  constexpr TimeDuration duration_since(Timestamp earlier) const {
    return TimeDuration(micros_ < earlier.micros_ ? 0 : micros_ - earlier.micros_);
  }
  /// RFC 3339 with six digits: "2023-11-14T22:13:20.000000+00:00".
  std::string to_string() const;

  constexpr Timestamp operator+(TimeDuration d) const { return Timestamp(micros_ + d.micros()); }
  constexpr Timestamp operator-(TimeDuration d) const { return Timestamp(micros_ - d.micros()); }
  constexpr TimeDuration operator-(Timestamp other) const { return TimeDuration(micros_ - other.micros_); }
  friend constexpr Timestamp operator+(TimeDuration d, Timestamp t) { return t + d; }
  constexpr auto operator<=>(const Timestamp&) const = default;

 private:
  int64_t micros_ = 0;
};

class ScheduleAt {
 public:
  enum class Variant : uint8_t { Interval = 0, Time = 1 };

  constexpr ScheduleAt() = default;
  constexpr ScheduleAt(TimeDuration every) : variant_(Variant::Interval), micros_(every.micros()) {}
  constexpr ScheduleAt(Timestamp at) : variant_(Variant::Time), micros_(at.micros_since_epoch()) {}
  static constexpr ScheduleAt interval(TimeDuration every) { return every; }
  static constexpr ScheduleAt time(Timestamp at) { return at; }

  constexpr Variant get_variant() const { return variant_; }
  constexpr bool is_interval() const { return variant_ == Variant::Interval; }
  constexpr bool is_time() const { return variant_ == Variant::Time; }
  /// Zero for the other variant.
  constexpr TimeDuration get_interval() const { return TimeDuration(is_interval() ? micros_ : 0); }
  constexpr Timestamp get_time() const { return Timestamp(is_time() ? micros_ : 0); }
  constexpr bool operator==(const ScheduleAt&) const = default;

 private:
  friend struct bsatn::bsatn_traits<ScheduleAt>;
  Variant variant_ = Variant::Interval;
  int64_t micros_ = 0;
};

namespace bsatn {

template <>
struct bsatn_traits<TimeDuration> : detail::BitwiseTraits<TimeDuration> {
  static constexpr detail::Element element{"__time_duration_micros__", &bsatn_traits<int64_t>::desc};
  static constexpr detail::TypeDesc desc{detail::TypeKind::kProduct, 1, &element};
};
template <>
struct bsatn_traits<Timestamp> : detail::BitwiseTraits<Timestamp> {
  static constexpr detail::Element element{"__timestamp_micros_since_unix_epoch__", &bsatn_traits<int64_t>::desc};
  static constexpr detail::TypeDesc desc{detail::TypeKind::kProduct, 1, &element};
};
template <>
struct bsatn_traits<ScheduleAt> {
  static constexpr int32_t kFixed = 9;
  static constexpr bool kBitwise = false;
  static constexpr detail::Element elements[2] = {{"Interval", &bsatn_traits<TimeDuration>::desc},
                                                  {"Time", &bsatn_traits<Timestamp>::desc}};
  static constexpr detail::TypeDesc desc{detail::TypeKind::kSum, 2, elements};
  static void store(uint8_t* at, const ScheduleAt& value) {
    *at = static_cast<uint8_t>(value.variant_);
    __builtin_memcpy(at + 1, &value.micros_, 8);
  }
  static void load(const uint8_t* at, ScheduleAt& value) {
    if (*at > 1) detail::bad_tag();
    value.variant_ = static_cast<ScheduleAt::Variant>(*at);
    __builtin_memcpy(&value.micros_, at + 1, 8);
  }
  static void write(Writer& out, const ScheduleAt& value) { store(out.claim(kFixed), value); }
  static void read(Reader& in, ScheduleAt& value) { load(in.take(kFixed), value); }
};

}  // namespace bsatn
}  // namespace SpacetimeDB
