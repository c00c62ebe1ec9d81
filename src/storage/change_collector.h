// ChangeCollector: makes the ChangeSet of an open transaction from its undo records, in one pass.
//
// The images it gathers are the transaction's own newest ones and those in its undo records; nobody
// else writes these, so the rows are written after the latches are given up. Used once.
#pragma once

#include <vector>

#include "storage/change_set.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {

class ChangeCollector {
 public:
  ChangeCollector(const TransactionImpl& transaction, ChangeSet* out);
  void run();

 private:
  /// A row before the transaction and now; nullptr: not there.
  struct Change {
    RowId row = 0;
    const uint8_t* before = nullptr;
    const uint8_t* after = nullptr;
    bool cancelled_before = false;
    bool cancelled_after = false;
  };
  struct PerTable {
    const TableImpl* table = nullptr;
    std::vector<Change> changes;
    size_t deletes = 0;
    size_t inserts = 0;
  };
  void find_redefined();
  PerTable* place_for(const LogEntry& entry);
  void take_run(const LogEntry& entry, PerTable* into);
  void take_record(const UndoRecord& newest, PerTable* into);
  void cancel_equal(PerTable* table);
  void write();
  ChangeSet::Rows write_rows(const PerTable& table, const uint8_t* Change::* image, size_t count);

  const TransactionImpl& t_;
  ChangeSet& out_;
  std::vector<PerTable> tables_;
  const TableImpl* last_table_ = nullptr;
  PerTable* last_ = nullptr;  ///< of last_table_
  ChangeSet::Rows::Place* place_ = nullptr;
  uint64_t at_ = 0;
};

}  // namespace orrery::storage
