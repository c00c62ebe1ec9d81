// Calls into the module: reducers, clients coming and going, scheduled functions, procedures.
#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "host/database_impl.h"
#include "host/energy.h"
#include "host/system_tables.h"
#include "storage/datastore.h"
#include "storage/transaction_restart.h"
#include "types/bsatn.h"

namespace orrery::host {
namespace {

/// From here on a scheduled function counts as late.
constexpr int64_t kLateMicros = 30'000;

CallOutcome refused(CallStatus status, std::string message) {
  CallOutcome out;
  out.status = status;
  out.message = std::move(message);
  return out;
}

CallOutcome stopped() { return refused(CallStatus::kStopped, "the database is shutting down"); }

std::string_view lifecycle_debug_name(schema::Lifecycle lifecycle) {
  return schema::lifecycle_name(lifecycle);
}

/// Nothing where the arguments decode as the parameters.
std::optional<std::string> argument_error(const CallableFunction& function, std::string_view kind,
                                          std::string_view arguments) {
  if (function.params->elements().empty()) return std::nullopt;
  Result<size_t> used = types::bsatn_validate(*function.params, arguments, function.space);
  if (used) return std::nullopt;
  return "invalid arguments for " + std::string(kind) + " " + std::string(function.name) + ": " +
         used.error().message();
}

/// The status of a call whose transaction could not be ended.
CallOutcome commit_failed(const Error& error) {
  return refused(CallStatus::kInternalError, error.message());
}

/// One row as an array of rows.
std::string array_of(std::string_view row) {
  ByteWriter out;
  out.write(uint32_t{1});
  out.write_bytes(row);
  return std::move(out.buffer());
}

}  // namespace

// --- the main instance ---

Result<ModuleInstance*> DatabaseImpl::main_instance() {
  if (main_ == nullptr) {
    ORRERY_TRY_ASSIGN(main_, current_->module().instantiate(guest_host_));
  }
  return main_.get();
}

void DatabaseImpl::end_instance_if_broken() {
  if (main_ != nullptr && main_->broken()) main_ = nullptr;
}

void DatabaseImpl::log_failure(std::string_view function, const GuestOutcome& outcome) {
  std::string frames;
  for (const GuestFrame& frame : outcome.trace) {
    if (!frames.empty()) frames += '\n';
    frames += frame.function;
  }
  LogRecord record;
  record.level = outcome.status == GuestStatus::kFailed ? LogLevel::kPanic : LogLevel::kError;
  record.target = ModuleLog::kSystemTarget;
  record.filename = ModuleLog::kSystemTarget;
  record.function = function;
  record.message = outcome.message;
  record.backtrace = frames;
  log_->write(record);
}

// --- reducers ---

CallOutcome DatabaseImpl::guest_reducer(const CallableFunction& function,
                                        storage::Transaction& transaction, const Caller& caller,
                                        int64_t timestamp, std::string_view arguments) {
  CallOutcome out;
  out.timestamp_micros = timestamp;
  add_on_lane(reducer_calls_, 1);
  Result<ModuleInstance*> module = main_instance();
  if (!module) {
    out.status = CallStatus::kInternalError;
    out.message = kFatalError;
    log_->system(LogLevel::kError, module.error().message());
    return out;
  }
  GuestCall call;
  call.tables = &current_->tables();
  call.transaction = &transaction;
  call.function = function.name;
  GuestOutcome outcome = (*module)->call_reducer(call, function.id, caller, timestamp, arguments);
  if (outcome.status == GuestStatus::kOk) [[likely]] {
    return out;
  }
  log_failure(function.name, outcome);
  end_instance_if_broken();
  switch (outcome.status) {
    case GuestStatus::kOk:
      break;
    case GuestStatus::kUserError:
      out.status = CallStatus::kUserError;
      out.message = std::move(outcome.message);
      break;
    case GuestStatus::kFailed:
      out.status = CallStatus::kInternalError;
      out.message = kFatalError;
      break;
    case GuestStatus::kLimit:
      out.status = CallStatus::kOutOfEnergy;
      out.message = "the call ran into its limit: " + outcome.message;
      break;
  }
  return out;
}

/// A call that was waiting when the one right before it ended begins with that end: one look at the
/// clock does for both.
int64_t DatabaseImpl::call_begins() {
  if (lane_.task_number() == call_followed_by_) return call_ended_nanos_;
  return quick_clock_.monotonic_nanos();
}

int64_t DatabaseImpl::call_ends() {
  const bool followed = lane_.is_followed();  // looked at first: it was posted before the time told
  call_ended_nanos_ = quick_clock_.monotonic_nanos();
  call_followed_by_ = followed ? lane_.task_number() + 1 : 0;
  return call_ended_nanos_;
}

storage::Transaction& DatabaseImpl::begin_call() {
  if (call_transaction_ == nullptr) {
    call_transaction_ = begin();
  } else {
    storage::restart(*call_transaction_, storage::Isolation::kSnapshot);
  }
  return *call_transaction_;
}

CallOutcome DatabaseImpl::run_reducer(const CallableFunction& function, const Caller& caller,
                                      std::string_view arguments) {
  const int64_t started = call_begins();
  const int64_t timestamp = micros_at(started);
  storage::Transaction& transaction = begin_call();
  CallOutcome out = guest_reducer(function, transaction, caller, timestamp, arguments);
  if (out.status != CallStatus::kOk) {
    transaction.rollback();
  } else {
    CommitContext context;
    context.connection = caller.connection;
    context.sender = caller.identity;
    context.timestamp_micros = timestamp;
    Result<storage::CommitSeq> seq = finish(transaction, context);
    if (seq) {
      out.seq = *seq;
    } else {
      out.status = CallStatus::kInternalError;
      out.message = seq.error().message();
    }
  }
  const int64_t nanos = call_ends() - started;
  out.execution_micros = nanos / 1000;
  out.energy = energy_of(nanos);
  return out;
}

CallOutcome DatabaseImpl::call_reducer_on_lane(const Caller& caller, std::string_view name,
                                               std::string_view arguments) {
  if (current_ == nullptr) return stopped();
  const CallableFunction* function = current_->find_reducer(name);
  if (function == nullptr) return refused(CallStatus::kNoSuchFunction, "no such reducer");
  if (function->lifecycle) {
    return refused(CallStatus::kLifecycle,
                   "can't directly call special " +
                       std::string(lifecycle_debug_name(*function->lifecycle)) +
                       " lifecycle reducer");
  }
  if (function->visibility == schema::FunctionVisibility::kPrivate && !is_owner(caller.identity)) {
    return refused(CallStatus::kNoSuchFunction, "no such reducer");
  }
  if (std::optional<std::string> error = argument_error(*function, "reducer", arguments)) {
    return refused(CallStatus::kBadArguments, std::move(*error));
  }
  return run_reducer(*function, caller, arguments);
}

/// What call_reducer() posts. Whoever destroys it without running it, the caller hears of it.
struct DatabaseImpl::ReducerTask {
  DatabaseImpl* const database;
  const Caller caller;
  const std::string name;
  const std::string arguments;
  CallDone done;

  ~ReducerTask() {
    if (done != nullptr) done(stopped());
  }
  void operator()() {
    done(database->call_reducer_on_lane(caller, name, arguments));
    done = nullptr;
  }
};

CallOutcome DatabaseImpl::call_reducer_now(const Caller& caller, std::string_view name,
                                           std::string_view arguments) {
  ORRERY_ASSERT(lane_.on_lane());
  lane_.count_task();
  CallOutcome out = call_reducer_on_lane(caller, name, arguments);
  call_followed_by_ = 0;  // what else the task does with it is no part of the next call
  return out;
}

void DatabaseImpl::call_reducer(const Caller& caller, std::string name, std::string arguments,
                                CallDone done) {
  lane_.post_new<ReducerTask>(this, caller, std::move(name), std::move(arguments),
                              std::move(done));
}

void DatabaseImpl::post(std::function<void()> task) { lane_.post(std::move(task)); }

void DatabaseImpl::post_after(int64_t micros, std::function<void()> task) {
  ORRERY_ASSERT(lane_.on_lane());
  lane_.at(now_nanos() + micros * 1000, std::move(task));
}

DatabaseCounts DatabaseImpl::counts() const {
  DatabaseCounts out;
  out.transactions = transactions_.load(std::memory_order_relaxed);
  out.reducer_calls = reducer_calls_.load(std::memory_order_relaxed);
  out.rows_changed = rows_changed_.load(std::memory_order_relaxed);
  out.uptime_micros = (now_nanos() - opened_nanos_) / 1000;
  out.memory_bytes = store_->memory_bytes();
  return out;
}

// --- clients ---

CallOutcome DatabaseImpl::connect_on_lane(const Caller& caller, std::string_view jwt_payload) {
  if (current_ == nullptr) return stopped();
  const int64_t started = now_nanos();
  const int64_t timestamp = now_micros();
  std::unique_ptr<storage::Transaction> transaction = begin();
  transaction->begin_statement();
  Status added = add_client(*transaction, caller, jwt_payload);
  if (added) added = transaction->end_statement();
  if (!added) {
    transaction->rollback();
    return commit_failed(added.error());
  }
  CallOutcome out;
  out.timestamp_micros = timestamp;
  const CallableFunction* function = current_->lifecycle_reducer(schema::Lifecycle::kOnConnect);
  if (function != nullptr) out = guest_reducer(*function, *transaction, caller, timestamp, {});
  if (out.status != CallStatus::kOk) {
    transaction->rollback();
    return out;
  }
  CommitContext context;
  context.sender = caller.identity;
  context.timestamp_micros = timestamp;
  Result<storage::CommitSeq> seq = finish(std::move(transaction), context);
  if (!seq) return commit_failed(seq.error());
  out.seq = *seq;
  out.execution_micros = (now_nanos() - started) / 1000;
  return out;
}

CallOutcome DatabaseImpl::disconnect_on_lane(const Caller& caller) {
  if (current_ == nullptr) return stopped();
  const int64_t timestamp = now_micros();
  CommitContext context;
  context.sender = caller.identity;
  context.timestamp_micros = timestamp;
  const CallableFunction* function = current_->lifecycle_reducer(schema::Lifecycle::kOnDisconnect);
  // Whatever the module says, the client is gone: its rows go without the reducer where it failed.
  CallOutcome said;
  for (bool with_reducer : {true, false}) {
    if (with_reducer && function == nullptr) continue;
    std::unique_ptr<storage::Transaction> transaction = begin();
    if (with_reducer) {
      said = guest_reducer(*function, *transaction, caller, timestamp, {});
      if (said.status != CallStatus::kOk) {
        transaction->rollback();
        continue;
      }
    }
    transaction->begin_statement();
    Status removed = remove_client(*transaction, caller);
    if (removed) removed = transaction->end_statement();
    if (!removed) {
      transaction->rollback();
      return commit_failed(removed.error());
    }
    Result<storage::CommitSeq> seq = finish(std::move(transaction), context);
    if (seq) {
      said.seq = *seq;
      return said;
    }
    said = commit_failed(seq.error());
  }
  return said;
}

void DatabaseImpl::connect(const Caller& caller, std::string jwt_payload, CallDone done) {
  post_call(std::move(done),
            [this, caller, jwt_payload = std::move(jwt_payload)](const CallDone& tell) {
              tell(connect_on_lane(caller, jwt_payload));
            });
}

void DatabaseImpl::disconnect(const Caller& caller, CallDone done) {
  post_call(std::move(done),
            [this, caller](const CallDone& tell) { tell(disconnect_on_lane(caller)); });
}

// --- procedures and HTTP handlers ---

namespace {

CallOutcome outcome_of(Result<GuestOutcome> outcome, int64_t timestamp, int64_t micros) {
  if (!outcome) {
    const bool stops = outcome.error().code() == ErrorCode::kCancelled;
    return refused(stops ? CallStatus::kStopped : CallStatus::kInternalError,
                   outcome.error().message());
  }
  CallOutcome out;
  out.timestamp_micros = timestamp;
  out.execution_micros = micros;
  out.energy = energy_of(micros * 1000);
  switch (outcome->status) {
    case GuestStatus::kOk:
      out.value = std::move(outcome->value);
      break;
    case GuestStatus::kUserError:
    case GuestStatus::kFailed:
      out.status = CallStatus::kInternalError;
      out.message = kFatalError;
      break;
    case GuestStatus::kLimit:
      out.status = CallStatus::kOutOfEnergy;
      out.message = "Procedure terminated due to insufficient budget";
      break;
  }
  return out;
}

}  // namespace

void DatabaseImpl::start_procedure(const CallableFunction& function, const Caller& caller,
                                   int64_t timestamp, std::string arguments, CallDone done) {
  ProcedureJob job;
  job.generation = generation();
  job.name = function.name;
  job.id = function.id;
  job.caller = caller;
  job.timestamp_micros = timestamp;
  job.arguments = std::move(arguments);
  job.hold = std::make_shared<LaneHold>(lane_, *environment().clock);
  std::shared_ptr<LaneHold> hold = job.hold;
  const types::AlgebraicType* returns = function.returns;
  const types::Typespace* space = function.space;
  job.done = [this, done = std::move(done), timestamp, returns, space, name = job.name,
              keep = job.generation](Result<GuestOutcome> outcome, int64_t micros) {
    if (outcome && outcome->status != GuestStatus::kOk) log_failure(name, *outcome);
    CallOutcome out = outcome_of(std::move(outcome), timestamp, micros);
    // What a module returns goes to clients as it is, so it must be what it says it is.
    if (out.status == CallStatus::kOk && !types::bsatn_validate(*returns, out.value, space)) {
      out.status = CallStatus::kInternalError;
      out.message = "the procedure's result is not of its type";
      out.value.clear();
    }
    post_call(done, [out = std::move(out)](const CallDone& tell) { tell(out); });
  };
  hold->offer();
  if (procedures_->submit(std::move(job))) {
    hold->lend_at_start();
  } else {
    hold->withdraw();
  }
}

void DatabaseImpl::call_procedure(const Caller& caller, std::string name, std::string arguments,
                                  CallDone done) {
  post_call(std::move(done), [this, caller, name = std::move(name),
                              arguments = std::move(arguments)](CallDone tell) mutable {
    if (current_ == nullptr) return tell(stopped());
    const CallableFunction* function = current_->find_procedure(name);
    if (function == nullptr ||
        (function->visibility == schema::FunctionVisibility::kPrivate &&
         !is_owner(caller.identity))) {
      return tell(refused(CallStatus::kNoSuchFunction, "No such procedure"));
    }
    if (std::optional<std::string> error = argument_error(*function, "procedure", arguments)) {
      return tell(refused(CallStatus::kBadArguments, std::move(*error)));
    }
    start_procedure(*function, caller, now_micros(), std::move(arguments), std::move(tell));
  });
}

void DatabaseImpl::call_http_handler(uint32_t handler, HttpCall call,
                                     std::function<void(Result<HttpReply>)> done) {
  ProcedureJob job;
  job.kind = ProcedureJob::Kind::kHttpHandler;
  job.generation = generation();
  if (job.generation == nullptr ||
      handler >= job.generation->definition().http_handlers().size()) {
    return done(Error(ErrorCode::kFunctionNotFound, "no such http handler"));
  }
  job.name = job.generation->definition().http_handlers()[handler].name;
  job.id = handler;
  job.timestamp_micros = now_micros();
  job.arguments = std::move(call.request);
  job.body = std::move(call.body);
  job.hold = std::make_shared<LaneHold>(lane_, *environment().clock);
  job.done = [this, done = std::move(done), name = job.name](Result<GuestOutcome> outcome,
                                                             int64_t) {
    if (!outcome) return done(std::move(outcome).error());
    if (outcome->status != GuestStatus::kOk) {
      log_failure(name, *outcome);
      return done(Error(ErrorCode::kGeneric, std::string(kFatalError)));
    }
    HttpReply reply;
    reply.response = std::move(outcome->value);
    reply.body = std::move(outcome->body);
    done(std::move(reply));
  };
  procedures_->submit(std::move(job));
}

// --- schedules ---

Status DatabaseImpl::schedule_immediately(std::string function, std::string arguments) {
  ORRERY_TRY(scheduler_.announce(function, arguments));
  lane_.post([this, function = std::move(function), arguments = std::move(arguments)] {
    scheduler_.call_at_once(function, arguments);
  });
  return {};
}

Result<storage::CommitSeq> DatabaseImpl::delete_row(const BoundTable& table, std::string_view row) {
  std::unique_ptr<storage::Transaction> transaction = begin();
  transaction->begin_statement();
  ORRERY_TRY_ASSIGN([[maybe_unused]] uint64_t gone,
                    storage::delete_equal_bsatn(*transaction, *table.table, array_of(row)));
  ORRERY_TRY(transaction->end_statement());
  CommitContext context;
  context.sender = identity_;
  context.timestamp_micros = now_micros();
  return finish(std::move(transaction), context);
}

void DatabaseImpl::run_scheduled_reducer(const CallableFunction& function,
                                         const Scheduler::Firing& firing, int64_t timestamp) {
  const bool once = firing.table != nullptr && !firing.is_interval;
  Caller caller;
  caller.identity = identity_;
  std::unique_ptr<storage::Transaction> transaction = begin();
  CallOutcome out = guest_reducer(function, *transaction, caller, timestamp, firing.row);
  bool committed = false;
  if (out.status == CallStatus::kOk) {
    Status removed;
    if (once) {
      // With the run itself, so that it either happened and is over, or happens again.
      transaction->begin_statement();
      Result<uint64_t> gone = storage::delete_equal_bsatn(*transaction, *firing.table->table,
                                                          array_of(firing.row));
      if (!gone) removed = std::move(gone).error();
      if (removed) removed = transaction->end_statement();
    }
    CommitContext context;
    context.sender = identity_;
    context.timestamp_micros = timestamp;
    if (removed) {
      Result<storage::CommitSeq> seq = finish(std::move(transaction), context);
      committed = seq.has_value();
      if (!seq) log_->system(LogLevel::kError, seq.error().message());
    } else {
      transaction->rollback();
    }
  } else {
    transaction->rollback();
  }
  if (!committed && once) {
    Result<storage::CommitSeq> seq = delete_row(*firing.table, firing.row);
    if (!seq) log_->system(LogLevel::kError, seq.error().message());
  }
  scheduler_.finished();
}

void DatabaseImpl::run_scheduled_procedure(const CallableFunction& function,
                                           const Scheduler::Firing& firing, int64_t timestamp) {
  Caller caller;
  caller.identity = identity_;
  auto start = [this, &function, caller, timestamp, row = firing.row] {
    start_procedure(function, caller, timestamp, row,
                    [this](const CallOutcome&) { scheduler_.finished(); });
  };
  if (firing.table == nullptr || firing.is_interval) return start();
  Result<storage::CommitSeq> seq = delete_row(*firing.table, firing.row);
  if (!seq) {
    log_->system(LogLevel::kError, seq.error().message());
    scheduler_.finished();
    return;
  }
  // It must not run again after a crash, so it begins when the row is gone for good.
  when_durable(*seq, [this, start, keep = generation()](Status durable) {
    lane_.post([this, start, keep, gone = durable.has_value()] {
      if (gone && generation() == keep) {
        start();
      } else {
        scheduler_.finished();
      }
    });
  });
}

void DatabaseImpl::run_scheduled(const Scheduler::Firing& firing) {
  const int64_t now = now_micros();
  const int64_t timestamp = std::max(now, firing.intended_micros);
  if (firing.table != nullptr && now - firing.intended_micros > kLateMicros) {
    log_->system(LogLevel::kWarn,
                 "scheduled function " + firing.function + " is " +
                     std::to_string((now - firing.intended_micros) / 1000) + " ms late");
  }
  if (const CallableFunction* procedure = current_->find_procedure(firing.function)) {
    if (!argument_error(*procedure, "procedure", firing.row)) {
      return run_scheduled_procedure(*procedure, firing, timestamp);
    }
  } else if (const CallableFunction* reducer = current_->find_reducer(firing.function)) {
    if (!argument_error(*reducer, "reducer", firing.row)) {
      return run_scheduled_reducer(*reducer, firing, timestamp);
    }
  }
  log_->system(LogLevel::kError, "cannot run scheduled function " + firing.function +
                                     ": it is not there, or its arguments do not fit");
  scheduler_.finished();
}

}  // namespace orrery::host
