// HostedDatabase: one database with its module: tables, reducers, procedures, views, schedules.
//
// All work that writes, and whatever must see one state between two commits, runs on the database's
// lane: one thread that takes tasks in the order they were posted. Procedures leave the lane while
// they sleep or wait for HTTP. Functions here may be called from any thread unless they say "on the
// lane"; callbacks run on the lane, must not block, and are called exactly once, with kStopped
// where the database went down first. A commit is visible before it is durable: wait_durable() of
// its seq is what confirms it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/database.h"
#include "host/caller.h"
#include "host/published_environment.h"
#include "host/select_run.h"
#include "schema/module_def.h"
#include "storage/transaction.h"
#include "types/algebraic_type.h"

namespace orrery::host {

class ModuleLog;
struct HostOptions;

/// What a subscriber layer hears of every commit, on the lane, before the next task runs.
enum class CommitCause : uint8_t {
  kCall,
  /// Rows of views that the new module's code gives otherwise; module_changed() follows.
  kModuleChange,
};
struct CommitEvent {
  const storage::CommitCapture& commit;  ///< of watched tables
  storage::CommitSeq seq = 0;
  /// Where a client called the reducer: its connection, else zero.
  types::ConnectionId caller;
  types::Identity sender;        ///< whom the transaction ran for; the owner's for the host's own
  int64_t timestamp_micros = 0;  ///< that the function was given
  CommitCause cause = CommitCause::kCall;
};
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  virtual void committed(const CommitEvent& event) = 0;
  /// The module or its tables changed: every subscription must be made anew or ended.
  virtual void module_changed(bool clients_must_reconnect) = 0;
};

using CallDone = std::function<void(const CallOutcome& outcome)>;

struct UpdateReport {
  bool changed = false;  ///< false: the program was the same
  bool clients_disconnected = false;
  storage::CommitSeq seq = 0;
};
enum class ClientBreak : uint8_t { kRefuse, kAllow };

enum class PlanStyle : uint8_t { kPlain, kAnsiColor };
/// What an update would do.
struct UpdatePlan {
  std::string text;  ///< for a person to read
  bool breaks_clients = false;
};

/// What happened since the database was opened.
struct DatabaseCounts {
  uint64_t transactions = 0;  ///< committed, with something in them
  uint64_t reducer_calls = 0;
  uint64_t rows_changed = 0;  ///< inserted, updated and deleted, system tables included
  int64_t uptime_micros = 0;
  uint64_t memory_bytes = 0;  ///< of the tables, now
};

/// What one SQL statement brought.
struct SqlReport {
  types::AlgebraicType schema = types::AlgebraicType::unit();  ///< a product: the columns
  std::string rows;                                            ///< BSATN, one after the other
  uint64_t row_count = 0;
  uint64_t rows_inserted = 0;
  uint64_t rows_deleted = 0;
  uint64_t rows_updated = 0;
  int64_t execution_micros = 0;
  storage::CommitSeq seq = 0;  ///< of the last commit that is in it; what durability is asked for
};
using SqlDone = std::function<void(Result<SqlReport>)>;

struct HttpCall {
  std::string request;  ///< BSATN Request, without body
  std::string body;
};
struct HttpReply {
  std::string response;  ///< BSATN Response
  std::string body;
};

class HostedDatabase {
 public:
  /// First publish: makes the tables, runs init; on error nothing of it remains.
  static Result<std::shared_ptr<HostedDatabase>> create(const HostOptions& options,
                                                        const types::Identity& identity,
                                                        const types::Identity& owner,
                                                        std::string program,
                                                        EnvironmentUpdate environment = {});
  /// Opens what create() made: recovers, calls client_disconnected for clients of the last run,
  /// arms schedules.
  static Result<std::shared_ptr<HostedDatabase>> open(const HostOptions& options,
                                                      const types::Identity& identity);
  virtual ~HostedDatabase() = default;

  virtual const types::Identity& identity() const = 0;
  virtual const types::Identity& owner() const = 0;
  /// Of the module that runs now; replaced by update().
  virtual std::shared_ptr<const schema::ModuleDef> definition() const = 0;
  virtual std::string program_hash_hex() const = 0;
  virtual ModuleLog& log() = 0;
  virtual const std::shared_ptr<engine::Database>& engine() const = 0;

  /// One observer; nullptr takes it away.
  virtual void set_observer(CommitObserver* observer) = 0;
  /// Tables whose changes commits must report. On the lane.
  virtual void watch(storage::TableId table, bool watched) = 0;

  /// Runs `task` on the lane between two transactions.
  virtual void post(std::function<void()> task) = 0;
  /// The same after that time; never where the database goes down before. On the lane.
  virtual void post_after(int64_t micros, std::function<void()> task) = 0;
  virtual DatabaseCounts counts() const = 0;
  /// The caller runs on the lane.
  virtual bool on_lane() const = 0;
  /// On the lane: runs `task` at once, or, while many short tasks are queued, behind some hundreds
  /// of them.
  virtual void at_pause(std::function<void()> task) = 0;

  /// client_connected and the row of st_client; `jwt_payload` empty where there is no token. An
  /// outcome other than kOk refuses the connection.
  virtual void connect(const Caller& caller, std::string jwt_payload, CallDone done) = 0;
  virtual void disconnect(const Caller& caller, CallDone done) = 0;
  virtual void call_reducer(const Caller& caller, std::string name, std::string arguments,
                            CallDone done) = 0;
  /// The same at once, for a task that has many to make. On the lane, between two transactions.
  virtual CallOutcome call_reducer_now(const Caller& caller, std::string_view name,
                                       std::string_view arguments) = 0;
  virtual void call_procedure(const Caller& caller, std::string name, std::string arguments,
                              CallDone done) = 0;
  virtual void call_http_handler(uint32_t handler, HttpCall call,
                                 std::function<void(Result<HttpReply>)> done) = 0;
  /// One statement on the full engine, in a transaction of its own. Views that it names are made
  /// current for the caller first; its changes go to the observer like a reducer's. Others than the
  /// owner see public tables only, through row-level security, and do not write (kReadOnly).
  virtual void run_sql(const Caller& caller, std::string sql, SqlDone done) = 0;
  /// A SELECT (kNotSupported for anything else) under the same rules, to be run by whoever asks.
  /// Views that it names are made current, which may commit. On the lane.
  virtual Result<std::unique_ptr<SelectRun>> begin_select(const Caller& caller,
                                                          std::string_view sql) = 0;

  /// The backing table of a view as this caller sees it, made current; rows of it belong to him
  /// where the hidden first column equals `argument_hash`. On the lane.
  struct ViewInstance {
    storage::TableId table = 0;
    std::string argument_hash;  ///< 32 bytes, BSATN of the U256
  };
  virtual Result<ViewInstance> use_view(const schema::ViewDef& view,
                                        const types::Identity& caller) = 0;
  /// No longer used by one subscriber. On the lane.
  virtual void release_view(const ViewInstance& instance) = 0;

  /// A new program, and what it reads of its environment: checks, migrates, swaps, in one
  /// transaction. Blocks; not on the lane.
  virtual Result<UpdateReport> update(std::string program, ClientBreak clients,
                                      EnvironmentUpdate environment = {}) = 0;
  /// What update() would do, without doing it; kInvalidArgument with all reasons where it would
  /// refuse. Blocks; not on the lane.
  virtual Result<UpdatePlan> plan_update(std::string_view program, PlanStyle style) = 0;
  /// Empties the database and initialises it again, with `program` where not empty.
  virtual Status reset(std::string program, EnvironmentUpdate environment = {}) = 0;
  /// The names of the values that are stored for the module.
  virtual std::vector<std::string> environment_keys() const = 0;

  /// Blocks until everything up to `seq` is durable. Not on the lane.
  virtual Status wait_durable(storage::CommitSeq seq) = 0;
  /// Calls `done` when everything up to `seq` is durable, from any thread, maybe at once.
  virtual void when_durable(storage::CommitSeq seq, std::function<void(Status)> done) = 0;

  /// Lets running calls end, refuses new ones, closes the files. Blocks; not on the lane.
  virtual void stop() = 0;
};

}  // namespace orrery::host
