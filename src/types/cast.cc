#include "types/cast.h"

#include <cmath>

#include "types/json.h"
#include "types/wide_number.h"

namespace orrery::types {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

void append_hex(std::string_view bytes, std::string* out) {
  for (char c : bytes) {
    out->push_back(kHexDigits[static_cast<uint8_t>(c) >> 4]);
    out->push_back(kHexDigits[static_cast<uint8_t>(c) & 15]);
  }
}

void append_uuid(std::string_view bytes, std::string* out) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out->push_back('-');
    append_hex(bytes.substr(i, 1), out);
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// 32 hexadecimal digits, with hyphens or without.
bool parse_uuid(std::string_view text, char* bytes) {
  int digits = 0;
  for (char c : text) {
    if (c == '-') continue;
    int v = hex_value(c);
    if (v < 0 || digits == 32) return false;
    if (digits % 2 == 0) bytes[digits / 2] = 0;
    bytes[digits / 2] = static_cast<char>(bytes[digits / 2] << 4 | v);
    ++digits;
  }
  return digits == 32;
}

Datum string_datum(TypeId type, std::string_view s, Arena& arena) {
  if (s.size() > StringRef::kInlineBytes) s = arena.copy(s);
  return Datum::string(type, StringRef(s));
}

Datum text_form(const Datum& value, TypeId as, Arena& arena) {
  std::string text;
  append_text(value, &text);
  return string_datum(as, text, arena);
}

bool is_textual(TypeId type) {
  return type == TypeId::kText || type == TypeId::kJson;
}

/// Truncates toward zero; out of range saturates, NaN is 0.
int64_t int64_from_double(double v) {
  if (v != v) return 0;
  if (v >= 9223372036854775808.0) return INT64_MAX;
  if (v < -9223372036854775808.0) return INT64_MIN;
  return static_cast<int64_t>(v);
}

bool parse_boolean(std::string_view text, bool* out) {
  char word[8];
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.size() >= sizeof(word)) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    word[i] = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
  }
  std::string_view w(word, text.size());
  *out = w == "true" || w == "t" || w == "yes" || w == "y" || w == "1";
  return *out || w == "false" || w == "f" || w == "no" || w == "n" || w == "0";
}

Datum to_integer(const Datum& value) {
  if (is_wide(value.type())) {
    const std::optional<int64_t> n = to_int64(wide_number(value));
    return n ? Datum::integer(*n) : Datum::null();
  }
  switch (value.type()) {
    case TypeId::kFloat:
      return Datum::integer(int64_from_double(value.as_double()));
    case TypeId::kBoolean:
      return Datum::integer(value.as_int64());
    case TypeId::kText:
    case TypeId::kJson: {
      int64_t v;
      return parse_int64(value.view(), &v) ? Datum::integer(v) : Datum::null();
    }
    default:
      return Datum::null();
  }
}

Datum to_float(const Datum& value) {
  if (is_wide(value.type())) return Datum::floating(to_double(wide_number(value)));
  switch (value.type()) {
    case TypeId::kInteger:
    case TypeId::kBoolean:
      return Datum::floating(static_cast<double>(value.as_int64()));
    case TypeId::kText:
    case TypeId::kJson: {
      double v;
      return parse_double(value.view(), &v) ? Datum::floating(v) : Datum::null();
    }
    default:
      return Datum::null();
  }
}

Datum to_boolean(const Datum& value) {
  if (is_wide(value.type())) return Datum::boolean(wide_number(value) != WideNumber());
  switch (value.type()) {
    case TypeId::kInteger:
      return Datum::boolean(value.as_int64() != 0);
    case TypeId::kFloat:
      return Datum::boolean(value.as_double() != 0);
    case TypeId::kText:
    case TypeId::kJson: {
      bool v;
      return parse_boolean(value.view(), &v) ? Datum::boolean(v) : Datum::null();
    }
    default:
      return Datum::null();
  }
}

Datum to_timestamp(const Datum& value, int64_t now_nanos) {
  if (value.type() == TypeId::kInteger) {
    return value.as_int64() < 0 ? Datum::null() : Datum::timestamp(value.as_int64());
  }
  int64_t nanos;
  bool parsed = value.type() == TypeId::kText && parse_timestamp(value.view(), now_nanos, &nanos);
  return parsed ? Datum::timestamp(nanos) : Datum::null();
}

Datum to_json(const Datum& value, Arena& arena) {
  switch (value.type()) {
    case TypeId::kText:
      return is_valid_json(value.view()) ? Datum::json(value.view()) : Datum::null();
    case TypeId::kFloat:
      if (!std::isfinite(value.as_double())) return Datum::null();
      return text_form(value, TypeId::kJson, arena);
    case TypeId::kInteger:
    case TypeId::kBoolean:
    case TypeId::kVector:
    case TypeId::kU64:
    case TypeId::kU128:
    case TypeId::kI128:
    case TypeId::kU256:
    case TypeId::kI256:
      return text_form(value, TypeId::kJson, arena);
    default:
      return Datum::null();
  }
}

Datum to_vector(const Datum& value, Arena& arena) {
  if (value.type() == TypeId::kBlob) {
    if (value.view().size() % 4 != 0) return Datum::null();
    return Datum::string(TypeId::kVector, value.as_string());
  }
  std::string packed;
  if (!is_textual(value.type()) || !parse_vector(value.view(), &packed)) return Datum::null();
  return string_datum(TypeId::kVector, packed, arena);
}

Datum to_uuid(const Datum& value, Arena& arena) {
  char bytes[16];
  if (value.type() == TypeId::kBlob && value.view().size() == 16) {
    return Datum::string(TypeId::kUuid, value.as_string());
  }
  if (value.type() != TypeId::kText || !parse_uuid(value.view(), bytes)) return Datum::null();
  return string_datum(TypeId::kUuid, std::string_view(bytes, 16), arena);
}

Datum to_blob(const Datum& value) {
  switch (value.type()) {
    case TypeId::kText:
    case TypeId::kJson:
    case TypeId::kVector:
    case TypeId::kUuid:
    case TypeId::kAlgebraic:
    case TypeId::kU64:
    case TypeId::kU128:
    case TypeId::kI128:
    case TypeId::kU256:
    case TypeId::kI256:
      return Datum::string(TypeId::kBlob, value.as_string());
    default:
      return Datum::null();
  }
}

/// NULL where it does not fit, or is no whole number.
Datum to_wide(const Datum& value, TypeId to, Arena& arena) {
  std::optional<WideNumber> n;
  switch (value.type()) {
    case TypeId::kFloat:
      n = wide_from_double(value.as_double());
      break;
    case TypeId::kBoolean:
      n = WideNumber::of(value.as_int64());
      break;
    case TypeId::kText:
    case TypeId::kJson:
      n = parse_wide(value.view());
      break;
    case TypeId::kAlgebraic:  // the bytes of the very type, as an interface of bytes gives them
      if (value.view().size() != wide_bytes(to)) return Datum::null();
      return Datum::string(to, value.as_string());
    default:
      if (is_whole(value.type())) n = wide_number(value);
  }
  return n ? wide_datum(*n, to, arena).value_or(Datum::null()) : Datum::null();
}

}  // namespace

void append_text(const Datum& value, std::string* out) {
  switch (value.type()) {
    case TypeId::kNull:
      out->append("NULL");
      break;
    case TypeId::kInteger:
      out->append(std::to_string(value.as_int64()));
      break;
    case TypeId::kFloat:
      append_double(value.as_double(), out);
      break;
    case TypeId::kBoolean:
      out->append(value.as_bool() ? "true" : "false");
      break;
    case TypeId::kTimestamp:
      append_timestamp(value.as_int64(), out);
      break;
    case TypeId::kText:
    case TypeId::kJson:
      out->append(value.view());
      break;
    case TypeId::kVector:
      append_vector_text(value.view(), out);
      break;
    case TypeId::kUuid:
      append_uuid(value.view(), out);
      break;
    case TypeId::kU64:
    case TypeId::kU128:
    case TypeId::kI128:
    case TypeId::kU256:
    case TypeId::kI256:
      out->append(to_decimal(wide_number(value)));
      break;
    case TypeId::kBlob:
    case TypeId::kAlgebraic:
    case TypeId::kAny:
      out->append("\\x");
      append_hex(value.view(), out);
      break;
  }
}

bool is_valid_json(std::string_view text) {
  return json_validate(text).has_value();
}

Datum cast_datum(const Datum& value, TypeId to, int64_t now_nanos, Arena& arena) {
  if (value.type() == to || value.is_null() || to == TypeId::kAny) return value;
  switch (to) {
    case TypeId::kInteger:
      return to_integer(value);
    case TypeId::kFloat:
      return to_float(value);
    case TypeId::kText:
      if (value.type() == TypeId::kJson) return Datum::string(TypeId::kText, value.as_string());
      return text_form(value, TypeId::kText, arena);
    case TypeId::kBoolean:
      return to_boolean(value);
    case TypeId::kTimestamp:
      return to_timestamp(value, now_nanos);
    case TypeId::kJson:
      return to_json(value, arena);
    case TypeId::kVector:
      return to_vector(value, arena);
    case TypeId::kBlob:
      return to_blob(value);
    case TypeId::kUuid:
      return to_uuid(value, arena);
    case TypeId::kU64:
    case TypeId::kU128:
    case TypeId::kI128:
    case TypeId::kU256:
    case TypeId::kI256:
      return to_wide(value, to, arena);
    case TypeId::kNull:
    case TypeId::kAlgebraic:
    case TypeId::kAny:
      break;
  }
  return Datum::null();
}

Result<Datum> coerce_for_column(const Datum& value, TypeId to, uint32_t vector_dimension,
                                std::string_view column, int64_t now_nanos, Arena& arena) {
  if (value.is_null()) return Datum::null();
  Datum stored = value;
  if (value.type() != to) {
    // A stored INTEGER may be a moment before 1970; CAST alone refuses it.
    stored = to == TypeId::kTimestamp && value.type() == TypeId::kInteger
                 ? Datum::timestamp(value.as_int64())
                 : cast_datum(value, to, now_nanos, arena);
  }
  if (stored.is_null()) {
    std::string message = "cannot convert value '";
    append_text(value, &message);
    message.append("' to ").append(type_display_name(to)).append(" for column '");
    message.append(column).append("'");
    return Error(ErrorCode::kTypeMismatch, std::move(message));
  }
  if (to == TypeId::kVector && vector_dimension != 0 &&
      stored.view().size() / 4 != vector_dimension) {
    return Error(ErrorCode::kTypeMismatch, "Vector dimension mismatch: expected " +
                                               std::to_string(vector_dimension) + ", got " +
                                               std::to_string(stored.view().size() / 4));
  }
  return stored;
}

}  // namespace orrery::types
