#include <algorithm>

#include "storage/redo.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {
namespace {

/// True where the row that record belongs to was made by the same transaction.
bool inserted_by_owner(const UndoRecord* record) {
  const UndoRecord* oldest = record;
  while (const UndoRecord* older = record_of(oldest->before_word)) oldest = older;
  return oldest->kind == UndoKind::kInsert && oldest->txn == record->txn;
}

void append_table(RedoOp op, TableId table, std::string* out) {
  out->push_back(static_cast<char>(op));
  append_varint(table, out);
}

/// Rows of the run that no later change of the transaction touched; the last change of a row tells
/// of the others.
void append_insert_run(const LogEntry& entry, const TxnState& state, std::string* out) {
  const TableImpl& table = *entry.table;
  const RowPages& pages = table.core().pages;
  SharedLockGuard<RwLatch> hold(table.core().latch);
  uint64_t untouched = word_of(&state.insert_record);
  RowId end = entry.first + entry.count;
  for (RowId row = entry.first; row < end;) {
    if (pages.word(row) != untouched) {
      ++row;
      continue;
    }
    RowId first = row;
    while (row < end && pages.word(row) == untouched) ++row;
    append_table(RedoOp::kPutRows, table.def().id, out);
    append_varint(first, out);
    append_varint(row - first, out);
    for (RowId r = first; r < row; ++r) table.layout().append_bsatn(pages.image(r), out);
  }
}

void append_record(const LogEntry& entry, std::string* out) {
  const TableImpl& table = *entry.table;
  const RowPages& pages = table.core().pages;
  SharedLockGuard<RwLatch> hold(table.core().latch);
  RowId row = entry.record->row;
  uint64_t word = pages.word(row);
  if (record_of(word) != entry.record) return;
  if ((word & kWordDeleted) != 0) {
    if (inserted_by_owner(entry.record)) return;
    append_table(RedoOp::kErase, table.def().id, out);
    append_varint(row, out);
    return;
  }
  append_table(RedoOp::kPutRows, table.def().id, out);
  append_varint(row, out);
  append_varint(1, out);
  table.layout().append_bsatn(pages.image(row), out);
}

void append_definition(const DefinitionChange& change, uint8_t version, std::string* out) {
  using Kind = DefinitionChange::Kind;
  switch (change.kind) {
    case Kind::kCreateTable:
      out->push_back(static_cast<char>(RedoOp::kCreateTable));
      append_table_def(change.def, version, out);
      return;
    case Kind::kDropTable:
      append_table(RedoOp::kDropTable, change.table, out);
      return;
    case Kind::kTruncate:
      append_table(RedoOp::kTruncate, change.table, out);
      return;
    case Kind::kCreateIndex:
      append_table(RedoOp::kCreateIndex, change.table, out);
      append_index_def(change.def.indexes.back(), version, out);
      return;
    case Kind::kDropIndex:
      append_table(RedoOp::kDropIndex, change.table, out);
      append_varint(change.index, out);
      return;
    case Kind::kCreateView:
      out->push_back(static_cast<char>(RedoOp::kCreateView));
      append_string(change.name, out);
      append_string(change.view_sql, out);
      return;
    case Kind::kDropView:
      out->push_back(static_cast<char>(RedoOp::kDropView));
      append_string(change.name, out);
      return;
    case Kind::kRewrite:
      out->push_back(static_cast<char>(RedoOp::kRewrite));
      append_table_def(change.def, version, out);
      for (const ColumnSource& source : change.sources) {
        append_signed(source.old_column, out);
        append_fill(source, out);
      }
      return;
  }
}

void append_sequences(const TransactionImpl& t, std::string* out) {
  for (const auto& table : t.state->tables) {
    if (table->auto_column() < 0 || t.catalog->find(table->def().id) == nullptr) continue;
    append_table(RedoOp::kSequence, table->def().id, out);
    append_signed(table->core().auto_largest.load(), out);
  }
}

void append_reservations(const TransactionImpl& t, std::string* out) {
  for (const TransactionImpl::Reserved& r : t.reserved) {
    append_table(RedoOp::kReservation, r.table, out);
    append_varint(r.place, out);
    append_varint(r.reservation.number, out);
    append_i128(r.reservation.next, out);
  }
}

uint8_t version_of(const TransactionImpl& t) {
  uint8_t version = t.reserved.empty() ? kRedoVersionPlain : kRedoVersionModules;
  for (const DefinitionChange& change : t.definitions) {
    version = std::max(version, redo_version_of(change.def));
    for (const ColumnSource& source : change.sources) {
      if (source.fill_bsatn) version = kRedoVersionModules;
    }
  }
  return version;
}

}  // namespace

void append_redo(const TransactionImpl& t, std::string* out) {
  const uint8_t version = version_of(t);
  out->push_back(static_cast<char>(version));
  for (const LogEntry& entry : t.state->log) {
    if (entry.kind == LogEntry::Kind::kDefinition) {
      append_definition(t.definitions[entry.count], version, out);
    } else if (entry.table->def().system) {
      continue;  // made again from the definitions
    } else if (entry.kind == LogEntry::Kind::kInsertRun) {
      append_insert_run(entry, *t.state, out);
    } else {
      append_record(entry, out);
    }
  }
  append_sequences(t, out);
  append_reservations(t, out);
}

}  // namespace orrery::storage
