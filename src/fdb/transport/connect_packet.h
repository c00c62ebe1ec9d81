// The connect packet: what each side of a connection sends first, before any frame.
//
// Thread-safety: as values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "fdb/error.h"
#include "fdb/network_address.h"
#include "fdb/transport/protocol_version.h"

namespace orrery::fdb {

struct ConnectPacket {
  static constexpr size_t kSize = 44;

  ProtocolVersion version = kOurProtocol;
  /// Where the sender can be dialled; port 0: nowhere, it is a client.
  IpAddress ip;
  uint16_t port = 0;
  /// 1: a server; above 1: shared by the clients of one process; 0: any other.
  uint64_t connection_id = 0;

  std::array<char, kSize> encode() const;
};

struct ParsedConnectPacket {
  ConnectPacket packet;
  /// How many bytes of the stream it took.
  size_t size = 0;
};

/// The connect packet at the beginning of a stream, or none where it has not come wholly. Where the
/// version is one of which nothing more is known than its number, only that is filled in.
Result<std::optional<ParsedConnectPacket>> parse_connect_packet(std::string_view stream);

/// What a peer's version means for a connection to it.
enum class Compatibility : uint8_t {
  kCompatible,
  kIncompatible,  // stays connected and is pinged; takes no requests (error 2100)
  kHangUp,        // too old to stay connected
};
Compatibility compatibility(ProtocolVersion peer);

}  // namespace orrery::fdb
