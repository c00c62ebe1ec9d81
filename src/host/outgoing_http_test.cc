#include "host/outgoing_http.h"

#include <gtest/gtest.h>

namespace orrery::host {
namespace {

TEST(OutgoingHttp, HostAndPortOfUris) {
  struct Case {
    std::string_view uri, host, port;
  };
  for (const Case& c :
       {Case{"http://example.org", "example.org", "80"}, Case{"https://example.org/x", "example.org", "443"},
        Case{"HTTP://example.org?x:1", "example.org", "80"},
        Case{"https://user:word@example.org:8443/x?y", "example.org", "8443"},
        Case{"http://[::1]:3000/", "::1", "3000"}, Case{"http://[::1]", "::1", "80"},
        Case{"example.org", "", ""}, Case{"http://[::1", "", ""}}) {
    EXPECT_EQ(host_of_uri(c.uri).host, c.host) << c.uri;
    EXPECT_EQ(host_of_uri(c.uri).port, c.port) << c.uri;
  }
}

TEST(OutgoingHttp, TheListNamesHostsAndPorts) {
  const std::vector<std::string> list = {"example.org", "*.example.net", "localhost:3000", "[::1]:80",
                                         "10.0.0.1"};
  EXPECT_TRUE(is_host_allowed("example.org", "80", list));
  EXPECT_TRUE(is_host_allowed("EXAMPLE.org", "8443", list));
  EXPECT_FALSE(is_host_allowed("www.example.org", "80", list));
  EXPECT_FALSE(is_host_allowed("example.org.evil", "80", list));
  EXPECT_TRUE(is_host_allowed("www.example.net", "443", list));
  EXPECT_FALSE(is_host_allowed("example.net", "443", list));
  EXPECT_FALSE(is_host_allowed("notexample.net", "443", list));
  EXPECT_TRUE(is_host_allowed("localhost", "3000", list));
  EXPECT_FALSE(is_host_allowed("localhost", "3001", list));
  EXPECT_TRUE(is_host_allowed("::1", "80", list));
  EXPECT_FALSE(is_host_allowed("::1", "443", list));
  EXPECT_FALSE(is_host_allowed("", "80", list));
  EXPECT_TRUE(is_host_allowed("anything", "1", {"*"}));
  EXPECT_TRUE(is_host_allowed("anything", "443", {"*:443"}));
  EXPECT_FALSE(is_host_allowed("anything", "80", {"*:443"}));
  // Patterns name nobody.
  EXPECT_TRUE(is_host_named("10.0.0.1", "99", list));
  EXPECT_FALSE(is_host_named("10.0.0.2", "99", {"*", "*.0.0.2"}));
}

TEST(OutgoingHttp, EntriesOfTheList) {
  for (std::string_view good : {"example.org", "example.org:8080", "*", "*:443", "*.example.org",
                                "127.0.0.1:3000", "[::1]:3000", "::1"}) {
    EXPECT_TRUE(check_allowed_host(good)) << good;
  }
  for (std::string_view bad : {"", ":80", "example.org:", "example.org:http", "http://example.org",
                               "a*.org", "*example.org", "*.", "example.org/x", "[::1", "a b"}) {
    EXPECT_FALSE(check_allowed_host(bad)) << bad;
  }
}

}  // namespace
}  // namespace orrery::host
