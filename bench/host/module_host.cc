#include "bench/host/module_host.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/sync.h"
#include "bench/lib/report.h"
#include "host/host_options.h"

namespace bench {

using orrery::host::CallOutcome;
using orrery::host::CallStatus;
using orrery::host::HostedDatabase;

void give_up(const char* what, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", what, why.c_str());
  std::exit(1);
}

std::string packed_text(const std::string& text) {
  return packed(static_cast<uint32_t>(text.size())) + text;
}

orrery::host::Caller module_owner() {
  orrery::host::Caller out;
  out.identity = orrery::types::Identity::from_claims("bench", "owner");
  return out;
}

std::string module_program(const std::string& name) {
  const std::string path = std::string(ORRERY_BENCH_MODULES) + "/" + name + ".wasm";
  return must(orrery::env::read_file(*orrery::env::system_environment().files, path, 1 << 24),
              "module");
}

namespace {

/// Something that the lane finishes and another thread waits for.
class Finish {
 public:
  void set() {
    orrery::LockGuard<orrery::Mutex> lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  void wait() {
    orrery::UniqueLock<orrery::Mutex> lock(mutex_);
    changed_.wait(lock, [this] { return set_; });
  }

 private:
  orrery::Mutex mutex_;
  orrery::ConditionVariable changed_;
  bool set_ = false;
};

}  // namespace

ModuleHost::ModuleHost(const std::string& module, const std::string& folder) {
  orrery::host::HostOptions options;
  if (!folder.empty()) {
    options.storage = orrery::host::HostStorage::kFiles;
    options.data_directory = folder;
  }
  options.runtime = must(
      orrery::host::make_wasm_runtime(options.environment, std::string(), options.limits),
      "runtime");
  database_ = must(HostedDatabase::create(options,
                                          orrery::types::Identity::from_claims("bench", "db"),
                                          module_owner().identity, module_program(module)),
                   "publish");
}

ModuleHost::~ModuleHost() { database_->stop(); }

uint64_t ModuleHost::call(const std::string& reducer, const std::string& arguments) {
  return run(reducer, 1, 1, [&](uint64_t) { return arguments; });
}

uint64_t ModuleHost::run(const std::string& reducer, uint64_t calls, uint32_t window,
                         const std::function<std::string(uint64_t)>& arguments) {
  struct State {
    uint64_t sent = 0, done = 0;
    uint64_t ended = 0;
    std::string failure;
    Finish finish;
  } state;
  const orrery::host::Caller caller = module_owner();
  // On the lane: every answer sends the next call.
  std::function<void()> send;
  const orrery::host::CallDone done = [&](const CallOutcome& outcome) {
    if (outcome.status != CallStatus::kOk && outcome.status != CallStatus::kUserError) {
      state.failure = outcome.message;
    }
    if (outcome.seq != 0) last_seq_ = outcome.seq;
    ++state.done;
    if (state.sent < calls) send();
    if (state.done < calls) return;
    state.ended = now_nanos();
    state.finish.set();
  };
  send = [&] {
    const uint64_t i = state.sent++;
    database_->call_reducer(caller, reducer, arguments(i), [&done](const CallOutcome& outcome) {
      done(outcome);
    });
  };
  uint64_t started = 0;
  database_->post([&] {
    started = now_nanos();
    for (uint32_t i = 0; i < window && state.sent < calls; ++i) send();
  });
  state.finish.wait();
  if (!state.failure.empty()) give_up(reducer.c_str(), state.failure);
  return state.ended - started;
}

std::string ModuleHost::rows(const std::string& sql, uint64_t* count) {
  std::string out;
  Finish finish;
  database_->run_sql(module_owner(), sql, [&](orrery::Result<orrery::host::SqlReport> report) {
    if (!report) give_up(sql.c_str(), report.error().message());
    out = report->rows;
    *count = report->row_count;
    finish.set();
  });
  finish.wait();
  return out;
}

uint64_t ModuleHost::answer() {
  uint64_t count = 0, value = 0;
  const std::string row = rows("SELECT * FROM answer", &count);
  if (count != 1 || row.size() < 8) give_up("answer", "the module left none");
  std::memcpy(&value, row.data() + row.size() - 8, 8);
  return value;
}

void ModuleHost::wait_durable() {
  if (auto done = database_->wait_durable(last_seq_); !done) {
    give_up("durability", done.error().message());
  }
}

}  // namespace bench
