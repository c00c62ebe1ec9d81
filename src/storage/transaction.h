// Transaction: writes, DDL, statements, savepoints, commit.
//
// Isolation: snapshot (one view for the transaction; COMMIT fails with kConflict if a row it
// changed was committed by another since) or read committed (a new view for each statement). There
// a row committed since the statement's view was taken refuses the change at once, for the new
// values come from the old row (kConflict; met_newer_commit(): worth running again). A row with an
// uncommitted change of another transaction refuses a second writer at once (kConflict,
// "row 1 has uncommitted changes from transaction N"), never waits. Uncommitted inserts of the same
// key are both accepted; the later COMMIT fails (primary key: kConflict "write conflict: row 70 was
// concurrently inserted by another transaction"; unique: the constraint's error). Every write
// happens between begin_statement() and end_statement()/abort_statement(); a failed statement
// leaves nothing behind. DDL is transactional: it is private until COMMIT and undone by ROLLBACK; a
// table under uncommitted DDL refuses other writers (kConflict), and DDL refuses a table with
// uncommitted writes of others. One thread at a time. Destroying an open transaction rolls it back.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/catalog.h"
#include "storage/change_set.h"
#include "storage/read_view.h"
#include "storage/table.h"

namespace orrery::storage {

class Store;
struct TransactionImpl;
using Savepoint = uint64_t;

/// What a commit leaves for those who follow the tables. The views see all of one moment: `before`
/// every commit with a smaller sequence, `after` these and the commit itself. They cost two atomic
/// operations each and are taken only where `changes` is not empty; while they live, versions that
/// they see stay in memory.
struct CommitCapture {
  ChangeSet changes;
  ReadViewHandle before;
  ReadViewHandle after;
};

/// How the columns of a rewritten table come from those of the old one.
struct ColumnSource {
  int32_t old_column = -1;  ///< -1: every row gets `fill`
  types::Value fill;        ///< of the new column's SQL type, or NULL
  std::optional<std::string> fill_bsatn{};  ///< BSATN of the new column's type, in the place of `fill`
};

class Transaction {
 public:
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  TxnId id() const;
  Isolation isolation() const;
  /// With this transaction's own DDL.
  std::shared_ptr<const Catalog> catalog() const;
  /// The view of the running statement. The transaction keeps it registered; a Rows object that
  /// outlives the statement takes its own handle with pin_view().
  const ReadView& view() const;
  ReadViewHandle pin_view() const;
  bool has_writes() const;
  /// Rows and definitions changed so far.
  uint64_t operations() const;

  /// Changes of definitions that read a table's rows end with kCancelled once the flag (may be null)
  /// is set; it must live as long as they run.
  void stop_when(const std::atomic<bool>* cancelled);
  void begin_statement();
  /// Runs the checks deferred to the statement's end (unique keys changed by UPDATE). On error the
  /// caller must call abort_statement().
  Status end_statement();
  void abort_statement();
  /// True where the statement failed at a row that another transaction committed after the
  /// statement's view was taken: under read committed, run again it sees that row.
  bool met_newer_commit() const;
  Savepoint savepoint();
  Status rollback_to(Savepoint savepoint);

  /// Values in column order, already coerced to the columns' SQL types. Checks NOT NULL, keys and
  /// unique indexes.
  Result<RowId> insert(Table& table, std::span<const types::Datum> row);
  /// New values for some columns of a visible row; unique keys are checked at the statement's end.
  Status update(Table& table, RowId row, std::span<const uint16_t> columns,
                std::span<const types::Datum> values);
  Status erase(Table& table, RowId row);
  /// True where the last insert() met an equal row (TableDef::row_set), whose id it gave back.
  bool insert_met_equal() const;
  /// The exact number of rows that this transaction sees. Cheap where no other transaction has
  /// changes open in the table.
  uint64_t row_count(const Table& table) const;
  /// The first unique index (primary key first) in which `row` would collide with a row that this
  /// transaction sees, and that row; nullptr where there is none. `only` restricts to one index.
  const Index* find_conflict(const Table& table, std::span<const types::Datum> row,
                             const Index* only, RowId* existing) const;
  /// The next automatic key: one more than the largest ever used. Gaps stay.
  Result<int64_t> next_auto_increment(Table& table);

  Result<TableId> create_table(TableDef def);  ///< ids of the table and its indexes are assigned
  Status drop_table(std::string_view name);
  Result<uint64_t> truncate_table(std::string_view name);     ///< rows removed
  Status create_index(std::string_view table, IndexDef def);  ///< fails with kUnique on duplicates
  Status drop_index(std::string_view table, std::string_view index);
  Status create_view(ViewDef def);
  Status drop_view(std::string_view name);
  /// Replaces the definition of a table: renames, added, dropped and changed columns, other checks.
  /// `sources` has an entry per column of `def`; cells are cast where types differ (kTypeMismatch
  /// where a cell cannot be, kNotNull where a NULL meets NOT NULL). Index columns in `def.indexes`
  /// refer to the new columns. A sequence that the table has already (all but its column is the same)
  /// goes on where it is; another one begins anew, and is refused where the column has a value in its
  /// range (kInvalidArgument). Events that this transaction has put into the table are gone.
  Status rewrite_table(std::string_view name, TableDef def, std::span<const ColumnSource> sources);

  /// Ends the transaction either way. Success means durable according to the store's sync mode.
  Result<CommitSeq> commit();
  /// The same without waiting for the log: success means visible to views taken from now on, and
  /// handed to the log, which is asked to sync soon (Store::durable_seq, Store::wait_durable). What
  /// later transactions build on it becomes durable after it, never before. Changes of definitions
  /// wait as in commit(). `capture` may be null.
  Result<CommitSeq> commit_unsynced(CommitCapture* capture);
  /// The net changes so far, in the place of what `changes` had. An operation that only reads.
  void collect_changes(ChangeSet* changes) const;
  void rollback();

  /// For the other parts of storage.
  TransactionImpl& impl() { return *impl_; }

 private:
  friend class Store;
  explicit Transaction(TransactionImpl* impl);
  TransactionImpl* const impl_;  ///< the store's, given back by the destructor
};

}  // namespace orrery::storage
