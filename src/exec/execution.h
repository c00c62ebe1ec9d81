// Execution: one run of a planned statement.
//
// Rows are produced lazily, a chunk per next(); the statement's writes happen within start(). The
// plan, the parameter values and the transaction outlive the execution; a read view that was moved
// in lives in it. One thread at a time (it may use more inside).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "plan/explain.h"
#include "plan/plan.h"
#include "storage/store.h"
#include "types/vector.h"

namespace orrery::env {
struct Environment;
}

namespace orrery::exec {

struct ExecOptions {
  uint32_t vector_size = types::kVectorCapacity;  ///< rows per chunk, 1..kVectorCapacity
  uint64_t memory_limit_bytes =
      0;  ///< of hash tables and sorts per statement; past it they spill; 0 = none
  std::string spill_directory;  ///< empty = no spilling: past the limit is kOutOfMemory
};

struct ExecInput {
  std::shared_ptr<const plan::PlannedStatement> statement;
  storage::Store* store = nullptr;
  /// Required for statements that write, inside begin_statement(); else the rows are read with
  /// `view`.
  storage::Transaction* transaction = nullptr;
  storage::ReadViewHandle view;
  std::span<const types::Datum>
      parameters;  ///< copied by the execution where it needs them beyond start()
  int64_t now_nanos = 0;
  uint64_t transaction_id = 0;  ///< 0 = autocommit
  uint64_t* random_state = nullptr;
  const std::atomic<bool>* cancelled = nullptr;
  /// The clock's monotonic time at which the statement is given up with kLimit; 0 = never. Needs
  /// `environment`.
  int64_t deadline_nanos = 0;
  env::Environment* environment = nullptr;  ///< for spilling, SLEEP and the deadline
  const ExecOptions* options = nullptr;
  bool collect_counters = false;  ///< EXPLAIN ANALYZE
};

class Execution {
 public:
  /// Runs everything that must happen before the first row: all of a write, and nothing lazy of a
  /// read.
  static Result<std::unique_ptr<Execution>> start(ExecInput input);
  ~Execution();

  /// The next rows; false at the end. The chunk (dense: no selection) is good until the next call.
  Result<bool> next(const types::Chunk** chunk);
  /// Rows inserted, updated or deleted.
  uint64_t rows_affected() const;
  /// Of collect_counters, once next() has given false.
  std::span<const plan::NodeCounters> counters() const;

 private:
  struct Impl;
  explicit Execution(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace orrery::exec
