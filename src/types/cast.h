// Conversions between SQL types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "types/datum.h"

namespace orrery::types {

/// CAST(value AS to): NULL where the value has no meaning in the type (never an error). Text made
/// is put in `arena`. `now_nanos` is the statement's time ('14:30' as TIMESTAMP means today).
Datum cast_datum(const Datum& value, TypeId to, int64_t now_nanos, Arena& arena);

/// The conversion of INSERT and UPDATE: like a cast, but a value that cannot be stored is an error
/// (kTypeMismatch, "cannot convert value 'abc' to Integer for column 'a'"). `vector_dimension` 0 =
/// any.
Result<Datum> coerce_for_column(const Datum& value, TypeId to, uint32_t vector_dimension,
                                std::string_view column, int64_t now_nanos, Arena& arena);

/// The text form of a cell, as CAST(x AS TEXT) and the C accessor column_text give it. Appends to
/// `out`.
void append_text(const Datum& value, std::string* out);
/// Shortest text that reads back as v; integral values without a point ("1", "1e21", "0.1", "inf",
/// "NaN").
void append_double(double v, std::string* out);
/// RFC 3339 with offset: 2023-05-15T14:30:00+00:00, fraction only where not zero.
void append_timestamp(int64_t nanos, std::string* out);
/// Every text form of a TIMESTAMP that the dialect accepts; false where the text is none.
bool parse_timestamp(std::string_view text, int64_t now_nanos, int64_t* nanos);
bool parse_int64(std::string_view text, int64_t* out);          ///< trims blanks; the whole text
bool parse_double(std::string_view text, double* out);          ///< trims blanks; the whole text
bool parse_vector(std::string_view text, std::string* packed);  ///< "[1, 2.5]" to packed f32
/// "[1.0, 2.5]" of packed f32.
void append_vector_text(std::string_view packed, std::string* out);
bool is_valid_json(std::string_view text);

}  // namespace orrery::types
