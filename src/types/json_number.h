// Floats as JSON numbers: shortest text that reads back to the same float, and its reverse, rounded
// correctly. Independent of the locale. Stateless.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orrery::types {

/// "1.0", "-0.0", "0.00001", "1e-7", "1e16", "1.5e300"; "null" for NaN and infinities. The exponent
/// form begins at 1e16 and below 1e-5 (1e13 and below 1e-6 for f32).
void append_json_f64(double x, std::string* out);
void append_json_f32(float x, std::string* out);

/// `text` is a number in JSON's grammar. Nothing where it is too large for the type; too small
/// becomes a zero.
std::optional<double> parse_json_f64(std::string_view text);
std::optional<float> parse_json_f32(std::string_view text);

}  // namespace orrery::types
