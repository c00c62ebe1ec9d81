#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "host/fake_module_for_test.h"
#include "host/host.h"
#include "host/view_instances.h"

namespace orrery::host {
namespace {

using schema::RawModuleDefV10;
using types::AlgebraicType;

AlgebraicType product(std::vector<types::TypeElement> fields) {
  return AlgebraicType::product(std::move(fields));
}

struct TableOptions {
  bool event = false;
  bool is_private = false;
  std::vector<uint16_t> indexed = {};
};

/// Adds a table whose first column is a U64 primary key with a sequence.
void add_table(RawModuleDefV10* def, std::string name, std::vector<types::TypeElement> columns,
               TableOptions options = {}) {
  const uint32_t ref = def->typespace.add(product(columns));
  schema::RawType type;
  type.name = "Row_" + name;
  type.ref = ref;
  type.custom_ordering = true;
  def->types.push_back(type);
  schema::RawTable table;
  table.name = name;
  table.product_type_ref = ref;
  table.primary_key = {0};
  auto index = [&](uint16_t column, std::string suffix) {
    schema::RawIndex out;
    out.name = name + "_" + suffix;
    out.accessor_name = suffix;
    out.columns = {column};
    table.indexes.push_back(out);
  };
  index(0, "pk");
  for (uint16_t column : options.indexed) index(column, "by_" + std::to_string(column));
  schema::RawConstraint unique;
  unique.columns = {0};
  table.constraints.push_back(unique);
  schema::RawSequence sequence;
  sequence.column = 0;
  table.sequences.push_back(sequence);
  table.is_event = options.event;
  table.access = options.is_private ? schema::TableAccess::kPrivate : schema::TableAccess::kPublic;
  def->tables.push_back(table);
}

void add_reducer(FakeModule* module, std::string name, std::vector<types::TypeElement> params,
                 FakeFunction run) {
  schema::RawReducer reducer;
  reducer.name = std::move(name);
  reducer.params = product(std::move(params));
  module->def.reducers.push_back(reducer);
  module->reducers.push_back(std::move(run));
}

void add_lifecycle(FakeModule* module, schema::Lifecycle lifecycle, std::string name,
                   FakeFunction run) {
  add_reducer(module, name, {}, std::move(run));
  module->def.lifecycle_reducers.push_back({lifecycle, name});
}

void add_view(FakeModule* module, std::string name, bool anonymous, uint32_t row_ref,
              FakeFunction run) {
  schema::RawView view;
  view.name = std::move(name);
  view.is_anonymous = anonymous;
  auto& functions = anonymous ? module->anonymous_views : module->views;
  view.index = static_cast<uint32_t>(functions.size());
  view.params = AlgebraicType::unit();
  view.return_type = AlgebraicType::array(AlgebraicType::ref(row_ref));
  module->def.views.push_back(view);
  functions.push_back(std::move(run));
}

void add_procedure(FakeModule* module, std::string name, FakeFunction run) {
  schema::RawProcedure procedure;
  procedure.name = std::move(name);
  procedure.params = AlgebraicType::unit();
  procedure.return_type = AlgebraicType::u64();
  module->def.procedures.push_back(procedure);
  module->procedures.push_back(std::move(run));
}

std::string person_row(uint64_t id, std::string_view name, uint32_t age) {
  return raw_bytes(id) + text_bytes(name) + raw_bytes(age);
}

std::string rows_array(const std::vector<std::string>& rows) {
  std::string out("\0", 1);
  out += raw_bytes(static_cast<uint32_t>(rows.size()));
  for (const std::string& row : rows) out += row;
  return out;
}

/// The rows of `person` in a scan.
std::vector<std::string> split_people(std::string_view rows) {
  std::vector<std::string> out;
  while (!rows.empty()) {
    uint32_t name = 0;
    std::memcpy(&name, rows.data() + 8, 4);
    out.emplace_back(rows.substr(0, 16 + name));
    rows.remove_prefix(16 + name);
  }
  return out;
}
uint32_t age_of(const std::string& row) {
  uint32_t age = 0;
  std::memcpy(&age, row.data() + row.size() - 4, 4);
  return age;
}

GuestOutcome outcome_of(const Status& status) {
  return status ? ok() : user_error(status.error().message());
}

struct Counters {
  std::atomic<int> adults{0};
  std::atomic<int> ticks{0};
  std::atomic<int> connects{0};
  std::atomic<int> disconnects{0};
};

FakeModule people(std::shared_ptr<Counters> counters) {
  FakeModule module;
  add_table(&module.def, "person",
            {{"id", AlgebraicType::u64()},
             {"name", AlgebraicType::string()},
             {"age", AlgebraicType::u32()}},
            {.indexed = {1}});
  add_table(&module.def, "note", {{"id", AlgebraicType::u64()}, {"text", AlgebraicType::string()}},
            {.event = true});
  add_table(&module.def, "secret",
            {{"id", AlgebraicType::u64()}, {"owner", AlgebraicType::identity()}},
            {.is_private = true});
  add_table(&module.def, "timer",
            {{"scheduled_id", AlgebraicType::u64()}, {"scheduled_at", AlgebraicType::schedule_at()}});
  schema::RawSchedule schedule;
  schedule.name = "timer_schedule";
  schedule.table_name = "timer";
  schedule.at_column = 1;
  schedule.function_name = "tick";
  module.def.schedules.push_back(schedule);

  add_reducer(&module, "add", {{"name", AlgebraicType::string()}, {"age", AlgebraicType::u32()}},
              [](FakeCall& call) {
                return outcome_of(
                    call.insert("person", raw_bytes<uint64_t>(0) + std::string(call.arguments)));
              });
  add_reducer(&module, "add_then_fail", {}, [](FakeCall& call) {
    (void)call.insert("person", person_row(0, "ghost", 1));
    return user_error("no thanks");
  });
  add_reducer(&module, "add_then_trap", {}, [](FakeCall& call) {
    (void)call.insert("person", person_row(0, "ghost", 1));
    return trap();
  });
  add_reducer(&module, "say", {{"text", AlgebraicType::string()}}, [](FakeCall& call) {
    return outcome_of(
        call.insert("note", raw_bytes<uint64_t>(0) + std::string(call.arguments)));
  });
  add_reducer(&module, "schedule_in", {{"micros", AlgebraicType::i64()}}, [](FakeCall& call) {
    int64_t micros = 0;
    std::memcpy(&micros, call.arguments.data(), 8);
    return outcome_of(call.insert("timer", raw_bytes<uint64_t>(0) + raw_bytes<uint8_t>(1) +
                                               raw_bytes(call.timestamp + micros)));
  });
  add_reducer(&module, "schedule_every", {{"micros", AlgebraicType::i64()}}, [](FakeCall& call) {
    return outcome_of(call.insert("timer", raw_bytes<uint64_t>(0) + raw_bytes<uint8_t>(0) +
                                               std::string(call.arguments)));
  });
  add_reducer(&module, "tick", {{"timer", AlgebraicType::ref(3)}}, [counters](FakeCall& call) {
    ++counters->ticks;
    return outcome_of(call.insert("person", person_row(0, "tick", 50)));
  });
  add_reducer(&module, "keep_secret", {}, [](FakeCall& call) {
    return outcome_of(call.insert(
        "secret", raw_bytes<uint64_t>(0) + std::string(call.caller.identity.bytes())));
  });
  add_lifecycle(&module, schema::Lifecycle::kInit, "init", [](FakeCall& call) {
    return outcome_of(call.insert("person", person_row(0, "founder", 99)));
  });
  add_lifecycle(&module, schema::Lifecycle::kOnConnect, "on_connect", [counters](FakeCall& call) {
    ++counters->connects;
    auto jwt = call.host->jwt_payload(*call.call->transaction, call.caller.connection);
    if (jwt && *jwt && **jwt == "evil") return user_error("not you");
    return ok();
  });
  add_lifecycle(&module, schema::Lifecycle::kOnDisconnect, "on_disconnect",
                [counters](FakeCall& call) {
                  ++counters->disconnects;
                  return outcome_of(call.insert("person", person_row(0, "gone", 1)));
                });

  add_view(&module, "adults", true, 0, [counters](FakeCall& call) {
    ++counters->adults;
    std::vector<std::string> out;
    for (std::string& row : split_people(call.scan("person"))) {
      if (age_of(row) == 66) return trap();
      if (age_of(row) >= 18) out.push_back(std::move(row));
    }
    return ok(rows_array(out));
  });
  add_view(&module, "namesakes", false, 0, [](FakeCall& call) {
    const std::string name = call.caller.identity == identity_of("ann") ? "ann" : "bob";
    return ok(rows_array(split_people(call.point("person_by_1", text_bytes(name)))));
  });
  add_view(&module, "adults_sql", true, 0, [](FakeCall&) {
    return ok(std::string("\1", 1) + text_bytes("SELECT * FROM person WHERE age >= 18"));
  });
  module.def.views.back().return_type =
      product({{"__query__", AlgebraicType::ref(0)}});

  add_procedure(&module, "count_people", [](FakeCall& call) {
    auto begun = call.procedure->start_transaction();
    if (!begun) return trap();
    const uint64_t count = split_people(call.scan("person")).size();
    if (!call.insert("person", person_row(0, "proc", 2))) return trap();
    if (!call.procedure->commit_transaction()) return trap();
    return ok(raw_bytes(count));
  });
  add_procedure(&module, "nap", [](FakeCall& call) {
    auto now = call.procedure->sleep_until(call.timestamp + 300'000);
    if (!now) return trap();
    if (!call.procedure->start_transaction()) return trap();
    const uint64_t count = split_people(call.scan("person")).size();
    if (!call.procedure->abort_transaction()) return trap();
    return ok(raw_bytes(count));
  });
  add_procedure(&module, "leave_open", [](FakeCall& call) {
    if (!call.procedure->start_transaction()) return trap();
    if (!call.insert("person", person_row(0, "lost", 2))) return trap();
    return ok(raw_bytes<uint64_t>(1));
  });
  module.def.order_by_tag();
  return module;
}

/// Keeps what commits brought, per table.
class Recorder final : public CommitObserver {
 public:
  void committed(const CommitEvent& event) override {
    LockGuard<Mutex> lock(mutex_);
    for (const storage::ChangeSet::Table& table : event.commit.changes.tables()) {
      for (size_t i = 0; i < table.inserts.size(); ++i) {
        inserts[table.id].emplace_back(table.inserts[i].bytes);
      }
      for (size_t i = 0; i < table.deletes.size(); ++i) {
        deletes[table.id].emplace_back(table.deletes[i].bytes);
      }
    }
    ++commits;
  }
  void module_changed(bool) override { ++modules; }

  std::map<storage::TableId, std::vector<std::string>> inserts;
  std::map<storage::TableId, std::vector<std::string>> deletes;
  int commits = 0;
  int modules = 0;

 private:
  Mutex mutex_;
};

class HostedDatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/orrery-host-XXXXXX";
    folder_ = mkdtemp(name);
    runtime_ = std::make_shared<FakeRuntime>();
    counters_ = std::make_shared<Counters>();
    runtime_->add("people", people(counters_));
    options_.runtime = runtime_;
  }
  void TearDown() override {
    if (database_ != nullptr) database_->stop();
    database_ = nullptr;
    std::filesystem::remove_all(folder_);
  }
  void in_files() {
    options_.storage = HostStorage::kFiles;
    options_.data_directory = folder_;
  }
  void create(std::string program = "people") {
    auto made = HostedDatabase::create(options_, identity_of("db"), owner_.identity,
                                       std::move(program));
    ASSERT_TRUE(made) << made.error().message();
    database_ = *std::move(made);
  }
  void reopen() {
    database_->stop();
    database_ = nullptr;
    auto made = HostedDatabase::open(options_, identity_of("db"));
    ASSERT_TRUE(made) << made.error().message();
    database_ = *std::move(made);
  }
  /// The people's names, in order.
  std::string names(const Caller& caller) {
    auto report = sql(*database_, caller, "SELECT name FROM person ORDER BY id");
    if (!report) return "error: " + report.error().message();
    std::string out;
    std::string_view rows = report->rows;
    while (!rows.empty()) {
      uint32_t size = 0;
      std::memcpy(&size, rows.data(), 4);
      if (!out.empty()) out += ",";
      out += rows.substr(4, size);
      rows.remove_prefix(4 + size);
    }
    return out;
  }
  CallOutcome add(std::string_view name, uint32_t age) {
    return reducer(*database_, ann_, "add", text_bytes(name) + raw_bytes(age));
  }
  CallOutcome connect(const Caller& caller, std::string jwt = {}) {
    Answer<CallOutcome> answer;
    database_->connect(caller, std::move(jwt), [&](const CallOutcome& o) { answer.set(o); });
    return answer.take();
  }
  CallOutcome disconnect(const Caller& caller) {
    Answer<CallOutcome> answer;
    database_->disconnect(caller, [&](const CallOutcome& o) { answer.set(o); });
    return answer.take();
  }
  uint64_t count(std::string text) {
    auto report = sql(*database_, owner_, std::move(text));
    EXPECT_TRUE(report) << report.error().message();
    return report ? report->row_count : 0;
  }
  void wait_until(const std::function<bool()>& done) {
    for (int i = 0; i < 500 && !done(); ++i) usleep(10'000);
    EXPECT_TRUE(done());
  }

  std::string folder_;
  std::shared_ptr<FakeRuntime> runtime_;
  std::shared_ptr<Counters> counters_;
  HostOptions options_;
  Caller owner_ = caller_of("owner", 100);
  Caller ann_ = caller_of("ann", 1);
  std::shared_ptr<HostedDatabase> database_;
};

TEST_F(HostedDatabaseTest, CreatesTablesAndRunsInit) {
  create();
  EXPECT_EQ(names(owner_), "founder");
  EXPECT_EQ(database_->owner(), owner_.identity);
  EXPECT_EQ(count("SELECT * FROM st_table WHERE table_type = 'user'"), 4u);
  EXPECT_EQ(count("SELECT * FROM st_table WHERE table_type = 'system'"), 20u);
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
  EXPECT_EQ(names(ann_), "founder,ann");
  outcome = reducer(*database_, ann_, "add_then_fail");
  EXPECT_EQ(outcome.status, CallStatus::kUserError);
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

TEST_F(HostedDatabaseTest, ViewsFollowTheirReadSets) {
  create();
  Recorder recorder;
  database_->set_observer(&recorder);
  const auto definition = database_->definition();
  HostedDatabase::ViewInstance adults, mine;
  on_lane(*database_, [&] {
    auto used = database_->use_view(*definition->find_view("adults").def, ann_.identity);
    ASSERT_TRUE(used) << used.error().message();
    adults = *used;
    database_->watch(adults.table, true);
    auto namesakes = database_->use_view(*definition->find_view("namesakes").def, ann_.identity);
    ASSERT_TRUE(namesakes) << namesakes.error().message();
    mine = *namesakes;
    database_->watch(mine.table, true);
  });
  EXPECT_EQ(counters_->adults, 1);
  EXPECT_EQ(add("kid", 5).status, CallStatus::kOk);
  EXPECT_EQ(counters_->adults, 2);
  EXPECT_TRUE(recorder.inserts[adults.table].empty());
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  ASSERT_EQ(recorder.inserts[adults.table].size(), 1u);
  EXPECT_EQ(recorder.inserts[adults.table][0].substr(0, 32), adults.argument_hash);
  ASSERT_EQ(recorder.inserts[mine.table].size(), 1u);
  EXPECT_EQ(reducer(*database_, ann_, "say", text_bytes("hello")).status, CallStatus::kOk);
  EXPECT_EQ(counters_->adults, 3);
  // A view that fails takes the transaction with it.
  EXPECT_EQ(add("bad", 66).status, CallStatus::kInternalError);
  EXPECT_EQ(names(ann_), "founder,kid,ann");
  EXPECT_TRUE(sql(*database_, owner_, "DELETE FROM person WHERE name = 'ann'"));
  EXPECT_EQ(recorder.deletes[adults.table].size(), 1u);
  EXPECT_EQ(recorder.deletes[mine.table].size(), 1u);
  on_lane(*database_, [&] {
    database_->release_view(adults);
    database_->release_view(mine);
  });
  database_->set_observer(nullptr);
}

TEST_F(HostedDatabaseTest, ViewsInSql) {
  create();
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  auto report = sql(*database_, ann_, "SELECT * FROM adults");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->row_count, 2u);
  EXPECT_EQ(report->schema.elements().size(), 3u);
  report = sql(*database_, ann_, "SELECT a.name FROM adults_sql a WHERE a.age < 90");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows, text_bytes("ann"));
  report = sql(*database_, ann_, "SELECT name FROM namesakes");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows, text_bytes("ann"));
  report = sql(*database_, caller_of("bob"), "SELECT name FROM namesakes");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->row_count, 0u);
}

TEST_F(HostedDatabaseTest, SqlKnowsTypesAndRights) {
  create();
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  EXPECT_EQ(reducer(*database_, ann_, "keep_secret").status, CallStatus::kOk);
  auto report = sql(*database_, ann_, "SELECT * FROM person WHERE id = 2");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows, person_row(2, "ann", 40));
  EXPECT_EQ(report->schema.to_string(), "(id: U64, name: String, age: U32)");
  report = sql(*database_, ann_, "SELECT COUNT(*) AS n FROM person");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows, raw_bytes<uint64_t>(2));
  EXPECT_EQ(report->schema.to_string(), "(n: U64)");
  report = sql(*database_, ann_, "SELECT * FROM secret");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message(),
            "no such table: `secret`. If the table exists, it may be marked private.");
  EXPECT_FALSE(sql(*database_, ann_, "SELECT * FROM st_client"));
  report = sql(*database_, ann_, "DELETE FROM person");
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message().find("is not authorized to run SQL DML statements"),
            std::string::npos);
  report = sql(*database_, owner_,
               "SELECT * FROM secret WHERE owner = 0x" + ann_.identity.to_hex());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->row_count, 1u);
  report = sql(*database_, owner_, "SELECT * FROM \"secret\" WHERE (\"secret\".\"owner\" = :sender)");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->row_count, 0u);
  report = sql(*database_, owner_, "INSERT INTO person (id, name, age) VALUES (0, 'sql', 7)");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows_inserted, 1u);
  report = sql(*database_, owner_, "UPDATE person SET age = 8 WHERE name = 'sql'");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows_updated, 1u);
  report = sql(*database_, owner_,
               "INSERT INTO secret VALUES (18446744073709551615, X'" + ann_.identity.to_hex() +
                   "')");
  ASSERT_TRUE(report) << report.error().message();
  report = sql(*database_, owner_, "SELECT id FROM secret WHERE id > 9223372036854775807");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows, raw_bytes(UINT64_MAX));
  EXPECT_TRUE(sql(*database_, owner_, "SET row_limit = 2"));
  report = sql(*database_, owner_, "SHOW row_limit");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->rows, raw_bytes<uint64_t>(2));
  report = sql(*database_, ann_, "SELECT * FROM person");
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message().find("exceeds limit (2 rows)"), std::string::npos)
      << report.error().message();
  EXPECT_FALSE(sql(*database_, owner_, "SELECT 1; SELECT 2"));
  EXPECT_FALSE(sql(*database_, owner_, "DROP TABLE person"));
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
  EXPECT_FALSE(sql(*database_, owner_, "SELECT 1"));
}

FakeModule guarded() {
  FakeModule module;
  add_table(&module.def, "letter",
            {{"id", AlgebraicType::u64()},
             {"owner", AlgebraicType::identity()},
             {"box", AlgebraicType::u64()}},
            {.indexed = {2}});
  add_table(&module.def, "box", {{"id", AlgebraicType::u64()}, {"open", AlgebraicType::boolean()}},
            {.is_private = true});
  module.def.row_level_security = {
      "SELECT * FROM letter WHERE owner = :sender",
      "SELECT letter.* FROM letter JOIN box ON letter.box = box.id WHERE box.open = true",
  };
  add_reducer(&module, "write", {{"box", AlgebraicType::u64()}}, [](FakeCall& call) {
    return outcome_of(call.insert("letter", raw_bytes<uint64_t>(0) +
                                                std::string(call.caller.identity.bytes()) +
                                                std::string(call.arguments)));
  });
  add_reducer(&module, "boxes", {}, [](FakeCall& call) {
    if (!call.insert("box", raw_bytes<uint64_t>(1) + raw_bytes<uint8_t>(1))) return trap();
    return outcome_of(call.insert("box", raw_bytes<uint64_t>(2) + raw_bytes<uint8_t>(0)));
  });
  module.def.order_by_tag();
  return module;
}

TEST_F(HostedDatabaseTest, FiltersHideRowsOfOthers) {
  runtime_->add("guarded", guarded());
  create("guarded");
  EXPECT_EQ(reducer(*database_, ann_, "boxes").status, CallStatus::kOk);
  const Caller bob = caller_of("bob", 2);
  for (uint64_t box : {1, 2}) {
    EXPECT_EQ(reducer(*database_, ann_, "write", raw_bytes(box)).status, CallStatus::kOk);
    EXPECT_EQ(reducer(*database_, bob, "write", raw_bytes(box)).status, CallStatus::kOk);
  }
  auto seen = [&](const Caller& caller, std::string text) -> uint64_t {
    auto report = sql(*database_, caller, std::move(text));
    EXPECT_TRUE(report) << report.error().message();
    return report ? report->row_count : 99;
  };
  EXPECT_EQ(seen(owner_, "SELECT * FROM letter"), 4u);
  // Both of the own, and the other's in the open box.
  EXPECT_EQ(seen(ann_, "SELECT * FROM letter"), 3u);
  EXPECT_EQ(seen(bob, "SELECT l.id FROM letter l WHERE l.box = 2"), 1u);
  EXPECT_EQ(seen(bob, "SELECT * FROM letter WHERE id IN (SELECT id FROM letter)"), 3u);
  EXPECT_FALSE(sql(*database_, bob, "SELECT * FROM box"));
  EXPECT_FALSE(sql(*database_, bob, "SELECT * FROM letter JOIN box ON letter.box = box.id"));
}

FakeModule people_two(bool with_default, bool failing_init) {
  FakeModule module;
  add_table(&module.def, "person",
            {{"id", AlgebraicType::u64()},
             {"name", AlgebraicType::string()},
             {"age", AlgebraicType::u32()},
             {"score", AlgebraicType::i32()}},
            {.indexed = {2}});
  if (with_default) module.def.tables[0].defaults.push_back({3, raw_bytes<int32_t>(7)});
  add_table(&module.def, "added", {{"id", AlgebraicType::u64()}});
  add_lifecycle(&module, schema::Lifecycle::kInit, "init", [=](FakeCall& call) {
    if (failing_init) return user_error("not today");
    return outcome_of(call.insert("added", raw_bytes<uint64_t>(0)));
  });
  module.def.order_by_tag();
  return module;
}

TEST_F(HostedDatabaseTest, UpdatesMigrateOrChangeNothing) {
  in_files();
  runtime_->add("two", people_two(true, false));
  runtime_->add("no default", people_two(false, false));
  create();
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  Recorder recorder;
  database_->set_observer(&recorder);
  EXPECT_FALSE(database_->update("garbage", ClientBreak::kAllow));
  auto refused = database_->update("no default", ClientBreak::kAllow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message().rfind("Database update rejected", 0), 0u)
      << refused.error().message();
  auto same = database_->update("people", ClientBreak::kRefuse);
  ASSERT_TRUE(same);
  EXPECT_FALSE(same->changed);
  auto plan = database_->plan_update("two", PlanStyle::kPlain);
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_TRUE(plan->breaks_clients);
  refused = database_->update("two", ClientBreak::kRefuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(recorder.modules, 0);
  EXPECT_EQ(add("bob", 41).status, CallStatus::kOk);
  auto done = database_->update("two", ClientBreak::kAllow);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_TRUE(done->changed && done->clients_disconnected);
  EXPECT_EQ(recorder.modules, 1);
  database_->set_observer(nullptr);
  for (int i = 0; i < 2; ++i) {
    auto report = sql(*database_, ann_, "SELECT * FROM person WHERE name = 'bob'");
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->rows, person_row(3, "bob", 41) + raw_bytes<int32_t>(7));
    EXPECT_EQ(count("SELECT * FROM st_table WHERE table_type = 'user'"), 2u);
    EXPECT_EQ(reducer(*database_, ann_, "add").status, CallStatus::kNoSuchFunction);
    reopen();
  }
}

TEST_F(HostedDatabaseTest, TablesWithRowsAreNotRemoved) {
  runtime_->add("two", people_two(true, false));
  create();
  EXPECT_EQ(reducer(*database_, ann_, "keep_secret").status, CallStatus::kOk);
  auto refused = database_->update("two", ClientBreak::kAllow);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("table contains data"), std::string::npos);
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  EXPECT_EQ(names(ann_), "founder,ann");
}

TEST_F(HostedDatabaseTest, ResetStartsOver) {
  runtime_->add("two", people_two(true, false));
  create();
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  ASSERT_TRUE(database_->reset({}));
  EXPECT_EQ(names(ann_), "founder");
  ASSERT_TRUE(database_->reset("two"));
  EXPECT_EQ(names(ann_), "");
  EXPECT_EQ(count("SELECT * FROM added"), 1u);
}

TEST_F(HostedDatabaseTest, AFailingInitLeavesNothing) {
  in_files();
  runtime_->add("bad", people_two(true, true));
  auto made = HostedDatabase::create(options_, identity_of("db"), owner_.identity, "bad");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message().find("not today"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/databases/" + identity_of("db").to_hex()));
}

TEST_F(HostedDatabaseTest, AHostKeepsItsDatabases) {
  in_files();
  runtime_->add("two", people_two(true, false));
  types::Identity first;
  {
    auto host = Host::open(options_);
    ASSERT_TRUE(host) << host.error().message();
    PublishRequest request;
    request.name_or_identity = "my-people";
    request.program = "people";
    request.owner = owner_.identity;
    auto report = (*host)->publish(request);
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_TRUE(report->created);
    first = report->identity;
    report = (*host)->publish(request);
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_FALSE(report->created || report->changed);
    request.owner = ann_.identity;
    EXPECT_FALSE((*host)->publish(request));
    request.name_or_identity = "Bad--Name";
    EXPECT_FALSE((*host)->publish(request));
    request.name_or_identity = "";
    report = (*host)->publish(request);
    ASSERT_TRUE(report);
    auto taken = (*host)->add_name(report->identity, "my-people", ann_.identity);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code(), ErrorCode::kUnique);
    EXPECT_TRUE((*host)->set_names(first, {"one", "two"}, owner_.identity));
    EXPECT_TRUE((*host)->set_lock("one", Host::Lock::kLocked, owner_.identity));
  }
  std::filesystem::create_directories(folder_ + "/databases/" + identity_of("junk").to_hex());
  auto host = Host::open(options_);
  ASSERT_TRUE(host) << host.error().message();
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/databases/" + identity_of("junk").to_hex()));
  EXPECT_EQ((*host)->databases().size(), 2u);
  auto record = (*host)->find("two");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->identity, first);
  EXPECT_EQ(record->names, (std::vector<std::string>{"one", "two"}));
  EXPECT_FALSE((*host)->find("my-people"));
  auto database = (*host)->database("one");
  ASSERT_TRUE(database) << database.error().message();
  EXPECT_EQ(reducer(**database, ann_, "add", text_bytes("x") + raw_bytes<uint32_t>(1)).status,
            CallStatus::kOk);
  database->reset();
  EXPECT_FALSE((*host)->remove("one", owner_.identity));
  EXPECT_TRUE((*host)->set_lock("one", Host::Lock::kUnlocked, owner_.identity));
  EXPECT_FALSE((*host)->remove("one", ann_.identity));
  EXPECT_TRUE((*host)->remove("one", owner_.identity));
  EXPECT_FALSE((*host)->find("one"));
  EXPECT_EQ((*host)->databases_of(ann_.identity).size(), 1u);
}

}  // namespace
}  // namespace orrery::host
