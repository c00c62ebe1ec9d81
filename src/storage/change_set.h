// ChangeSet: what a transaction changed in the tables that somebody watches, as BSATN rows.
//
// Net changes: a row that the transaction both inserted and deleted is not in it, nor a deleted row
// of which an equal one was inserted, nor an update that left the row as it was. An update is the
// delete of the old row and the insert of the new one. Rows of an event table (TableDef::event) are
// inserts. Tables are in the order in which the transaction first changed them, the rows of one in
// the order of their last change; both depend on nothing but the transaction.
//
// A ChangeSet owns its bytes and refers to nothing of the store: it may be moved to another thread
// and outlive the transaction. Views of its parts live as long as it does and survive a move. Only
// tables with a watcher (Table::add_watcher) are in it; for others it costs a look at a flag.
//
// Made by Transaction::collect_changes() and Transaction::commit_unsynced().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "storage/schema.h"

namespace orrery::storage {

struct TransactionImpl;

class ChangeSet {
 public:
  struct Row {
    RowId id = 0;  ///< good for visible_row(): of a delete with the view before, else after
    std::string_view bytes;  ///< a product of the table's columns
  };
  /// Rows that lie one behind the other.
  class Rows {
   public:
    size_t size() const { return count_; }
    bool empty() const { return count_ == 0; }
    Row operator[](size_t i) const {
      const Place& p = places_[i];
      return {p.row, {data_ + p.at, static_cast<size_t>(places_[i + 1].at - p.at)}};
    }
    /// All of them, in order.
    std::string_view bytes() const {
      if (count_ == 0) return {};
      return {data_ + places_[0].at, static_cast<size_t>(places_[count_].at - places_[0].at)};
    }

   private:
    friend class ChangeSet;
    friend class ChangeCollector;
    struct Place {
      RowId row = 0;
      uint64_t at = 0;
    };
    const Place* places_ = nullptr;  ///< count_ and one more, whose `at` is the end
    const char* data_ = nullptr;
    size_t count_ = 0;
  };
  struct Table {
    TableId id = 0;
    bool event = false;
    Rows deletes;
    Rows inserts;
  };

  ChangeSet() = default;
  ChangeSet(ChangeSet&&) noexcept = default;
  ChangeSet& operator=(ChangeSet&&) noexcept = default;

  /// Tables with a change; never with both lists empty.
  std::span<const Table> tables() const { return tables_; }
  const Table* find(TableId table) const;
  /// Watched tables that the transaction dropped, truncated or gave other columns: their rows
  /// changed in ways that are not listed here, and they are not in tables().
  std::span<const TableId> redefined() const { return redefined_; }
  bool empty() const { return tables_.empty() && redefined_.empty(); }
  /// Of the commit; 0 before it.
  CommitSeq seq() const { return seq_; }
  void clear();

 private:
  friend class ChangeCollector;
  friend struct TransactionImpl;
  std::vector<Table> tables_;
  std::vector<TableId> redefined_;
  std::vector<Rows::Place> places_;
  std::unique_ptr<char[]> arena_;
  CommitSeq seq_ = 0;
};

}  // namespace orrery::storage
