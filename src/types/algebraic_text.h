// Text of the special types as SpacetimeDB's tools print and read them, and how an Identity is
// derived from claims.
//
// An Identity or ConnectionId is printed most significant byte first, the reverse of its BSATN; a
// digest is printed in its own byte order. Parsing gives nothing for malformed text. Stateless.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "types/wide_int.h"

namespace orrery::types {

/// 64 lowercase hex digits.
std::string identity_to_text(const U256& identity);
/// 64 hex digits, alone or as 0x... or X'...'.
std::optional<U256> parse_identity(std::string_view text);
/// 32 lowercase hex digits.
std::string connection_id_to_text(U128 id);
/// 32 hex digits, alone or as 0x... or X'...'.
std::optional<U128> parse_connection_id(std::string_view text);
/// 64 lowercase hex digits.
std::string digest_to_text(const std::array<uint8_t, 32>& digest);

/// 8-4-4-4-12 lowercase hex digits.
std::string uuid_to_text(U128 uuid);
/// The same with digits of either case, or 32 digits without hyphens.
std::optional<U128> parse_uuid(std::string_view text);

/// RFC 3339 at offset +00:00 with 0, 3 or 6 fraction digits as needed. Years beyond 9999 get a sign
/// and more digits.
std::string timestamp_micros_to_text(int64_t micros);
/// RFC 3339 with any offset; digits below the microsecond are cut off. Also what
/// timestamp_micros_to_text prints.
std::optional<int64_t> parse_timestamp_micros(std::string_view text);
/// Sign, seconds, point, six digits: "+1.000000".
std::string time_duration_to_text(int64_t micros);
/// The same; the sign and the fraction may be missing, the fraction shorter.
std::optional<int64_t> parse_time_duration(std::string_view text);

/// The Identity of a token's holder: 0xC200, four bytes of checksum, 26 bytes of
/// BLAKE3(issuer|subject).
U256 identity_from_claims(std::string_view issuer, std::string_view subject);
/// True for an Identity that may come from claims: right prefix and checksum.
bool is_claims_identity(const U256& identity);

}  // namespace orrery::types
