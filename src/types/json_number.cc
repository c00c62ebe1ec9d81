#include "types/json_number.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <system_error>

namespace orrery::types {
namespace {

/// Lays out digits d1 d2 ... with the decimal point after the first `point` of them.
void lay_out(std::string_view digits, int point, int largest_plain, int smallest_plain,
             std::string* out) {
  const int count = static_cast<int>(digits.size());
  if (count <= point && point <= largest_plain) {
    out->append(digits).append(static_cast<size_t>(point - count), '0').append(".0");
  } else if (0 < point && point <= largest_plain) {
    out->append(digits.substr(0, static_cast<size_t>(point))).append(".");
    out->append(digits.substr(static_cast<size_t>(point)));
  } else if (smallest_plain < point && point <= 0) {
    out->append("0.").append(static_cast<size_t>(-point), '0').append(digits);
  } else {
    out->append(digits.substr(0, 1));
    if (count > 1) out->append(".").append(digits.substr(1));
    out->append("e").append(std::to_string(point - 1));
  }
}

template <class F>
void append_shortest(F x, int largest_plain, int smallest_plain, std::string* out) {
  if (!std::isfinite(x)) {
    out->append("null");
    return;
  }
  if (std::signbit(x)) out->push_back('-');
  if (x == 0) {
    out->append("0.0");
    return;
  }
  char text[40];
  auto end = std::to_chars(text, text + sizeof(text), std::fabs(x), std::chars_format::scientific);
  std::string_view all(text, static_cast<size_t>(end.ptr - text));
  size_t e = all.find('e');
  std::string digits(all.substr(0, 1));
  if (e > 2) digits.append(all.substr(2, e - 2));
  int exponent = std::atoi(std::string(all.substr(e + 1)).c_str());
  lay_out(digits, exponent + 1, largest_plain, smallest_plain, out);
}

#if !defined(__wasi__)
/// True where a number that is out of range is so because it is too small.
bool is_tiny(std::string_view text) {
  size_t e = text.find_first_of("eE");
  std::string_view mantissa = text.substr(0, e);
  size_t point = mantissa.find('.');
  if (point == std::string_view::npos) point = mantissa.size();
  size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return true;
  // An exponent too long for a number decides by its sign alone.
  std::string_view exponent = e == std::string_view::npos ? "0" : text.substr(e + 1);
  bool negative = exponent.starts_with('-');
  if (negative || exponent.starts_with('+')) exponent.remove_prefix(1);
  long long n = 0;
  auto r = std::from_chars(exponent.data(), exponent.data() + exponent.size(), n);
  if (r.ec != std::errc()) return negative;
  return static_cast<long long>(point) - static_cast<long long>(first) + (negative ? -n : n) < 0;
}
#endif

template <class F>
std::optional<F> parse_float(std::string_view text) {
  F x = 0;
#if defined(__wasi__)
  // This libc++ has no from_chars for floats; wasi's C library knows no locale but C.
  std::string copy(text);
  if constexpr (sizeof(F) == 4) {
    x = std::strtof(copy.c_str(), nullptr);
  } else {
    x = std::strtod(copy.c_str(), nullptr);
  }
  if (std::isinf(x)) return std::nullopt;
  return x;
#else
  auto r = std::from_chars(text.data(), text.data() + text.size(), x);
  if (r.ec == std::errc::result_out_of_range) {
    if (!is_tiny(text)) return std::nullopt;
    return text.starts_with('-') ? F(-0.0) : F(0);
  }
  if (r.ec != std::errc() || r.ptr != text.data() + text.size()) return std::nullopt;
  return x;
#endif
}

}  // namespace

void append_json_f64(double x, std::string* out) {
  append_shortest(x, 16, -5, out);
}
void append_json_f32(float x, std::string* out) {
  append_shortest(x, 13, -6, out);
}
std::optional<double> parse_json_f64(std::string_view text) {
  return parse_float<double>(text);
}
std::optional<float> parse_json_f32(std::string_view text) {
  return parse_float<float>(text);
}

}  // namespace orrery::types
