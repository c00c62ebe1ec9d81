// Tables that are sets of rows, and numbers from sequences.
#include <algorithm>

#include "base/assert.h"
#include "storage/row_set_index.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {

void TransactionImpl::take_numbers(const TableImpl& table, uint8_t* image) {
  const std::vector<SequenceDef>& defs = table.def().sequences;
  for (size_t i = 0; i < defs.size(); ++i) {
    const ColumnLayout& c = table.layout().column(defs[i].column);
    if (is_zero(c, image)) store_number(c, table.sequences()[i]->take(), image);
  }
}

/// A sequence that the table did not have must not meet its numbers in the rows.
Status TransactionImpl::check_new_sequences(const TableImpl& old, const TableImpl& made) {
  for (size_t i = 0; i < made.sequences().size(); ++i) {
    const auto& known = old.sequences();
    if (std::find(known.begin(), known.end(), made.sequences()[i]) != known.end()) continue;
    const SequenceDef& def = made.def().sequences[i];
    const ColumnLayout& c = made.layout().column(def.column);
    for (RowId row : live_rows(made.core())) {
      const uint8_t* image = made.core().pages.image(row);
      if (made.layout().is_null(image, def.column) || !holds_number_of(def, c, image)) continue;
      return Error(ErrorCode::kInvalidArgument,
                   "sequence '" + def.name + "': column '" + c.name +
                       "' already has values in the range of the sequence");
    }
  }
  return {};
}

/// Under the table's latch. A row other than `self` that is equal to `image` and that this
/// transaction sees, or that it deleted. One that another transaction has open leaves the matter to
/// validate_keys(); one committed since the view was taken is an error.
Result<TransactionImpl::Equal> TransactionImpl::find_equal_row(TableImpl& table,
                                                               const uint8_t* image, RowId self,
                                                               RowId* found) {
  const RowLayout& layout = table.layout();
  const RowPages& pages = table.core().pages;
  RowList rows;
  table.set_index()->find(image, &rows);
  Equal result = Equal::kNone;
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const RowId row = rows[i];
    if (row == self) continue;
    const uint64_t word = pages.word(row);
    const uint8_t* newest = pages.image(row);
    const UndoRecord* record = record_of(word);
    const bool newest_equal =
        (word & (kWordDeleted | kWordFree)) == 0 && layout.same_row(newest, image);
    if (record == nullptr || record->txn->id == id) {
      if (newest_equal) {
        *found = row;
        return Equal::kVisible;
      }
      if (record != nullptr && (word & kWordDeleted) != 0 && layout.same_row(newest, image)) {
        *found = row;
        result = Equal::kDeletedHere;
      }
      continue;
    }
    if (table.def().event) continue;
    const uint8_t* seen = visible_image(word, newest, view);
    if (seen != nullptr && layout.same_row(seen, image)) {
      *found = row;
      return Equal::kVisible;
    }
    if (!newest_equal) continue;
    if (is_committed(*record->txn)) {
      stale = isolation == Isolation::kReadCommitted;
      return Error(ErrorCode::kConflict, "write conflict: row " + row_label(table, newest, row) +
                                             " was concurrently inserted by another transaction");
    }
    writable_state().must_validate.store(true);
    state_of(record->txn)->must_validate.store(true);
  }
  return result;
}

/// Under the table's latch, after prepare_write().
Result<RowId> TransactionImpl::insert_in_set(TableImpl& table, const uint8_t* image) {
  RowId row = UINT64_MAX;
  ORRERY_TRY_ASSIGN(const Equal equal, find_equal_row(table, image, UINT64_MAX, &row));
  if (equal == Equal::kVisible) {
    met_equal = true;
    return row;
  }
  if (equal == Equal::kNone) {
    if (table.row_set_index() != nullptr && table.core().pages.end() > RowSetIndex::kRowMax) {
      return Error(ErrorCode::kLimit, "too many rows in table '" + table.def().name + "'");
    }
    return insert_image(table, image);
  }
  // The row that this transaction deleted comes back in its place: in all, nothing has changed.
  for (IndexImpl* index : table.index_impls()) {
    if (!index->def().unique || index->key_has_null(image)) continue;
    ORRERY_TRY(check_unique(table, *index, image, row));
  }
  const uint8_t* place = table.core().pages.image(row);
  uint8_t* same = scratch_of(scratch2, table);
  std::memcpy(same, place, table.layout().image_bytes());
  ORRERY_TRY(update_image(table, row, same, {}, place));
  return row;
}

/// Under the table's latch.
Status TransactionImpl::merge_equal(TableImpl& table, RowId row) {
  RowId other = UINT64_MAX;
  ORRERY_TRY_ASSIGN(const Equal equal,
                    find_equal_row(table, table.core().pages.image(row), row, &other));
  return equal == Equal::kVisible ? erase_row(table, row) : Status();
}

}  // namespace orrery::storage
