// ModuleRuntime, LoadedModule, ModuleInstance: a module's code, and one running copy of it. The seam
// between a database (which opens transactions, knows what a call means) and what executes guest
// code. make_wasm_runtime() is the real one; tests may bring their own.
//
// An instance runs one call at a time, on whatever thread calls it. It reaches its database only
// through its HostServices (host/services.h) for its whole life, and the CallScope
// (host/call_scope.h) of one call. No statement of the transaction is open when a call begins or
// ends. After a call that trapped or ran into a limit, broken() is true: the instance must be thrown
// away and a new one made. Runtimes and loaded modules are thread-safe and outlive what is made of
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/environment.h"
#include "host/caller.h"

namespace orrery::host {

class HostServices;
struct CallScope;

enum class GuestStatus : uint8_t {
  kOk,
  kUserError,  ///< return code 1 of reducers and views; not 0 of others
  kFailed,     ///< trap, unknown return code, missing export
  kLimit,      ///< ran into its limit of instructions, time or memory
};
struct GuestOutcome {
  GuestStatus status = GuestStatus::kOk;
  std::string message;       ///< of a status other than kOk; of kFailed for the log only
  std::string backtrace;     ///< where it trapped, a frame per line, innermost first
  std::string value;         ///< what the result sink got: views, procedures, HTTP response
  std::string body;          ///< of HTTP handlers
  bool legacy_view = false;  ///< a view's code 0: `value` has no header
  bool left_transaction = false;  ///< a procedure's own transaction was open and rolled back
  uint64_t energy = 0;
};

class ModuleInstance {
 public:
  virtual ~ModuleInstance() = default;
  /// What __describe_module__ writes.
  virtual Result<std::string> describe() = 0;
  virtual GuestOutcome call_reducer(const CallScope& scope, uint32_t id, const Caller& caller,
                                    int64_t timestamp_micros, std::string_view arguments) = 0;
  /// `sender` null: an anonymous view.
  virtual GuestOutcome call_view(const CallScope& scope, uint32_t id,
                                 const types::Identity* sender, std::string_view arguments) = 0;
  virtual GuestOutcome call_procedure(const CallScope& scope, uint32_t id, const Caller& caller,
                                      int64_t timestamp_micros, std::string_view arguments) = 0;
  virtual GuestOutcome call_http_handler(const CallScope& scope, uint32_t id,
                                         int64_t timestamp_micros, std::string_view request,
                                         std::string_view body) = 0;
  virtual bool broken() const = 0;
};

class LoadedModule {
 public:
  virtual ~LoadedModule() = default;
  /// Instantiates and runs _initialize, the preinits and __setup__. `services` must outlive the
  /// instance.
  virtual Result<std::unique_ptr<ModuleInstance>> instantiate(HostServices& services) = 0;
};

class ModuleRuntime {
 public:
  virtual ~ModuleRuntime() = default;
  /// Compiles, or takes what was compiled before from the cache. kInvalidArgument with the reason
  /// where the bytes are no module that this host can run.
  virtual Result<std::shared_ptr<LoadedModule>> load(std::string_view program) = 0;
};

struct RuntimeLimits {
  /// Of one call; instructions, or the time that stands for them.
  int64_t call_nanos = 60'000'000'000;
  uint64_t memory_bytes = uint64_t{1} << 32;
};
/// `cache_directory` empty: nothing is kept.
Result<std::shared_ptr<ModuleRuntime>> make_wasm_runtime(const env::Environment& environment,
                                                         std::string cache_directory,
                                                         const RuntimeLimits& limits);

}  // namespace orrery::host
