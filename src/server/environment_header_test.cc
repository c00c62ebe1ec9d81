#include "server/environment_header.h"

#include <gtest/gtest.h>

namespace orrery::server {
namespace {

using Rest = host::EnvironmentUpdate::Rest;

std::optional<host::EnvironmentUpdate> read(std::vector<std::string> values,
                                            std::string_view name = "Spacetime-Environment") {
  http::Headers headers;
  headers.add("accept", "*/*");
  for (const std::string& value : values) headers.add(name, value);
  return read_environment_headers(headers);
}

TEST(EnvironmentHeader, ReadsWhatAShellWouldWrite) {
  const auto found = read({R"(A=1,B="two words" , C="x,y",D="")", "\tE=5\t",
                           R"(F='it, "is" \n literal', G='')", ", ,H=8,,", "URL=https://x/a?b=1&c=%20",
                           R"(U="h\u00e9llo \ud83d\ude00 \"q\" \\ \n")"});
  ASSERT_TRUE(found);
  const host::EnvironmentMap expected = {
      {"A", "1"},  {"B", "two words"}, {"C", "x,y"}, {"D", ""},
      {"E", "5"},  {"F", R"(it, "is" \n literal)"},  {"G", ""},
      {"H", "8"},  {"URL", "https://x/a?b=1&c=%20"}, {"U", "h\u00e9llo \U0001f600 \"q\" \\ \n"}};
  EXPECT_EQ(found->values, expected);
  EXPECT_EQ(found->rest, Rest::kKeep);
  EXPECT_TRUE(read({})->is_empty());
}

TEST(EnvironmentHeader, RefusesWhatIsMalformed) {
  for (const std::vector<std::string>& bad : std::vector<std::vector<std::string>>{
           {"NO_EQUALS"}, {"1BAD=x"}, {"BAD-KEY=x"}, {"A =x"}, {"A=1", "A=2"}, {"A=1, A=2"},
           {"A=has space"}, {"A=1 B=2"}, {"A=has\"quote"}, {"A=it's"}, {"A='unterminated"},
           {"A='x'y"}, {"A=back\\slash"}, {R"(A="unterminated)"}, {R"(A="x"y)"},
           {R"(A="bad \q escape")"}, {"A=\"raw\ttab\""}, {"A=\xc3\xa9"}, {"A=" + std::string(8193, 'x')}}) {
    EXPECT_FALSE(read(bad)) << bad[0];
  }
}

TEST(EnvironmentHeader, RemovesKeysOrEverything) {
  constexpr std::string_view kName = "spacetime-environment-remove";
  EXPECT_EQ(read({"FOO, _bar"}, kName)->removed, (std::vector<std::string>{"FOO", "_bar"}));
  EXPECT_EQ(read({"FOO", "_bar"}, kName)->removed.size(), 2u);
  EXPECT_EQ(read({"*"}, kName)->rest, Rest::kRemove);
  for (const std::vector<std::string>& bad : std::vector<std::vector<std::string>>{
           {"FOO, *"}, {"*, FOO"}, {"*, *"}, {"*", "FOO"}, {"FOO", "*"}, {"\"FOO\""}, {"BAD-KEY"}}) {
    EXPECT_FALSE(read(bad, kName)) << bad[0];
  }
}

}  // namespace
}  // namespace orrery::server
