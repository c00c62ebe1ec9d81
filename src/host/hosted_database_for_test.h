// The module and the fixture of the tests of hosted databases: people with names and ages, and what
// is done with them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "host/fake_module_for_test.h"
#include "host/host.h"
#include "host/view_instances.h"

namespace orrery::host {

using schema::RawModuleDefV10;
using types::AlgebraicType;

inline AlgebraicType product(std::vector<types::TypeElement> fields) {
  return AlgebraicType::product(std::move(fields));
}

struct TableOptions {
  bool event = false;
  bool is_private = false;
  std::vector<uint16_t> indexed = {};
};

/// Adds a table whose first column is a U64 primary key with a sequence.
inline void add_table(RawModuleDefV10* def, std::string name, std::vector<types::TypeElement> columns,
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

inline void add_reducer(FakeModule* module, std::string name, std::vector<types::TypeElement> params,
                 FakeFunction run) {
  schema::RawReducer reducer;
  reducer.name = std::move(name);
  reducer.params = product(std::move(params));
  module->def.reducers.push_back(reducer);
  module->reducers.push_back(std::move(run));
}

inline void add_lifecycle(FakeModule* module, schema::Lifecycle lifecycle, std::string name,
                   FakeFunction run) {
  add_reducer(module, name, {}, std::move(run));
  module->def.lifecycle_reducers.push_back({lifecycle, name});
}

inline void add_view(FakeModule* module, std::string name, bool anonymous, uint32_t row_ref,
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

inline void add_procedure(FakeModule* module, std::string name, FakeFunction run) {
  schema::RawProcedure procedure;
  procedure.name = std::move(name);
  procedure.params = AlgebraicType::unit();
  procedure.return_type = AlgebraicType::u64();
  module->def.procedures.push_back(procedure);
  module->procedures.push_back(std::move(run));
}

inline std::string person_row(uint64_t id, std::string_view name, uint32_t age) {
  return raw_bytes(id) + text_bytes(name) + raw_bytes(age);
}

inline std::string rows_array(const std::vector<std::string>& rows) {
  std::string out("\0", 1);
  out += raw_bytes(static_cast<uint32_t>(rows.size()));
  for (const std::string& row : rows) out += row;
  return out;
}

/// The rows of `person` in a scan.
inline std::vector<std::string> split_people(std::string_view rows) {
  std::vector<std::string> out;
  while (!rows.empty()) {
    uint32_t name = 0;
    std::memcpy(&name, rows.data() + 8, 4);
    out.emplace_back(rows.substr(0, 16 + name));
    rows.remove_prefix(16 + name);
  }
  return out;
}
inline uint32_t age_of(const std::string& row) {
  uint32_t age = 0;
  std::memcpy(&age, row.data() + row.size() - 4, 4);
  return age;
}

inline GuestOutcome outcome_of(const Status& status) {
  return status ? ok() : user_error(status.error().message());
}

struct Counters {
  std::atomic<int> adults{0};
  std::atomic<int> ticks{0};
  std::atomic<int> connects{0};
  std::atomic<int> disconnects{0};
};

inline FakeModule people(std::shared_ptr<Counters> counters) {
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
    for (int i = 0; i < 6000 && !done(); ++i) usleep(10'000);
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

}  // namespace orrery::host
