// SQL texts of the query builder.
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "spacetimedb/query_builder.h"

namespace SpacetimeDB::detail {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

void append_name(std::string& out, const char* name) {
  out.push_back('"');
  for (; *name != 0; ++name) {
    if (*name == '"') out.push_back('"');
    out.push_back(*name);
  }
  out.push_back('"');
}

template <class T>
std::string shortest(T value) {
  char digits[64];
#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 14000
  // The library of older emscriptens has no to_chars() of these types.
  int length = 0;
  for (int precision = 1; precision <= 17; ++precision) {
    length = std::snprintf(digits, sizeof(digits), "%.*g", precision, static_cast<double>(value));
    if (static_cast<T>(std::strtod(digits, nullptr)) == value) break;
  }
  return std::string(digits, static_cast<size_t>(length));
#else
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), value, std::chars_format::general);
  return std::string(digits, end.ptr);
#endif
}

}  // namespace

std::string sql_literal(std::string_view text) {
  std::string out(1, '\'');
  for (const char c : text) {
    out.push_back(c);
    if (c == '\'') out.push_back('\'');
  }
  out.push_back('\'');
  return out;
}
std::string sql_literal(bool value) { return value ? "TRUE" : "FALSE"; }
std::string sql_literal(int64_t value) { return std::to_string(value); }
std::string sql_literal(uint64_t value) { return std::to_string(value); }
std::string sql_literal(float value) { return shortest(value); }
std::string sql_literal(double value) { return shortest(value); }
std::string sql_literal(const u128& value) { return value.to_string(); }
std::string sql_literal(const i128& value) { return value.to_string(); }
std::string sql_literal(const u256& value) { return value.to_string(); }
std::string sql_literal(const i256& value) { return value.to_string(); }
std::string sql_literal(const Identity& value) { return "0x" + value.to_hex_string(); }
std::string sql_literal(const ConnectionId& value) { return "0x" + value.to_string(); }
std::string sql_literal(const Uuid& value) { return sql_literal(std::string_view(value.to_string())); }
std::string sql_literal(Timestamp value) {
  constexpr std::string_view kOffset = "+00:00";
  std::string text = value.to_string();
  text.resize(text.size() - kOffset.size());
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return sql_literal(std::string_view(text += kOffset));
}
std::string sql_literal(const std::vector<uint8_t>& bytes) {
  std::string out = "0x";
  for (const uint8_t byte : bytes) {
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
  }
  return out;
}

std::string sql_column(const char* table, const char* column) {
  std::string out;
  append_name(out, table);
  out.push_back('.');
  append_name(out, column);
  return out;
}

std::string sql_binary(const std::string& left, const char* op, const std::string& right) {
  std::string out(1, '(');
  out += left;
  out += op;
  out += right;
  out.push_back(')');
  return out;
}

std::string sql_select(const char* table, const std::string& predicate) {
  std::string out = "SELECT * FROM ";
  append_name(out, table);
  if (!predicate.empty()) {
    out += " WHERE ";
    out += predicate;
  }
  return out;
}

std::string sql_join(const JoinText& join, const std::string& left_predicate, const std::string& right_predicate) {
  std::string out = "SELECT ";
  append_name(out, join.rows);
  out += ".* FROM ";
  append_name(out, join.left);
  out += " JOIN ";
  append_name(out, join.right);
  out += " ON ";
  out += join.condition;
  if (!left_predicate.empty() || !right_predicate.empty()) out += " WHERE ";
  out += left_predicate;
  if (!left_predicate.empty() && !right_predicate.empty()) out += " AND ";
  out += right_predicate;
  return out;
}

}  // namespace SpacetimeDB::detail
