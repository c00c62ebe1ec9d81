// Engine: what all modules and instances of a process share: the compiler's settings and the clock
// by which running guests are stopped.
//
// Guests run without bounds checks (each memory has 4 GiB of addresses and a guard zone) and look
// at the engine's tick counter in loops and at function entries. Thread-safe. Modules and instances
// keep their engine alive.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"

struct wasm_engine_t;

namespace orrery::env {
class BackgroundTask;
struct Environment;
}  // namespace orrery::env

namespace orrery::wasm {

/// kPerfMap writes /tmp/perf-<pid>.map, so that `perf` can name guest functions.
enum class Profiling : uint8_t { kNone, kPerfMap };

struct EngineOptions {
  int64_t tick_nanos = 10'000'000;
  size_t stack_bytes_max = 1 << 20;  ///< of a guest's calls; the threads that call need more
  Profiling profiling = Profiling::kNone;
};

class Engine {
 public:
  /// The environment's executor drives the ticks; one without threads cannot stop guests.
  static Result<std::shared_ptr<Engine>> create(const EngineOptions& options,
                                                const env::Environment& environment);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// How many ticks make at least this time; at least 1.
  uint64_t ticks_of(int64_t nanos) const;
  /// Of the library that compiles and runs, e.g. "48.0.8".
  static std::string_view version();

  wasm_engine_t* raw() const { return raw_; }

 private:
  Engine(wasm_engine_t* raw, int64_t tick_nanos);

  wasm_engine_t* const raw_;
  const int64_t tick_nanos_;
  std::unique_ptr<env::BackgroundTask> ticker_;
};

}  // namespace orrery::wasm
