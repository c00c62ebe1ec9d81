// The modules of modules/, written with the C++ module SDK, on a real host in memory.
#include <gtest/gtest.h>

#include <cstring>

#include "bank_for_test.h"
#include "base/bytes.h"

namespace orrery::host {
namespace {

std::string text(std::string_view s) {
  ByteWriter out;
  out.write_prefixed(s);
  return out.buffer();
}
std::string micros(int64_t n) { return packed(n); }

class SdkModuleTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    HostOptions options;
    host_ = *Host::open(options);
  }
  static void TearDownTestSuite() { host_ = nullptr; }

  void publish(const std::string& module) {
    auto bytes = env::read_file(*env::system_environment().files,
                                std::string(ORRERY_SDK_MODULES) + "/" + module + ".wasm", 8 << 20);
    ASSERT_TRUE(bytes) << bytes.error().message();
    PublishRequest request;
    request.program = *bytes;
    request.owner = bank_owner().identity;
    auto report = host_->publish(request);
    ASSERT_TRUE(report) << module << ": " << report.error().message();
    bank_.database = *host_->database(report->identity.to_hex());
  }
  CallOutcome call(const Caller& caller, std::string reducer, std::string arguments = {}) {
    Waiting<CallOutcome> answer;
    bank_.database->call_reducer(caller, std::move(reducer), std::move(arguments),
                                 [&](const CallOutcome& o) { answer.set(o); });
    return answer.take();
  }
  CallOutcome procedure(const Caller& caller, std::string name, std::string arguments = {}) {
    Waiting<CallOutcome> answer;
    bank_.database->call_procedure(caller, std::move(name), std::move(arguments),
                                   [&](const CallOutcome& o) { answer.set(o); });
    return answer.take();
  }
  /// Rows of a query; 999 where it fails.
  uint64_t rows(const Caller& caller, std::string sql) {
    Waiting<std::unique_ptr<Result<SqlReport>>> answer;
    bank_.database->run_sql(caller, sql, [&](Result<SqlReport> report) {
      answer.set(std::make_unique<Result<SqlReport>>(std::move(report)));
    });
    auto report = answer.take();
    EXPECT_TRUE(*report) << sql << ": " << report->error().message();
    return *report ? (*report)->row_count : 999;
  }
  CallOutcome come(const Caller& caller, std::string jwt = {}) {
    Waiting<CallOutcome> answer;
    bank_.database->connect(caller, std::move(jwt), [&](const CallOutcome& o) { answer.set(o); });
    return answer.take();
  }
  CallOutcome go(const Caller& caller) {
    Waiting<CallOutcome> answer;
    bank_.database->disconnect(caller, [&](const CallOutcome& o) { answer.set(o); });
    return answer.take();
  }
  void wait_for_rows(std::string sql, uint64_t count) {
    for (int i = 0; i < 300 && rows(owner_, sql) != count; ++i) usleep(10'000);
    EXPECT_EQ(rows(owner_, sql), count) << sql;
  }
  static Caller person(std::string_view name, uint64_t connection) {
    Caller out;
    out.identity = types::Identity::from_claims("test", name);
    out.connection.value = connection;
    return out;
  }

  static std::unique_ptr<Host> host_;
  Bank bank_;
  const Caller owner_ = bank_owner();
  const Caller ann_ = person("ann", 11);
  const Caller bob_ = person("bob", 12);
};
std::unique_ptr<Host> SdkModuleTest::host_;

TEST_F(SdkModuleTest, AllArePublished) {
  for (const char* module : {"atlas", "cabinet", "casing", "clockwork", "courier", "flare", "lobby",
                             "lookout", "mint", "names", "sieve", "tides", "vault"}) {
    publish(module);
  }
}

TEST_F(SdkModuleTest, LobbyKnowsWhoIsThere) {
  publish("lobby");
  EXPECT_EQ(come(ann_).status, CallStatus::kOk);
  EXPECT_EQ(rows(ann_, "SELECT * FROM visit"), 1u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM visit WHERE visitor = 0x" + ann_.identity.to_hex()), 1u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM visit WHERE connection = 0x" + ann_.connection.to_hex()),
            1u);
  EXPECT_EQ(go(ann_).status, CallStatus::kOk);
  EXPECT_EQ(rows(ann_, "SELECT * FROM visit"), 0u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM journal WHERE event = 'left' AND who = :sender"), 1u);
}

TEST_F(SdkModuleTest, LookoutViewsFollow) {
  publish("lookout");
  EXPECT_EQ(rows(ann_, "SELECT * FROM me"), 0u);
  EXPECT_EQ(call(ann_, "sign_on", text("Ann")).status, CallStatus::kOk);
  EXPECT_EQ(call(bob_, "sign_on", text("Bob")).status, CallStatus::kOk);
  EXPECT_EQ(call(ann_, "wake", packed(uint8_t{1})).status, CallStatus::kOk);
  EXPECT_EQ(call(ann_, "stand_watch", packed(uint64_t{1}, uint8_t{3})).status, CallStatus::kOk);
  EXPECT_EQ(call(ann_, "stand_watch", packed(uint64_t{2}, uint8_t{9})).status, CallStatus::kOk);
  EXPECT_EQ(rows(ann_, "SELECT * FROM me"), 1u);
  EXPECT_EQ(rows(owner_, "SELECT * FROM me"), 0u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM my_watches"), 1u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM awake_sailors"), 1u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM night_watches"), 1u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM first_sailor"), 1u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM all_sailors"), 2u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM sleepers"), 1u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM on_watch"), 1u);
  EXPECT_EQ(rows(bob_, "SELECT * FROM mine_by_query"), 1u);
  EXPECT_EQ(call(bob_, "wake", packed(uint8_t{1})).status, CallStatus::kOk);
  EXPECT_EQ(rows(ann_, "SELECT * FROM awake_sailors"), 2u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM sleepers"), 0u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM on_watch"), 2u);
  EXPECT_EQ(call(ann_, "sign_off").status, CallStatus::kOk);
  EXPECT_EQ(rows(ann_, "SELECT * FROM me"), 0u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM my_watches"), 0u);
  EXPECT_EQ(rows(ann_, "SELECT * FROM awake_sailors"), 1u);
}

TEST_F(SdkModuleTest, ClockworkRings) {
  publish("clockwork");
  EXPECT_EQ(call(ann_, "remind_after", text("once") + micros(20'000)).status, CallStatus::kOk);
  EXPECT_EQ(call(ann_, "remind_and_fail", text("never")).status, CallStatus::kUserError);
  EXPECT_EQ(call(ann_, "send_errand", packed(uint8_t{7}) + micros(10'000)).status,
            CallStatus::kOk);
  wait_for_rows("SELECT * FROM rung WHERE text = 'once' AND by_schedule = true", 1);
  wait_for_rows("SELECT * FROM rung WHERE text LIKE 'errand 7%'", 1);
  EXPECT_EQ(rows(owner_, "SELECT * FROM reminder"), 0u);
  EXPECT_EQ(rows(owner_, "SELECT * FROM errand"), 0u);
  EXPECT_EQ(call(ann_, "remind_every", text("again") + micros(10'000)).status, CallStatus::kOk);
  for (int i = 0; i < 300 && rows(owner_, "SELECT * FROM rung WHERE text = 'again'") < 3; ++i) {
    usleep(10'000);
  }
  EXPECT_EQ(rows(owner_, "SELECT * FROM reminder"), 1u);
  EXPECT_EQ(call(ann_, "stop_all").status, CallStatus::kOk);
  EXPECT_GE(rows(owner_, "SELECT * FROM rung WHERE text = 'again'"), 3u);
  EXPECT_EQ(rows(owner_, "SELECT * FROM rung WHERE text = 'never'"), 0u);
}

TEST_F(SdkModuleTest, CourierDelivers) {
  publish("courier");
  EXPECT_EQ(procedure(ann_, "add_weights", packed(uint32_t{2}, uint32_t{3})).value,
            packed(uint32_t{5}));
  EXPECT_EQ(procedure(ann_, "store_one").value, packed(uint64_t{1}));
  EXPECT_EQ(procedure(ann_, "store_none").value, packed(uint64_t{1}));
  EXPECT_EQ(procedure(ann_, "drop_it").status, CallStatus::kInternalError);
  EXPECT_EQ(procedure(ann_, "stamp_many", packed(uint32_t{1000})).status, CallStatus::kOk);
  EXPECT_EQ(rows(ann_, "SELECT * FROM stamp"), 1000u);
  const CallOutcome napped = procedure(ann_, "nap", micros(50'000));
  ASSERT_EQ(napped.status, CallStatus::kOk) << napped.message;
  int64_t slept = 0;
  ASSERT_EQ(napped.value.size(), sizeof(slept));
  std::memcpy(&slept, napped.value.data(), sizeof(slept));
  EXPECT_GE(slept, 50'000);
  const CallOutcome fetched = procedure(ann_, "fetch", text("http://example.org/a?secret"));
  EXPECT_NE(fetched.value.find("error"), std::string::npos);
  EXPECT_NE(fetched.value.find("http://example.org/a"), std::string::npos);
  EXPECT_EQ(fetched.value.find("secret"), std::string::npos);

  const auto handler = bank_.database->definition()->find_http_handler("count_shelf");
  ASSERT_TRUE(handler);
  ByteWriter request;
  request.write(uint8_t{0});
  request.write(uint32_t{0});
  request.write(uint8_t{1});
  request.write_prefixed("http://localhost/");
  request.write(uint8_t{2});
  Waiting<std::unique_ptr<Result<HttpReply>>> answer;
  bank_.database->call_http_handler(handler.id, {request.buffer(), {}},
                                    [&](Result<HttpReply> reply) {
                                      answer.set(std::make_unique<Result<HttpReply>>(
                                          std::move(reply)));
                                    });
  auto reply = answer.take();
  ASSERT_TRUE(*reply) << reply->error().message();
  EXPECT_EQ((*reply)->body, "1");
}

TEST_F(SdkModuleTest, FlaresAreSeenOnceAndNotesByTheirOwners) {
  publish("flare");
  EXPECT_EQ(call(ann_, "fire", text("red")).status, CallStatus::kOk);
  EXPECT_EQ(call(ann_, "fire_and_fail", text("red")).status, CallStatus::kUserError);
  EXPECT_EQ(rows(owner_, "SELECT * FROM flare"), 0u);
  EXPECT_EQ(call(ann_, "write_note", text("mine") + packed(uint8_t{0})).status, CallStatus::kOk);
  EXPECT_EQ(call(ann_, "write_note", text("ours") + packed(uint8_t{1})).status, CallStatus::kOk);
  EXPECT_EQ(rows(ann_, "SELECT * FROM note"), 2u);
  EXPECT_EQ(rows(bob_, "SELECT * FROM note"), 1u);
  EXPECT_EQ(rows(owner_, "SELECT * FROM note"), 2u);
  EXPECT_EQ(call(ann_, "tell_token").status, CallStatus::kUserError);
}

}  // namespace
}  // namespace orrery::host
