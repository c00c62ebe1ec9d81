#include "wasm/engine.h"

#include <algorithm>

#include "env/environment.h"
#include "wasm/c_api.h"

namespace orrery::wasm {

Result<std::shared_ptr<Engine>> Engine::create(const EngineOptions& options,
                                               const env::Environment& environment) {
  wasm_config_t* config = wasm_config_new();
  wasmtime_config_epoch_interruption_set(config, true);
  wasmtime_config_max_wasm_stack_set(config, options.stack_bytes_max);
  // A memory keeps its place: growing is a change of page rights, pointers into it stay good, and
  // every 32-bit address plus a static offset falls into the reservation or the guard behind it.
  wasmtime_config_memory_may_move_set(config, false);
  wasmtime_config_memory_reservation_set(config, uint64_t{4} << 30);
  wasmtime_config_memory_guard_size_set(config, uint64_t{32} << 20);
  // One memory of 32-bit addresses is what the module ABI knows.
  wasmtime_config_wasm_memory64_set(config, false);
  wasmtime_config_wasm_multi_memory_set(config, false);
  // Backtraces walk frame pointers; tables for foreign unwinders would be registered for nothing.
  wasmtime_config_native_unwind_info_set(config, options.profiling != Profiling::kNone);
  wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_SPEED);
  if (options.profiling == Profiling::kPerfMap) {
    wasmtime_config_profiler_set(config, WASMTIME_PROFILING_STRATEGY_PERFMAP);
  }
  wasm_engine_t* raw = wasm_engine_new_with_config(config);
  if (raw == nullptr) return Error(ErrorCode::kInternal, "the WebAssembly engine does not start");
  std::shared_ptr<Engine> engine(new Engine(raw, std::max<int64_t>(options.tick_nanos, 1)));
  engine->ticker_ = environment.executor->start(engine->tick_nanos_,
                                                [raw] { wasmtime_engine_increment_epoch(raw); });
  return engine;
}

Engine::Engine(wasm_engine_t* raw, int64_t tick_nanos) : raw_(raw), tick_nanos_(tick_nanos) {}

Engine::~Engine() {
  ticker_.reset();
  wasm_engine_delete(raw_);
}

uint64_t Engine::ticks_of(int64_t nanos) const {
  // The tick under way counts as none.
  return static_cast<uint64_t>(std::max<int64_t>(nanos, 0) / tick_nanos_) + 1;
}

std::string_view Engine::version() {
  return WASMTIME_VERSION;
}

}  // namespace orrery::wasm
