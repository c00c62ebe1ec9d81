#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {

using types::Datum;

TxnState& TransactionImpl::writable_state() {
  if (state == nullptr) {
    state = spare_state != nullptr ? std::exchange(spare_state, nullptr) : store.take_state();
    state->mark.id = id;
    id_is_used = true;
  }
  return *state;
}

bool load_auto_key(const ColumnLayout& c, const uint8_t* image, int64_t* value) {
  const uint8_t* p = image + c.offset;
  auto load = [&]<class T>(T v) {
    std::memcpy(&v, p, sizeof(v));
    *value = static_cast<int64_t>(v);
    return true;
  };
  switch (c.kind) {
    case CellKind::kI8:
      return load(int8_t{});
    case CellKind::kU8:
      return load(uint8_t{});
    case CellKind::kI16:
      return load(int16_t{});
    case CellKind::kU16:
      return load(uint16_t{});
    case CellKind::kI32:
      return load(int32_t{});
    case CellKind::kU32:
      return load(uint32_t{});
    case CellKind::kI64:
      return load(int64_t{});
    case CellKind::kFixed:
      break;
    default:
      return false;
  }
  if (c.inner.is(types::TypeKind::kU64)) return load(int64_t{}) && *value >= 0;
  if (!c.inner.is(types::TypeKind::kI128) && !c.inner.is(types::TypeKind::kU128)) return false;
  int64_t high = 0;
  std::memcpy(&high, p + 8, sizeof(high));
  return load(int64_t{}) && *value >= 0 && high == 0;
}

void note_auto_key(TableImpl& table, const uint8_t* image) {
  if (table.auto_column() < 0) return;
  int64_t key = 0;
  const ColumnLayout& c = table.layout().column(static_cast<uint32_t>(table.auto_column()));
  if (!load_auto_key(c, image, &key)) return;
  std::atomic<int64_t>& largest = table.core().auto_largest;
  int64_t seen = largest.load(std::memory_order_relaxed);
  while (key > seen && !largest.compare_exchange_weak(seen, key)) {
  }
}

std::shared_ptr<TableImpl> TransactionImpl::share(TableImpl& table) {
  for (std::shared_ptr<TableImpl>& kept : kept_tables) {
    if (kept.get() == &table) return std::move(kept);
  }
  return table.shared_from_this();
}

/// Under the table's latch.
Status TransactionImpl::prepare_table(TableImpl& table) {
  TableCore& core = table.core();
  bool mine = core.definition_owner == id;
  if (core.definition_owner != 0 && !mine) {
    return Error(ErrorCode::kConflict, "table '" + table.def().name +
                                           "' has uncommitted changes from transaction " +
                                           std::to_string(core.definition_owner));
  }
  bool valid = table.state() == TableImpl::State::kCurrent;
  if (mine) {
    const std::shared_ptr<TableImpl>* own = catalog->find(table.def().id);
    valid = own != nullptr && own->get() == &table;
  }
  if (!valid) {
    return Error(ErrorCode::kConflict,
                 "table '" + table.def().name + "' was changed by another transaction");
  }
  TxnState& s = writable_state();
  bool known = false, known_core = false;
  for (const auto& t : s.tables) {
    known = known || t.get() == &table;
    known_core = known_core || &t->core() == &core;
  }
  if (!known) s.tables.push_back(share(table));
  if (!known_core) ++core.writers;
  last_table = &table;
  return {};
}

void TransactionImpl::log_record(TableImpl& table, UndoRecord* record) {
  TxnState& s = *state;
  s.log.push_back({LogEntry::Kind::kRecord, 1, &table, record, record->row});
  ++s.operations;
}

namespace {

void log_insert(TxnState& s, TableImpl& table, RowId row) {
  ++s.operations;
  if (!s.log.empty()) {
    LogEntry& last = s.log.back();
    if (last.kind == LogEntry::Kind::kInsertRun && last.table == &table &&
        last.first + last.count == row && last.count < UINT32_MAX) {
      ++last.count;
      return;
    }
  }
  s.log.push_back({LogEntry::Kind::kInsertRun, 1, &table, nullptr, row});
}

}  // namespace

/// Under the table's latch, after prepare_write(). `image` borrows its long strings.
Result<RowId> TransactionImpl::insert_image(TableImpl& table, const uint8_t* image) {
  TableCore& core = table.core();
  for (IndexImpl* index : table.index_impls()) {
    if (index->def().unique && !index->key_has_null(image)) {
      ORRERY_TRY(check_unique(table, *index, image, UINT64_MAX));
    }
  }
  RowId row = core.pages.allocate();
  uint8_t* place = core.pages.image(row);
  std::memcpy(place, image, table.layout().image_bytes());
  table.adopt_strings(place, table.layout().var_columns());
  for (IndexImpl* index : table.index_impls()) index->add(place, row);
  core.pages.set_word(row, word_of(&state->insert_record));
  ++core.fresh_rows;
  note_auto_key(table, place);
  log_insert(*state, table, row);
  return row;
}

/// Refuses a key that a committed row, a row of this transaction or a row that it sees has. An
/// uncommitted row of another transaction with that key leaves the matter to validate_keys().
Status TransactionImpl::check_unique(const TableImpl& table, const IndexImpl& index,
                                     const uint8_t* image, RowId self) {
  RowList rows;
  index.find(image, &rows);
  const RowPages& pages = table.core().pages;
  for (uint32_t i = 0; i < rows.size(); ++i) {
    RowId row = rows[i];
    if (row == self) continue;
    uint64_t word = pages.word(row);
    const uint8_t* newest = pages.image(row);
    UndoRecord* record = record_of(word);
    if (record == nullptr) {
      if (word == 0) return key_error(table, index, newest);
      continue;
    }
    bool newest_has_key = (word & kWordDeleted) == 0 && index.same_key(newest, image);
    if (record->txn->id == id) {
      if (newest_has_key) return key_error(table, index, newest);
      continue;
    }
    if (table.def().event) continue;
    bool committed = is_committed(*record->txn);
    if (committed && newest_has_key) {
      stale = isolation == Isolation::kReadCommitted && is_since_view(*record->txn);
      return key_error(table, index, newest);
    }
    const uint8_t* seen = visible_image(word, newest, view);
    if (seen != nullptr && index.same_key(seen, image)) return key_error(table, index, seen);
    if (committed) continue;
    seen = visible_image(word, newest, {store.last_commit.load(), 0});
    if (seen != nullptr && index.same_key(seen, image)) return key_error(table, index, seen);
    writable_state().must_validate.store(true);
    state_of(record->txn)->must_validate.store(true);
  }
  return {};
}

/// Under the table's latch. Refuses a row with an uncommitted change of another transaction. A
/// snapshot that changes a row committed since is doomed, but goes on with what it saw; a statement
/// of read committed fails, for what it would write comes from the row as it was.
Result<const uint8_t*> TransactionImpl::base_for_change(TableImpl& table, RowId row) {
  const RowPages& pages = table.core().pages;
  if (!pages.in_use(row)) return static_cast<const uint8_t*>(nullptr);
  uint64_t word = pages.word(row);
  const uint8_t* newest = pages.image(row);
  UndoRecord* record = record_of(word);
  const uint8_t* base = (word & kWordDeleted) == 0 ? newest : nullptr;
  if (record == nullptr || record->txn->id == id) return base;
  if (!is_committed(*record->txn)) {
    const uint8_t* known = visible_image(word, newest, {store.last_commit.load(), 0});
    return Error(ErrorCode::kConflict,
                 "row " + row_label(table, known != nullptr ? known : newest, row) +
                     " has uncommitted changes from transaction " +
                     std::to_string(record->txn->id));
  }
  if (!is_since_view(*record->txn)) return base;
  if (isolation != Isolation::kSnapshot) {
    stale = true;
    return Error(ErrorCode::kConflict,
                 "row " + row_label(table, newest, row) +
                     " was changed by another transaction while the statement ran");
  }
  base = visible_image(word, newest, view);
  if (base != nullptr && !doom) {
    doom.emplace(ErrorCode::kConflict, "write conflict: row " + row_label(table, base, row) +
                                           " was modified by another transaction");
  }
  return base;
}

Status TransactionImpl::update_image(TableImpl& table, RowId row, const uint8_t* image,
                                     std::span<const uint16_t> columns, const uint8_t* base,
                                     const IndexImpl* same_key) {
  TableCore& core = table.core();
  uint8_t* place = core.pages.image(row);
  uint64_t word = core.pages.word(row);
  uint32_t bytes = table.layout().image_bytes();
  auto* record = new (state->arena.allocate(sizeof(UndoRecord) + bytes)) UndoRecord;
  record->txn = &state->mark;
  record->before_word = word;
  record->row = row;
  record->kind = UndoKind::kUpdate;
  copy_image(record->image(), place, bytes);
  UndoRecord* older = record_of(word);
  if (older != nullptr && older->kind != UndoKind::kInsert) older->newer = record;
  copy_image(place, image, bytes);
  if (base == place) {
    for (uint16_t column : columns) {
      if (is_var(table.layout().column(column).kind)) table.adopt_strings(place, {&column, 1});
    }
  } else {
    // Nothing may be shared with a version that is not this one's neighbour.
    table.adopt_strings(place, table.layout().var_columns());
  }
  core.pages.set_word(row, word_of(record));
  if ((word & kWordDeleted) != 0) --core.deleted_rows;
  ++core.undo_records;
  log_record(table, record);
  record->keys_stay = true;
  for (IndexImpl* index : table.index_impls()) {
    if (index == same_key && base == place) continue;
    bool entry_is_there = index->same_key(record->image(), place);
    record->keys_stay = record->keys_stay && entry_is_there;
    if (!entry_is_there) index->add(place, row);
    bool moved = base == place ? !entry_is_there : !index->same_key(base, place);
    const bool watched = index->def().unique || index == table.row_set_index();
    if (moved && watched && !index->key_has_null(place)) {
      deferred.push_back({&table, index, row});
    }
  }
  if (table.auto_column() >= 0) note_auto_key(table, place);
  return {};
}

Status TransactionImpl::erase_row(TableImpl& table, RowId row) {
  TableCore& core = table.core();
  uint64_t word = core.pages.word(row);
  auto* record = new (state->arena.allocate(sizeof(UndoRecord))) UndoRecord;
  record->txn = &state->mark;
  record->before_word = word;
  record->row = row;
  record->kind = UndoKind::kDelete;
  UndoRecord* older = record_of(word);
  if (older != nullptr && older->kind != UndoKind::kInsert) older->newer = record;
  core.pages.set_word(row, word_of(record) | kWordDeleted);
  ++core.undo_records;
  // A doomed snapshot may delete what another has deleted since.
  if ((word & kWordDeleted) == 0) ++core.deleted_rows;
  log_record(table, record);
  return {};
}

// --- the public interface ---

Error system_table_error(const Table& table) {
  return Error(ErrorCode::kReadOnly, "table '" + table.def().name + "' is a system table");
}

namespace {

/// A NULL stands for the number to come even where the column cannot hold one.
Status set_row_with_numbers(const TableImpl& t, std::span<const Datum> row, uint8_t* image) {
  const RowLayout& layout = t.layout();
  if (row.size() != layout.columns().size()) return layout.set_row(image, row);  // its error
  std::memset(image, 0, layout.image_bytes());
  for (uint32_t i = 0; i < row.size(); ++i) {
    bool number = false;
    for (const SequenceDef& s : t.def().sequences) number = number || s.column == i;
    if (number && row[i].is_null()) continue;
    ORRERY_TRY(layout.set_cell(image, i, row[i]));
  }
  TransactionImpl::take_numbers(t, image);
  return {};
}

}  // namespace

Result<RowId> Transaction::insert(Table& table, std::span<const Datum> row) {
  TableImpl& t = impl_of(table);
  ORRERY_TRY(refuse_system_table(table));
  uint8_t* image = impl_->image_scratch(t);
  if (t.sequences().empty()) {
    ORRERY_TRY(t.layout().set_row(image, row));
  } else {
    ORRERY_TRY(set_row_with_numbers(t, row, image));
  }
  LockGuard<RwLatch> hold(t.core().latch);
  ORRERY_TRY(impl_->prepare_write(t));
  return impl_->insert_row(t, image);
}

Status Transaction::update(Table& table, RowId row, std::span<const uint16_t> columns,
                           std::span<const Datum> values) {
  TableImpl& t = impl_of(table);
  ORRERY_TRY(refuse_system_table(table));
  LockGuard<RwLatch> hold(t.core().latch);
  ORRERY_TRY(impl_->prepare_write(t));
  ORRERY_TRY_ASSIGN(const uint8_t* base, impl_->base_for_change(t, row));
  if (base == nullptr) return {};
  uint8_t* image = impl_->image_scratch(t);
  std::memcpy(image, base, t.layout().image_bytes());
  for (size_t i = 0; i < columns.size(); ++i) {
    ORRERY_TRY(t.layout().set_cell(image, columns[i], values[i]));
  }
  if (!t.sequences().empty()) TransactionImpl::take_numbers(t, image);
  return impl_->update_image(t, row, image, columns, base);
}

Status Transaction::erase(Table& table, RowId row) {
  TableImpl& t = impl_of(table);
  ORRERY_TRY(refuse_system_table(table));
  LockGuard<RwLatch> hold(t.core().latch);
  ORRERY_TRY(impl_->prepare_write(t));
  ORRERY_TRY_ASSIGN(const uint8_t* base, impl_->base_for_change(t, row));
  if (base == nullptr) return {};
  return impl_->erase_row(t, row);
}

const Index* Transaction::find_conflict(const Table& table, std::span<const Datum> row,
                                        const Index* only, RowId* existing) const {
  const TableImpl& t = impl_of(table);
  uint8_t* image = TransactionImpl::scratch_of(impl_->scratch2, t);
  // A row that cannot be stored collides with nothing; insert() will say what is wrong.
  if (!t.layout().set_row(image, row)) return nullptr;
  SharedLockGuard<RwLatch> hold(t.core().latch);
  auto collides = [&](const IndexImpl& index) {
    if (!index.def().unique || index.key_has_null(image)) return false;
    RowList rows;
    index.find(image, &rows);
    for (uint32_t i = 0; i < rows.size(); ++i) {
      RowRef seen = visible_row(table, rows[i], impl_->view);
      if (seen == nullptr || !index.same_key(seen, image)) continue;
      *existing = rows[i];
      return true;
    }
    return false;
  };
  if (only != nullptr) return collides(static_cast<const IndexImpl&>(*only)) ? only : nullptr;
  const Index* primary = t.primary_index();
  if (primary != nullptr && collides(static_cast<const IndexImpl&>(*primary))) return primary;
  for (IndexImpl* index : t.index_impls()) {
    if (index != primary && collides(*index)) return index;
  }
  return nullptr;
}

Result<int64_t> Transaction::next_auto_increment(Table& table) {
  return impl_->next_auto_key(impl_of(table));
}

Result<int64_t> TransactionImpl::next_auto_key(TableImpl& table) {
  std::atomic<int64_t>& largest = table.core().auto_largest;
  int64_t seen = largest.load(std::memory_order_relaxed);
  do {
    if (seen == INT64_MAX) {
      return Error(ErrorCode::kOverflow,
                   "automatic keys of table '" + table.def().name + "' are used up");
    }
  } while (!largest.compare_exchange_weak(seen, seen + 1));
  TakenKeys& taken = taken_keys;
  if (taken.largest != &largest || taken.last != seen) taken = {&largest, seen, seen};
  taken.last = seen + 1;
  return seen + 1;
}

}  // namespace orrery::storage
