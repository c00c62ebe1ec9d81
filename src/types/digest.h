// Message digests of whole texts, for SQL's hash functions. Not for passwords or signatures:
// nothing here runs in constant time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::types {

// Each appends the digest in lower-case hexadecimal.
void append_md5(std::string_view data, std::string* out);
void append_sha1(std::string_view data, std::string* out);
void append_sha256(std::string_view data, std::string* out);
void append_sha384(std::string_view data, std::string* out);
void append_sha512(std::string_view data, std::string* out);
/// The CRC of zlib and Ethernet (polynomial 0x04c11db7, reflected).
uint32_t crc32(std::string_view data);

}  // namespace orrery::types
