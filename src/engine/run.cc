#include "engine/run.h"

#include <utility>

#include "engine/chunk_buffer.h"
#include "engine/parameters.h"

namespace orrery::engine {
namespace {

exec::ExecInput make_input(const RunTarget& target, const PlanPtr& plan,
                           std::span<const types::Datum> parameters) {
  Database& database = *target.open->database;
  exec::ExecInput input;
  input.statement = plan;
  input.store = target.open->store.get();
  input.parameters = parameters;
  input.now_nanos = database.environment().clock->wall_nanos();
  input.cancelled = &target.cancel->cancelled;
  input.environment = &database.environment();
  input.options = &database.exec_options();
  return input;
}

struct PlannedRead {
  PlanPtr plan;
  storage::ReadViewHandle view;
};

/// A plan and a view that go together. The view comes first: a plan found for the version that is
/// the latest afterwards was good at the time of the view as well.
Result<PlannedRead> plan_read(const OpenStore& open, const PlanRequest& request) {
  PlannedRead out;
  out.view = open.store->read_view();
  out.plan = request.find(open, open.store->catalog_version());
  if (out.plan != nullptr) return out;
  std::shared_ptr<const storage::Catalog> catalog;
  out.view = open.store->read_view(&catalog);
  ORRERY_TRY_ASSIGN(out.plan, request.plan(open, catalog));
  return out;
}

/// Rows that an execution still produces.
class ExecutionSource final : public RowSource, public ScopedReader {
 public:
  ExecutionSource(const RunTarget& target, std::span<const types::Datum> parameters)
      : open_(target.open),
        cancel_(target.cancel),
        parameters_(parameters),
        random_state_(target.random_seed) {}
  ~ExecutionSource() override {
    if (scope_ == nullptr) return;
    LockGuard<Mutex> lock(scope_->mutex());
    scope_->unlink(this);
    execution_.reset();
  }

  /// With the scope's mutex held, where there is one.
  Status start(const RunTarget& target, const PlanRequest& request) {
    if (target.scope != nullptr) return start_in_scope(target, request);
    ORRERY_TRY_ASSIGN(PlannedRead read, plan_read(*open_, request));
    plan_ = std::move(read.plan);
    exec::ExecInput input = make_input(target, plan_, parameters_.values());
    input.random_state = &random_state_;
    input.view = std::move(read.view);
    ORRERY_TRY_ASSIGN(execution_, exec::Execution::start(std::move(input)));
    return {};
  }

  std::span<const plan::OutputColumn> columns() const override { return plan_->columns; }

  Result<bool> next(const types::Chunk** chunk) override {
    if (scope_ == nullptr) return execution_->next(chunk);
    LockGuard<Mutex> lock(scope_->mutex());
    return next_in_scope(chunk);
  }

  void detach() override {
    // The reader may be in the middle of `current_`, which shows cells of the execution.
    ChunkBuffer kept;
    kept.append(current_);
    for (;;) {
      const types::Chunk* chunk = nullptr;
      Result<bool> more = execution_->next(&chunk);
      if (!more) detach_error_ = std::make_unique<Error>(std::move(more).error());
      if (!more || !*more) break;
      detached_.append(*chunk);
    }
    if (current_.row_count > 0) current_ = kept.take_next();
    execution_.reset();
  }

 private:
  Status start_in_scope(const RunTarget& target, const PlanRequest& request) {
    storage::Transaction& transaction = *target.scope->transaction();
    StatementGuard guard(transaction);
    ORRERY_TRY_ASSIGN(plan_, request.plan(*target.open, transaction.catalog()));
    exec::ExecInput input = make_input(target, plan_, parameters_.values());
    input.random_state = &random_state_;
    input.view = transaction.pin_view();
    input.transaction_id = transaction.id();
    ORRERY_TRY_ASSIGN(execution_, exec::Execution::start(std::move(input)));
    ORRERY_TRY(guard.finish());
    scope_ = target.scope;
    scope_->link(this);
    return {};
  }

  Result<bool> next_in_scope(const types::Chunk** chunk) {
    const types::Chunk* from = nullptr;
    if (execution_ == nullptr) {
      *chunk = detached_.next();
      if (*chunk != nullptr) return true;
      if (detach_error_ != nullptr) return std::move(*std::exchange(detach_error_, nullptr));
      return false;
    }
    current_.row_count = 0;
    ORRERY_TRY_ASSIGN(bool more, execution_->next(&from));
    if (!more) return false;
    current_.columns.resize(from->columns.size());
    for (size_t i = 0; i < from->columns.size(); ++i) {
      current_.columns[i].reference(from->columns[i]);
    }
    current_.row_count = from->row_count;
    *chunk = &current_;
    return true;
  }

  // Members are destroyed from the last to the first: the execution goes before what it uses.
  std::shared_ptr<const OpenStore> open_;
  std::shared_ptr<TransactionScope> scope_;
  std::shared_ptr<CancelToken> cancel_;
  PlanPtr plan_;
  StoredParameters parameters_;
  uint64_t random_state_;
  std::unique_ptr<exec::Execution> execution_;
  // Of readers in a transaction:
  types::Chunk
      current_;  ///< shows the chunk given out last; at one address before and after detach
  ChunkBuffer detached_;
  std::unique_ptr<Error> detach_error_;
};

/// Rows of RETURNING, already computed; the plan owns the header.
class ReturnedSource final : public RowSource {
 public:
  ReturnedSource(PlanPtr plan, ChunkBuffer chunks)
      : plan_(std::move(plan)), chunks_(std::move(chunks)) {}
  std::span<const plan::OutputColumn> columns() const override { return plan_->columns; }
  Result<bool> next(const types::Chunk** chunk) override {
    *chunk = chunks_.next();
    return *chunk != nullptr;
  }

 private:
  PlanPtr plan_;
  ChunkBuffer chunks_;
};

struct WriteOutcome {
  PlanPtr plan;
  uint64_t rows_affected = 0;
  ChunkBuffer returned;
};

/// A writing statement within its begin_statement().
Status write_in(storage::Transaction& transaction, const RunTarget& target,
                const PlanRequest& request, WriteOutcome* out) {
  ORRERY_TRY_ASSIGN(out->plan, request.plan(*target.open, transaction.catalog()));
  uint64_t random_state = target.random_seed;
  exec::ExecInput input = make_input(target, out->plan, request.parameters);
  input.transaction = &transaction;
  input.random_state = &random_state;
  if (target.scope != nullptr) input.transaction_id = transaction.id();
  ORRERY_TRY_ASSIGN(std::unique_ptr<exec::Execution> execution,
                    exec::Execution::start(std::move(input)));
  out->rows_affected = execution->rows_affected();
  if (out->plan->columns.empty()) return {};
  for (;;) {
    const types::Chunk* chunk = nullptr;
    ORRERY_TRY_ASSIGN(bool more, execution->next(&chunk));
    if (!more) return {};
    out->returned.append(*chunk);
  }
}

/// A statement that meets rows committed while it ran gets this many runs, and goes on for this
/// long: many threads on one row take turns, and a long statement over a table that is never at
/// rest ends in a conflict.
constexpr int kRunsMin = 20;
constexpr int64_t kRerunNanos = env::kNanosPerSecond;

Result<WriteOutcome> run_write(const RunTarget& target, const PlanRequest& request) {
  env::Clock& clock = *target.open->database->environment().clock;
  int64_t first_failure = 0;
  for (int run = 1;; ++run) {
    WriteOutcome outcome;
    bool again = false;
    Status done = in_write_statement(target, [&](storage::Transaction& transaction) {
      Status written = write_in(transaction, target, request, &outcome);
      again = !written && transaction.met_newer_commit();
      return written;
    });
    if (done) return outcome;
    if (!again) return std::move(done).error();
    const int64_t now = clock.monotonic_nanos();
    if (run == 1) first_failure = now;
    if (run >= kRunsMin && now - first_failure > kRerunNanos) return std::move(done).error();
  }
}

}  // namespace

bool PlanRequest::writes() const {
  const sql::StatementKind kind = text.statement(index).kind;
  return kind == sql::StatementKind::kInsert || kind == sql::StatementKind::kUpdate ||
         kind == sql::StatementKind::kDelete;
}

PlanPtr PlanRequest::find(const OpenStore& open, uint64_t catalog_version) const {
  if (mutex == nullptr) return text.find_plan(index, open.epoch, catalog_version, parameters);
  LockGuard<Mutex> lock(*mutex);
  return text.find_plan(index, open.epoch, catalog_version, parameters);
}

Result<PlanPtr> PlanRequest::plan(const OpenStore& open,
                                  const std::shared_ptr<const storage::Catalog>& catalog) const {
  if (PlanPtr found = find(open, catalog->version())) return found;
  if (mutex == nullptr) return text.make_plan(index, open.epoch, catalog, parameters);
  LockGuard<Mutex> lock(*mutex);
  return text.make_plan(index, open.epoch, catalog, parameters);
}

Result<Rows> run_query(const RunTarget& target, const PlanRequest& request) {
  if (request.writes()) {
    ORRERY_TRY_ASSIGN(WriteOutcome outcome, run_write(target, request));
    if (outcome.plan->columns.empty()) return Rows(outcome.rows_affected);
    const uint64_t affected = outcome.rows_affected;
    return Rows(
        std::make_unique<ReturnedSource>(std::move(outcome.plan), std::move(outcome.returned)),
        affected);
  }
  auto source = std::make_unique<ExecutionSource>(target, request.parameters);
  ORRERY_TRY(source->start(target, request));
  return Rows(std::move(source));
}

namespace {

enum class Counters : uint8_t { kNone, kCollect };

/// One run to the end. Reads have a view, writes a transaction.
Status drain(const RunTarget& target, const PlanPtr& plan, std::span<const types::Datum> parameters,
             storage::Transaction* transaction, storage::ReadViewHandle view, Counters counters,
             AnalyzedRun* out) {
  uint64_t random_state = target.random_seed;
  exec::ExecInput input = make_input(target, plan, parameters);
  input.random_state = &random_state;
  input.collect_counters = counters == Counters::kCollect;
  if (target.scope != nullptr) input.transaction_id = transaction->id();
  if (plan->writes) input.transaction = transaction;
  input.view = std::move(view);
  ORRERY_TRY_ASSIGN(std::unique_ptr<exec::Execution> execution,
                    exec::Execution::start(std::move(input)));
  for (;;) {
    const types::Chunk* chunk = nullptr;
    ORRERY_TRY_ASSIGN(bool more, execution->next(&chunk));
    if (!more) break;
  }
  std::span<const plan::NodeCounters> collected = execution->counters();
  out->counters.assign(collected.begin(), collected.end());
  return {};
}

}  // namespace

Result<uint64_t> run_to_end(const RunTarget& target, const PlanRequest& request) {
  if (request.writes()) {
    ORRERY_TRY_ASSIGN(WriteOutcome outcome, run_write(target, request));
    return outcome.plan->columns.empty() ? outcome.rows_affected : 0;
  }
  AnalyzedRun ignored;
  if (target.scope == nullptr) {
    ORRERY_TRY_ASSIGN(PlannedRead read, plan_read(*target.open, request));
    ORRERY_TRY(drain(target, read.plan, request.parameters, nullptr, std::move(read.view),
                     Counters::kNone, &ignored));
    return uint64_t{0};
  }
  storage::Transaction& transaction = *target.scope->transaction();
  StatementGuard guard(transaction);
  ORRERY_TRY_ASSIGN(PlanPtr plan, request.plan(*target.open, transaction.catalog()));
  ORRERY_TRY(drain(target, plan, request.parameters, &transaction, transaction.pin_view(),
                   Counters::kNone, &ignored));
  ORRERY_TRY(guard.finish());
  return uint64_t{0};
}

Result<AnalyzedRun> run_analyzed(const RunTarget& target, PlanPtr plan,
                                 std::span<const types::Datum> parameters) {
  AnalyzedRun out;
  env::Clock& clock = *target.open->database->environment().clock;
  const int64_t started = clock.monotonic_nanos();
  if (plan->writes) {
    ORRERY_TRY(in_write_statement(target, [&](storage::Transaction& transaction) {
      return drain(target, plan, parameters, &transaction, {}, Counters::kCollect, &out);
    }));
  } else if (target.scope != nullptr) {
    storage::Transaction& transaction = *target.scope->transaction();
    StatementGuard guard(transaction);
    ORRERY_TRY(drain(target, plan, parameters, &transaction, transaction.pin_view(),
                     Counters::kCollect, &out));
    ORRERY_TRY(guard.finish());
  } else {
    ORRERY_TRY(drain(target, plan, parameters, nullptr, target.open->store->read_view(),
                     Counters::kCollect, &out));
  }
  out.total_nanos = static_cast<uint64_t>(clock.monotonic_nanos() - started);
  return out;
}

}  // namespace orrery::engine
