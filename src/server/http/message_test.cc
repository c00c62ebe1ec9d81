#include "server/http/message.h"

#include <gtest/gtest.h>

#include "server/http/router.h"

namespace orrery::server::http {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

TEST(HttpTarget, SplitsPathAndQuery) {
  std::string path;
  Query query;
  ASSERT_TRUE(split_target("/v1/database/a%20b?x=1&y=%2F+z&flag&=e", &path, &query));
  EXPECT_EQ(path, "/v1/database/a%20b");
  EXPECT_EQ(query, (Query{{"x", "1"}, {"y", "/ z"}, {"flag", ""}, {"", "e"}}));
  ASSERT_TRUE(split_target("http://host:1/p?q=1#part", &path, &query));
  EXPECT_EQ(path, "/p");
  EXPECT_EQ(query, (Query{{"q", "1"}}));
  ASSERT_TRUE(split_target("http://host", &path, &query));
  EXPECT_EQ(path, "/");
}

TEST(HttpTarget, RefusesBrokenEscapes) {
  std::string path;
  Query query;
  for (const char* target : {"/?a=%", "/?a=%2", "/?a=%zz", "/?a=%ff", "nothing", ""}) {
    EXPECT_FALSE(split_target(target, &path, &query)) << target;
  }
}

TEST(HttpHeaders, NamesIgnoreCaseAndListsAreSplit) {
  Headers headers;
  headers.add("Connection", "keep-alive, Upgrade");
  ASSERT_NE(headers.find("CONNECTION"), nullptr);
  EXPECT_TRUE(list_has_token(*headers.find("connection"), "upgrade"));
  EXPECT_FALSE(list_has_token(*headers.find("connection"), "grade"));
  headers.set("connection", "close");
  EXPECT_EQ(headers.fields().size(), 1u);
  EXPECT_EQ(*headers.find("connection"), "close");
}

class RouterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* pattern :
         {"/", "/v1/identity/public-key", "/v1/identity/:id/verify", "/v1/database/:n",
          "/v1/database/:n/route", "/v1/database/:n/route/*path"}) {
      router_.add("GET", pattern, mark(pattern));
    }
    router_.add("PUT", "/v1/database/:n", mark("put"), BodySize::kProgram);
    router_.add("*", "/any", mark("any"));
  }
  Handler mark(std::string name) {
    return [this, name](Request, Responder) { hit_ = name; };
  }
  std::string hit(std::string_view method, std::string_view path) {
    auto match = router_.match(method, path);
    captures_ = match.captures;
    allowed_ = match.allowed;
    hit_ = "";
    if (match.route != nullptr) {
      match.route->handler({}, Responder([](Response) {}));
    }
    return hit_;
  }
  Router router_;
  std::string hit_;
  std::string allowed_;
  std::vector<std::string> captures_;
};

TEST_F(RouterTest, FindsTheMostLiteralPattern) {
  EXPECT_EQ(hit("GET", "/"), "/");
  EXPECT_EQ(hit("GET", "/v1/identity/public-key"), "/v1/identity/public-key");
  EXPECT_EQ(hit("GET", "/v1/identity/x/verify"), "/v1/identity/:id/verify");
  EXPECT_EQ(captures_, std::vector<std::string>{"x"});
  EXPECT_EQ(hit("HEAD", "/v1/database/a%2Fb"), "/v1/database/:n");
  EXPECT_EQ(captures_, std::vector<std::string>{"a/b"});
  EXPECT_EQ(hit("PUT", "/v1/database/a"), "put");
  EXPECT_EQ(hit("BREW", "/any"), "any");
}

TEST_F(RouterTest, TheRestIsCapturedAsItStood) {
  EXPECT_EQ(hit("GET", "/v1/database/n/route"), "/v1/database/:n/route");
  EXPECT_EQ(hit("GET", "/v1/database/n/route/"), "/v1/database/:n/route/*path");
  EXPECT_EQ(captures_, (std::vector<std::string>{"n", "/"}));
  EXPECT_EQ(hit("GET", "/v1/database/n/route/a//b%20"), "/v1/database/:n/route/*path");
  EXPECT_EQ(captures_, (std::vector<std::string>{"n", "/a//b%20"}));
}

TEST_F(RouterTest, TellsMissingPathsFromMissingMethods) {
  EXPECT_EQ(hit("GET", "/v1/nothing"), "");
  EXPECT_EQ(allowed_, "");
  EXPECT_EQ(hit("DELETE", "/v1/database/n"), "");
  EXPECT_EQ(allowed_, "GET,PUT");
  EXPECT_EQ(hit("GET", "/v1/database/"), "");
  EXPECT_EQ(hit("GET", "v1"), "");
  EXPECT_TRUE(router_.match("GET", "/v1/database/%zz").bad_escape);
}

TEST(HttpBodyStream, ReaderIsToldOnceAndSlowReadersAreDropped) {
  BodyStream stream;
  int told = 0;
  EXPECT_EQ(stream.take([&] { ++told; }).bytes, "");
  EXPECT_EQ(stream.push("a"), BodyStream::Pushed::kTaken);
  EXPECT_EQ(stream.push("b"), BodyStream::Pushed::kTaken);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(stream.take(nullptr).bytes, "ab");
  bool gone = false;
  stream.on_reader_gone([&] { gone = true; });
  std::string much(BodyStream::kBytesWaitingMax, 'x');
  EXPECT_EQ(stream.push(much), BodyStream::Pushed::kTaken);
  EXPECT_EQ(stream.push("y"), BodyStream::Pushed::kReaderGone);
  EXPECT_TRUE(gone);
  EXPECT_TRUE(stream.take(nullptr).finished);
}

TEST(HttpResponder, ADroppedRequestIsAnswered) {
  int status = 0;
  {
    Responder respond([&](Response r) { status = r.status; });
  }
  EXPECT_EQ(status, 500);
  int answers = 0;
  {
    Responder respond([&](Response r) {
      ++answers;
      status = r.status;
    });
    respond.before_answer([](Response& r) { r.status = 299; });
    respond(Response::empty(200));
    respond(Response::empty(404));
  }
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(status, 299);
}

}  // namespace
}  // namespace orrery::server::http
