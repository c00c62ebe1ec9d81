// Identity (who: 256 bits) and ConnectionId (which connection: 128 bits). Bytes are little-endian; texts are hexadecimal with
// the most significant digit first.
#pragma once

#include "spacetimedb/wide_integer.h"

#define IDENTITY_SIZE 32

namespace SpacetimeDB {

class Identity {
 public:
  static constexpr size_t SIZE = IDENTITY_SIZE;
  using ByteArray = std::array<uint8_t, IDENTITY_SIZE>;

  constexpr Identity() = default;
  constexpr Identity(const ByteArray& bytes) : bytes_(bytes) {}

  const ByteArray& get_bytes() const { return bytes_; }
  const ByteArray& to_byte_array() const { return bytes_; }
  std::string to_hex_string() const;
  std::string to_string() const { return to_hex_string(); }

  bool operator==(const Identity& other) const { return __builtin_memcmp(bytes_.data(), other.bytes_.data(), 32) == 0; }
  /// Ordered by the bytes as they stand.
  std::strong_ordering operator<=>(const Identity& other) const {
    return __builtin_memcmp(bytes_.data(), other.bytes_.data(), 32) <=> 0;
  }

 private:
  ByteArray bytes_{};
};
using Address = Identity;

struct ConnectionId {
  u128 id;

  constexpr ConnectionId() = default;
  explicit constexpr ConnectionId(uint64_t value) : id(value) {}
  explicit constexpr ConnectionId(const u128& value) : id(value) {}
  constexpr bool operator==(const ConnectionId&) const = default;
  constexpr std::strong_ordering operator<=>(const ConnectionId&) const = default;
  std::string to_string() const;
  std::string to_hex_string() const { return to_string(); }
};

namespace bsatn {

template <>
struct bsatn_traits<Identity> : detail::BitwiseTraits<Identity> {
  static constexpr detail::Element element{"__identity__", &bsatn_traits<u256>::desc};
  static constexpr detail::TypeDesc desc{detail::TypeKind::kProduct, 1, &element};
};
template <>
struct bsatn_traits<ConnectionId> : detail::BitwiseTraits<ConnectionId> {
  static constexpr detail::Element element{"__connection_id__", &bsatn_traits<u128>::desc};
  static constexpr detail::TypeDesc desc{detail::TypeKind::kProduct, 1, &element};
};

}  // namespace bsatn
}  // namespace SpacetimeDB
