#include "cli/value_text.h"

#include <cstring>

#include "base/bytes.h"
#include "types/algebraic_text.h"
#include "types/identity.h"
#include "types/sats_json.h"

namespace orrery::cli {
using types::AlgebraicType;
using types::TypeForm;
using types::TypeKind;

namespace {

int64_t int64_at(std::string_view bytes) {
  int64_t out = 0;
  std::memcpy(&out, bytes.data(), sizeof(out));
  return out;
}
types::U128 u128_at(std::string_view bytes) {
  types::U128 out = 0;
  std::memcpy(&out, bytes.data(), sizeof(out));
  return out;
}

bool is_number(const AlgebraicType& type) {
  return type.kind() >= TypeKind::kI8 && type.kind() <= TypeKind::kF64;
}

/// `bytes` are a whole value of the type, checked already.
Result<ValueText> text_of(const AlgebraicType& type, std::string_view bytes) {
  switch (type.form()) {
    case TypeForm::kIdentity:
      return ValueText{.text = types::Identity::from_bytes(bytes.data()).to_hex()};
    case TypeForm::kConnectionId:
      return ValueText{.text = types::connection_id_to_text(u128_at(bytes))};
    case TypeForm::kUuid:
      return ValueText{.text = types::uuid_to_text(u128_at(bytes))};
    case TypeForm::kTimestampMicros:
      return ValueText{.text = types::timestamp_micros_to_text(int64_at(bytes))};
    case TypeForm::kTimestampNanos:
      return ValueText{.text = types::timestamp_micros_to_text(int64_at(bytes) / 1000)};
    case TypeForm::kTimeDuration:
      return ValueText{.text = types::time_duration_to_text(int64_at(bytes))};
    case TypeForm::kScheduleAt:
      // Interval, then Time.
      return ValueText{
          .text = bytes[0] == 0 ? "every " + types::time_duration_to_text(int64_at(bytes.substr(1)))
                                : types::timestamp_micros_to_text(int64_at(bytes.substr(1)))};
    case TypeForm::kOption:
      if (bytes[0] != 0) return ValueText{.text = "NULL", .is_null = true};
      return value_text(type.elements()[0].type, bytes.substr(1));
    default:
      break;
  }
  if (type.is(TypeKind::kString)) return ValueText{.text = std::string(bytes.substr(4))};
  ValueText out;
  ORRERY_TRY(types::bsatn_to_json(type, bytes, types::JsonShape::kTyped, &out.text));
  // 256-bit integers stand in quotes in JSON.
  out.is_number = is_number(type) && !out.text.starts_with('"');
  return out;
}

}  // namespace

Result<ValueText> value_text(const AlgebraicType& type, std::string_view bytes) {
  std::string checked;
  ORRERY_TRY_ASSIGN(size_t used,
                    types::bsatn_to_json(type, bytes, types::JsonShape::kTyped, &checked));
  return text_of(type, bytes.substr(0, used));
}

Result<ValueText> value_text(const AlgebraicType& type, const types::JsonValue& json) {
  ByteWriter bytes;
  ORRERY_TRY(types::json_to_bsatn(type, json, &bytes));
  return text_of(type, bytes.buffer());
}

}  // namespace orrery::cli
