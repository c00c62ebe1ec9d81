// Ranges for index scans: range(a, b) is [a, b), range_inclusive(a, b) is [a, b], and the open-ended forms.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <utility>

namespace SpacetimeDB {

template <class T>
concept Rangeable = std::copyable<T> && requires(const T& a, const T& b) {
  { a < b } -> std::convertible_to<bool>;
};

enum class RangeBound { Exclusive, Inclusive };

template <class T>
struct Range {
  std::optional<T> start;  // included
  std::optional<T> end;    // by bound_type
  RangeBound bound_type = RangeBound::Exclusive;

  constexpr Range() = default;
  constexpr Range(std::optional<T> first, std::optional<T> last, RangeBound bound = RangeBound::Exclusive)
      : start(std::move(first)), end(std::move(last)), bound_type(bound) {}

  constexpr bool contains(const T& value) const {
    if (start && value < *start) return false;
    if (!end) return true;
    return bound_type == RangeBound::Inclusive ? !(*end < value) : value < *end;
  }
  std::string to_string() const {
    std::string text = start ? std::to_string(*start) : std::string();
    text += bound_type == RangeBound::Inclusive ? "..=" : "..";
    if (end) text += std::to_string(*end);
    return text;
  }
};

template <Rangeable T>
constexpr Range<T> range(T start, T end) {
  return {std::move(start), std::move(end), RangeBound::Exclusive};
}
template <Rangeable T>
constexpr Range<T> range_inclusive(T start, T end) {
  return {std::move(start), std::move(end), RangeBound::Inclusive};
}
template <Rangeable T>
constexpr Range<T> range_from(T start) {
  return {std::move(start), std::nullopt, RangeBound::Exclusive};
}
template <Rangeable T>
constexpr Range<T> range_to(T end) {
  return {std::nullopt, std::move(end), RangeBound::Exclusive};
}
template <Rangeable T>
constexpr Range<T> range_to_inclusive(T end) {
  return {std::nullopt, std::move(end), RangeBound::Inclusive};
}
template <Rangeable T>
constexpr Range<T> range_full() {
  return {};
}

template <class T>
inline constexpr bool is_range_v = false;
template <class T>
inline constexpr bool is_range_v<Range<T>> = true;
template <class T>
concept RangeType = is_range_v<T>;

}  // namespace SpacetimeDB
