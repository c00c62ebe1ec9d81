#include "host/sql_literal.h"

#include <algorithm>
#include <cmath>

#include "types/algebraic_text.h"
#include "types/cast.h"
#include "types/wide_number.h"

namespace orrery::host {
namespace {

using sql::LiteralKind;
using types::AlgebraicType;
using types::TypeForm;
using types::TypeId;
using types::TypeKind;

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

uint8_t hex_value(char c) {
  if (c <= '9') return static_cast<uint8_t>(c - '0');
  return static_cast<uint8_t>((c | 0x20) - 'a' + 10);
}

std::optional<std::string> bytes_of_hex(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) {
    if (!is_hex_digit(text[i]) || !is_hex_digit(text[i + 1])) return std::nullopt;
    out.push_back(static_cast<char>(hex_value(text[i]) << 4 | hex_value(text[i + 1])));
  }
  return out;
}
Error no_literal(std::string_view text, const AlgebraicType& type) {
  return Error(ErrorCode::kTypeMismatch, "The literal expression `" + std::string(text) +
                                             "` cannot be parsed as type `" + type.to_string() +
                                             "`");
}

/// As it was written, as far as that is known.
std::string text_of(const sql::LiteralExpr& literal) {
  if (literal.literal == LiteralKind::kInteger) return std::to_string(literal.integer);
  if (literal.literal == LiteralKind::kFloat && literal.text.empty()) {
    std::string out;
    types::append_text(types::Datum::floating(literal.real), &out);
    return out;
  }
  return literal.text;
}

/// What the literal says as a number, where that is whole.
std::optional<types::WideNumber> whole_number(const sql::LiteralExpr& literal) {
  switch (literal.literal) {
    case LiteralKind::kInteger:
      return types::WideNumber::of(literal.integer);
    case LiteralKind::kFloat:
      if (!literal.text.empty()) return types::parse_wide(literal.text);
      if (std::trunc(literal.real) != literal.real) return std::nullopt;
      return types::wide_from_double(literal.real);
    case LiteralKind::kText:
      return types::parse_wide(literal.text);
    default:
      return std::nullopt;
  }
}

std::optional<types::Value> value_of(const types::WideNumber& n, TypeId whole) {
  Arena arena(64);
  const std::optional<types::Datum> cell = types::wide_datum(n, whole, arena);
  if (!cell) return std::nullopt;
  return types::Value(*cell);
}

}  // namespace

std::string with_hex_as_text(std::string_view sql) {
  std::string out;
  for (size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    const bool starts_word =
        i == 0 || (!isalnum(static_cast<unsigned char>(sql[i - 1])) && sql[i - 1] != '_');
    if (c == '\'' || c == '"' || c == '`') {
      size_t end = i + 1;
      while (end < sql.size() && sql[end] != c) ++end;
      end = std::min(end + 1, sql.size());
      out += sql.substr(i, end - i);
      i = end;
    } else if (c == '-' && sql.substr(i, 2) == "--") {
      const size_t end = std::min(sql.find('\n', i), sql.size());
      out += sql.substr(i, end - i);
      i = end;
    } else if (starts_word && c == '0' && i + 2 < sql.size() && (sql[i + 1] | 0x20) == 'x' &&
               is_hex_digit(sql[i + 2])) {
      size_t end = i + 2;
      while (end < sql.size() && is_hex_digit(sql[end])) ++end;
      out += "'0x";
      out += sql.substr(i + 2, end - i - 2);
      out += "'";
      i = end;
    } else if (starts_word && (c | 0x20) == 'x' && i + 1 < sql.size() && sql[i + 1] == '\'') {
      size_t end = i + 2;
      while (end < sql.size() && is_hex_digit(sql[end])) ++end;
      if (end < sql.size() && sql[end] == '\'') {
        out += "'0x";
        out += sql.substr(i + 2, end - i - 2);
        out += "'";
        i = end + 1;
      } else {
        out += c;
        ++i;
      }
    } else {
      out += c;
      ++i;
    }
  }
  return out;
}

types::Value bytes_value(std::string_view bytes) {
  return types::Value(types::Datum::string(TypeId::kBlob, types::StringRef(bytes)));
}

std::optional<types::Value> wide_literal(const sql::LiteralExpr& literal) {
  const bool hexadecimal = literal.literal == LiteralKind::kText && literal.text.starts_with("0x");
  const bool large = literal.literal == LiteralKind::kFloat && !literal.text.empty();
  if (!hexadecimal && !large) return std::nullopt;
  const std::optional<types::WideNumber> n = types::parse_wide(literal.text);
  if (!n) return std::nullopt;
  for (TypeId type : {TypeId::kInteger, TypeId::kU64, TypeId::kI128, TypeId::kU128, TypeId::kI256,
                      TypeId::kU256}) {
    if (std::optional<types::Value> value = value_of(*n, type)) return value;
  }
  return std::nullopt;
}

Result<std::optional<types::Value>> literal_value(const sql::LiteralExpr& literal,
                                                  const AlgebraicType& type) {
  const std::optional<types::Value> as_it_is;
  if (literal.literal == LiteralKind::kNull) return as_it_is;
  const bool is_text = literal.literal == LiteralKind::kText;
  const std::string text = text_of(literal);
  auto found = [&](auto&& value) -> Result<std::optional<types::Value>> {
    if (!value) return no_literal(text, type);
    return std::optional<types::Value>(bsatn_value(*value));
  };
  switch (type.form()) {
    case TypeForm::kIdentity:
      return found(types::parse_identity(text));
    case TypeForm::kConnectionId:
      return found(types::parse_connection_id(text));
    case TypeForm::kTimeDuration:
      return found(types::parse_time_duration(text));
    case TypeForm::kTimestampMicros: {
      const std::optional<int64_t> micros = types::parse_timestamp_micros(text);
      if (!micros) return as_it_is;
      return std::optional<types::Value>(types::Value(types::Datum::timestamp(*micros * 1000)));
    }
    case TypeForm::kBytes: {
      std::optional<std::string> bytes = bytes_of_hex(text);
      if (!is_text || !bytes) return no_literal(text, type);
      return std::optional<types::Value>(bytes_value(*bytes));
    }
    default:
      break;
  }
  const TypeId sql_type = type.sql_type();
  if (types::is_wide(sql_type) ||
      (sql_type == TypeId::kInteger && is_text && text.starts_with("0x"))) {
    const std::optional<types::WideNumber> n = whole_number(literal);
    std::optional<types::Value> value = n ? value_of(*n, sql_type) : std::nullopt;
    if (!value) return no_literal(text, type);
    return value;
  }
  if (sql_type == TypeId::kFloat && literal.literal == LiteralKind::kFloat) {
    return std::optional<types::Value>(types::Value::floating(literal.real));
  }
  if (sql_type != TypeId::kAlgebraic) return as_it_is;
  if (!type.is(TypeKind::kSum) || !is_text) return no_literal(text, type);
  // A variant without a payload by its name.
  const std::optional<uint32_t> tag = type.find_element(text);
  if (!tag || !type.elements()[*tag].type.is(TypeForm::kUnit)) return no_literal(text, type);
  return std::optional<types::Value>(bsatn_value(static_cast<uint8_t>(*tag)));
}

}  // namespace orrery::host
