#include "subscribe/literal.h"

#include <charconv>
#include <cstring>
#include <limits>

#include "types/algebraic_text.h"
#include "types/wide_int.h"

namespace orrery::subscribe {
namespace {

using types::AlgebraicType;
using types::I256;
using types::TypeForm;
using types::TypeKind;
using types::U256;

// An integer of 256 bits has 78 digits; what shifts its point further is out of bounds anyway.
constexpr int64_t kDigitsMax = 100;

template <class T>
std::string bytes_of(const T& value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct Decimal {
  bool negative = false;
  std::string digits;    ///< without leading zeros
  int64_t exponent = 0;  ///< the value is digits * 10^exponent
};

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal out;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    out.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  size_t i = 0;
  bool any = false;
  for (; i < text.size() && is_digit(text[i]); ++i, any = true) out.digits += text[i];
  if (i < text.size() && text[i] == '.') {
    for (++i; i < text.size() && is_digit(text[i]); ++i, any = true) {
      out.digits += text[i];
      --out.exponent;
    }
  }
  if (!any) return std::nullopt;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && text[i] == '+') ++i;
    int32_t exponent = 0;
    auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), exponent);
    if (error != std::errc() || end == text.data() + i) return std::nullopt;
    i = static_cast<size_t>(end - text.data());
    out.exponent += exponent;
  }
  if (i != text.size()) return std::nullopt;
  out.digits.erase(0, out.digits.find_first_not_of('0'));
  if (out.digits.empty()) out.exponent = 0;
  return out;
}

/// The magnitude of a text that is an integer: 1e3 and 1.0 are.
std::optional<U256> parse_magnitude(std::string_view text, bool* negative) {
  std::optional<Decimal> decimal = parse_decimal(text);
  if (!decimal) return std::nullopt;
  *negative = decimal->negative;
  std::string& digits = decimal->digits;
  while (decimal->exponent < 0 && !digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++decimal->exponent;
  }
  if (digits.empty()) return U256{};
  if (decimal->exponent < 0 || decimal->exponent > kDigitsMax) return std::nullopt;
  digits.append(static_cast<size_t>(decimal->exponent), '0');
  return types::parse_decimal_u256(digits);
}

std::optional<std::string> encode_integer(std::string_view text, const AlgebraicType& type) {
  bool negative = false;
  std::optional<U256> magnitude = parse_magnitude(text, &negative);
  if (!magnitude) return std::nullopt;
  uint32_t width = *type.fixed_bytes();
  bool is_signed = false;
  switch (type.kind()) {
    case TypeKind::kI8:
    case TypeKind::kI16:
    case TypeKind::kI32:
    case TypeKind::kI64:
    case TypeKind::kI128:
    case TypeKind::kI256:
      is_signed = true;
      break;
    default:
      break;
  }
  if (magnitude->is_zero()) negative = false;
  std::string bytes;
  if (is_signed) {
    std::optional<I256> n = types::signed_from_magnitude(negative, *magnitude);
    if (!n) return std::nullopt;
    bytes = bytes_of(*n);
  } else {
    if (negative) return std::nullopt;
    bytes = bytes_of(*magnitude);
  }
  // What lies above the type's width must be what widening would put there.
  char sign = is_signed && (bytes[width - 1] & 0x80) != 0 ? '\xFF' : '\0';
  for (size_t i = width; i < bytes.size(); ++i) {
    if (bytes[i] != sign) return std::nullopt;
  }
  if (is_signed && negative != (sign != '\0')) return std::nullopt;
  bytes.resize(width);
  return bytes;
}

std::optional<std::string> encode_float(std::string_view text, TypeKind kind) {
  if (!parse_decimal(text)) return std::nullopt;
  bool negative = text[0] == '-';
  if (text[0] == '+' || text[0] == '-') text.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    std::optional<Decimal> decimal = parse_decimal(text);
    int64_t magnitude = static_cast<int64_t>(decimal->digits.size()) + decimal->exponent;
    value = magnitude > 0 ? std::numeric_limits<double>::infinity() : 0.0;
  } else if (error != std::errc()) {
    return std::nullopt;
  }
  if (negative) value = -value;
  return kind == TypeKind::kF32 ? bytes_of(static_cast<float>(value)) : bytes_of(value);
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> encode_bytes(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out = bytes_of(static_cast<uint32_t>(text.size() / 2));
  for (size_t i = 0; i < text.size(); i += 2) {
    int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

template <class T>
std::optional<std::string> encoded(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  return bytes_of(*value);
}

std::optional<std::string> encode_product(std::string_view text, TypeForm form) {
  switch (form) {
    case TypeForm::kIdentity:
      return encoded(types::parse_identity(text));
    case TypeForm::kConnectionId:
      return encoded(types::parse_connection_id(text));
    case TypeForm::kTimestampMicros:
      return encoded(types::parse_timestamp_micros(text));
    case TypeForm::kUuid:
      return encoded(types::parse_uuid(text));
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::string> encode_literal(std::string_view text, LiteralSpelling spelling,
                                          const AlgebraicType& type) {
  switch (type.kind()) {
    case TypeKind::kI8:
    case TypeKind::kU8:
    case TypeKind::kI16:
    case TypeKind::kU16:
    case TypeKind::kI32:
    case TypeKind::kU32:
    case TypeKind::kI64:
    case TypeKind::kU64:
    case TypeKind::kI128:
    case TypeKind::kU128:
    case TypeKind::kI256:
    case TypeKind::kU256:
      // The original reads the digits of 0x10 as ten; better none than another number.
      if (spelling == LiteralSpelling::kHex) return std::nullopt;
      return encode_integer(text, type);
    case TypeKind::kF32:
    case TypeKind::kF64:
      if (spelling == LiteralSpelling::kHex) return std::nullopt;
      return encode_float(text, type.kind());
    case TypeKind::kString:
      return bytes_of(static_cast<uint32_t>(text.size())) + std::string(text);
    case TypeKind::kArray:
      return type.is(TypeForm::kBytes) ? encode_bytes(text) : std::nullopt;
    case TypeKind::kProduct:
      return encode_product(text, type.form());
    case TypeKind::kBool:
    case TypeKind::kRef:
    case TypeKind::kSum:
      break;
  }
  return std::nullopt;
}

bool is_comparable(const AlgebraicType& type) {
  switch (type.kind()) {
    case TypeKind::kRef:
    case TypeKind::kSum:
      return false;
    case TypeKind::kArray:
      return type.is(TypeForm::kBytes);
    case TypeKind::kProduct:
      return type.is(TypeForm::kIdentity) || type.is(TypeForm::kConnectionId) ||
             type.is(TypeForm::kTimestampMicros) || type.is(TypeForm::kUuid);
    default:
      return true;
  }
}

std::string type_text(const AlgebraicType& type) {
  switch (type.kind()) {
    case TypeKind::kRef:
      return "&" + std::to_string(type.ref_index());
    case TypeKind::kArray:
      return "Array<" + type_text(type.array_element()) + ">";
    case TypeKind::kSum:
    case TypeKind::kProduct: {
      bool sum = type.is(TypeKind::kSum);
      if (sum && type.elements().empty()) return "(|)";
      std::string out = "(";
      uint32_t i = 0;
      for (const types::TypeElement& e : type.elements()) {
        if (i > 0) out += sum ? " | " : ", ";
        if (e.name) {
          out += *e.name + ": ";
        } else if (!sum) {
          out += std::to_string(i) + ": ";
        }
        out += type_text(e.type);
        ++i;
      }
      return out + ")";
    }
    default:
      return std::string(types::type_kind_name(type.kind()));
  }
}

}  // namespace orrery::subscribe
