// Modules that a host must refuse, or survive.
#include <gtest/gtest.h>

#include "host/abi/probe_for_test.h"
#include "wasm/module.h"

namespace orrery::host {
namespace {

std::string module_text(std::string_view imports, std::string_view body) {
  return "(module " + std::string(imports) + R"(
    (memory (export "memory") 1)
    (func (export "__describe_module__") (param i32))
    (func (export "__call_reducer__")
      (param i32 i64 i64 i64 i64 i64 i64 i64 i32 i32) (result i32) (i32.const 0)) )" +
         std::string(body) + ")";
}
constexpr std::string_view kImport =
    R"((import "spacetime_10.0" "console_timer_end" (func $end (param i32) (result i32))))";

std::string binary(std::string_view text) {
  auto made = wasm::binary_of_text(text);
  EXPECT_TRUE(made) << made.error().message();
  return made ? *made : std::string();
}

/// Why the module is refused, at load or at its start; empty where it runs.
std::string refusal(std::string_view imports, std::string_view body) {
  auto loaded = test_runtime().load(binary(module_text(imports, body)));
  if (!loaded) {
    EXPECT_EQ(loaded.error().code(), ErrorCode::kInvalidArgument);
    return loaded.error().message();
  }
  TestHost host;
  auto instance = (*loaded)->instantiate(host);
  return instance ? std::string() : instance.error().message();
}

void expect_refusal(std::string_view imports, std::string_view body, std::string_view why) {
  const std::string message = refusal(imports, body);
  EXPECT_NE(message.find(why), std::string::npos) << "'" << message << "' should say " << why;
}

TEST(Hostile, APlainModuleRuns) {
  EXPECT_EQ(refusal(kImport, ""), "");
}

// Modules in Rust make their list of reducers while they describe themselves.
TEST(Hostile, EveryInstanceIsDescribed) {
  auto loaded = test_runtime().load(binary("(module " + std::string(kImport) + R"(
    (memory (export "memory") 1)
    (global $described (mut i32) (i32.const 0))
    (func (export "__describe_module__") (param i32) (global.set $described (i32.const 1)))
    (func (export "__call_reducer__")
      (param i32 i64 i64 i64 i64 i64 i64 i64 i32 i32) (result i32)
      (i32.sub (i32.const 1) (global.get $described)))))"));
  ASSERT_TRUE(loaded) << loaded.error().message();
  TestHost host;
  for (int i = 0; i < 2; ++i) {
    auto instance = (*loaded)->instantiate(host);
    ASSERT_TRUE(instance) << instance.error().message();
    GuestCall call;
    EXPECT_EQ((*instance)->call_reducer(call, 0, {}, 0, {}).status, GuestStatus::kOk);
  }
}

TEST(Hostile, WhatIsNoModule) {
  for (std::string_view bytes : {std::string_view(), std::string_view("\x7f\x45LF and so on"),
                                 std::string_view("(module)")}) {
    EXPECT_FALSE(test_runtime().load(bytes));
  }
}

TEST(Hostile, VersionsOfTheAbi) {
  auto import = [](std::string_view module) {
    return "(import \"" + std::string(module) +
           "\" \"console_timer_end\" (func (param i32) (result i32)))";
  };
  expect_refusal("", "", "not detected");
  expect_refusal(import("env"), "", "not detected");
  expect_refusal(import("spacetime_10.7"), "", "10.6");
  expect_refusal(import("spacetime_11.0"), "", "wants version 11.0");
  expect_refusal(import("spacetime_9.0"), "", "wants version 9.0");
  expect_refusal(std::string(kImport) + import("spacetime_9.0"), "", "two major versions");
  for (const char* name : {"spacetime_", "spacetime_10", "spacetime_10.", "spacetime_.1",
                           "spacetime_10.0x", "spacetime_99999999999.0", "spacetime_10.-1"}) {
    expect_refusal(import(name), "", "no version");
  }
}

TEST(Hostile, ImportsThatAreNotThere) {
  const std::string good(kImport);
  expect_refusal(good + R"((import "spacetime_10.0" "launch" (func)))", "",
                 "spacetime_10.0.launch");
  expect_refusal(
      good + R"((import "spacetime_10.0" "get_jwt" (func (param i32 i32) (result i32))))", "",
      "spacetime_10.0.get_jwt");
  expect_refusal(good + R"((import "env" "abort" (func)))", "", "env.abort");
  expect_refusal(good + R"((import "env" "memory2" (global i32)))", "", "not a function");
  expect_refusal(good + R"((import "spacetime_10.0" "identity" (func (param i64))))", "",
                 "wanted as (i64)");
  EXPECT_EQ(refusal(good + R"((import "wasi_snapshot_preview1" "fd_close"
                               (func (param i32) (result i32))))",
                    ""),
            "");
}

TEST(Hostile, ExportsThatAreOthers) {
  expect_refusal(kImport, R"((func (export "__setup__")))", "__setup__");
  expect_refusal(kImport, R"((func (export "__preinit__01") (param i32)))", "__preinit__01");
  expect_refusal(kImport, R"((func (export "_initialize") (result i32) (i32.const 1)))",
                 "_initialize");
  expect_refusal(kImport, R"((global (export "__call_view__") i32 (i32.const 1)))",
                 "__call_view__");
  expect_refusal(kImport, R"((func (export "__call_procedure__") (param i32) (result i32)
                               (i32.const 1)))",
                 "__call_procedure__");
  for (const char* without : {"memory", "__describe_module__", "__call_reducer__"}) {
    std::string text = module_text(kImport, "");
    text.replace(text.find("\"" + std::string(without)), 3, "\"no");
    auto loaded = test_runtime().load(binary(text));
    ASSERT_FALSE(loaded);
    EXPECT_NE(loaded.error().message().find(without), std::string::npos);
  }
}

TEST(Hostile, StartsThatFail) {
  expect_refusal(kImport, "(func $s unreachable) (start $s)", "unreachable");
  expect_refusal(kImport, R"((func (export "_initialize") unreachable))", "_initialize trapped");
  expect_refusal(kImport, R"((func (export "__preinit__1") (loop $l (br $l))))", "time limit");
  expect_refusal(std::string(kImport) + R"((import "spacetime_10.0" "bytes_sink_write"
                     (func $write (param i32 i32 i32) (result i32))))",
                 R"((data (i32.const 16) "\06\00\00\00broken")
                    (func (export "__setup__") (param i32) (result i32)
                      (drop (call $write (local.get 0) (i32.const 20) (i32.const 16)))
                      (i32.const 5)))",
                 "broken");
  expect_refusal(
      std::string(kImport) + R"((import "spacetime_10.0" "identity" (func $identity (param i32))))",
      R"((func (export "_initialize") (call $identity (i32.const 0))))", "null pointer");
  expect_refusal(kImport, R"((memory $more 1))", "");
}

TEST(Hostile, ALargeMemoryIsRefused) {
  std::string text = module_text(kImport, "");
  text.replace(text.find("\"memory\") 1"), 11, "\"memory\") 2000");
  auto loaded = test_runtime().load(binary(text));
  ASSERT_TRUE(loaded) << loaded.error().message();
  TestHost host;
  EXPECT_FALSE((*loaded)->instantiate(host));
}

/// A reducer that calls an import for ever, after its connection's id was laid at 64.
GuestOutcome call_for_ever(std::string_view import, std::string call, TestHost* host) {
  ProbeTables store;
  if (const size_t at = call.find("ITEM"); at != std::string::npos) {
    call.replace(at, 4, std::to_string(store.tables->find_table("item")->id));
  }
  const std::string text = "(module " + std::string(kImport) + std::string(import) + R"(
    (memory (export "memory") 1)
    (data (i32.const 64) "\07\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00name")
    (func (export "__describe_module__") (param i32))
    (func (export "__call_reducer__")
      (param i32 i64 i64 i64 i64 i64 i64 i64 i32 i32) (result i32)
      (loop $again )" + call + R"( (br $again)) (i32.const 0))))";
  // The bounds must be what ends it, also where everything is slow.
  auto runtime = make_wasm_runtime(env::system_environment(), "", {});
  EXPECT_TRUE(runtime);
  auto loaded = (*runtime)->load(binary(text));
  EXPECT_TRUE(loaded) << loaded.error().message();
  auto instance = (*loaded)->instantiate(*host);
  EXPECT_TRUE(instance) << instance.error().message();
  auto transaction = store.store.begin(storage::Isolation::kSnapshot);
  GuestCall guest;
  guest.tables = store.tables.get();
  guest.transaction = transaction.get();
  GuestOutcome out = (*instance)->call_reducer(guest, 0, {}, 0, {});
  transaction->rollback();
  return out;
}

TEST(Hostile, WhatTheHostHoldsForACallIsBounded) {
  struct Case {
    std::string_view import;
    std::string call;
    std::string_view why;
  };
  const Case cases[] = {
      {R"((import "spacetime_10.0" "datastore_table_scan_bsatn"
            (func $f (param i32 i32) (result i32))))",
       "(drop (call $f (i32.const ITEM) (i32.const 128)))", "row iterators are open"},
      {R"((import "spacetime_10.2" "get_jwt" (func $f (param i32 i32) (result i32))))",
       "(drop (call $f (i32.const 64) (i32.const 128)))", "wait to be read"},
      {R"((import "spacetime_10.0" "console_timer_start"
            (func $f (param i32 i32) (result i32))))",
       "(drop (call $f (i32.const 80) (i32.const 4)))", "timers run"},
      {R"((import "spacetime_10.0" "volatile_nonatomic_schedule_immediate"
            (func $f (param i32 i32 i32 i32))))",
       "(call $f (i32.const 80) (i32.const 4) (i32.const 64) (i32.const 16))",
       "too many calls wait"},
  };
  for (const Case& one : cases) {
    TestHost host;
    const GuestOutcome outcome = call_for_ever(one.import, one.call, &host);
    EXPECT_EQ(outcome.status, GuestStatus::kFailed) << one.import;
    EXPECT_NE(outcome.message.find(one.why), std::string::npos)
        << one.import << ": " << outcome.message;
  }
}

TEST(Hostile, MissingEntriesAreToldWhenTheyAreCalled) {
  auto loaded = test_runtime().load(binary(module_text(kImport, "")));
  TestHost host;
  auto instance = (*loaded)->instantiate(host).value();
  GuestCall call;
  GuestOutcome outcome = instance->call_view(call, 0, nullptr, {});
  EXPECT_EQ(outcome.status, GuestStatus::kFailed);
  EXPECT_NE(outcome.message.find("__call_view_anon__"), std::string::npos);
  EXPECT_FALSE(instance->broken());
}

/// A procedure's side that a test can follow.
class TestProcedure final : public ProcedureHost {
 public:
  GuestCall& call() override { return call_; }
  Result<int64_t> start_transaction() override {
    ++begun;
    transaction_ = store_.begin(storage::Isolation::kSnapshot);
    call_.transaction = transaction_.get();
    return 1234;
  }
  Status commit_transaction() override {
    call_.transaction = nullptr;
    if (commits_fail) return Error(ErrorCode::kGeneric, "a view failed");
    ++committed;
    return {};
  }
  Status abort_transaction() override {
    call_.transaction = nullptr;
    ++aborted;
    return {};
  }
  Result<int64_t> sleep_until(int64_t micros) override {
    env::system_environment().clock->sleep_nanos(sleep_nanos);
    return micros + 1;
  }
  Result<HttpAnswer> http_request(std::string_view request, std::string_view body) override {
    if (request == "bad") return Error(ErrorCode::kDecode, "malformed");
    if (request == "lost") return HttpAnswer{.ok = false, .response = "error: lost", .body = {}};
    return HttpAnswer{
        .ok = true, .response = "re:" + std::string(request), .body = "re:" + std::string(body)};
  }

  int begun = 0;
  int committed = 0;
  int aborted = 0;
  bool commits_fail = false;
  int64_t sleep_nanos = 0;

 private:
  GuestCall call_;
  storage::Store store_;
  std::unique_ptr<storage::Transaction> transaction_;
};

class Procedures : public testing::Test {
 protected:
  Procedures() : instance_((*test_runtime().load(probe_program()))->instantiate(host_).value()) {}
  Ran run(const Script& script) {
    Ran out;
    out.steps = script.count();
    out.outcome = instance_->call_procedure(procedure_, 0, {}, 0, script.bytes());
    return out;
  }

  TestHost host_;
  TestProcedure procedure_;
  std::unique_ptr<ModuleInstance> instance_;
};

TEST_F(Procedures, OpenAndEndTheirTransactions) {
  Script script;
  const uint32_t out = script.room(8);
  const uint32_t name = script.data("nothing");
  const uint32_t outside = script.step(Import::kTableId, {name, 7, out});
  const uint32_t early = script.step(Import::kCommitTx, {});
  const uint32_t none = script.step(Import::kAbortTx, {});
  const uint32_t first = script.step(Import::kStartTx, {out});
  const uint32_t second = script.step(Import::kStartTx, {out});
  const uint32_t request = script.step(Import::kHttp, {name, 7, name, 7, out});
  const uint32_t commit = script.step(Import::kCommitTx, {});
  script.step(Import::kStartTx, {out});
  const uint32_t abort = script.step(Import::kAbortTx, {});
  const uint32_t sleep = script.step(Import::kSleep, {77, 1});
  Ran ran = run(script);
  ASSERT_TRUE(ran.ok()) << ran.outcome.message;
  EXPECT_EQ(ran.result(outside), 2);
  EXPECT_EQ(ran.result(early), 18);
  EXPECT_EQ(ran.result(none), 18);
  EXPECT_EQ(ran.result(first), 0);
  EXPECT_EQ(ran.bytes(out, 2), std::string("\xd2\x04")) << "1234";
  EXPECT_EQ(ran.result(second), 17);
  EXPECT_EQ(ran.result(request), 17);
  EXPECT_EQ(ran.result(commit), 0);
  EXPECT_EQ(ran.result(abort), 0);
  EXPECT_EQ(ran.result(sleep), (int64_t{1} << 32) + 78);
  EXPECT_EQ(procedure_.begun, 2);
  EXPECT_EQ(procedure_.committed, 1);
  EXPECT_EQ(procedure_.aborted, 1);
}

TEST_F(Procedures, WhatTheyLeaveOpenIsRolledBack) {
  Script script;
  const uint32_t out = script.room(8);
  script.step(Import::kStartTx, {out});
  EXPECT_TRUE(run(script).ok());
  EXPECT_EQ(procedure_.aborted, 1);
  EXPECT_NE(host_.logged().find("rolled back"), std::string::npos);
  Script trap;
  trap.step(Import::kStartTx, {Script::kBase});
  trap.step(Import::kIdentity, {0});
  EXPECT_EQ(run(trap).outcome.status, GuestStatus::kFailed);
  EXPECT_EQ(procedure_.aborted, 2);
}

TEST_F(Procedures, ACommitThatFailsTraps) {
  procedure_.commits_fail = true;
  Script script;
  script.step(Import::kStartTx, {Script::kBase});
  script.step(Import::kCommitTx, {});
  const GuestOutcome outcome = run(script).outcome;
  EXPECT_EQ(outcome.status, GuestStatus::kFailed);
  EXPECT_EQ(outcome.message, "a view failed");
  EXPECT_TRUE(instance_->broken());
}

TEST_F(Procedures, SleepAsLongAsTheyLike) {
  procedure_.sleep_nanos = 300'000'000;  // longer than a call may run
  Script script;
  const uint32_t sleep = script.step(Import::kSleep, {1, 0});
  const uint32_t again = script.step(Import::kSleep, {2, 0});
  Ran ran = run(script);
  ASSERT_TRUE(ran.ok()) << ran.outcome.message;
  EXPECT_EQ(ran.result(sleep), 2);
  EXPECT_EQ(ran.result(again), 3);
}

TEST_F(Procedures, SendRequests) {
  Script script;
  const uint32_t good = script.data("get");
  const uint32_t bad = script.data("bad");
  const uint32_t lost = script.data("lost");
  const uint32_t sources = script.room(8);
  const uint32_t error_source = script.room(8);
  const uint32_t a = script.room(16), a_size = script.word(16);
  const uint32_t b = script.room(16), b_size = script.word(16);
  const uint32_t c = script.room(16), c_size = script.word(16);
  const uint32_t ok = script.step(Import::kHttp, {good, 3, bad, 3, sources});
  script.step(Import::kReadSource, {2, a, a_size});
  script.step(Import::kReadSource, {3, b, b_size});
  const uint32_t malformed = script.step(Import::kHttp, {bad, 3, 0, 0, sources});
  const uint32_t failed = script.step(Import::kHttp, {lost, 4, 0, 0, error_source});
  script.step(Import::kReadSource, {4, c, c_size});
  Ran ran = run(script);
  ASSERT_TRUE(ran.ok()) << ran.outcome.message;
  EXPECT_EQ(ran.result(ok), 0);
  EXPECT_EQ(ran.word(sources), 2u);
  EXPECT_EQ(ran.bytes(a, ran.word(a_size)), "re:get");
  EXPECT_EQ(ran.bytes(b, ran.word(b_size)), "re:bad");
  EXPECT_EQ(ran.result(malformed), 3);
  EXPECT_EQ(ran.result(failed), 21);
  EXPECT_EQ(ran.bytes(c, ran.word(c_size)), std::string("\x0b\0\0\0", 4) + "error: lost");
}

TEST_F(Procedures, AnswersAndHandlers) {
  EXPECT_EQ(instance_->call_procedure(procedure_, 1, {}, 0, {}).status, GuestStatus::kUserError);
  GuestOutcome outcome = instance_->call_http_handler(procedure_, 0, 0, "request", "body");
  EXPECT_EQ(outcome.status, GuestStatus::kOk);
  EXPECT_EQ(outcome.value, "request");
  EXPECT_EQ(outcome.body, "body");
  EXPECT_EQ(instance_->call_http_handler(procedure_, 0, 0, "r", "").body, "");
  EXPECT_EQ(instance_->call_http_handler(procedure_, 1, 0, "r", "b").status,
            GuestStatus::kUserError);
}

// Modules since 10.6 are told who sent a request.
TEST_F(Procedures, HandlersWithASender) {
  auto loaded = test_runtime().load(binary(module_text(
      R"((import "spacetime_10.6" "env_get" (func $env (param i32 i32 i32) (result i32))))",
      R"((data (i32.const 8) "KEY1x=")
         (func (export "__call_http_handler__")
           (param i32 i64 i64 i64 i64 i32 i64 i32 i32 i32 i32) (result i32)
           (if (i32.eqz (local.get 5)) (then unreachable))
           (if (i64.ne (i64.shr_u (local.get 4) (i64.const 48)) (i64.const 0xc200)) (then unreachable))
           (i32.store (i32.const 16) (i32.const 7))
           (if (call $env (i32.const 8) (i32.const 4) (i32.const 16)) (then unreachable))
           (if (i32.load (i32.const 16)) (then unreachable))
           (call $env (i32.const 12) (i32.const 2) (i32.const 16))
           (i32.ne (i32.const 1))))")));
  ASSERT_TRUE(loaded) << loaded.error().message();
  TestHost host;
  auto instance = (*loaded)->instantiate(host);
  ASSERT_TRUE(instance) << instance.error().message();
  GuestOutcome outcome = (*instance)->call_http_handler(procedure_, 0, 0, "r", "b");
  EXPECT_EQ(outcome.status, GuestStatus::kOk) << outcome.message;
}

TEST_F(Procedures, WasiAnswersOrRefuses) {
  Script script;
  const uint32_t text = script.data("one\ntwo");
  const uint32_t vectors = script.data([&] {
    std::string out;
    for (uint32_t word : {text, 5u, text + 5, 2u, 0u, 0u}) {
      out.append(reinterpret_cast<const char*>(&word), 4);
    }
    return out;
  }());
  const uint32_t written = script.word();
  const uint32_t room = script.room(64);
  const uint32_t counts = script.room(8);
  const uint32_t write = script.step(Import::kFdWrite, {1, vectors, 3, written});
  const uint32_t other = script.step(Import::kFdWrite, {3, vectors, 3, written});
  script.step(Import::kFdWrite, {2, vectors, 1, written + 4});
  const uint32_t time = script.step(Import::kClockTime, {0, room});
  const uint32_t bad_clock = script.step(Import::kClockTime, {9, room});
  script.step(Import::kRandom, {room + 8, 16});
  script.step(Import::kArgsSizes, {counts, counts + 4});
  const uint32_t prestat = script.step(Import::kPrestat, {3, room + 24});
  const uint32_t open = script.step(Import::kPathOpen, {3, 0, text, 3, 0, 0, room + 24});
  const uint32_t fdstat = script.step(Import::kFdstat, {1, room + 32});
  Ran ran = run(script);
  ASSERT_TRUE(ran.ok()) << ran.outcome.message;
  EXPECT_EQ(ran.result(write), 0);
  EXPECT_EQ(ran.word(written), 7u);
  EXPECT_EQ(ran.result(other), 8);
  EXPECT_EQ(ran.result(time), 0);
  EXPECT_EQ(ran.result(bad_clock), 28);
  EXPECT_NE(ran.bytes(room, 8), std::string(8, '\xEE'));
  EXPECT_NE(ran.bytes(room + 8, 16), std::string(16, '\xEE'));
  EXPECT_EQ(ran.word(counts), 1u);
  EXPECT_EQ(ran.result(prestat), 8);
  EXPECT_EQ(ran.result(open), 8);
  EXPECT_EQ(ran.result(fdstat), 0);
  const std::string log = host_.logged();
  EXPECT_NE(log.find("\"one\""), std::string::npos) << log;
  EXPECT_NE(log.find("\"two\""), std::string::npos) << log;
  Script exit;
  exit.step(Import::kExit, {3});
  EXPECT_NE(run(exit).outcome.message.find("exit code 3"), std::string::npos);
}

}  // namespace
}  // namespace orrery::host
