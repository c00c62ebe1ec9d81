// Calls, clients, schedules, procedures, and going down.
#include "host/hosted_database_for_test.h"

namespace orrery::host {
namespace {

TEST_F(HostedDatabaseTest, CreatesTablesAndRunsInit) {
  create();
  EXPECT_EQ(names(owner_), "founder");
  EXPECT_EQ(database_->owner(), owner_.identity);
  EXPECT_EQ(count("SELECT * FROM st_table WHERE table_type = 'user'"), 4u);
  EXPECT_EQ(count("SELECT * FROM st_table WHERE table_type = 'system'"), 21u);
  EXPECT_EQ(count("SELECT * FROM st_view"), 3u);
  EXPECT_EQ(count("SELECT * FROM st_scheduled"), 1u);
  EXPECT_EQ(count("SELECT * FROM st_event_table"), 1u);
  EXPECT_EQ(count("SELECT * FROM st_module"), 1u);
}

TEST_F(HostedDatabaseTest, ReducersCommitAndRollBack) {
  create();
  CallOutcome outcome = add("ann", 30);
  EXPECT_EQ(outcome.status, CallStatus::kOk) << outcome.message;
  EXPECT_GT(outcome.seq, 0u);
  EXPECT_GT(outcome.energy, 0u);
  EXPECT_EQ(names(ann_), "founder,ann");
  outcome = reducer(*database_, ann_, "add_then_fail");
  EXPECT_EQ(outcome.status, CallStatus::kUserError);
  EXPECT_GT(outcome.energy, 0u);
  EXPECT_EQ(outcome.message, "no thanks");
  outcome = reducer(*database_, ann_, "add_then_trap");
  EXPECT_EQ(outcome.status, CallStatus::kInternalError);
  EXPECT_EQ(outcome.message, "The instance encountered a fatal error.");
  EXPECT_EQ(names(ann_), "founder,ann");
  EXPECT_EQ(add("bob", 31).status, CallStatus::kOk);
  EXPECT_EQ(names(ann_), "founder,ann,bob");
  auto log = database_->log().tail(100);
  ASSERT_TRUE(log);
  EXPECT_NE(log->find("\"level\":\"Panic\""), std::string::npos) << *log;
  EXPECT_NE(log->find("\"func_name\":\"boom\""), std::string::npos);
  EXPECT_NE(log->find("no thanks"), std::string::npos);
}

TEST_F(HostedDatabaseTest, RefusesCallsThatCannotBe) {
  create();
  EXPECT_EQ(reducer(*database_, ann_, "nobody").status, CallStatus::kNoSuchFunction);
  EXPECT_EQ(reducer(*database_, ann_, "init").status, CallStatus::kLifecycle);
  EXPECT_EQ(reducer(*database_, ann_, "add", "x").status, CallStatus::kBadArguments);
  // Scheduled functions are private to all but the owner.
  const std::string row = raw_bytes<uint64_t>(0) + raw_bytes<uint8_t>(1) + raw_bytes<int64_t>(0);
  EXPECT_EQ(reducer(*database_, ann_, "tick", row).status, CallStatus::kNoSuchFunction);
  EXPECT_EQ(reducer(*database_, owner_, "tick", row).status, CallStatus::kOk);
  EXPECT_EQ(procedure(*database_, ann_, "nobody").status, CallStatus::kNoSuchFunction);
}

TEST_F(HostedDatabaseTest, ObserverHearsOfWatchedTables) {
  create();
  Recorder recorder;
  database_->set_observer(&recorder);
  storage::TableId person = 0, note = 0;
  on_lane(*database_, [&] {
    person = database_->engine()->store()->catalog()->find_table("person")->def().id;
    note = database_->engine()->store()->catalog()->find_table("note")->def().id;
    database_->watch(person, true);
    database_->watch(note, true);
  });
  EXPECT_EQ(add("ann", 30).status, CallStatus::kOk);
  EXPECT_EQ(reducer(*database_, ann_, "say", text_bytes("hello")).status, CallStatus::kOk);
  EXPECT_EQ(reducer(*database_, ann_, "add_then_fail").status, CallStatus::kUserError);
  database_->set_observer(nullptr);
  ASSERT_EQ(recorder.inserts[person].size(), 1u);
  EXPECT_EQ(recorder.inserts[person][0].substr(8), text_bytes("ann") + raw_bytes<uint32_t>(30));
  EXPECT_EQ(recorder.inserts[note].size(), 1u);
  EXPECT_EQ(count("SELECT * FROM note"), 0u);
}

TEST_F(HostedDatabaseTest, ClientsComeAndGo) {
  create();
  EXPECT_EQ(connect(ann_, "{\"sub\":\"ann\"}").status, CallStatus::kOk);
  EXPECT_EQ(count("SELECT * FROM st_client"), 1u);
  EXPECT_EQ(count("SELECT * FROM st_connection_credentials"), 1u);
  const CallOutcome refused = connect(caller_of("eve", 2), "evil");
  EXPECT_EQ(refused.status, CallStatus::kUserError);
  EXPECT_EQ(refused.message, "not you");
  EXPECT_EQ(count("SELECT * FROM st_client"), 1u);
  EXPECT_EQ(disconnect(ann_).status, CallStatus::kOk);
  EXPECT_EQ(count("SELECT * FROM st_client"), 0u);
  EXPECT_EQ(count("SELECT * FROM st_connection_credentials"), 0u);
  EXPECT_EQ(names(ann_), "founder,gone");
}

TEST_F(HostedDatabaseTest, ReopensWithEverything) {
  in_files();
  create();
  EXPECT_EQ(add("ann", 30).status, CallStatus::kOk);
  EXPECT_EQ(connect(ann_).status, CallStatus::kOk);
  const CallOutcome last = reducer(*database_, ann_, "schedule_in", raw_bytes<int64_t>(400'000));
  ASSERT_EQ(last.status, CallStatus::kOk) << last.message;
  EXPECT_TRUE(database_->wait_durable(last.seq));
  reopen();
  EXPECT_EQ(counters_->disconnects, 1);
  EXPECT_EQ(count("SELECT * FROM st_client"), 0u);
  EXPECT_EQ(names(ann_), "founder,ann,gone");
  EXPECT_EQ(database_->owner(), owner_.identity);
  // The schedule was armed again.
  wait_until([&] { return counters_->ticks.load() == 1; });
  wait_until([&] { return count("SELECT * FROM timer") == 0; });
  EXPECT_EQ(names(ann_), "founder,ann,gone,tick");
}

TEST_F(HostedDatabaseTest, SchedulesFire) {
  create();
  EXPECT_EQ(reducer(*database_, ann_, "schedule_in", raw_bytes<int64_t>(-5)).status,
            CallStatus::kOk);
  wait_until([&] { return counters_->ticks.load() == 1; });
  wait_until([&] { return count("SELECT * FROM timer") == 0; });
  EXPECT_EQ(reducer(*database_, ann_, "schedule_every", raw_bytes<int64_t>(20'000)).status,
            CallStatus::kOk);
  wait_until([&] { return counters_->ticks.load() >= 4; });
  EXPECT_EQ(count("SELECT * FROM timer"), 1u);
  EXPECT_TRUE(sql(*database_, owner_, "DELETE FROM timer"));
  const int after = counters_->ticks.load();
  usleep(100'000);
  EXPECT_LE(counters_->ticks.load(), after + 1);
  const CallOutcome far = reducer(*database_, ann_, "schedule_in",
                                  raw_bytes<int64_t>(int64_t{3} * 365 * 86'400 * 1'000'000));
  EXPECT_EQ(far.status, CallStatus::kUserError);
}

TEST_F(HostedDatabaseTest, ProceduresHaveTransactionsOfTheirOwn) {
  create();
  CallOutcome outcome = procedure(*database_, ann_, "count_people");
  ASSERT_EQ(outcome.status, CallStatus::kOk) << outcome.message;
  EXPECT_EQ(outcome.value, raw_bytes<uint64_t>(1));
  EXPECT_EQ(names(ann_), "founder,proc");
  // While one sleeps the others go on.
  Answer<CallOutcome> napped;
  database_->call_procedure(ann_, "nap", {}, [&](const CallOutcome& o) { napped.set(o); });
  EXPECT_EQ(add("late", 3).status, CallStatus::kOk);
  EXPECT_FALSE(napped.there());
  outcome = napped.take();
  ASSERT_EQ(outcome.status, CallStatus::kOk) << outcome.message;
  EXPECT_EQ(outcome.value, raw_bytes<uint64_t>(3));
  outcome = procedure(*database_, ann_, "leave_open");
  EXPECT_EQ(outcome.status, CallStatus::kOk);
  EXPECT_EQ(names(ann_), "founder,proc,late");
}

TEST_F(HostedDatabaseTest, AProcedureRunsBeforeWhatIsCalledAfterIt) {
  create();
  for (int i = 0; i < 20; ++i) {
    Answer<CallOutcome> counted;
    database_->call_procedure(ann_, "count_people", {},
                              [&](const CallOutcome& o) { counted.set(o); });
    EXPECT_EQ(add("after", 3).status, CallStatus::kOk);
    const CallOutcome outcome = counted.take();
    EXPECT_EQ(outcome.value, raw_bytes<uint64_t>(1 + 2 * static_cast<uint64_t>(i)));
  }
}

TEST_F(HostedDatabaseTest, StoppingAnswersEverybody) {
  create();
  Answer<CallOutcome> napped;
  database_->call_procedure(ann_, "nap", {}, [&](const CallOutcome& o) { napped.set(o); });
  database_->stop();
  EXPECT_NE(napped.take().status, CallStatus::kOk);
  EXPECT_EQ(add("late", 3).status, CallStatus::kStopped);
  Answer<Status> durable;
  database_->when_durable(1'000'000, [&](Status status) { durable.set(std::move(status)); });
  EXPECT_EQ(durable.take().error().code(), ErrorCode::kCancelled);
  EXPECT_FALSE(sql(*database_, owner_, "SELECT 1"));
}

}  // namespace
}  // namespace orrery::host
