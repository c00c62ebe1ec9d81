// RunState: what all operators of one running statement share. Scope: what those of one plan tree
// (the statement itself, or one subplan) share besides.
//
// Both live as long as the operators, which may serve one execution after another; begin() of the
// execution fills them anew. Not thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "exec/execution.h"
#include "expr/eval.h"
#include "plan/explain.h"
#include "storage/read_view.h"

namespace orrery::exec {

class CteStore;
class Subqueries;
class SpillSpace;

/// Bytes held by hash tables, sorts and buffers of one statement.
class MemoryBudget {
 public:
  /// What one operator holds; a figure of an earlier execution counts as nothing.
  struct Held {
    uint64_t bytes = 0;
    uint64_t execution = 0;
  };
  void begin(uint64_t limit) {
    ++execution_;
    limit_ = limit;
    used_ = 0;
    peak_ = 0;
  }
  /// Replaces the caller's earlier figure by `now`.
  void hold(Held* held, uint64_t now) {
    if (held->execution != execution_) *held = {0, execution_};
    used_ = used_ - held->bytes + now;
    held->bytes = now;
    if (used_ > peak_) peak_ = used_;
  }
  bool exceeded() const { return limit_ != 0 && used_ > limit_; }
  uint64_t peak() const { return peak_; }
  uint64_t limit() const { return limit_; }

 private:
  uint64_t limit_ = 0;
  uint64_t used_ = 0;
  uint64_t peak_ = 0;
  uint64_t execution_ = 0;
};

struct RunState {
  RunState();
  ~RunState();

  const plan::PlannedStatement* statement = nullptr;
  storage::Store* store = nullptr;
  storage::Transaction* transaction = nullptr;
  storage::ReadView view;
  std::vector<types::Datum> parameters;
  Arena parameter_bytes;
  expr::EvalContext eval;  ///< template of every scope's
  const std::atomic<bool>* cancelled = nullptr;
  int64_t deadline_nanos = 0;
  env::Environment* environment = nullptr;
  ExecOptions options;
  uint32_t vector_size = types::kVectorCapacity;
  bool collect_counters = false;
  std::vector<plan::NodeCounters> counters;
  uint64_t rows_affected = 0;
  uint64_t generation = 0;  ///< number of this execution among those of the same operators
  MemoryBudget memory;
  std::unique_ptr<CteStore> ctes;
  std::unique_ptr<Subqueries> subqueries;
  std::unique_ptr<SpillSpace> spill;

  Status check_cancelled() const {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) return cancel_error();
    if (deadline_nanos != 0 && monotonic_nanos() >= deadline_nanos) return late_error();
    return {};
  }
  int64_t monotonic_nanos() const;

 private:
  static Error cancel_error();
  static Error late_error();
};

struct Scope {
  explicit Scope(RunState& r) : run(r) {}
  /// Takes over the statement's values; call at each run.
  void begin() {
    eval = run.eval;
    eval.outer = outer;
  }

  RunState& run;
  expr::EvalContext eval;
  std::vector<types::Datum> outer;  ///< of a subplan
};

}  // namespace orrery::exec
