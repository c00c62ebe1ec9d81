// Input: a type, then JSON text. What the JSON reader accepts it must print so that it reads back
// the same; what is a value of the type must survive the way to BSATN and back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "types/algebraic_type_codec.h"
#include "types/bsatn.h"
#include "types/sats_json.h"

namespace {

using orrery::ByteReader;
using orrery::ByteWriter;
using namespace orrery::types;

void check_json(std::string_view text) {
  auto json = JsonValue::parse(text);
  ORRERY_ASSERT(json.has_value() == json_validate(text).has_value());
  if (!json) return;
  std::string compact = json->to_string();
  auto again = JsonValue::parse(compact);
  ORRERY_ASSERT(again.has_value() && again->to_string() == compact);
  (void)type_from_json(*json);
  (void)typespace_from_json(*json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in(std::span<const uint8_t>(data, size));
  auto type = decode_type(&in);
  if (!type) return 0;
  std::string_view text(reinterpret_cast<const char*>(in.position()), in.remaining());
  check_json(text);
  auto json = JsonValue::parse(text);
  if (!json) return 0;
  ByteWriter bytes;
  if (!json_to_bsatn(*type, *json, &bytes)) return 0;
  auto length = bsatn_validate(*type, bytes.buffer());
  ORRERY_ASSERT(length.has_value() && *length == bytes.size());
  std::string positional;
  auto written = bsatn_to_json(*type, bytes.buffer(), JsonShape::kPositional, &positional);
  if (!written) return 0;  // more parts than bytes
  auto again = JsonValue::parse(positional);
  ORRERY_ASSERT(again.has_value());
  ByteWriter second;
  ORRERY_ASSERT(json_to_bsatn(*type, *again, &second).has_value());
  ORRERY_ASSERT(second.buffer() == bytes.buffer());
  return 0;
}
