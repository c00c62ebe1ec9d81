// SATS-JSON, the reading half.
#include "types/sats_json.h"

#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "types/bsatn.h"
#include "types/json_number.h"
#include "types/wide_int.h"

namespace orrery::types {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<uint32_t> parse_tag(std::string_view digits) {
  uint32_t n = 0;
  auto r = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  if (r.ec != std::errc() || r.ptr != digits.data() + digits.size()) return std::nullopt;
  return n;
}

/// Turns JSON into BSATN. On failure every level on the way out puts its name before the path.
class JsonToBsatn {
 public:
  JsonToBsatn(ByteWriter* out, const Typespace* space) : out_(out), space_(space) {}

  Error error() const {
    return Error(too_deep_ ? ErrorCode::kLimit : ErrorCode::kDecode,
                 "JSON at $" + path_ + ": " + what_);
  }

  bool read(const AlgebraicType& type, const JsonValue& json, uint32_t depth) {
    if (depth > kValueDepthMax) {
      too_deep_ = true;
      return fail("value is nested too deeply");
    }
    switch (type.kind()) {
      case TypeKind::kProduct:
        return read_product(type, json, depth);
      case TypeKind::kSum:
        return read_sum(type, json, depth);
      case TypeKind::kArray:
        return type.is(TypeForm::kBytes) && json.is(JsonKind::kString)
                   ? read_hex(json.as_string())
                   : read_array(type, json, depth);
      case TypeKind::kString:
        if (!json.is(JsonKind::kString)) return expected("a string", json);
        out_->write_prefixed(json.as_string());
        return true;
      case TypeKind::kRef: {
        const AlgebraicType* target = space_ == nullptr ? nullptr : space_->find(type.ref_index());
        if (target == nullptr) return fail("its type " + type.to_string() + " is not known");
        return read(*target, json, depth + 1);
      }
      default:
        return read_primitive(type, json);
    }
  }

 private:
  bool fail(std::string what) {
    what_ = std::move(what);
    return false;
  }
  bool expected(std::string_view what, const JsonValue& json) {
    return fail("expected " + std::string(what) + ", not " +
                std::string(json_kind_name(json.kind())));
  }
  bool within(std::string step) {
    path_.insert(0, step);
    return false;
  }

  bool read_product(const AlgebraicType& type, const JsonValue& json, uint32_t depth) {
    std::span<const TypeElement> fields = type.elements();
    if (json.is(JsonKind::kArray)) {
      if (json.items().size() != fields.size()) {
        return fail("expected " + std::to_string(fields.size()) + " fields, not " +
                    std::to_string(json.items().size()));
      }
      for (size_t i = 0; i < fields.size(); ++i) {
        if (!read(fields[i].type, json.items()[i], depth + 1)) {
          return within("[" + std::to_string(i) + "]");
        }
      }
      return true;
    }
    if (!json.is(JsonKind::kObject)) return expected("an object or array", json);
    return read_fields_by_name(type, json, depth);
  }

  bool read_fields_by_name(const AlgebraicType& type, const JsonValue& json, uint32_t depth) {
    std::span<const TypeElement> fields = type.elements();
    std::vector<const JsonValue*> found(fields.size(), nullptr);
    for (size_t i = 0; i < json.members().size(); ++i) {
      const auto& [key, value] = json.members()[i];
      // Members mostly come in the order of the fields.
      std::optional<uint32_t> index;
      if (i < fields.size() && fields[i].name == key) {
        index = static_cast<uint32_t>(i);
      } else {
        index = type.find_element(key);
      }
      if (!index) return fail("no field is named '" + key + "'");
      if (found[*index] != nullptr) return fail("field '" + key + "' is there twice");
      found[*index] = &value;
    }
    for (size_t i = 0; i < fields.size(); ++i) {
      std::string name(fields[i].name_or_empty());
      if (found[i] == nullptr) return fail("field '" + name + "' is missing");
      if (!read(fields[i].type, *found[i], depth + 1)) return within("." + name);
    }
    return true;
  }

  std::optional<uint32_t> variant_by_key(const AlgebraicType& type, const std::string& key) {
    if (auto index = type.find_element(key)) return index;
    return parse_tag(key);
  }

  bool read_sum(const AlgebraicType& type, const JsonValue& json, uint32_t depth) {
    if (json.is(JsonKind::kNull) && type.is(TypeForm::kOption)) {
      out_->write(uint8_t{1});
      return true;
    }
    std::optional<uint32_t> tag;
    const JsonValue* payload = nullptr;
    std::string step;
    if (json.is(JsonKind::kObject)) {
      if (json.members().size() != 1) return fail("a variant is an object with one key");
      step = "." + json.members()[0].first;
      tag = variant_by_key(type, json.members()[0].first);
      payload = &json.members()[0].second;
    } else if (json.is(JsonKind::kArray)) {
      if (json.items().size() != 2) return fail("a variant is an array of tag and payload");
      const JsonValue& first = json.items()[0];
      if (first.is(JsonKind::kString)) {
        tag = variant_by_key(type, first.as_string());
      } else if (first.is(JsonKind::kNumber)) {
        tag = parse_tag(first.number_text());
      }
      step = "[1]";
      payload = &json.items()[1];
    } else {
      return expected("an object or array", json);
    }
    if (!tag || *tag >= type.elements().size()) return fail("unknown variant");
    out_->write(static_cast<uint8_t>(*tag));
    return read(type.elements()[*tag].type, *payload, depth + 1) || within(std::move(step));
  }

  bool read_array(const AlgebraicType& type, const JsonValue& json, uint32_t depth) {
    if (!json.is(JsonKind::kArray)) {
      return expected(type.is(TypeForm::kBytes) ? "hex digits or an array" : "an array", json);
    }
    out_->write(static_cast<uint32_t>(json.items().size()));
    for (size_t i = 0; i < json.items().size(); ++i) {
      if (!read(type.array_element(), json.items()[i], depth + 1)) {
        return within("[" + std::to_string(i) + "]");
      }
    }
    return true;
  }

  bool read_hex(std::string_view digits) {
    if (digits.size() % 2 != 0) return fail("an odd number of hex digits");
    out_->write(static_cast<uint32_t>(digits.size() / 2));
    for (size_t i = 0; i < digits.size(); i += 2) {
      int high = hex_value(digits[i]);
      int low = hex_value(digits[i + 1]);
      if (high < 0 || low < 0) return fail("expected hex digits");
      out_->write(static_cast<uint8_t>(high * 16 + low));
    }
    return true;
  }

  /// The number with its sign, where the text is an integer.
  template <class T>
  bool read_integer(const AlgebraicType& type, const JsonValue& json) {
    if (!json.is(JsonKind::kNumber)) return expected("a number", json);
    const std::string& text = json.number_text();
    T n = 0;
    auto r = std::from_chars(text.data(), text.data() + text.size(), n);
    if (r.ec != std::errc() || r.ptr != text.data() + text.size()) return misfit(text, type);
    out_->write(n);
    return true;
  }

  bool misfit(std::string_view text, const AlgebraicType& type) {
    return fail(std::string(text.substr(0, 100)) + " is no " + type.to_string());
  }

  bool read_128(const AlgebraicType& type, const JsonValue& json) {
    if (!json.is(JsonKind::kNumber)) return expected("a number", json);
    const std::string& text = json.number_text();
    if (type.is(TypeKind::kI128)) {
      std::optional<I128> n = parse_decimal_i128(text);
      if (n) out_->write(*n);
      return n || misfit(text, type);
    }
    std::optional<U128> n = parse_decimal_u128(text);
    if (n) out_->write(*n);
    return n || misfit(text, type);
  }

  bool read_256(const AlgebraicType& type, const JsonValue& json) {
    if (!json.is(JsonKind::kString)) return expected("a string of hex digits", json);
    std::string_view text = json.as_string();
    std::string_view digits = text;
    const bool is_signed = type.is(TypeKind::kI256);
    const bool negative = is_signed && digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    if (!digits.starts_with("0x")) return fail("expected hex digits after 0x");
    std::optional<U256> n = parse_hex_u256(digits.substr(2));
    if (n && is_signed) {
      std::optional<I256> with_sign = signed_from_magnitude(negative, *n);
      n = with_sign ? std::optional<U256>(with_sign->bits) : std::nullopt;
    }
    if (!n) return misfit(text, type);
    out_->write(*n);
    return true;
  }

  bool read_float(const AlgebraicType& type, const JsonValue& json) {
    if (!json.is(JsonKind::kNumber)) return expected("a number", json);
    if (type.is(TypeKind::kF32)) {
      std::optional<float> x = parse_json_f32(json.number_text());
      if (x) out_->write(*x);
      return x || misfit(json.number_text(), type);
    }
    std::optional<double> x = parse_json_f64(json.number_text());
    if (x) out_->write(*x);
    return x || misfit(json.number_text(), type);
  }

  bool read_primitive(const AlgebraicType& type, const JsonValue& json) {
    switch (type.kind()) {
      case TypeKind::kBool:
        if (!json.is(JsonKind::kBool)) return expected("true or false", json);
        out_->write(static_cast<uint8_t>(json.as_bool() ? 1 : 0));
        return true;
      case TypeKind::kI8:
        return read_integer<int8_t>(type, json);
      case TypeKind::kU8:
        return read_integer<uint8_t>(type, json);
      case TypeKind::kI16:
        return read_integer<int16_t>(type, json);
      case TypeKind::kU16:
        return read_integer<uint16_t>(type, json);
      case TypeKind::kI32:
        return read_integer<int32_t>(type, json);
      case TypeKind::kU32:
        return read_integer<uint32_t>(type, json);
      case TypeKind::kI64:
        return read_integer<int64_t>(type, json);
      case TypeKind::kU64:
        return read_integer<uint64_t>(type, json);
      case TypeKind::kI128:
      case TypeKind::kU128:
        return read_128(type, json);
      case TypeKind::kI256:
      case TypeKind::kU256:
        return read_256(type, json);
      default:
        return read_float(type, json);
    }
  }

  ByteWriter* out_;
  const Typespace* space_;
  std::string path_;
  std::string what_;
  bool too_deep_ = false;
};

}  // namespace

Status json_to_bsatn(const AlgebraicType& type, const JsonValue& json, ByteWriter* out,
                     const Typespace* space) {
  JsonToBsatn reader(out, space);
  if (!reader.read(type, json, 1)) return reader.error();
  return {};
}

Result<AlgebraicValue> json_to_value(const AlgebraicType& type, const JsonValue& json,
                                     const Typespace* space) {
  ByteWriter bytes;
  ORRERY_TRY(json_to_bsatn(type, json, &bytes, space));
  return bsatn_decode(type, bytes.buffer(), space);
}

}  // namespace orrery::types
