#include "exec/execution.h"

#include <algorithm>

#include "env/environment.h"
#include "exec/build.h"
#include "exec/column_buffer.h"
#include "exec/run_state.h"
#include "exec/short_path.h"
#include "exec/spill.h"
#include "exec/subqueries.h"
#include "storage/transaction.h"

namespace orrery::exec {

using types::Chunk;

namespace {

/// Operators that hold more than this are not kept for the next execution.
constexpr uint64_t kIdleBytesMax = 4 << 20;
constexpr int64_t kSleepSliceNanos = 10'000'000;

/// SLEEP in slices, so that cancelling does not wait for it.
Status sleep_for(expr::EvalContext& context, int64_t nanos) {
  RunState& run = static_cast<Subqueries*>(context.subqueries)->run_state();
  if (run.environment == nullptr || run.environment->clock == nullptr) return {};
  env::Clock& clock = *run.environment->clock;
  const int64_t end = clock.monotonic_nanos() + nanos;
  for (;;) {
    ORRERY_TRY(run.check_cancelled());
    int64_t left = end - clock.monotonic_nanos();
    if (left <= 0) return {};
    clock.sleep_nanos(std::min(left, kSleepSliceNanos));
  }
}

}  // namespace

/// The operators of a plan and the state of the execution that uses them now; kept with the plan
/// between executions.
struct Execution::Impl final : plan::PreparedExecution {
  void begin(ExecInput& input);
  Status start();
  Result<bool> next(const Chunk** chunk);
  /// Back to the plan, or away.
  static void retire(std::unique_ptr<Impl> impl);

  std::shared_ptr<const plan::PlannedStatement> statement;
  storage::ReadViewHandle view;
  RunState run;
  std::unique_ptr<ShortPath> short_path;
  std::unique_ptr<Subtree> root;
  bool looked_for_short_path = false;
  bool shortly = false;      ///< this execution goes the short way
  Chunk* waiting = nullptr;  ///< made by start() and not given out yet
  bool has_waiting = false;
  bool failed = false;
  Chunk dense;
};

void Execution::Impl::begin(ExecInput& input) {
  statement = std::move(input.statement);
  view = std::move(input.view);
  run.statement = statement.get();
  run.store = input.store;
  run.transaction = input.transaction;
  run.view =
      statement->writes && input.transaction != nullptr ? input.transaction->view() : view.view();
  run.parameters.assign(input.parameters.begin(), input.parameters.end());
  run.parameter_bytes.reset();
  for (types::Datum& d : run.parameters) {
    if (d.is_null() || layout_of(d.type()) != types::Layout::kString || d.as_string().is_inline()) {
      continue;
    }
    d = types::Datum::string(d.type(), types::StringRef(run.parameter_bytes.copy(d.view())));
  }
  run.cancelled = input.cancelled;
  run.deadline_nanos = input.deadline_nanos;
  run.environment = input.environment;
  if (input.options != nullptr) {
    run.options = *input.options;
  } else {
    run.options = {};
  }
  run.vector_size = std::clamp<uint32_t>(run.options.vector_size, 1, types::kVectorCapacity);
  run.collect_counters = input.collect_counters;
  run.counters.assign(input.collect_counters ? statement->node_count : 0, plan::NodeCounters{});
  run.rows_affected = 0;
  ++run.generation;
  run.memory.begin(run.options.memory_limit_bytes);
  run.spill->begin();
  run.eval.parameters = run.parameters;
  run.eval.outer = {};
  run.eval.now_nanos = input.now_nanos;
  run.eval.transaction_id = input.transaction_id;
  run.eval.random_state = input.random_state;
  run.eval.subqueries = run.subqueries.get();
  run.eval.cancelled = input.cancelled;
  run.eval.sleep = &sleep_for;
  waiting = nullptr;
  has_waiting = false;
  failed = false;
}

Status Execution::Impl::start() {
  if (!looked_for_short_path) {
    short_path = ShortPath::make(*statement, run);
    looked_for_short_path = true;
  }
  shortly = short_path != nullptr && !run.collect_counters;
  if (shortly) {
    ORRERY_TRY(short_path->run());
    waiting = short_path->row();
    has_waiting = true;
    return {};
  }
  if (root == nullptr) {
    ORRERY_TRY_ASSIGN(root, Subtree::make(*statement->root, statement->ctes, run));
  }
  ORRERY_TRY(root->open(0));
  if (statement->writes) {
    ORRERY_TRY(root->next(&waiting));
    has_waiting = true;
  }
  return {};
}

Result<bool> Execution::Impl::next(const Chunk** chunk) {
  Chunk* made = waiting;
  if (!has_waiting) {
    if (shortly) return false;
    ORRERY_TRY(root->next(&made));
  }
  has_waiting = false;
  if (made == nullptr) return false;
  *chunk = made;
  if (!made->has_selection) return true;
  const types::Selection rows = made->rows();
  dense.reset();
  dense.columns.resize(made->columns.size());
  for (size_t c = 0; c < made->columns.size(); ++c) {
    if (made->columns[c].is_constant()) {
      dense.columns[c].reference(made->columns[c]);
    } else {
      take(made->columns[c], rows.rows, rows.count, &dense.columns[c]);
    }
  }
  dense.row_count = rows.count;
  *chunk = &dense;
  return true;
}

void Execution::Impl::retire(std::unique_ptr<Impl> impl) {
  if (impl->failed || impl->run.memory.peak() > kIdleBytesMax || impl->run.spill->used()) return;
  std::shared_ptr<const plan::PlannedStatement> plan = std::move(impl->statement);
  impl->view.release();
  impl->run.transaction = nullptr;
  plan::PreparedExecution* none = nullptr;
  if (plan->prepared.compare_exchange_strong(none, impl.get())) (void)impl.release();
}

Execution::Execution(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Execution::~Execution() {
  if (impl_ != nullptr) Impl::retire(std::move(impl_));
}

Result<std::unique_ptr<Execution>> Execution::start(ExecInput input) {
  std::unique_ptr<Impl> impl(static_cast<Impl*>(input.statement->prepared.exchange(nullptr)));
  if (impl == nullptr) impl = std::make_unique<Impl>();
  impl->begin(input);
  if (Status status = impl->start(); !status) {
    return std::move(status).error();
  }
  return std::unique_ptr<Execution>(new Execution(std::move(impl)));
}

Result<bool> Execution::next(const Chunk** chunk) {
  Result<bool> result = impl_->next(chunk);
  if (!result) impl_->failed = true;
  return result;
}

uint64_t Execution::rows_affected() const {
  return impl_->run.rows_affected;
}

std::span<const plan::NodeCounters> Execution::counters() const {
  return impl_->run.counters;
}

}  // namespace orrery::exec
