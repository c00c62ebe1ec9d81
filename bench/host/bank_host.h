// The module bank.wasm on a database in memory, as the benchmarks of the host use it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "base/sync.h"
#include "host/hosted_database.h"
#include "host/host_options.h"

namespace bench {

template <class T>
T must(orrery::Result<T> result, const char* what) {
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", what, result.error().message().c_str());
    std::exit(1);
  }
  return std::move(*result);
}

inline std::string bank_program() {
  return must(orrery::env::read_file(*orrery::env::system_environment().files, ORRERY_BANK_WASM,
                                     1 << 20),
              "bank.wasm");
}

inline orrery::host::Caller bank_owner() {
  orrery::host::Caller out;
  out.identity = orrery::types::Identity::from_claims("bench", "owner");
  return out;
}

class BankHost {
 public:
  BankHost() {
    orrery::host::HostOptions options;
    options.runtime = must(
        orrery::host::make_wasm_runtime(options.environment, std::string(), options.limits),
        "runtime");
    database_ = must(
        orrery::host::HostedDatabase::create(
            options, orrery::types::Identity::from_claims("bench", "db"), bank_owner().identity,
            bank_program()),
        "publish");
  }
  ~BankHost() { database_->stop(); }

  orrery::host::HostedDatabase& database() { return *database_; }

  /// Calls `reducer` so many times with `window` calls under way at once; each call's arguments come
  /// from `arguments`. Gives the nanoseconds that all of it took.
  uint64_t run(const std::string& reducer, uint64_t calls, uint32_t window,
               const std::function<std::string(uint64_t)>& arguments, uint64_t (*now)());

 private:
  std::shared_ptr<orrery::host::HostedDatabase> database_;
};

inline uint64_t BankHost::run(const std::string& reducer, uint64_t calls, uint32_t window,
                              const std::function<std::string(uint64_t)>& arguments,
                              uint64_t (*now)()) {
  struct State {
    uint64_t sent = 0, done = 0, failed = 0;
    orrery::Mutex mutex;
    orrery::ConditionVariable over;
    bool finished = false;
  } state;
  const orrery::host::Caller caller = bank_owner();
  // On the lane: every answer sends the next call.
  std::function<void()> send = [&] {
    const uint64_t i = state.sent++;
    database_->call_reducer(caller, reducer, arguments(i),
                            [&](const orrery::host::CallOutcome& outcome) {
                              if (outcome.status == orrery::host::CallStatus::kInternalError) {
                                ++state.failed;
                              }
                              ++state.done;
                              if (state.sent < calls) send();
                              if (state.done < calls) return;
                              orrery::LockGuard<orrery::Mutex> lock(state.mutex);
                              state.finished = true;
                              state.over.notify_all();
                            });
  };
  const uint64_t started = now();
  database_->post([&] {
    for (uint32_t i = 0; i < window && state.sent < calls; ++i) send();
  });
  orrery::UniqueLock<orrery::Mutex> lock(state.mutex);
  state.over.wait(lock, [&] { return state.finished; });
  const uint64_t nanos = now() - started;
  if (state.failed > 0) {
    std::fprintf(stderr, "%llu calls failed\n", static_cast<unsigned long long>(state.failed));
    std::exit(1);
  }
  return nanos;
}

}  // namespace bench
