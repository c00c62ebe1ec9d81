// ModuleRuntime, LoadedModule, ModuleInstance: a module's code, and one running copy of it. The seam
// between a database (which opens transactions, knows tables and decides what a call means) and what
// executes guest code. make_wasm_runtime() is the real one; tests may bring their own.
//
// An instance runs one call at a time, on whatever thread calls it. It reaches its database only
// through what it is given: GuestHost for its whole life, GuestCall or ProcedureHost for one call.
// After a call that trapped or ran into a limit, broken() is true: it must be thrown away and a new
// one made. Runtimes and loaded modules are thread-safe and outlive what is made of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/environment.h"
#include "host/bound_tables.h"
#include "host/caller.h"
#include "storage/table.h"
#include "storage/transaction.h"

namespace orrery::host {

class ModuleLog;

/// Told what a view reads, so that it can be run again when that changes.
class ReadRecorder {
 public:
  virtual ~ReadRecorder() = default;
  /// All rows, or their number.
  virtual void read_table(const BoundTable& table) = 0;
  /// The rows of a range of an index, found or not.
  virtual void read_range(const BoundIndex& index, const storage::KeyRange& range) = 0;
};

/// The door from any call of a module to its database. On the thread of the call.
class GuestHost {
 public:
  virtual ~GuestHost() = default;
  virtual const types::Identity& identity() const = 0;
  virtual ModuleLog& log() = 0;
  /// The payload of the connection's token; nothing where it has none.
  virtual Result<std::optional<std::string>> jwt_payload(storage::Transaction& transaction,
                                                         const types::ConnectionId& connection) = 0;
  /// kInvalidArgument for what the module does not declare, nothing for what has no value.
  virtual Result<std::optional<std::string>> environment_value(std::string_view key) = 0;
  /// A row that is about to go into a scheduled table: kLimit where its time is too far away
  /// (errno 13).
  virtual Status check_schedule(const BoundTable& table, std::string_view row) = 0;
  /// volatile_nonatomic_schedule_immediate. kLimit where too many wait.
  virtual Status schedule_immediate(std::string function, std::string arguments) = 0;
};

enum class GuestAccess : uint8_t { kReadWrite, kReadOnly };

/// What the imports of one call work on. Its statement bracketing is the imports' own business: no
/// statement is open when a call begins or ends.
struct GuestCall {
  const BoundTables* tables = nullptr;
  storage::Transaction* transaction = nullptr;  ///< null: NOT_IN_TRANSACTION
  ReadRecorder* reads = nullptr;                ///< of views, else null
  GuestAccess access = GuestAccess::kReadWrite;
  std::string_view function;  ///< its name, for the log
};

struct HttpAnswer {
  bool ok = false;
  std::string response;  ///< BSATN Response, or the error's text where not ok
  std::string body;
};

/// The imports of 10.3, for procedures and HTTP handlers. They block; never on the lane. The call's
/// `transaction` and `tables` are set while a transaction of the procedure is open.
class ProcedureHost {
 public:
  virtual ~ProcedureHost() = default;
  virtual GuestCall& call() = 0;
  /// Waits for the lane and holds it until the transaction ends. Micros of its begin. kTxnClosed
  /// where one is open already (errno 17); any other error ends the call.
  virtual Result<int64_t> start_transaction() = 0;
  /// kTxnClosed where none is open (errno 18). Any other error: rolled back, trap.
  virtual Status commit_transaction() = 0;
  virtual Status abort_transaction() = 0;
  /// Micros now.
  virtual Result<int64_t> sleep_until(int64_t micros) = 0;
  /// kTxnClosed while a transaction is open (errno 17), kDecode for a malformed request (errno 3);
  /// what goes wrong on the way is an answer that is not ok (errno 21).
  virtual Result<HttpAnswer> http_request(std::string_view request, std::string_view body) = 0;
};

enum class GuestStatus : uint8_t {
  kOk,
  kUserError,  ///< return code 1 of reducers and views; not 0 of others
  kFailed,     ///< trap, unknown return code, missing export
  kLimit,      ///< ran into its limit of instructions, time or memory
};
struct GuestFrame {
  std::string function;
  std::string module;
};
struct GuestOutcome {
  GuestStatus status = GuestStatus::kOk;
  std::string message;            ///< of a status other than kOk; of kFailed for the log only
  std::vector<GuestFrame> trace;  ///< where it trapped, innermost first
  std::string value;              ///< what the result sink got: views, procedures, HTTP response
  std::string body;               ///< of HTTP handlers
  bool legacy_view = false;       ///< a view's code 0: `value` has no header
};

class ModuleInstance {
 public:
  virtual ~ModuleInstance() = default;
  /// What __describe_module__ wrote when the instance was made. Asked once.
  virtual Result<std::string> describe() = 0;
  virtual GuestOutcome call_reducer(GuestCall& call, uint32_t id, const Caller& caller,
                                    int64_t timestamp_micros, std::string_view arguments) = 0;
  /// `sender` null: an anonymous view.
  virtual GuestOutcome call_view(GuestCall& call, uint32_t id, const types::Identity* sender,
                                 std::string_view arguments) = 0;
  virtual GuestOutcome call_procedure(ProcedureHost& host, uint32_t id, const Caller& caller,
                                      int64_t timestamp_micros, std::string_view arguments) = 0;
  virtual GuestOutcome call_http_handler(ProcedureHost& host, uint32_t id, int64_t timestamp_micros,
                                         std::string_view request, std::string_view body) = 0;
  virtual bool broken() const = 0;
};

class LoadedModule {
 public:
  virtual ~LoadedModule() = default;
  /// Instantiates and runs _initialize, the preinits, __setup__ and __describe_module__. `host` must
  /// outlive the instance.
  virtual Result<std::unique_ptr<ModuleInstance>> instantiate(GuestHost& host) = 0;
};

class ModuleRuntime {
 public:
  virtual ~ModuleRuntime() = default;
  /// Compiles, or takes what was compiled before from the cache. kInvalidArgument with the reason
  /// where the bytes are no module that this host can run.
  virtual Result<std::shared_ptr<LoadedModule>> load(std::string_view program) = 0;
};

struct RuntimeLimits {
  /// Of one call, in the runtime's units (about one per instruction).
  uint64_t fuel_per_call = 120'000'000'000;
  uint64_t memory_bytes = uint64_t{1} << 32;
};
/// `cache_directory` empty: nothing is kept.
Result<std::shared_ptr<ModuleRuntime>> make_wasm_runtime(const env::Environment& environment,
                                                         std::string cache_directory,
                                                         const RuntimeLimits& limits);

}  // namespace orrery::host
