// Numbers to text and back: the rules of CAST, independent of the locale.
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "types/cast.h"

namespace orrery::types {
namespace {

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool same_word(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    char c = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] + 32) : a[i];
    if (c != lower[i]) return false;
  }
  return true;
}

/// digits [. digits] [e [sign] digits], with a digit on one side of the point at least.
bool is_decimal(std::string_view s) {
  size_t i = 0, digits = 0;
  while (i < s.size() && is_digit(s[i])) ++i, ++digits;
  if (i < s.size() && s[i] == '.') {
    ++i;
    while (i < s.size() && is_digit(s[i])) ++i, ++digits;
  }
  if (digits == 0) return false;
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    ++i;
    if (i < s.size() && (s[i] == '+' || s[i] == '-')) ++i;
    size_t exponent = i;
    while (i < s.size() && is_digit(s[i])) ++i;
    if (i == exponent) return false;
  }
  return i == s.size();
}

/// `s` is_decimal.
double decimal_value(std::string_view s) {
#if defined(_LIBCPP_VERSION)
  // This library reads no floating point with from_chars.
  return std::strtod(std::string(s).c_str(), nullptr);
#else
  double v = 0;
  auto [p, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (error == std::errc::result_out_of_range) return std::strtod(std::string(s).c_str(), nullptr);
  return v;
#endif
}

/// Puts "d.ddde±x", the shortest digits of v, into plain or exponent form.
template <class T>
void append_shortest(T v, double plain_below, std::string* out) {
  T size = std::abs(v);
  char buffer[64];
  bool plain = size == 0 || (size >= T(1e-5) && size < static_cast<T>(plain_below));
  auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), v, format);
  std::string_view s(buffer, static_cast<size_t>(end - buffer));
  size_t e = plain ? std::string_view::npos : s.find('e');
  if (e == std::string_view::npos) {
    out->append(s);
    return;
  }
  out->append(s.substr(0, e + 1));
  s.remove_prefix(e + 1);
  if (s.front() == '-') out->push_back('-');
  s.remove_prefix(1);
  while (s.size() > 1 && s.front() == '0') s.remove_prefix(1);
  out->append(s);
}

}  // namespace

void append_double(double v, std::string* out) {
  if (std::isnan(v)) {
    out->append("NaN");
  } else if (std::isinf(v)) {
    out->append(v < 0 ? "-inf" : "inf");
  } else {
    append_shortest(v, 1e15, out);
  }
}

void append_vector_text(std::string_view packed, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i + 4 <= packed.size(); i += 4) {
    float v;
    std::memcpy(&v, packed.data() + i, 4);
    if (i > 0) out->append(", ");
    if (std::isnan(v)) {
      out->append("NaN");
    } else if (std::isinf(v)) {
      out->append(v < 0 ? "-inf" : "inf");
    } else {
      size_t start = out->size();
      append_shortest(v, 1e16, out);
      if (out->find_first_of(".e", start) == std::string::npos) out->append(".0");
    }
  }
  out->push_back(']');
}

bool parse_int64(std::string_view text, int64_t* out) {
  text = trim(text);
  if (text.size() > 1 && text.front() == '+' && is_digit(text[1])) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  auto [p, error] = std::from_chars(text.data(), end, *out);
  return error == std::errc() && p == end && !text.empty();
}

bool parse_double(std::string_view text, double* out) {
  text = trim(text);
  if (text.empty()) return false;
  bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  double v;
  if (is_decimal(text)) {
    v = decimal_value(text);
  } else if (same_word(text, "inf") || same_word(text, "infinity")) {
    v = HUGE_VAL;
  } else if (same_word(text, "nan")) {
    v = std::nan("");
  } else {
    return false;
  }
  *out = negative ? -v : v;
  return true;
}

bool parse_vector(std::string_view text, std::string* packed) {
  packed->clear();
  text = trim(text);
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  text = trim(text.substr(1, text.size() - 2));
  if (text.empty()) return true;
  while (true) {
    size_t comma = text.find(',');
    double v;
    if (!parse_double(text.substr(0, comma), &v)) return false;
    auto f = static_cast<float>(v);
    packed->append(reinterpret_cast<const char*>(&f), 4);
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace orrery::types
