// Input: one byte of choices, then [a typespace,] a type, then the bytes of two values of it.
// All readers must stay inside the bytes and agree with each other.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "types/algebraic_type_codec.h"
#include "types/bsatn.h"
#include "types/sats_json.h"

namespace {

using orrery::ByteReader;
using orrery::ByteWriter;
using orrery::ErrorCode;
using namespace orrery::types;

void check_type(const AlgebraicType& type) {
  ByteWriter bytes;
  encode_type(type, &bytes);
  ByteReader in(bytes.buffer());
  auto again = decode_type(&in);
  ORRERY_ASSERT(again.has_value() && *again == type && in.remaining() == 0);
  if (type.node_count() < 1000) (void)type.to_string();
}

/// Returns the length of the value at the front, or nothing where there is none.
std::optional<size_t> check_value(const AlgebraicType& type, std::string_view bytes,
                                  const Typespace* space) {
  auto length = bsatn_validate(type, bytes, space);
  auto skipped = bsatn_skip(type, bytes, space);
  auto value = bsatn_decode(type, bytes, space);
  std::string json;
  auto written = bsatn_to_json(type, bytes, JsonShape::kPositional, &json, space);
  ORRERY_ASSERT(value.has_value() == written.has_value());
  if (value) ORRERY_ASSERT(length.has_value());
  if (!length) return std::nullopt;
  ORRERY_ASSERT(skipped.has_value() && *skipped == *length);
  if (auto width = type.fixed_bytes()) ORRERY_ASSERT(*length == *width);
  ORRERY_ASSERT(*length >= type.min_bytes());
  if (!value) {
    ORRERY_ASSERT(value.error().code() == ErrorCode::kLimit);
    return *length;
  }
  ORRERY_ASSERT(*written == *length);
  ORRERY_ASSERT(orrery::types::json_validate(json).has_value());
  ByteWriter again;
  ORRERY_ASSERT(bsatn_encode(type, *value, &again, space).has_value());
  ORRERY_ASSERT(again.buffer() == bytes.substr(0, *length));
  return *length;
}

void check_pair(const AlgebraicType& type, std::string_view a, std::string_view b,
                const Typespace* space) {
  int c = bsatn_compare(type, a, b, space);
  ORRERY_ASSERT(c == -bsatn_compare(type, b, a, space));
  if (c == 0) ORRERY_ASSERT(bsatn_hash(type, a, space) == bsatn_hash(type, b, space));
  if (type.is_bytewise()) ORRERY_ASSERT((c == 0) == (a == b));
  auto va = bsatn_decode(type, a, space);
  auto vb = bsatn_decode(type, b, space);
  if (!va || !vb) return;
  ORRERY_ASSERT(AlgebraicValue::compare(*va, *vb) == c);
  if (c == 0) ORRERY_ASSERT(va->hash() == vb->hash());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in(std::span<const uint8_t>(data, size));
  uint8_t choices = 0;
  if (!in.read(&choices)) return 0;
  Typespace space;
  if (choices & 1) {
    auto decoded = decode_typespace(&in);
    if (!decoded) return 0;
    space = std::move(*decoded);
  }
  auto type = decode_type(&in);
  if (!type) return 0;
  check_type(*type);
  auto flat = space.inline_refs(*type);
  if (flat) ORRERY_ASSERT(!flat->has_refs());
  std::string_view bytes(reinterpret_cast<const char*>(in.position()), in.remaining());
  bsatn_hash(*type, bytes, &space);
  bsatn_compare(*type, bytes, bytes.substr(bytes.size() / 2), &space);
  auto first = check_value(*type, bytes, &space);
  if (!first) return 0;
  auto second = check_value(*type, bytes.substr(*first), &space);
  if (second) check_pair(*type, bytes.substr(0, *first), bytes.substr(*first, *second), &space);
  return 0;
}
