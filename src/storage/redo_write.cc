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

void append_definition(const DefinitionChange& change, std::string* out) {
  using Kind = DefinitionChange::Kind;
  switch (change.kind) {
    case Kind::kCreateTable:
      out->push_back(static_cast<char>(RedoOp::kCreateTable));
      append_table_def(change.def, out);
      return;
    case Kind::kDropTable:
      append_table(RedoOp::kDropTable, change.table, out);
      return;
    case Kind::kTruncate:
      append_table(RedoOp::kTruncate, change.table, out);
      return;
    case Kind::kCreateIndex:
      append_table(RedoOp::kCreateIndex, change.table, out);
      append_index_def(change.def.indexes.back(), out);
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
      append_table_def(change.def, out);
      for (const ColumnSource& source : change.sources) {
        append_signed(source.old_column, out);
        append_fill(source.fill, out);
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

}  // namespace

void append_redo(const TransactionImpl& t, std::string* out) {
  out->push_back(static_cast<char>(kRedoVersion));
  for (const LogEntry& entry : t.state->log) {
    if (entry.kind == LogEntry::Kind::kDefinition) {
      append_definition(t.definitions[entry.count], out);
    } else if (entry.table->def().system) {
      continue;  // made again from the definitions
    } else if (entry.kind == LogEntry::Kind::kInsertRun) {
      append_insert_run(entry, *t.state, out);
    } else {
      append_record(entry, out);
    }
  }
  append_sequences(t, out);
}

}  // namespace orrery::storage
