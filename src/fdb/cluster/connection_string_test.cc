#include "fdb/cluster/connection_string.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace orrery::fdb {
namespace {

std::string round_trip(std::string_view text) {
  Result<ConnectionString> parsed = ConnectionString::parse(text);
  return parsed ? parsed->to_string() : std::string(parsed.error().name());
}

TEST(ConnectionString, ReadsWhatItWrites) {
  for (const char* text :
       {"asdf:2345@1.1.1.1:345", "0xxdeadbeef:100100100@1.1.1.1:34534,5.1.5.3:23443",
        "0xxdeadbeef:100100100@[::1]:1234,[::1]:1235",
        "0xxdeadbeef:100100100@[abcd:dcba::1]:1234,[abcd:dcba::abcd:1]:1234",
        "asdf:2345@localhost:1234", "0xxdeadbeef:100100100@localhost:34534,host-name:23443",
        "a_b:1@localhost:34534,host-name_part1.host-name_part2:1234:tls",
        "a:b@1.1.1.1:1,1.1.1.1:1:tls,1.1.1.1:2", "a:b@1.1.1.1:1(fromHostname)",
        "a:b@1.1.1.1:1:tls(fromHostname),h:1,h:1:tls", "a:b@123:45", "a:b@fdb.example.com.:4500"}) {
    EXPECT_EQ(round_trip(text), text);
    EXPECT_EQ(round_trip(std::string("#start of comment\n") + text + "\r\n# asdf ## a:b@c"), text);
  }
}

TEST(ConnectionString, PutsNamesBehindAddresses) {
  EXPECT_EQ(round_trip("a:b@z:1,9.9.9.9:1,y:1,[::2]:1,1.1.1.1:1"),
            "a:b@9.9.9.9:1,[::2]:1,1.1.1.1:1,z:1,y:1");
}

TEST(ConnectionString, RefusesEverythingElse) {
  for (const char* text : {"",
                           "@",
                           "a:b",
                           "a:b@",
                           "a@1.1.1.1:1",
                           ":b@1.1.1.1:1",
                           "a:@1.1.1.1:1",
                           ":@1.1.1.1:1",
                           "a:b:c@1.1.1.1:1",
                           "a-b:c@1.1.1.1:1",
                           "a:b_c@1.1.1.1:1",
                           "a:b@1.1.1.1:1,",
                           "a:b@,1.1.1.1:1",
                           "a:b@1.1.1.1:1,,2.2.2.2:2",
                           "a:b@1.1.1.1:1@2.2.2.2:2",
                           "a:b@1.1.1.1",
                           "a:b@1.1.1.1:0",
                           "a:b@1.1.1.1:65536",
                           "a:b@h:0",
                           "a:b@h:65536",
                           "a:b@h:",
                           "a:b@h",
                           "a:b@.h:1",
                           "a:b@h..i:1",
                           "a:b@h:1:tsl",
                           "a:b@h:1:tls:tls",
                           "a:b@h:1(fromHostname)",
                           "a:b@h!:1",
                           "a:b@1234:1",
                           "a:b@1.2.3:4567:1",
                           "a:b@1.2.3.4.5:1",
                           "a:b@256.1.1.1:1",
                           "a:b@[::1]",
                           "a:b@::1:4500",
                           "a:b#@1.1.1.1:1",
                           "a:b@1.1.1.1:1#\nx"}) {
    EXPECT_EQ(round_trip(text), "connection_string_invalid") << text;
  }
  EXPECT_EQ(round_trip(std::string_view("a:b@1.1.1.1:1\0", 14)), "connection_string_invalid");
}

TEST(ConnectionString, RefusesCoordinatorsNamedTwice) {
  EXPECT_EQ(round_trip("asdf:2345@1.1.1.1:345,1.1.1.1:345"), "connection_string_invalid");
  EXPECT_EQ(round_trip("a:b@1.1.1.1:345,2.2.2.2:1,1.1.1.1:345(fromHostname)"),
            "connection_string_invalid");
  EXPECT_EQ(round_trip("a:b@localhost:1234,x:1,localhost:1234"), "connection_string_invalid");
  EXPECT_EQ(round_trip("a:b@[::1]:1,[0:0::1]:1"), "connection_string_invalid");
}

TEST(ConnectionString, TellsItsParts) {
  Result<ConnectionString> parsed = ConnectionString::parse("my_db : k1 @ h:7:tls, 1.2.3.4:5 ");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->cluster_key(), "my_db:k1");
  EXPECT_EQ(parsed->description(), "my_db");
  EXPECT_EQ(parsed->id(), "k1");
  ASSERT_EQ(parsed->coordinator_count(), 2u);
  EXPECT_EQ(parsed->addresses()[0].to_string(), "1.2.3.4:5");
  EXPECT_EQ(parsed->hostnames()[0], (Hostname{.host = "h", .port = 7, .is_tls = true}));
  EXPECT_EQ(*parsed, *ConnectionString::make("my_db:k1", parsed->addresses(), parsed->hostnames()));
  EXPECT_FALSE(ConnectionString::make("my_db:k1", {}, {}));
  EXPECT_FALSE(ConnectionString::make("my_db", parsed->addresses(), {}));
}

TEST(ConnectionString, BlanksAndCommentsMayStandAnywhere) {
  std::mt19937 random(7);
  const std::string text = "0xxdeadbeef:100100100@1.1.1.1:34534,[::1]:23443:tls,h-1.x:4";
  constexpr std::string_view kBlanks = " \t\n\r";
  constexpr std::string_view kCommented = "asdfzxcv123345:!@#$#$&()<\"\' \t";
  for (int run = 0; run < 2000; ++run) {
    std::string dirty;
    for (char c : text) {
      if (random() % 10 == 0) dirty += kBlanks[random() % kBlanks.size()];
      if (random() % 10 == 0) {
        dirty += '#';
        for (size_t n = random() % 20; n > 0; --n)
          dirty += kCommented[random() % kCommented.size()];
        dirty += random() % 2 == 0 ? '\n' : '\r';
      }
      dirty += c;
    }
    ASSERT_EQ(round_trip(dirty), text) << dirty;
  }
}

TEST(ConnectionString, TakesAsManyCoordinatorsAsAFileHolds) {
  std::string text = "a:b@1.0.0.0:1";
  for (int i = 1; i < 4000; ++i) {
    text += ",1.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ":1";
  }
  ASSERT_LT(text.size(), 60000u);
  EXPECT_EQ(round_trip(text), text);
}

}  // namespace
}  // namespace orrery::fdb
