// SATS-JSON: algebraic values and types as JSON, in the two shapes that SpacetimeDB's tools write
// and read.
//
//   shape        product            sum                   option
//   kTyped       {"x":1,"y":2}      {"Name":payload}      {"some":v} / {"none":[]}
//   kPositional  [1,2]              [tag,payload]         [0,v] / [1,[]]
//
// In both: 8- to 128-bit integers are numbers, 256-bit ones strings "0x..." without leading zeros
// (negative: "-0x..."), Array(U8) a string of lowercase hex digits, unit [], floats the shortest
// number that reads back (NaN and infinities null, which reading refuses). Reading accepts both
// shapes mixed, variants and fields by name, tag or position, null for none, and an array of
// numbers for bytes. Where a field or variant has no name, kTyped falls back to position.
//
// Errors are kDecode (kLimit for depth and sheer size) and name the byte or the path into the
// document. Stateless.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "types/algebraic_type.h"
#include "types/algebraic_typespace.h"
#include "types/algebraic_value.h"
#include "types/json.h"

namespace orrery::types {

enum class JsonShape : uint8_t { kTyped, kPositional };

/// Appends the JSON of the BSATN value at the front of `bytes`, checking it fully; returns the
/// bytes used.
Result<size_t> bsatn_to_json(const AlgebraicType& type, std::string_view bytes, JsonShape shape,
                             std::string* out, const Typespace* space = nullptr);
/// Appends the BSATN of a JSON value. After an error `out` holds part of it.
Status json_to_bsatn(const AlgebraicType& type, const JsonValue& json, ByteWriter* out,
                     const Typespace* space = nullptr);

Result<std::string> value_to_json(const AlgebraicType& type, const AlgebraicValue& value,
                                  JsonShape shape, const Typespace* space = nullptr);
Result<AlgebraicValue> json_to_value(const AlgebraicType& type, const JsonValue& json,
                                     const Typespace* space = nullptr);

/// {"U32":[]}, {"Ref":3}, {"Array":...},
/// {"Product":{"elements":[{"name":{"some":"x"},"algebraic_type":...}]}},
/// {"Sum":{"variants":[...]}}
void append_type_json(const AlgebraicType& type, std::string* out);
Result<AlgebraicType> type_from_json(const JsonValue& json);
/// {"types":[...]}
void append_typespace_json(const Typespace& space, std::string* out);
/// Accepts the array alone, too.
Result<Typespace> typespace_from_json(const JsonValue& json);

}  // namespace orrery::types
