#include "fdb/transport/connect_packet.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace orrery::fdb {
namespace {

// Where the fields lie.
constexpr size_t kLengthAt = 0;
constexpr size_t kVersionAt = 4;
constexpr size_t kPortAt = 12;
constexpr size_t kConnectionIdAt = 14;
constexpr size_t kIp4At = 22;
constexpr size_t kFlagsAt = 26;
constexpr size_t kIp6At = 28;

constexpr uint16_t kFlagIp6 = 1;
constexpr size_t kLengthSize = 4;
/// The shortest packet there ever was: version and port.
constexpr uint32_t kLengthMin = 10;
/// A later release may append fields; more than this is no connect packet.
constexpr uint32_t kLengthMax = 1024;

template <class T>
T load(std::string_view from, size_t at) {
  T value;
  std::memcpy(&value, from.data() + at, sizeof(T));
  return value;
}

}  // namespace

std::string ProtocolVersion::text() const {
  for (auto [known, name] : {std::pair(kProtocol71, "7.1"), std::pair(kProtocol72, "7.2"),
                             std::pair(kProtocol73, "7.3"), std::pair(kProtocol74, "7.4")}) {
    if (value() >> 16 == known.value() >> 16) return name;
  }
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(number_));
  return digits;
}

std::array<char, ConnectPacket::kSize> ConnectPacket::encode() const {
  std::array<char, kSize> out{};
  auto put = [&](size_t at, auto value) { std::memcpy(out.data() + at, &value, sizeof(value)); };
  put(kLengthAt, static_cast<uint32_t>(kSize - kLengthSize));
  put(kVersionAt, version.number());
  put(kPortAt, port);
  put(kConnectionIdAt, connection_id);
  if (ip.is_v6()) {
    put(kFlagsAt, kFlagIp6);
    put(kIp6At, *ip.v6());
  } else {
    put(kIp4At, ip.v4());
  }
  return out;
}

Result<std::optional<ParsedConnectPacket>> parse_connect_packet(std::string_view stream) {
  if (stream.size() < kLengthSize) return std::nullopt;
  uint32_t length = load<uint32_t>(stream, kLengthAt);
  if (length < kLengthMin || length > kLengthMax) return fail(error::serialization_failed);
  if (stream.size() < kLengthSize + length) return std::nullopt;
  ParsedConnectPacket out;
  out.size = kLengthSize + length;
  out.packet.version = ProtocolVersion(load<uint64_t>(stream, kVersionAt));
  out.packet.port = load<uint16_t>(stream, kPortAt);
  if (out.size < ConnectPacket::kSize) {
    // Of releases before 6.2, with fields of their own or none.
    if (compatibility(out.packet.version) == Compatibility::kCompatible) {
      return fail(error::serialization_failed);
    }
    return out;
  }
  out.packet.connection_id = load<uint64_t>(stream, kConnectionIdAt);
  if ((load<uint16_t>(stream, kFlagsAt) & kFlagIp6) != 0) {
    out.packet.ip = {load<IpAddress::V6>(stream, kIp6At)};
  } else {
    out.packet.ip = {load<uint32_t>(stream, kIp4At)};
  }
  return out;
}

Compatibility compatibility(ProtocolVersion peer) {
  if (peer.is_compatible_with(kOurProtocol)) return Compatibility::kCompatible;
  return peer.has_inexpensive_multi_version_client() ? Compatibility::kIncompatible
                                                     : Compatibility::kHangUp;
}

}  // namespace orrery::fdb
