// A real module on a real host: what it does, and what it must not be able to do to others.
#include <gtest/gtest.h>

#include "bank_for_test.h"
#include "host/module_log.h"

namespace orrery::host {
namespace {

class ModuleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    HostOptions options = bank_options(folder_.path());
    options.limits.fuel_per_call = 600'000'000;  // 0.3 seconds
    options.limits.memory_bytes = 64 << 20;
    bank_ = Bank::open(options);
    ASSERT_NE(bank_.database, nullptr);
  }
  void TearDown() override {
    bank_.database = nullptr;
    bank_.host = nullptr;
  }
  Folder folder_;
  Bank bank_;
};

TEST_F(ModuleTest, MovesMoney) {
  EXPECT_EQ(bank_.rows("ledger"), 1u);  // of init
  CallOutcome outcome = bank_.call("fill", packed(uint32_t{10}));
  ASSERT_EQ(outcome.status, CallStatus::kOk) << outcome.message;
  for (uint32_t i = 0; i < 1000; ++i) {
    outcome = bank_.call("transfer", packed(i % 10, (i * 7 + 1) % 10, int64_t{3}));
    ASSERT_NE(outcome.status, CallStatus::kInternalError) << outcome.message;
  }
  EXPECT_EQ(bank_.total(), 10'000);
  outcome = bank_.call("transfer", packed(uint32_t{1}, uint32_t{99}, int64_t{3}));
  EXPECT_EQ(outcome.status, CallStatus::kUserError);
  EXPECT_EQ(outcome.message, "no such account");
  outcome = bank_.call("transfer", packed(uint32_t{1}));
  EXPECT_EQ(outcome.status, CallStatus::kBadArguments);
  // A key that is there already, with another balance, makes the module trap.
  EXPECT_EQ(bank_.sql("UPDATE account SET balance = 7 WHERE id = 0").rows_updated, 1u);
  EXPECT_EQ(bank_.call("fill", packed(uint32_t{1})).status, CallStatus::kInternalError);
  EXPECT_EQ(bank_.rows("account"), 10u);
}

TEST_F(ModuleTest, HostileCallsEndAndLeaveNothing) {
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bank_.call("refuse").status, CallStatus::kUserError);
    EXPECT_EQ(bank_.call("crash").status, CallStatus::kInternalError);
    EXPECT_EQ(bank_.call("spin").status, CallStatus::kOutOfEnergy);
    EXPECT_NE(bank_.call("grow").status, CallStatus::kOk);
    EXPECT_EQ(bank_.call("noop").status, CallStatus::kOk);
  }
  EXPECT_EQ(bank_.rows("ledger"), 1u);
  auto log = bank_.database->log().tail(100);
  ASSERT_TRUE(log);
  EXPECT_NE(log->find("\"trace\":[{\"func_name\":"), std::string::npos) << *log;
}

TEST_F(ModuleTest, AFailingViewRollsBack) {
  HostedDatabase::ViewInstance used;
  Waiting<int> done;
  bank_.database->post([&] {
    auto view = bank_.database->use_view(
        *bank_.database->definition()->find_view("notes").def, bank_owner().identity);
    EXPECT_TRUE(view) << view.error().message();
    if (view) used = *view;
    done.set(0);
  });
  done.take();
  EXPECT_EQ(bank_.sql("SELECT * FROM notes").row_count, 1u);
  EXPECT_EQ(bank_.call_procedure("note_twice").value, packed(uint64_t{2}));
  EXPECT_EQ(bank_.sql("SELECT what FROM notes WHERE what = 7").row_count, 2u);
  EXPECT_EQ(bank_.call("poison").status, CallStatus::kInternalError);
  EXPECT_EQ(bank_.rows("ledger"), 3u);
  EXPECT_EQ(bank_.sql("SELECT * FROM notes").row_count, 3u);
}

TEST_F(ModuleTest, SchedulesRun) {
  EXPECT_EQ(bank_.call("later", packed(int64_t{20'000})).status, CallStatus::kOk);
  for (int i = 0; i < 300 && bank_.rows("timer") > 0; ++i) usleep(10'000);
  EXPECT_EQ(bank_.rows("timer"), 0u);
  EXPECT_EQ(bank_.sql("SELECT * FROM ledger WHERE what = 5").row_count, 1u);
}

TEST_F(ModuleTest, WhatIsNoModuleIsRefused) {
  PublishRequest request;
  request.owner = bank_owner().identity;
  for (const std::string& program :
       {std::string(), std::string("text"), std::string("\0asm\1\0\0\0", 8),
        Bank::program().substr(0, 3000)}) {
    request.program = program;
    request.name_or_identity = "other";
    EXPECT_FALSE(bank_.host->publish(request));
    request.name_or_identity = "bank";
    EXPECT_FALSE(bank_.host->publish(request));
  }
  EXPECT_EQ(bank_.call("noop").status, CallStatus::kOk);
}

}  // namespace
}  // namespace orrery::host
