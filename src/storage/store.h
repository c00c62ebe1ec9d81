// Store: all tables of one database, its transactions and its clock of commits. In memory by
// itself; durable where a CommitLog is attached (storage/durability/).
//
// Thread-safe. The store must outlive its transactions, read views and tables' readers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "storage/commit_log.h"
#include "storage/read_view.h"
#include "storage/transaction.h"

namespace orrery::storage {

struct VacuumResult {
  uint64_t deleted_rows = 0;
  uint64_t old_versions = 0;
  uint64_t transactions = 0;
};

class Store {
 public:
  struct Impl;
  Store();
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// The latest committed catalog.
  std::shared_ptr<const Catalog> catalog() const;
  /// catalog()->version() without the rest.
  uint64_t catalog_version() const;
  /// A view of everything committed now; no lock is held.
  ReadViewHandle read_view();
  /// The same with the catalog that goes with it: a table that was rewritten or truncated looks as
  /// the view saw it only through the catalog of that moment.
  ReadViewHandle read_view(std::shared_ptr<const Catalog>* catalog);
  std::unique_ptr<Transaction> begin(Isolation isolation);
  CommitSeq last_commit() const;

  // Commits become durable in order, some time after commit_unsynced() has made them visible; in a
  // store without a log, at once. "Durable" is what the sync mode promises: with SyncMode::kFull on
  // the device, in the other modes handed over to the operating system.
  /// Every commit up to this one is durable.
  CommitSeq durable_seq() const;
  /// Waits until the commit `seq` is durable; syncs itself where no one else does. The log's error
  /// where that failed: then it is unknown whether `seq` will be there after a restart.
  Status wait_durable(CommitSeq seq);
  /// The error with which the log refuses all commits; fine without a log.
  Status log_health() const;
  /// Calls back after durable_seq() grew or log_health() went bad, from any thread. The callback must
  /// not block, and use nothing of the store but these two. One callback; null takes it away and waits
  /// for a call that is under way.
  void on_durable(std::function<void()> callback);

  /// Reclaims every version that no registered view can see.
  VacuumResult vacuum();
  uint64_t memory_bytes() const;

  // --- for storage/durability/ ---
  /// Commits from now on go through `log`, which must outlive the store.
  void attach_log(CommitLog* log);
  /// Writes everything committed up to the returned sequence, while commits go on. `rotate` is
  /// called under the commit lock at that very point (to start a new log segment).
  Result<CommitSeq> write_checkpoint(CheckpointSink& sink,
                                     Status (*rotate)(void* context, CommitSeq seq), void* context);
  /// Row ids from `max` on are taken for lies of the bytes; 2^32 unless told. A lie below it costs
  /// memory for the slots before it, as a table may well have had that many rows once.
  void limit_recovered_rows(RowId max);
  /// Recovery, in this order, on a fresh store without a log: schema, rows of each table, then redo
  /// in commit order.
  Status load_schema(std::string_view bytes);
  Status load_rows(TableId table, std::string_view block, uint32_t row_count);
  Status apply_redo(CommitSeq seq, std::string_view redo);
  Status finish_recovery(CommitSeq last);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace orrery::storage
