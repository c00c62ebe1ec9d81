// NetworkAddress: where a FoundationDB process listens, as cluster files and messages tell it.
//
// Text: "1.2.3.4:4500", "[2001:db8::1]:4500", followed by ":tls" where the process speaks TLS and
// by "(fromHostname)" where the address was resolved from a name. An IPv4 address is the number
// 0x7F000001 for 127.0.0.1; an IPv6 address is its 16 bytes in network order. Errors: 2104
// connection_string_invalid. Thread-safety: as values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "fdb/error.h"

namespace orrery::fdb {

struct IpAddress {
  using V6 = std::array<uint8_t, 16>;

  std::variant<uint32_t, V6> store;

  bool is_v6() const { return store.index() == 1; }
  /// Of an IPv4 address only; 0 for others.
  uint32_t v4() const { return is_v6() ? 0 : *std::get_if<uint32_t>(&store); }
  /// Null for an IPv4 address.
  const V6* v6() const { return std::get_if<V6>(&store); }
  /// False for the addresses that consist of zeros.
  bool is_valid() const;
  /// Without brackets, zeros of IPv6 addresses shortened.
  std::string to_string() const;
  static std::optional<IpAddress> parse(std::string_view text);

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  /// IPv4 before IPv6.
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

struct NetworkAddress {
  static constexpr uint16_t kPrivate = 1;
  static constexpr uint16_t kTls = 2;

  IpAddress ip;
  uint16_t port = 0;
  uint16_t flags = kPrivate;
  /// Tells where the address came from; no part of what it is.
  bool from_hostname = false;

  bool is_tls() const { return (flags & kTls) != 0; }
  bool is_public() const { return (flags & kPrivate) == 0; }
  bool is_valid() const { return ip.is_valid() || port != 0; }
  std::string to_string() const;
  /// The address is public. Ports are 1 to 65535.
  static Result<NetworkAddress> parse(std::string_view text);

  friend bool operator==(const NetworkAddress& a, const NetworkAddress& b) {
    return a.ip == b.ip && a.port == b.port && a.flags == b.flags;
  }
  /// By flags, address and port, the order that FoundationDB sorts coordinators by.
  friend std::strong_ordering operator<=>(const NetworkAddress& a, const NetworkAddress& b) {
    if (auto by_flags = a.flags <=> b.flags; by_flags != 0) return by_flags;
    if (auto by_ip = a.ip <=> b.ip; by_ip != 0) return by_ip;
    return a.port <=> b.port;
  }
};

/// For unordered containers.
struct NetworkAddressHash {
  size_t operator()(const NetworkAddress& address) const;
};

/// "1.2.3.4:4500" or "[::1]:4500".
std::string format_ip_port(const IpAddress& ip, uint16_t port);
/// A decimal port of 1 to 65535 and nothing else.
std::optional<uint16_t> parse_port(std::string_view text);

}  // namespace orrery::fdb
