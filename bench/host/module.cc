// What calls of modules cost, and the workloads that databases with modules are measured by: the bare
// guest, a reducer with its transaction, loops over tables, rows by bulk and by index.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/host/cases.h"
#include "bench/host/module_host.h"
#include "bench/host/native_loops.h"
#include "bench/host/sqlite_people.h"
#include "bench/lib/measure.h"
#include "bench/lib/report.h"
#include "wasm/engine.h"
#include "wasm/import_table.h"
#include "wasm/instance.h"
#include "wasm/module.h"

namespace bench {
namespace {

namespace wasm = orrery::wasm;

const char* const kHelp = R"(module [--quick] [--json] [--engines a,b,...] [--case TEXT] [--dir FOLDER]
Nanoseconds per operation of modules in a database, and ratios to the first engine of each case. Engines: orrery,
wasmtime (a bare call of a guest function with a reducer's parameters), native (the same loops compiled natively),
sqlite (the same writes and reads by prepared statements). Index scans over 1.2 M rows must take at most 100 us each.
)";

constexpr int kRounds = 7;
constexpr double kScanNanosMax = 100'000;

class Bare {
 public:
  Bare() {
    using enum wasm::ValueType;
    engine_ = must(wasm::Engine::create({}, orrery::env::system_environment()), "engine");
    const std::string binary = must(
        wasm::binary_of_text("(module (memory (export \"memory\") 1) (func (export \"f\") (param "
                             "i32 i64 i64 i64 i64 i64 i64 i64 i32 i32) (result i32) i32.const 0))"),
        "module");
    auto compiled = must(wasm::CompiledModule::compile(engine_, binary), "compile");
    auto linked = must(wasm::LinkedModule::link(compiled, imports_), "link");
    instance_ = must(wasm::Instance::create(linked, {}, nullptr), "instance");
    instance_->set_deadline_ticks(1'000'000);
    function_ = must(
        instance_->find_function("f", {{kI32, kI64, kI64, kI64, kI64, kI64, kI64, kI64, kI32, kI32},
                                       {kI32}}),
        "function");
  }
  uint64_t run(uint64_t calls) {
    const uint64_t started = now_nanos();
    for (uint64_t i = 0; i < calls; ++i) {
      wasm::Slot slots[10] = {};
      wasm::Trap trap;
      if (!instance_->call(function_, slots, &trap)) give_up("bare call", trap.message);
    }
    return now_nanos() - started;
  }

 private:
  std::shared_ptr<wasm::Engine> engine_;
  wasm::ImportTable imports_;
  std::unique_ptr<wasm::Instance> instance_;
  wasm::Function function_;
};

/// Made when it is first used: what nobody asks for costs nothing.
template <class T>
class Lazy {
 public:
  explicit Lazy(std::function<std::shared_ptr<T>()> make) : make_(std::move(make)) {}
  T* operator->() { return &**this; }
  T& operator*() {
    if (made_ == nullptr) made_ = make_();
    return *made_;
  }

 private:
  const std::function<std::shared_ptr<T>()> make_;
  std::shared_ptr<T> made_;
};
using LazyModule = std::shared_ptr<Lazy<ModuleHost>>;
LazyModule lazy_module(const char* name, std::function<void(ModuleHost&)> fill = nullptr) {
  return std::make_shared<Lazy<ModuleHost>>([name = std::string(name), fill] {
    auto out = std::make_shared<ModuleHost>(name);
    if (fill) fill(*out);
    return out;
  });
}

class Cases {
 public:
  const std::vector<HostCase>& all() const { return cases_; }
  HostCase& add(const std::string& name, const char* engine, uint64_t operations,
                std::function<uint64_t()> round) {
    HostCase& one = cases_.emplace_back();
    one.name = name;
    one.engine = engine;
    one.operations = operations;
    one.round = std::move(round);
    return one;
  }
  /// The same by a function that is timed from outside.
  template <class Work>
  HostCase& add_timed(const std::string& name, const char* engine, uint64_t operations, Work work) {
    return add(name, engine, operations, [work] {
      const uint64_t started = now_nanos();
      work();
      return now_nanos() - started;
    });
  }

 private:
  std::vector<HostCase> cases_;
};

// --- calls ---

void add_calls(Cases* cases, bool quick) {
  const uint64_t calls = quick ? 50'000 : 500'000;
  // Rounds of equal length: what else the machine does falls on long ones only.
  const uint64_t bare_calls = 8 * calls;
  auto bare = std::make_shared<Bare>();
  LazyModule module = lazy_module("synthetic");
  auto none = [](uint64_t) { return std::string(); };
  const std::string word = packed_text("argument");
  std::string words;
  for (int i = 0; i < 32; ++i) words += word;
  for (const uint32_t window : {1u, 64u}) {
    const std::string name = window == 1 ? "empty reducer, one at a time" : "empty reducer, 64 queued";
    cases->add(name, "wasmtime", bare_calls, [=] { return bare->run(bare_calls); });
    cases->add(name, "orrery", calls, [=] { return (*module)->run("empty", calls, window, none); });
  }
  auto with = [&](const char* name, const char* reducer, const std::string& arguments) {
    cases->add(name, "wasmtime", bare_calls, [=] { return bare->run(bare_calls); });
    cases->add(name, "orrery", calls, [=] {
      return (*module)->run(reducer, calls, 64, [&](uint64_t) { return arguments; });
    });
  };
  with("reducer with 1 argument", "fn_with_1_args", word);
  with("reducer with 32 arguments", "fn_with_32_args", words);
  cases->add("print 100 lines to the log", "orrery", 100,
             [=] { return (*module)->call("print_many_things", packed(uint32_t{100})); });
}

// --- rows ---

std::string people(uint32_t count) {
  std::string out = packed(count);
  for (uint32_t id = 0; id < count; ++id) {
    out += packed(id, person_age_of(id)) + packed_text(person_name_of(id));
  }
  return out;
}

void add_rows(Cases* cases, bool quick) {
  const uint32_t rows = quick ? 10'000 : 100'000;
  LazyModule module = lazy_module("synthetic");
  auto sqlite = std::make_shared<SqlitePeople>(SqlitePeople::Key::kUnique);
  auto plain = std::make_shared<SqlitePeople>(SqlitePeople::Key::kNone);
  auto bulk = std::make_shared<const std::string>(people(rows));
  const std::string span = packed(uint32_t{0}, rows);

  auto insert = [&](const char* name, const char* kind, std::shared_ptr<SqlitePeople> by) {
    if (by != nullptr) {
      cases->add(name, "sqlite", rows, [=] {
        by->clear();
        const uint64_t started = now_nanos();
        by->insert_bulk(rows);
        return now_nanos() - started;
      });
    }
    const std::string clear = std::string("clear_") + kind, fill = std::string("insert_bulk_") + kind;
    cases->add(name, "orrery", rows, [=] {
      (*module)->call(clear);
      return (*module)->call(fill, *bulk);
    });
  };
  insert("insert bulk, no key", "plain", plain);
  insert("insert bulk, unique key", "unique", sqlite);
  insert("insert bulk, 3 indexes", "indexed", nullptr);
  cases->add_timed("update bulk by key", "sqlite", rows, [=] { sqlite->update_bulk(rows); });
  cases->add_timed("update bulk by key", "orrery", rows,
                   [=] { (*module)->call("update_bulk_unique", packed(rows)); });
  auto read = [&](const char* name, uint64_t operations, auto by_sqlite, const char* reducer,
                  const std::string& arguments) {
    auto last = std::make_shared<uint64_t>(0);
    cases->add_timed(name, "sqlite", operations, [=] { *last = by_sqlite(); }).checksum = [=] {
      return *last;
    };
    cases->add(name, "orrery", operations, [=] { return (*module)->call(reducer, arguments); })
        .checksum = [=] { return (*module)->answer(); };
  };
  read("iterate", rows, [=] { return sqlite->iterate(); }, "iterate_unique", {});
  read("filter by key", rows, [=] { return sqlite->filter_by_id(0, rows); }, "filter_unique_by_id",
       span);
  const std::string name = person_name_of(rows / 2);
  read("filter by name, no index", rows, [=] { return plain->filter_by_name(name); },
       "filter_plain_by_name", packed_text(name));
  cases->add("delete bulk by key", "sqlite", rows, [=] {
    sqlite->clear();
    sqlite->insert_bulk(rows);
    const uint64_t started = now_nanos();
    sqlite->delete_by_id(0, rows);
    return now_nanos() - started;
  });
  cases->add("delete bulk by key", "orrery", rows, [=] {
    (*module)->call("clear_unique");
    (*module)->call("insert_bulk_unique", *bulk);
    return (*module)->call("delete_unique_by_id", span);
  });
}

/// The writes again, into files: SQLite with a write-ahead log, and the module's until the device
/// has them.
void add_file_writes(Cases* cases, bool quick, const std::string& folder) {
  const uint32_t rows = quick ? 10'000 : 100'000;
  using LazySqlite = Lazy<SqlitePeople>;
  auto module = std::make_shared<Lazy<ModuleHost>>(
      [folder] { return std::make_shared<ModuleHost>("synthetic", folder + "/orrery"); });
  auto sqlite = [folder](SqlitePeople::Key key, const char* name) {
    return std::make_shared<LazySqlite>(
        [=] { return std::make_shared<SqlitePeople>(key, folder + "/" + name); });
  };
  const auto keyed = sqlite(SqlitePeople::Key::kUnique, "keyed");
  const auto plain = sqlite(SqlitePeople::Key::kNone, "plain");
  auto bulk = std::make_shared<const std::string>(people(rows));
  using Sqlite = std::shared_ptr<LazySqlite>;
  using Prepare = std::function<void()>;
  auto add = [&](const char* name, const Sqlite& by, std::function<void(SqlitePeople&)> clear,
                 std::function<void(SqlitePeople&)> write, Prepare prepare, const char* reducer,
                 const std::string& arguments) {
    cases->add(name, "sqlite", rows, [=] {
      if (clear) clear(**by);
      const uint64_t started = now_nanos();
      write(**by);
      return now_nanos() - started;
    }).note = "WAL, synchronous=NORMAL";
    cases->add(name, "orrery", rows, [=] {
      if (prepare) prepare();
      (*module)->wait_durable();
      const uint64_t started = now_nanos();
      (*module)->call(reducer, arguments);
      (*module)->wait_durable();
      return now_nanos() - started;
    }).note = "until it is durable";
  };
  auto clear = [](SqlitePeople& db) { db.clear(); };
  auto fill = [rows](SqlitePeople& db) {
    db.clear();
    db.insert_bulk(rows);
  };
  auto insert = [rows](SqlitePeople& db) { db.insert_bulk(rows); };
  auto clear_module = [module](const char* reducer) {
    return [=] { (*module)->call(reducer); };
  };
  auto fill_module = [module, bulk] {
    (*module)->call("clear_unique");
    (*module)->call("insert_bulk_unique", *bulk);
  };
  add("insert bulk, no key, in files", plain, clear, insert, clear_module("clear_plain"),
      "insert_bulk_plain", *bulk);
  add("insert bulk, unique key, in files", keyed, clear, insert, clear_module("clear_unique"),
      "insert_bulk_unique", *bulk);
  add("update bulk by key, in files", keyed, fill,
      [rows](SqlitePeople& db) { db.update_bulk(rows); }, fill_module, "update_bulk_unique",
      packed(rows));
  add("delete bulk by key, in files", keyed, fill,
      [rows](SqlitePeople& db) { db.delete_by_id(0, rows); }, fill_module, "delete_unique_by_id",
      packed(uint32_t{0}, rows));
}

// --- loops ---

void add_circles(Cases* cases) {
  constexpr uint32_t kFoods = 50, kEntities = 50, kCircles = 500;
  LazyModule module = lazy_module("circles", [](ModuleHost& made) {
    made.call("insert_bulk_food", packed(kFoods));
    made.call("insert_bulk_entity", packed(kEntities));
    made.call("insert_bulk_circle", packed(kCircles));
  });
  auto native = std::make_shared<NativeCircles>(kEntities, kCircles, kFoods);
  auto add = [&](const char* name, uint64_t operations, const char* reducer, auto loop) {
    auto last = std::make_shared<uint64_t>(0);
    cases->add_timed(name, "native", operations, [=] { *last = loop(); }).checksum = [=] {
      return *last;
    };
    cases->add(name, "orrery", operations, [=] { return (*module)->call(reducer); }).checksum = [=] {
      return (*module)->answer();
    };
  };
  add("circles: cross_join_all, 1.25 M rows", uint64_t{kFoods} * kEntities * kCircles,
      "cross_join_all", [=] { return native->cross_join_all(); });
  add("circles: cross_join_circle_food", uint64_t{kFoods} * kCircles, "cross_join_circle_food",
      [=] { return native->cross_join_circle_food(); });
}

void add_agents(Cases* cases) {
  constexpr uint32_t kPositions = 20'000, kVelocities = 10'000;
  constexpr uint64_t kPlayers = 5'000, kTurn = 100;
  LazyModule module = lazy_module("agents", [](ModuleHost& made) {
    made.call("insert_bulk_position", packed(kPositions));
    made.call("insert_bulk_velocity", packed(kVelocities));
    made.call("insert_world", packed(kPlayers));
  });
  auto native = std::make_shared<NativeAgents>(kPositions, kVelocities, kPlayers);
  auto add = [&](const char* name, uint64_t operations, const char* reducer,
                 const std::string& arguments, auto loop) {
    cases->add_timed(name, "native", operations, loop).checksum = [=] { return native->checksum(); };
    cases->add(name, "orrery", operations, [=] { return (*module)->call(reducer, arguments); })
        .checksum = [=] {
      (*module)->call("sum_up");
      return (*module)->answer();
    };
  };
  add("ia_loop: update_position_all", kPositions, "update_position_all", {},
      [=] { native->update_position_all(); });
  add("ia_loop: update_position_with_velocity", kVelocities, "update_position_with_velocity", {},
      [=] { native->update_position_with_velocity(); });
  add("ia_loop: game_loop of 100 agents", kTurn, "game_loop", packed(kTurn),
      [=] { native->game_loop(kTurn); });
}

/// The most that one of them took, for the gate.
void add_scans(Cases* cases, std::shared_ptr<std::vector<Spread>> times) {
  LazyModule module = lazy_module("locations", [](ModuleHost& made) { made.call("load"); });
  auto add = [&](const char* name, const char* reducer, const std::string& arguments) {
    const size_t place = times->size();
    times->emplace_back();
    cases->add(name, "orrery", 1, [=] {
      std::vector<double> here;
      for (int i = 0; i < 36; ++i) {
        const auto nanos = static_cast<double>((*module)->call(reducer, arguments));
        if (i >= 5) here.push_back(nanos);
      }
      (*times)[place] = spread_of(here);
      return static_cast<uint64_t>((*times)[place].median);
    }).note = "of 1.2 M rows";
  };
  add("index scan on {id}, 1 row", "by_id", packed(uint64_t{500'000}));
  add("index scan on {chunk}, 1,200 rows", "by_chunk", packed(uint64_t{500}));
  add("index scan on {x, z, dimension}, 1 row", "by_three",
      packed(int32_t{500}, int32_t{500}, uint32_t{100}));
  add("index scan on {x, z}, 1,200 rows", "by_two", packed(int32_t{500}, int32_t{500}));
}

bool gate(const std::vector<Spread>& scans) {
  bool passed = true;
  for (const Spread& one : scans) {
    if (one.median <= kScanNanosMax) continue;
    std::fprintf(stderr, "an index scan took %.1f us, more than 100\n", one.median / 1000);
    passed = false;
  }
  return passed;
}

int run(int argc, char** argv) {
  const Arguments arguments = parse_arguments(argc, argv, kHelp, {});
  auto scans = std::make_shared<std::vector<Spread>>();
  const std::string folder = make_directory(arguments.directory);
  bool agreed = false;
  {
    Cases cases;
    add_calls(&cases, arguments.quick);
    add_rows(&cases, arguments.quick);
    add_file_writes(&cases, arguments.quick, folder);
    add_circles(&cases);
    add_agents(&cases);
    add_scans(&cases, scans);
    agreed = run_cases("module", arguments, kRounds, cases.all());
  }
  remove_tree(folder);
  return agreed && gate(*scans) ? 0 : 1;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(argc, argv); }
