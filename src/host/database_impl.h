// DatabaseImpl: HostedDatabase as it is built: an engine database, a lane, one main instance of the
// module, a pool for procedures, a scheduler, the instances of views, and who waits for durability.
//
// What has no comment of its own is touched on the lane only. Parts: database_open.cc (making,
// opening, stopping), database_calls.cc (reducers, clients, procedures), database_commit.cc (the end
// of a transaction, views), database_update.cc (update, reset), database_sql.cc.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sync.h"
#include "env/quick_clock.h"
#include "host/generation.h"
#include "host/host_options.h"
#include "host/hosted_database.h"
#include "host/lane.h"
#include "host/module_log.h"
#include "host/procedure_pool.h"
#include "host/procedure_run.h"
#include "host/scheduler.h"
#include "host/view_instances.h"
#include "storage/store.h"

namespace orrery::schema {
struct MigrationPlan;
}
namespace orrery::sql {
struct Statement;
}
namespace orrery::types {
class Datum;
}

namespace orrery::host {

class DurableWaiters;

/// For counters that one thread writes.
inline void add_on_lane(std::atomic<uint64_t>& counter, uint64_t n) {
  counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

/// What a caller is told of a trap; the rest is in the log.
inline constexpr std::string_view kFatalError = "The instance encountered a fatal error.";

/// For whom a transaction runs.
struct CommitContext {
  types::ConnectionId connection;
  types::Identity sender;
  int64_t timestamp_micros = 0;
};

class DatabaseImpl final : public HostedDatabase,
                           public std::enable_shared_from_this<DatabaseImpl> {
 public:
  DatabaseImpl(const HostOptions& options, const types::Identity& identity,
               std::shared_ptr<engine::Database> engine, std::unique_ptr<ModuleLog> log);
  ~DatabaseImpl() override;

  Status create(const types::Identity& owner, std::string program, EnvironmentUpdate environment);
  Status open();

  const types::Identity& identity() const override { return identity_; }
  const types::Identity& owner() const override { return owner_; }
  std::shared_ptr<const schema::ModuleDef> definition() const override;
  std::string program_hash_hex() const override;
  ModuleLog& log() override { return *log_; }
  const std::shared_ptr<engine::Database>& engine() const override { return engine_; }
  void set_observer(CommitObserver* observer) override;
  void watch(storage::TableId table, bool watched) override;
  void post(std::function<void()> task) override;
  void post_after(int64_t micros, std::function<void()> task) override;
  DatabaseCounts counts() const override;
  bool on_lane() const override { return lane_.on_lane(); }
  void at_pause(std::function<void()> task) override { lane_.at_pause(std::move(task)); }
  void connect(const Caller& caller, std::string jwt_payload, CallDone done) override;
  void disconnect(const Caller& caller, CallDone done) override;
  CallOutcome call_reducer_now(const Caller& caller, std::string_view name,
                               std::string_view arguments) override;
  void call_reducer(const Caller& caller, std::string name, std::string arguments,
                    CallDone done) override;
  void call_procedure(const Caller& caller, std::string name, std::string arguments,
                      CallDone done) override;
  void call_http_handler(uint32_t handler, HttpCall call,
                         std::function<void(Result<HttpReply>)> done) override;
  void run_sql(const Caller& caller, std::string sql, SqlDone done) override;
  Result<std::unique_ptr<SelectRun>> begin_select(const Caller& caller,
                                                  std::string_view sql) override;
  Result<ViewInstance> use_view(const schema::ViewDef& view,
                                const types::Identity& caller) override;
  void release_view(const ViewInstance& instance) override;
  Result<UpdateReport> update(std::string program, ClientBreak clients,
                              EnvironmentUpdate environment) override;
  Result<UpdatePlan> plan_update(std::string_view program, PlanStyle style) override;
  Status reset(std::string program, EnvironmentUpdate environment) override;
  std::vector<std::string> environment_keys() const override;
  Status wait_durable(storage::CommitSeq seq) override;
  void when_durable(storage::CommitSeq seq, std::function<void(Status)> done) override;
  void stop() override;

  // --- for the parts of the database ---

  const HostOptions& options() const { return options_; }
  const env::Environment& environment() const { return options_.environment; }
  Lane& lane() { return lane_; }
  GuestHost& guest_host() { return guest_host_; }
  /// Thread-safe.
  const PublishedEnvironment& published() const { return published_; }
  ProcedurePool& procedures() { return *procedures_; }
  storage::Store& store() { return *store_; }
  /// Thread-safe.
  std::shared_ptr<const Generation> generation() const;
  int64_t now_micros() const { return options_.environment.clock->wall_nanos() / 1000; }
  int64_t now_nanos() const { return options_.environment.clock->monotonic_nanos(); }
  /// Of the wall clock when the monotonic one shows `nanos`, which it does now: one reading serves
  /// for both, and the distance of the clocks is measured again after a millisecond.
  int64_t micros_at(int64_t nanos) {
    if (nanos >= clocks_measured_ + env::kNanosPerMilli || clocks_measured_ == 0) {
      clocks_measured_ = nanos;
      clocks_apart_ = options_.environment.clock->wall_nanos() - nanos;
    }
    return (nanos + clocks_apart_) / 1000;
  }
  bool is_owner(const types::Identity& identity) const {
    return identity == owner_ || identity == identity_;
  }
  std::unique_ptr<storage::Transaction> begin() {
    return store_->begin(storage::Isolation::kSnapshot);
  }
  /// Refreshes the views that the transaction touched, commits it, and tells everybody. Rolled back
  /// where that fails.
  Result<storage::CommitSeq> finish(storage::Transaction& transaction,
                                    const CommitContext& context);
  Result<storage::CommitSeq> finish(std::unique_ptr<storage::Transaction> transaction,
                                    const CommitContext& context) {
    return finish(*transaction, context);
  }
  /// Thread-safe. kLimit where too many wait.
  Status schedule_immediately(std::string function, std::string arguments);
  Result<ViewInstances::Instance*> fill_view(const schema::ViewDef& view,
                                             const types::Identity& caller);

 private:

  schema::ValidationOptions publish_checks() const {
    return {options_.check_row_level_security};
  }

  // database_open.cc
  Status create_on_lane(const types::Identity& owner, std::string_view program,
                        CheckedProgram checked, const EnvironmentUpdate& environment);
  Status open_on_lane(CheckedProgram checked);
  Status initialise(storage::Transaction& transaction, const types::Identity& owner,
                    std::string_view program, const CheckedProgram& checked,
                    const EnvironmentUpdate& environment,
                    std::shared_ptr<const Generation>* made);
  /// Calls and views are of this generation from here on.
  void install(std::shared_ptr<const Generation> generation);
  /// The same, with its schedules, where its tables are committed.
  void adopt(std::shared_ptr<const Generation> generation);
  void arm_schedules();
  Status disconnect_leftovers();
  Status clear_views(storage::Transaction& transaction, const BoundTables& tables);
  void arm_view_timer();
  void drop_idle_views();

  // database_calls.cc
  Result<ModuleInstance*> main_instance();
  int64_t call_begins();
  int64_t call_ends();
  /// For a reducer call: the same object every time.
  storage::Transaction& begin_call();
  /// Calls a reducer in an open transaction; where it is not kOk the caller rolls back.
  CallOutcome guest_reducer(const CallableFunction& function, storage::Transaction& transaction,
                            const Caller& caller, int64_t timestamp, std::string_view arguments);
  CallOutcome run_reducer(const CallableFunction& function, const Caller& caller,
                          std::string_view arguments);
  CallOutcome call_reducer_on_lane(const Caller& caller, std::string_view name,
                                   std::string_view arguments);
  CallOutcome connect_on_lane(const Caller& caller, std::string_view jwt_payload);
  CallOutcome disconnect_on_lane(const Caller& caller);
  void start_procedure(const CallableFunction& function, const Caller& caller, int64_t timestamp,
                       std::string arguments, CallDone done);
  void run_scheduled(const Scheduler::Firing& firing);
  void run_scheduled_reducer(const CallableFunction& function, const Scheduler::Firing& firing,
                             int64_t timestamp);
  void run_scheduled_procedure(const CallableFunction& function, const Scheduler::Firing& firing,
                               int64_t timestamp);
  Result<storage::CommitSeq> delete_row(const BoundTable& table, std::string_view row);
  void log_failure(std::string_view function, const GuestOutcome& outcome);
  void end_instance_if_broken();
  template <class Call>
  void post_call(CallDone done, Call&& call);
  struct ReducerTask;

  // database_commit.cc
  Result<std::string> evaluate_view(storage::Transaction& transaction,
                                    ViewInstances::Instance& instance, ReadSet* reads);
  void publish(const storage::CommitCapture& capture, storage::CommitSeq seq,
               const CommitContext& context);

  // database_sql.cc
  struct PreparedRead;
  std::optional<Result<SqlReport>> run_variable(const Caller& caller, std::string_view sql);
  Result<SqlReport> write_sql(const Caller& caller, const sql::Statement& statement,
                              std::span<const types::Datum> parameters);
  class PreparedSelect;
  Result<std::shared_ptr<PreparedRead>> rewrite_sql(const Caller& caller, std::string_view sql);
  Status pin_read(PreparedRead& read);
  /// Any thread.
  Result<SqlReport> run_prepared(PreparedRead& read);
  /// On the lane: everything but the reading itself, or the whole answer.
  Result<std::shared_ptr<PreparedRead>> prepare_sql(const Caller& caller, std::string_view sql,
                                                    std::optional<Result<SqlReport>>* answer);

  // database_update.cc
  Result<UpdateReport> update_on_lane(CheckedProgram checked, std::string_view program,
                                      ClientBreak clients,
                                      const EnvironmentUpdate& environment);
  Status write_update(storage::Transaction& transaction, const schema::MigrationPlan& plan,
                      const CheckedProgram& checked, std::string_view program,
                      const EnvironmentMap& environment);
  Result<storage::CommitSeq> commit_update(std::unique_ptr<storage::Transaction> transaction,
                                           std::shared_ptr<const Generation> made,
                                           ClientBreak breaks);
  Status make_views_anew(storage::Transaction& transaction,
                         const std::vector<ViewInstances::Known>& known);
  Status reset_on_lane(CheckedProgram checked, std::string_view program,
                       const EnvironmentUpdate& environment);

  const HostOptions options_;
  const types::Identity identity_;
  types::Identity owner_;
  std::shared_ptr<engine::Database> engine_;
  std::shared_ptr<storage::Store> store_;
  std::unique_ptr<ModuleLog> log_;
  DatabaseGuestHost guest_host_;
  PublishedEnvironment published_;
  mutable Mutex generation_mutex_;
  std::shared_ptr<const Generation> generation_;  ///< guarded; written on the lane
  const Generation* current_ = nullptr;           ///< the same, for the lane
  env::QuickClock quick_clock_;  ///< for calls
  int64_t call_ended_nanos_ = 0;
  uint64_t call_followed_by_ = 0;  ///< the number of the task that begins then; 0: none
  int64_t clocks_measured_ = 0;  ///< 0: never
  int64_t clocks_apart_ = 0;
  std::unique_ptr<ModuleInstance> main_;
  std::unique_ptr<storage::Transaction> call_transaction_;  ///< ended, between two calls
  static constexpr uint32_t kCommitsTold = 64;  ///< to the engine at once: it counts for many threads
  uint32_t commits_untold_ = 0;
  CommitObserver* observer_ = nullptr;
  ViewInstances views_;
  ViewInstances::Evaluate evaluate_;
  Mutex update_mutex_;  ///< one update or reset at a time
  std::unique_ptr<DurableWaiters> durable_;
  Lane lane_;
  Scheduler scheduler_;
  std::unique_ptr<ProcedurePool> procedures_;
  /// Threads for SELECTs, the owner's and everybody else's, made when the first one comes: whoever
  /// else keeps a thread busy does not keep the owner from asking.
  std::array<std::unique_ptr<Lane>, 2> readers_;
  std::atomic<bool> stopping_{false};  ///< SELECTs that run end early
  const int64_t opened_nanos_;
  // Written on the lane, read anywhere.
  std::atomic<uint64_t> transactions_{0};
  std::atomic<uint64_t> reducer_calls_{0};
  std::atomic<uint64_t> rows_changed_{0};
  Mutex stop_mutex_;
  bool stopped_ = false;
};

template <class Call>
void DatabaseImpl::post_call(CallDone done, Call&& call) {
  // Whoever destroys it without running it, the caller hears of it.
  struct Task {
    CallDone done;
    std::decay_t<Call> call;
    Task(CallDone d, Call&& c) : done(std::move(d)), call(std::forward<Call>(c)) {}
    Task(Task&& other) noexcept
        : done(std::exchange(other.done, nullptr)), call(std::move(other.call)) {}
    Task(const Task&) = delete;
    ~Task() {
      if (done == nullptr) return;
      CallOutcome outcome;
      outcome.status = CallStatus::kStopped;
      outcome.message = "the database is shutting down";
      done(outcome);
    }
    void operator()() { call(std::exchange(done, nullptr)); }
  };
  lane_.post(Task(std::move(done), std::forward<Call>(call)));
}

}  // namespace orrery::host
