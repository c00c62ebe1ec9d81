// TableImpl: one definition of a table (columns, indexes); TableCore: its rows.
//
// A change of the definition that leaves the rows as they are (an index made, a column renamed)
// makes a new TableImpl over the same core; one that does not makes a new core. Definitions are
// immutable once published. State:
//   private: made by an open transaction, known to it only
//   current: the one that writers must use
//   retired: replaced or dropped; whoever still has it may read what its views saw
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "storage/index_impl.h"
#include "storage/latch.h"
#include "storage/row_layout.h"
#include "storage/row_pages.h"
#include "storage/sequence.h"
#include "storage/table.h"
#include "storage/var_heap.h"

namespace orrery::storage {

struct TableCore {
  explicit TableCore(uint32_t image_bytes) : pages(image_bytes) {}

  mutable RwLatch latch;
  // Guarded by latch.
  RowPages pages;
  VarHeap heap;
  uint64_t undo_records = 0;  ///< update and delete records that hang off rows
  uint64_t fresh_rows = 0;    ///< rows whose chain ends in an insert record
  uint64_t deleted_rows = 0;  ///< deleted, not reclaimed
  TxnId definition_owner = 0;  ///< the open transaction that changes the definition
  uint32_t writers = 0;        ///< open transactions that have written

  std::atomic<CommitSeq> last_write{0};  ///< the last commit that wrote here
  std::atomic<int64_t> auto_largest{0};  ///< the largest automatic key ever used

  /// True where every row has one version only, visible to everyone.
  bool settled() const { return undo_records == 0 && fresh_rows == 0; }
  uint64_t live_rows() const { return pages.used() - deleted_rows; }
};

class RowSetIndex;

class TableImpl final : public Table, public std::enable_shared_from_this<TableImpl> {
 public:
  enum class State : uint8_t { kPrivate, kCurrent, kRetired };

  /// A new table without rows; its indexes are empty.
  explicit TableImpl(TableDef def);
  /// Another definition over the rows of `other`, whose indexes it shares where `def` keeps them
  /// (by id). Indexes that are new are empty.
  TableImpl(TableDef def, const TableImpl& other);
  /// Makes what goes with the table, not with its rows, that of `other`, of which this is the next
  /// definition: watchers, and the state of sequences that stay.
  void succeed(const TableImpl& other);

  TableCore& core() const { return *core_; }
  const std::shared_ptr<TableCore>& shared_core() const { return core_; }
  const std::vector<IndexImpl*>& index_impls() const { return index_impls_; }
  int32_t auto_column() const { return auto_column_; }
  State state() const { return state_.load(std::memory_order_acquire); }
  void set_state(State state) { state_.store(state, std::memory_order_release); }
  std::atomic<uint32_t>& watchers() const { return *watchers_; }
  /// Columns that get values by themselves, in their order.
  const std::vector<uint16_t>& generated_columns() const { return generated_columns_; }
  /// In the order of def().sequences.
  const std::vector<std::shared_ptr<Sequence>>& sequences() const { return sequences_; }
  /// Of a set: the index in which equal rows are looked for. One over the whole row (the first of
  /// index_impls(), not in indexes()), or a unique one in which every row has a key. Else nullptr.
  const IndexImpl* set_index() const { return set_index_; }
  /// set_index() where it is over the whole row.
  const IndexImpl* row_set_index() const { return row_set_index_; }

  /// Makes the long strings of `image` that `columns` names the table's own.
  void adopt_strings(uint8_t* image, std::span<const uint16_t> columns);
  /// Frees the long strings of `image` that `keep` (may be null) does not share.
  void free_strings(const uint8_t* image, const uint8_t* keep);
  uint64_t memory_bytes() const;

 private:
  void make_indexes(const TableImpl* other);

  std::shared_ptr<TableCore> core_;  // shared by successive definitions
  std::shared_ptr<std::atomic<uint32_t>> watchers_;  // shared by successive definitions
  std::vector<std::shared_ptr<Sequence>> sequences_;  // shared by successive definitions
  std::shared_ptr<IndexImpl> row_set_;                // likewise
  std::vector<IndexImpl*> index_impls_;
  const IndexImpl* set_index_ = nullptr;
  const IndexImpl* row_set_index_ = nullptr;
  int32_t auto_column_ = -1;
  std::vector<uint16_t> generated_columns_;
  std::atomic<State> state_{State::kPrivate};
};

/// A unique index in which every row has a key, or nullptr.
const IndexImpl* key_of_every_row(const TableImpl& table);

inline TableImpl& impl_of(Table& table) { return static_cast<TableImpl&>(table); }
inline const TableImpl& impl_of(const Table& table) {
  return static_cast<const TableImpl&>(table);
}

}  // namespace orrery::storage
