// Identity, ConnectionId and Digest as values: who somebody is, which of their connections it is,
// and the hash of a program or of a view's arguments. Plain values without ownership; all zero
// means "none". The 32 or 16 bytes in memory are the BSATN encoding.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "types/algebraic_text.h"
#include "types/wide_int.h"

namespace orrery::types {

struct Identity {
  static constexpr size_t kSize = 32;

  U256 value;

  static Identity from_claims(std::string_view issuer, std::string_view subject) {
    return {identity_from_claims(issuer, subject)};
  }
  /// 64 hex digits, alone or as 0x... or X'...'.
  static std::optional<Identity> parse(std::string_view text) {
    std::optional<U256> n = parse_identity(text);
    return n ? std::optional(Identity{*n}) : std::nullopt;
  }
  /// Exactly kSize bytes, least significant first.
  static Identity from_bytes(const void* bytes) {
    Identity out;
    std::memcpy(&out.value, bytes, kSize);
    return out;
  }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(&value), kSize}; }
  /// 64 lowercase hex digits, most significant first.
  std::string to_hex() const { return identity_to_text(value); }
  bool is_zero() const { return value.is_zero(); }
  /// Has the prefix and the checksum of an identity derived from claims.
  bool has_checksum() const { return is_claims_identity(value); }
  friend bool operator==(const Identity&, const Identity&) = default;
  friend std::strong_ordering operator<=>(const Identity&, const Identity&) = default;
};
static_assert(sizeof(Identity) == Identity::kSize);

struct ConnectionId {
  static constexpr size_t kSize = 16;

  U128 value = 0;

  /// 32 hex digits, alone or as 0x... or X'...'.
  static std::optional<ConnectionId> parse(std::string_view text) {
    std::optional<U128> n = parse_connection_id(text);
    return n ? std::optional(ConnectionId{*n}) : std::nullopt;
  }
  /// Exactly kSize bytes, least significant first.
  static ConnectionId from_bytes(const void* bytes) {
    ConnectionId out;
    std::memcpy(&out.value, bytes, kSize);
    return out;
  }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(&value), kSize}; }
  /// 32 lowercase hex digits, most significant first.
  std::string to_hex() const { return connection_id_to_text(value); }
  bool is_zero() const { return value == 0; }
  friend bool operator==(const ConnectionId&, const ConnectionId&) = default;
  friend std::strong_ordering operator<=>(const ConnectionId&, const ConnectionId&) = default;
};
static_assert(sizeof(ConnectionId) == ConnectionId::kSize);

/// A hash in its own byte order, which is also that of its text.
struct Digest {
  static constexpr size_t kSize = 32;

  std::array<uint8_t, kSize> value = {};

  /// 64 hex digits, alone or as 0x... or X'...'.
  static std::optional<Digest> parse(std::string_view text);
  std::string_view bytes() const { return {reinterpret_cast<const char*>(value.data()), kSize}; }
  std::string to_hex() const { return digest_to_text(value); }
  /// As the U256 that typed JSON prints: the digest's first byte is the least significant.
  U256 as_u256() const;
  friend bool operator==(const Digest&, const Digest&) = default;
  friend std::strong_ordering operator<=>(const Digest&, const Digest&) = default;
};

/// Keccak-256 of a module's bytes.
Digest program_digest(std::string_view program);
/// What tells the instances of a view apart: a hash of its encoded arguments.
Digest view_argument_digest(std::string_view arguments);
/// Stands for one intended migration; given back by who agrees to break clients.
Digest migration_token(const Identity& database, const Digest& old_program,
                       const Digest& new_program);

}  // namespace orrery::types

template <>
struct std::hash<orrery::types::Identity> {
  size_t operator()(const orrery::types::Identity& id) const {
    return orrery::hash_bytes(id.bytes());
  }
};
template <>
struct std::hash<orrery::types::ConnectionId> {
  size_t operator()(const orrery::types::ConnectionId& id) const {
    return orrery::hash_bytes(id.bytes());
  }
};
template <>
struct std::hash<orrery::types::Digest> {
  size_t operator()(const orrery::types::Digest& digest) const {
    return orrery::hash_bytes(digest.bytes());
  }
};
