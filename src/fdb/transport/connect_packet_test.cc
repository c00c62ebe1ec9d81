#include "fdb/transport/connect_packet.h"

#include <gtest/gtest.h>

#include <string>

namespace orrery::fdb {
namespace {

using std::operator""s;

std::string bytes_of(const ConnectPacket& packet) {
  auto bytes = packet.encode();
  return std::string(bytes.data(), bytes.size());
}

const std::string kClientBytes = "\x28\0\0\0\0\0\0\x73\xB0\0\xDB\x1F"s + std::string(32, '\0');
const std::string kServerBytes =
    "\x28\0\0\0\0\0\0\x73\xB0\0\xDB\x1F\x53\x12\1\0\0\0\0\0\0\0\1\0\0\x7f\0\0"s +
    std::string(16, '\0');

TEST(FdbConnectPacket, GoldenBytes) {
  EXPECT_EQ(bytes_of({}), kClientBytes);
  ConnectPacket server;
  server.ip = {uint32_t{0x7F000001}};
  server.port = 4691;
  server.connection_id = 1;
  EXPECT_EQ(bytes_of(server), kServerBytes);

  auto parsed = parse_connect_packet(kServerBytes + "next");
  ASSERT_TRUE(parsed && *parsed);
  EXPECT_EQ((*parsed)->size, 44u);
  EXPECT_EQ((*parsed)->packet.version, kOurProtocol);
  EXPECT_EQ((*parsed)->packet.ip.to_string(), "127.0.0.1");
  EXPECT_EQ((*parsed)->packet.port, 4691);
  EXPECT_EQ((*parsed)->packet.connection_id, 1u);
}

TEST(FdbConnectPacket, Ip6) {
  ConnectPacket server;
  server.ip = *IpAddress::parse("2001:db8::1");
  server.port = 4500;
  std::string bytes = bytes_of(server);
  EXPECT_EQ(bytes.substr(22, 6), "\0\0\0\0\1\0"s);
  EXPECT_EQ(bytes.substr(28, 4), "\x20\x01\x0d\xb8"s);
  EXPECT_EQ((*parse_connect_packet(bytes))->packet.ip, server.ip);
}

TEST(FdbConnectPacket, EveryPrefixWaits) {
  for (size_t size = 0; size < kServerBytes.size(); ++size) {
    auto parsed = parse_connect_packet(kServerBytes.substr(0, size));
    ASSERT_TRUE(parsed) << size;
    EXPECT_FALSE(*parsed) << size;
  }
}

TEST(FdbConnectPacket, LengthsThatNoPacketHas) {
  for (uint32_t length : {0u, 9u, 1025u, 0x10000u, 0xffffffffu}) {
    std::string bytes = kServerBytes;
    bytes.replace(0, 4, reinterpret_cast<const char*>(&length), 4);
    EXPECT_EQ(parse_connect_packet(bytes).error(), error::serialization_failed) << length;
  }
}

TEST(FdbConnectPacket, LongerOnesOfALaterReleaseAreSkipped) {
  std::string bytes = kServerBytes + "more";
  bytes[0] = 44;
  auto parsed = parse_connect_packet(bytes);
  ASSERT_TRUE(parsed && *parsed);
  EXPECT_EQ((*parsed)->size, 48u);
  EXPECT_EQ((*parsed)->packet.port, 4691);
}

TEST(FdbConnectPacket, ShorterOnesOfOldReleases) {
  // Release 5.0: version, port, connection id and IPv4 address.
  std::string old = "\x16\0\0\0\0\0\x01\x50\xA5\0\xDB\x0F\x94\x11"s + std::string(12, '\0');
  auto parsed = parse_connect_packet(old);
  ASSERT_TRUE(parsed && *parsed);
  EXPECT_EQ((*parsed)->size, 26u);
  EXPECT_EQ(compatibility((*parsed)->packet.version), Compatibility::kHangUp);
  // Ours is never that short.
  std::string cut = kServerBytes.substr(0, 26);
  cut[0] = 22;
  EXPECT_EQ(parse_connect_packet(cut).error(), error::serialization_failed);
}

TEST(FdbProtocolVersion, WhichAreKnownAndCompatible) {
  for (auto [version, name] : {std::pair(kProtocol71, "7.1"), std::pair(kProtocol72, "7.2"),
                               std::pair(kProtocol74, "7.4")}) {
    EXPECT_EQ(version.text(), name);
    EXPECT_EQ(compatibility(version), Compatibility::kIncompatible) << name;
    EXPECT_TRUE(version.has_stable_interfaces()) << name;
  }
  EXPECT_EQ(kProtocol73.text(), "7.3");
  EXPECT_EQ(compatibility(kProtocol73), Compatibility::kCompatible);
  EXPECT_EQ(compatibility(ProtocolVersion(0x1FDB00B073000001)), Compatibility::kCompatible);
  // Without the flag of the serializer.
  EXPECT_EQ(compatibility(ProtocolVersion(0x0FDB00B073000000)), Compatibility::kIncompatible);
  EXPECT_EQ(ProtocolVersion(0x1FDB00B075000000).text(), "1fdb00b075000000");
  EXPECT_EQ(compatibility(ProtocolVersion(0)), Compatibility::kHangUp);
}

}  // namespace
}  // namespace orrery::fdb
