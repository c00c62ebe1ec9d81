// What a call into a module costs, from the inside out: the bare call through the library's C API,
// a reducer that does nothing, the same with its transaction and commit, and each kind of host
// call.
//
//   bench_host [--json] [--rounds N]
//
// Every line is the median of the rounds. The last column is the ratio to the bare call.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include <wasmtime.h>

#include "env/environment.h"
#include "host/bound_tables.h"
#include "host/module_instance.h"
#include "host/module_log.h"
#include "storage/store.h"

namespace orrery {
namespace {

std::string read_program() {
  std::ifstream in(ORRERY_BENCH_MODULE, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "bench_host: %s\n", result.error().message().c_str());
    std::exit(1);
  }
  return *std::move(result);
}
void must(Status status) {
  if (status) return;
  std::fprintf(stderr, "bench_host: %s\n", status.error().message().c_str());
  std::exit(1);
}

class Guests final : public host::GuestHost {
 public:
  Guests() : log_(must(host::ModuleLog::open(env::system_environment(), ""))) {}
  const types::Identity& identity() const override { return identity_; }
  host::ModuleLog& log() override { return *log_; }
  Result<std::optional<std::string>> jwt_payload(storage::Transaction&,
                                                 const types::ConnectionId&) override {
    return std::optional<std::string>();
  }
  Result<std::optional<std::string>> environment_value(std::string_view) override {
    return Error(ErrorCode::kInvalidArgument, "nothing is declared");
  }
  Status check_schedule(const host::BoundTable&, std::string_view) override { return {}; }
  Status schedule_immediate(std::string, std::string) override { return {}; }

 private:
  types::Identity identity_;
  std::unique_ptr<host::ModuleLog> log_;
};

/// A call through nothing but the library's C API.
class BareCall {
 public:
  explicit BareCall(const std::string& program) {
    wasm_config_t* config = wasm_config_new();
    wasmtime_config_epoch_interruption_set(config, true);
    engine_ = wasm_engine_new_with_config(config);
    wasmtime_module_t* module = nullptr;
    wasmtime_module_new(engine_, reinterpret_cast<const uint8_t*>(program.data()), program.size(),
                        &module);
    wasmtime_linker_t* linker = wasmtime_linker_new(engine_);
    wasmtime_linker_define_unknown_imports_as_traps(linker, module);
    store_ = wasmtime_store_new(engine_, nullptr, nullptr);
    context_ = wasmtime_store_context(store_);
    wasmtime_context_set_epoch_deadline(context_, 1 << 30);
    wasmtime_instance_t instance;
    wasm_trap_t* trap = nullptr;
    wasmtime_linker_instantiate(linker, context_, module, &instance, &trap);
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(context_, &instance, "bare", 4, &item)) std::exit(1);
    function_ = item.of.func;
  }
  void unchecked() {
    wasmtime_val_raw_t slots[10] = {};
    wasm_trap_t* trap = nullptr;
    wasmtime_func_call_unchecked(context_, &function_, slots, 10, &trap);
  }
  void checked() {
    wasmtime_val_t arguments[10];
    for (int i = 0; i < 10; ++i) {
      arguments[i].kind = i == 0 || i > 7 ? WASMTIME_I32 : WASMTIME_I64;
      arguments[i].of.i64 = 0;
    }
    wasmtime_val_t result;
    wasm_trap_t* trap = nullptr;
    wasmtime_func_call(context_, &function_, arguments, 10, &result, 1, &trap);
  }

 private:
  wasm_engine_t* engine_;
  wasmtime_store_t* store_;
  wasmtime_context_t* context_;
  wasmtime_func_t function_;
};

/// A database with the table account(id u64 unique, value u64) and the module over it.
class Database {
 public:
  explicit Database(const std::string& program) {
    make_tables();
    runtime_ = must(host::make_wasm_runtime(env::system_environment(), "", {}));
    module_ = must(runtime_->load(program));
    instance_ = must(module_->instantiate(guests_));
    call_.tables = tables_.get();
  }
  void call(uint32_t id, uint64_t from, uint64_t count) {
    const uint64_t words[2] = {from, count};
    host::GuestOutcome outcome = instance_->call_reducer(
        call_, id, {}, 0,
        id == 0 ? std::string_view()
                : std::string_view(reinterpret_cast<const char*>(words), sizeof(words)));
    if (outcome.status == host::GuestStatus::kOk) return;
    std::fprintf(stderr, "bench_host: reducer %u: %s\n", id, outcome.message.c_str());
    std::exit(1);
  }
  void begin() {
    transaction_ = store_.begin(storage::Isolation::kSnapshot);
    call_.transaction = transaction_.get();
  }
  void commit() {
    must(transaction_->commit());
    transaction_.reset();
    call_.transaction = nullptr;
  }

 private:
  void make_tables() {
    storage::TableDef def;
    def.name = "account";
    for (const char* name : {"id", "value"}) {
      storage::ColumnDef column;
      column.name = name;
      column.type = types::AlgebraicType::u64();
      def.columns.push_back(std::move(column));
    }
    storage::IndexDef index;
    index.name = "account_id_idx_btree";
    index.unique = true;
    index.columns = {0};
    def.indexes.push_back(index);
    auto transaction = store_.begin(storage::Isolation::kSnapshot);
    transaction->begin_statement();
    must(transaction->create_table(def));
    must(transaction->end_statement());
    must(transaction->commit());
    schema::ModuleParts parts;
    schema::TableDef table;
    table.name = table.accessor_name = def.name;
    schema::IndexDef index_def;
    index_def.name = index_def.source_name = index.name;
    index_def.columns = {0};
    table.indexes.push_back(index_def);
    parts.tables.push_back(table);
    tables_ = must(host::BoundTables::bind(std::make_shared<schema::ModuleDef>(std::move(parts)),
                                           *store_.catalog()));
  }

  storage::Store store_;
  Guests guests_;
  std::shared_ptr<const host::BoundTables> tables_;
  std::shared_ptr<host::ModuleRuntime> runtime_;
  std::shared_ptr<host::LoadedModule> module_;
  std::unique_ptr<host::ModuleInstance> instance_;
  std::unique_ptr<storage::Transaction> transaction_;
  host::GuestCall call_;
};

struct Line {
  std::string name;
  double nanos = 0;
};

/// The median over the rounds of one repetition's time.
double measure(int rounds, uint64_t repetitions, const std::function<void()>& run) {
  env::Clock& clock = *env::system_environment().clock;
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const int64_t start = clock.monotonic_nanos();
    run();
    times.push_back(static_cast<double>(clock.monotonic_nanos() - start) /
                    static_cast<double>(repetitions));
  }
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  return times[static_cast<size_t>(rounds / 2)];
}

std::vector<Line> run_all(int rounds) {
  constexpr uint64_t kCalls = 100'000;
  constexpr uint64_t kRows = 10'000;
  const std::string program = read_program();
  BareCall bare(program);
  Database database(program);
  std::vector<Line> lines;
  auto add = [&](const char* name, uint64_t repetitions, const std::function<void()>& run) {
    lines.push_back({name, measure(rounds, repetitions, run)});
  };
  add("bare call, unchecked", kCalls, [&] {
    for (uint64_t i = 0; i < kCalls; ++i) bare.unchecked();
  });
  add("bare call, checked", kCalls, [&] {
    for (uint64_t i = 0; i < kCalls; ++i) bare.checked();
  });
  database.begin();
  add("empty reducer", kCalls, [&] {
    for (uint64_t i = 0; i < kCalls; ++i) database.call(0, 0, 0);
  });
  database.commit();
  add("begin and commit", kCalls, [&] {
    for (uint64_t i = 0; i < kCalls; ++i) {
      database.begin();
      database.commit();
    }
  });
  add("empty reducer with transaction and commit", kCalls, [&] {
    for (uint64_t i = 0; i < kCalls; ++i) {
      database.begin();
      database.call(0, 0, 0);
      database.commit();
    }
  });
  auto in_one = [&](const char* name, uint32_t id, uint64_t count) {
    add(name, count, [&, id, count] {
      database.begin();
      database.call(id, 0, count);
      database.commit();
    });
  };
  in_one("host call that does nothing", 1, kCalls);
  in_one("table_id_from_name", 2, kCalls);
  uint64_t next = 0;
  add("insert, 10000 in a transaction", kRows, [&] {
    database.begin();
    database.call(3, next, kRows);
    database.commit();
    next += kRows;
  });
  in_one("point lookup", 4, kRows);
  in_one("update by key", 5, kRows);
  const uint64_t rows = next;
  add("row of a full scan", rows, [&] {
    database.begin();
    database.call(6, 0, 1);
    database.commit();
  });
  add("transfer: two updates in a transaction", kRows, [&] {
    for (uint64_t i = 0; i < kRows; ++i) {
      database.begin();
      database.call(5, i, 2);
      database.commit();
    }
  });
  return lines;
}

}  // namespace
}  // namespace orrery

int main(int argc, char** argv) {
  bool json = false;
  int rounds = 7;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      json = true;
    } else if (std::strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) {
      rounds = std::max(1, std::atoi(argv[++i]));
    } else {
      std::printf("bench_host [--json] [--rounds N]\n");
      return std::strcmp(argv[i], "--help") == 0 ? 0 : 2;
    }
  }
  const std::vector<orrery::Line> lines = orrery::run_all(rounds);
  for (const orrery::Line& line : lines) {
    const double ratio = line.nanos / lines.front().nanos;
    if (json) {
      std::printf("{\"name\":\"%s\",\"nanos\":%.1f,\"ratio_to_bare\":%.2f}\n", line.name.c_str(),
                  line.nanos, ratio);
    } else {
      std::printf("%-44s %9.1f ns %7.2f\n", line.name.c_str(), line.nanos, ratio);
    }
  }
}
