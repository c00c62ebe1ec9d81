// Procedures, and what scheduled functions leave behind.
#include "host/hosted_database_for_test.h"
#include "host/system_tables.h"

namespace orrery::host {
namespace {

/// Holds procedures at a point until the test lets them go on.
struct Gate {
  std::atomic<bool> entered = false;
  std::atomic<bool> open = false;

  /// Gives the lane back before it waits. False where the database stops.
  bool pass(FakeCall& call) {
    if (!call.procedure->sleep_until(0)) return false;
    entered = true;
    while (!open) usleep(1000);
    return true;
  }
  void wait_for_guest() const {
    while (!entered) usleep(1000);
  }
};

class ProceduresTest : public HostedDatabaseTest {
 protected:
  /// The people with one procedure more.
  void add_program(std::string program, std::string name, FakeFunction run) {
    FakeModule module = people(counters_);
    add_procedure(&module, std::move(name), std::move(run));
    module.def.order_by_tag();
    runtime_->add(std::move(program), std::move(module));
  }
};

TEST_F(ProceduresTest, BeyondTheBoundTheyAreRefused) {
  options_.procedure_instances = 1;
  options_.procedures_waiting_max = 2;
  Gate gate;
  add_program("gate", "gate", [&](FakeCall& call) {
    return gate.pass(call) ? ok(raw_bytes<uint64_t>(0)) : trap();
  });
  create("gate");
  Answer<CallOutcome> held, first, second;
  database_->call_procedure(ann_, "gate", {}, [&](const CallOutcome& o) { held.set(o); });
  gate.wait_for_guest();
  database_->call_procedure(ann_, "count_people", {}, [&](const CallOutcome& o) { first.set(o); });
  database_->call_procedure(ann_, "count_people", {}, [&](const CallOutcome& o) { second.set(o); });
  const CallOutcome refused = procedure(*database_, ann_, "count_people");
  EXPECT_EQ(refused.status, CallStatus::kInternalError);
  EXPECT_EQ(refused.message, "too many procedures are waiting");
  EXPECT_EQ(add("meanwhile", 3).status, CallStatus::kOk);
  gate.open = true;
  EXPECT_EQ(held.take().status, CallStatus::kOk);
  EXPECT_EQ(first.take().value, raw_bytes<uint64_t>(2));
  EXPECT_EQ(second.take().status, CallStatus::kOk);
  EXPECT_EQ(procedure(*database_, ann_, "count_people").status, CallStatus::kOk);
}

TEST_F(ProceduresTest, OneThatOutlivesItsModuleHasNoMoreTransactions) {
  Gate gate;
  std::string refusal;
  add_program("old", "outlive", [&](FakeCall& call) {
    if (!gate.pass(call)) return trap();
    auto begun = call.procedure->start_transaction();
    if (begun) return ok(raw_bytes<uint64_t>(0));
    refusal = begun.error().message();
    return trap();
  });
  create("old");
  Answer<CallOutcome> outlived;
  database_->call_procedure(ann_, "outlive", {}, [&](const CallOutcome& o) { outlived.set(o); });
  gate.wait_for_guest();
  ASSERT_TRUE(database_->update("people", ClientBreak::kAllow));
  gate.open = true;
  EXPECT_EQ(outlived.take().status, CallStatus::kInternalError);
  EXPECT_EQ(refusal, "the module was replaced while a procedure of it ran");
  EXPECT_EQ(add("Ann", 30).status, CallStatus::kOk);
}

TEST_F(ProceduresTest, AfterAnUpdateTheNewModuleRuns) {
  add_program("one", "which", [](FakeCall&) { return ok(raw_bytes<uint64_t>(1)); });
  add_program("two", "which", [](FakeCall&) { return ok(raw_bytes<uint64_t>(2)); });
  create("one");
  EXPECT_EQ(procedure(*database_, ann_, "which").value, raw_bytes<uint64_t>(1));
  ASSERT_TRUE(database_->update("two", ClientBreak::kAllow));
  EXPECT_EQ(procedure(*database_, ann_, "which").value, raw_bytes<uint64_t>(2));
}

TEST_F(ProceduresTest, AnInstanceThatTrappedIsNotUsedAgain) {
  int calls = 0;
  add_program("traps", "first_traps", [&](FakeCall&) {
    return ++calls == 1 ? trap() : ok(raw_bytes<uint64_t>(7));
  });
  create("traps");
  EXPECT_EQ(procedure(*database_, ann_, "first_traps").status, CallStatus::kInternalError);
  EXPECT_EQ(procedure(*database_, ann_, "first_traps").value, raw_bytes<uint64_t>(7));
  EXPECT_EQ(reducer(*database_, ann_, "add_then_trap").status, CallStatus::kInternalError);
  EXPECT_EQ(add("Ann", 30).status, CallStatus::kOk);
}

TEST_F(ProceduresTest, WhatTheyReturnMustBeOfTheirType) {
  add_program("short", "returns_a_byte", [](FakeCall&) { return ok("x"); });
  create("short");
  const CallOutcome outcome = procedure(*database_, ann_, "returns_a_byte");
  EXPECT_EQ(outcome.status, CallStatus::kInternalError);
  EXPECT_EQ(outcome.message, "the procedure's result is not of its type");
  EXPECT_EQ(outcome.value, "");
}

TEST_F(ProceduresTest, NobodySleepsInATransaction) {
  add_program("sleepy", "sleep_in_transaction", [](FakeCall& call) {
    auto begun = call.procedure->start_transaction();
    if (!begun || !call.insert("person", person_row(0, "sleepy", 2))) return trap();
    const int64_t in_an_hour = *begun + int64_t{3600} * 1'000'000;
    auto now = call.procedure->sleep_until(in_an_hour);
    if (!now || *now >= in_an_hour) return trap();
    if (!call.procedure->commit_transaction()) return trap();
    return ok(raw_bytes<uint64_t>(1));
  });
  create("sleepy");
  const CallOutcome outcome = procedure(*database_, ann_, "sleep_in_transaction");
  EXPECT_EQ(outcome.status, CallStatus::kOk) << outcome.message;
  EXPECT_EQ(names(ann_), "founder,sleepy");
}

TEST_F(HostedDatabaseTest, AScheduledReducerThatFailsRunsOnce) {
  std::atomic<int> runs = 0;
  FakeModule module = people(counters_);
  for (size_t i = 0; i < module.def.reducers.size(); ++i) {
    if (module.def.reducers[i].name != "tick") continue;
    module.reducers[i] = [&](FakeCall&) {
      ++runs;
      return user_error("not now");
    };
  }
  runtime_->add("fails", std::move(module));
  in_files();
  create("fails");
  EXPECT_EQ(reducer(*database_, ann_, "schedule_in", raw_bytes<int64_t>(0)).status,
            CallStatus::kOk);
  wait_until([&] { return runs > 0; });
  wait_until([&] { return count("SELECT * FROM timer") == 0; });
  reopen();
  EXPECT_EQ(count("SELECT * FROM timer"), 0u);
  EXPECT_EQ(runs, 1);
}

TEST_F(HostedDatabaseTest, AnIntervalThatDeletesItsRowIsOver) {
  std::atomic<int> runs = 0;
  FakeModule module = people(counters_);
  for (size_t i = 0; i < module.def.reducers.size(); ++i) {
    if (module.def.reducers[i].name != "tick") continue;
    module.reducers[i] = [&](FakeCall& call) {
      ++runs;
      return outcome_of(call.remove("timer", call.arguments));
    };
  }
  runtime_->add("ends itself", std::move(module));
  create("ends itself");
  EXPECT_EQ(reducer(*database_, ann_, "schedule_every", raw_bytes<int64_t>(1000)).status,
            CallStatus::kOk);
  wait_until([&] { return runs > 0; });
  usleep(50'000);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(count("SELECT * FROM timer"), 0u);
}

TEST_F(HostedDatabaseTest, ViewsInUseStayHoweverLongNothingHappens) {
  options_.view_idle_micros = 10'000;
  create();
  HostedDatabase::ViewInstance adults;
  on_lane(*database_, [&] {
    auto used = database_->use_view(*database_->definition()->find_view("adults").def,
                                    ann_.identity);
    ASSERT_TRUE(used);
    adults = *used;
  });
  usleep(100'000);
  const int before = counters_->adults;
  EXPECT_EQ(add("Ann", 30).status, CallStatus::kOk);
  EXPECT_EQ(counters_->adults, before + 1);
  on_lane(*database_, [&] { database_->release_view(adults); });
  wait_until([&] {
    const int made = counters_->adults;
    EXPECT_EQ(add("later", 31).status, CallStatus::kOk);
    return counters_->adults == made;
  });
}

TEST_F(HostedDatabaseTest, RowsOfViewsDoNotOutliveARun) {
  in_files();
  create();
  storage::TableId backing = 0;
  const auto rows = [&] {
    std::string out;
    on_lane(*database_, [&] {
      const std::shared_ptr<storage::Store> store = database_->engine()->store();
      std::shared_ptr<const storage::Catalog> catalog;
      const storage::ReadViewHandle view = store->read_view(&catalog);
      out = all_rows(*catalog->find_table(backing), view.view());
    });
    return out;
  };
  on_lane(*database_, [&] {
    auto used = database_->use_view(*database_->definition()->find_view("adults").def,
                                    ann_.identity);
    ASSERT_TRUE(used);
    backing = used->table;
  });
  EXPECT_NE(rows(), "");
  reopen();
  EXPECT_EQ(rows(), "");
}

TEST_F(HostedDatabaseTest, CountsWhatHappens) {
  create();
  const DatabaseCounts before = database_->counts();
  EXPECT_EQ(add("Ann", 30).status, CallStatus::kOk);
  EXPECT_EQ(reducer(*database_, ann_, "add_then_fail").status, CallStatus::kUserError);
  const DatabaseCounts after = database_->counts();
  EXPECT_EQ(after.reducer_calls - before.reducer_calls, 2u);
  EXPECT_EQ(after.transactions - before.transactions, 1u);
  EXPECT_EQ(after.rows_changed - before.rows_changed, 1u);
}

}  // namespace
}  // namespace orrery::host
