// Running planned statements: reads that stay open as Rows, and writes inside a transaction.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "engine/database.h"
#include "engine/rows.h"
#include "engine/statement_text.h"
#include "engine/transaction_scope.h"
#include "exec/execution.h"

namespace orrery::engine {

/// Asks whatever runs on a handle to stop. Thread-safe; shared by a session and its rows.
struct CancelToken {
  std::atomic<bool> cancelled{false};
};

/// Where and how a statement runs. Borrows; used within one call.
struct RunTarget {
  const std::shared_ptr<const OpenStore>& open;
  /// The open transaction, or null: each statement is its own. Its mutex is held by the caller.
  const std::shared_ptr<TransactionScope>& scope;
  const std::shared_ptr<CancelToken>& cancel;
  storage::Isolation isolation;
  uint64_t random_seed;
};

/// A statement that StatementText::is_plannable(), and its parameter values.
struct PlanRequest {
  StatementText& text;
  size_t index;
  std::span<const types::Datum> parameters;
  Mutex* mutex = nullptr;  ///< guards `text`, where the caller does not hold it already

  bool writes() const;
  PlanPtr find(const OpenStore& open, uint64_t catalog_version) const;
  /// The plan for a catalog of the store, made where there is none.
  Result<PlanPtr> plan(const OpenStore& open,
                       const std::shared_ptr<const storage::Catalog>& catalog) const;
};

/// Begins a statement and returns its rows. Writes, and commits where there is no open transaction.
/// The rows must be neither read nor destroyed while the caller holds the scope's mutex.
Result<Rows> run_query(const RunTarget& target, const PlanRequest& request);
/// Runs a statement to its end without giving out rows. Returns the rows affected; 0 where the
/// statement returns rows.
Result<uint64_t> run_to_end(const RunTarget& target, const PlanRequest& request);

struct AnalyzedRun {
  std::vector<plan::NodeCounters> counters;
  uint64_t total_nanos = 0;
};
/// Runs a statement for EXPLAIN ANALYZE.
Result<AnalyzedRun> run_analyzed(const RunTarget& target, PlanPtr plan,
                                 std::span<const types::Datum> parameters);

/// Runs `body(storage::Transaction&)`, which returns a Status, as one statement of the open
/// transaction, or as a transaction of its own. Nothing of a body that fails remains.
template <class Body>
Status in_write_statement(const RunTarget& target, Body&& body);

// --- parts of the above ---

/// One statement of a transaction: begin_statement() to finish(), or abort where it goes out of
/// scope before.
class StatementGuard {
 public:
  explicit StatementGuard(storage::Transaction& transaction) : transaction_(&transaction) {
    transaction_->begin_statement();
  }
  ~StatementGuard() {
    if (transaction_ != nullptr) transaction_->abort_statement();
  }
  StatementGuard(const StatementGuard&) = delete;
  StatementGuard& operator=(const StatementGuard&) = delete;
  Status finish() {
    ORRERY_TRY(transaction_->end_statement());
    transaction_ = nullptr;
    return {};
  }

 private:
  storage::Transaction* transaction_;
};

template <class Body>
Status in_write_statement(const RunTarget& target, Body&& body) {
  if (target.scope != nullptr) {
    target.scope->detach_readers();
    storage::Transaction& transaction = *target.scope->transaction();
    StatementGuard guard(transaction);
    transaction.stop_when(&target.cancel->cancelled);
    ORRERY_TRY(body(transaction));
    return guard.finish();
  }
  std::unique_ptr<storage::Transaction> transaction = target.open->store->begin(target.isolation);
  {
    StatementGuard guard(*transaction);
    transaction->stop_when(&target.cancel->cancelled);
    ORRERY_TRY(body(*transaction));
    ORRERY_TRY(guard.finish());
  }
  ORRERY_TRY_ASSIGN([[maybe_unused]] storage::CommitSeq seq, transaction->commit());
  target.open->database->after_commit();
  return {};
}

}  // namespace orrery::engine
