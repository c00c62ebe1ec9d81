#include "fdb/network_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace orrery::fdb {
namespace {

constexpr std::string_view kFromHostname = "(fromHostname)";
constexpr std::string_view kTlsSuffix = ":tls";

std::optional<IpAddress> parse_v4(std::string_view text) {
  uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
    uint8_t octet = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), octet);
    if (error != std::errc() || end == text.data()) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    value = value << 8 | octet;
  }
  if (!text.empty()) return std::nullopt;
  return IpAddress{value};
}

std::optional<IpAddress> parse_v6(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof(terminated) || text.find('\0') != text.npos) return std::nullopt;
  *std::copy(text.begin(), text.end(), terminated) = '\0';
  IpAddress::V6 bytes;
  if (inet_pton(AF_INET6, terminated, bytes.data()) != 1) return std::nullopt;
  return IpAddress{bytes};
}

}  // namespace

bool IpAddress::is_valid() const {
  if (const V6* bytes = v6()) return std::ranges::any_of(*bytes, [](uint8_t b) { return b != 0; });
  return v4() != 0;
}

std::string IpAddress::to_string() const {
  if (const V6* bytes = v6()) {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(AF_INET6, bytes->data(), text, sizeof(text));
    return text;
  }
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += std::to_string(v4() >> shift & 0xff);
    if (shift > 0) out += '.';
  }
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  return text.find(':') == text.npos ? parse_v4(text) : parse_v6(text);
}

std::string NetworkAddress::to_string() const {
  std::string out = format_ip_port(ip, port);
  if (is_tls()) out += kTlsSuffix;
  if (from_hostname) out += kFromHostname;
  return out;
}

Result<NetworkAddress> NetworkAddress::parse(std::string_view text) {
  NetworkAddress address;
  address.flags = 0;
  if (text.ends_with(kFromHostname)) {
    address.from_hostname = true;
    text.remove_suffix(kFromHostname.size());
  }
  if (text.ends_with(kTlsSuffix)) {
    address.flags |= kTls;
    text.remove_suffix(kTlsSuffix.size());
  }
  size_t colon = text.rfind(':');
  if (colon == text.npos) return fail(error::connection_string_invalid);
  std::optional<uint16_t> port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  std::optional<IpAddress> ip;
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    ip = parse_v6(host.substr(1, host.size() - 2));
  } else {
    ip = parse_v4(host);
  }
  if (!port || !ip) return fail(error::connection_string_invalid);
  address.ip = *ip;
  address.port = *port;
  return address;
}

size_t NetworkAddressHash::operator()(const NetworkAddress& address) const {
  uint64_t low = address.ip.v4();
  uint64_t high = 0;
  if (const IpAddress::V6* bytes = address.ip.v6()) {
    std::memcpy(&high, bytes->data(), 8);
    std::memcpy(&low, bytes->data() + 8, 8);
  }
  uint64_t mixed =
      (low ^ (high * 0x9E3779B97F4A7C15)) + (uint64_t{address.port} << 2) + address.flags;
  return (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9;
}

std::string format_ip_port(const IpAddress& ip, uint16_t port) {
  std::string out = ip.is_v6() ? "[" + ip.to_string() + "]" : ip.to_string();
  out += ':';
  out += std::to_string(port);
  return out;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace orrery::fdb
