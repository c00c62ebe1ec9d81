#include "fdb/network_address.h"

#include <gtest/gtest.h>

namespace orrery::fdb {
namespace {

std::string round_trip(std::string_view text) {
  Result<NetworkAddress> address = NetworkAddress::parse(text);
  return address ? address->to_string() : std::string(address.error().name());
}

TEST(NetworkAddress, ReadsWhatItWrites) {
  for (const char* text :
       {"1.1.1.1:345", "255.255.255.255:65535", "0.0.0.0:1:tls", "10.0.0.1:4500(fromHostname)",
        "10.0.0.1:4500:tls(fromHostname)", "[::1]:4800", "[::1]:4800:tls(fromHostname)",
        "[2001:db8:85a3::8a2e:370:7334]:4800"}) {
    EXPECT_EQ(round_trip(text), text);
  }
  EXPECT_EQ(round_trip("[2001:0db8:85a3:0000:0000:8a2e:0370:7334]:4800:tls"),
            "[2001:db8:85a3::8a2e:370:7334]:4800:tls");
}

TEST(NetworkAddress, RefusesWhatIsNoAddress) {
  for (const char* text : {"",
                           ":",
                           "1.1.1.1",
                           "1.1.1:1",
                           "1.1.1.1.1:1",
                           "1.1.1.256:1",
                           "1.1.1.-1:1",
                           "1..1.1:1",
                           "1.1.1.1:0",
                           "1.1.1.1:65536",
                           "1.1.1.1:",
                           "1.1.1.1:12x",
                           "1.1.1.1:1:tl",
                           "1.1.1.1:1:tls:tls",
                           "1.1.1.1:1(fromHostname):tls",
                           "[::1]",
                           "[::1]:",
                           "[::1:4500",
                           "::1:4500",
                           "[]:1",
                           "[1.1.1.1]:1",
                           "[::1%eth0]:1",
                           "[:::1]:1",
                           "localhost:1",
                           " 1.1.1.1:1",
                           "1.1.1.1 :1",
                           "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:1"}) {
    EXPECT_EQ(round_trip(text), "connection_string_invalid") << text;
  }
  EXPECT_EQ(round_trip(std::string_view("[::1\0]:1", 8)), "connection_string_invalid");
}

TEST(NetworkAddress, HasTheNumbersOfTheWire) {
  NetworkAddress v4 = *NetworkAddress::parse("127.0.0.1:4500:tls");
  EXPECT_EQ(v4.ip.v4(), 0x7F000001u);
  EXPECT_EQ(v4.flags, 2);
  EXPECT_TRUE(v4.is_tls() && v4.is_public() && !v4.from_hostname);
  NetworkAddress v6 = *NetworkAddress::parse("[::1]:4500");
  ASSERT_NE(v6.ip.v6(), nullptr);
  EXPECT_EQ((*v6.ip.v6())[15], 1);
  EXPECT_EQ(NetworkAddress().flags, 1);
  EXPECT_FALSE(NetworkAddress().is_valid());
}

TEST(NetworkAddress, EqualityForgetsTheHostnameFlag) {
  NetworkAddress plain = *NetworkAddress::parse("1.2.3.4:5");
  NetworkAddress resolved = *NetworkAddress::parse("1.2.3.4:5(fromHostname)");
  NetworkAddress tls = *NetworkAddress::parse("1.2.3.4:5:tls");
  EXPECT_EQ(plain, resolved);
  EXPECT_EQ(NetworkAddressHash()(plain), NetworkAddressHash()(resolved));
  EXPECT_NE(plain, tls);
  EXPECT_LT(plain, tls);
  EXPECT_LT(*NetworkAddress::parse("9.9.9.9:9"), *NetworkAddress::parse("[::1]:1"));
  EXPECT_LT(*NetworkAddress::parse("9.9.9.9:9"), *NetworkAddress::parse("1.1.1.1:1:tls"));
}

TEST(IpAddress, ReadsBothKinds) {
  EXPECT_EQ(IpAddress::parse("2001:0db8:85a3:0000:0000:8a2e:0370:7334")->to_string(),
            "2001:db8:85a3::8a2e:370:7334");
  EXPECT_EQ(IpAddress::parse("8.8.8.8")->to_string(), "8.8.8.8");
  EXPECT_FALSE(IpAddress::parse("2001"));
  EXPECT_FALSE(IpAddress::parse("8.8.8.8:12"));
}

}  // namespace
}  // namespace orrery::fdb
