// Taking changes back: savepoints, failed statements, ROLLBACK.
#include "base/assert.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {
namespace {

/// Strings that only the undone version has may still be shown by a view of this transaction.
void discard_strings(TxnState& state, TableImpl& table, const uint8_t* image,
                     const uint8_t* keep) {
  const RowLayout& layout = table.layout();
  for (uint16_t column : layout.var_columns()) {
    types::StringRef s = layout.string_ref(image, column);
    if (s.is_inline()) continue;
    if (keep != nullptr) {
      types::StringRef kept = layout.string_ref(keep, column);
      if (!kept.is_inline() && kept.data() == s.data()) continue;
    }
    state.garbage.push_back({&table.core(), const_cast<char*>(s.data()), s.size()});
  }
}

bool older_version_has_key(const IndexImpl& index, const UndoRecord* record,
                           const uint8_t* image) {
  // The version that is being restored counts too.
  while (record != nullptr) {
    if (record->kind == UndoKind::kInsert) return false;
    if (record->kind == UndoKind::kUpdate && index.same_key(record->image(), image)) return true;
    record = record_of(record->before_word);
  }
  return false;
}

void undo_insert(TxnState& state, TableImpl& table, RowId row) {
  TableCore& core = table.core();
  const uint8_t* image = core.pages.image(row);
  for (IndexImpl* index : table.index_impls()) index->remove(image, row);
  discard_strings(state, table, image, nullptr);
  core.pages.free(row);
  --core.fresh_rows;
}

void undo_record(TxnState& state, TableImpl& table, UndoRecord* record) {
  TableCore& core = table.core();
  RowId row = record->row;
  ORRERY_DCHECK(record_of(core.pages.word(row)) == record);
  if (record->kind == UndoKind::kUpdate) {
    uint8_t* place = core.pages.image(row);
    for (IndexImpl* index : table.index_impls()) {
      if (!older_version_has_key(*index, record, place)) index->remove(place, row);
    }
    discard_strings(state, table, place, record->image());
    std::memcpy(place, record->image(), table.layout().image_bytes());
    if ((record->before_word & kWordDeleted) != 0) ++core.deleted_rows;
  } else if ((record->before_word & kWordDeleted) == 0) {
    --core.deleted_rows;
  }
  core.pages.set_word(row, record->before_word);
  UndoRecord* older = record_of(record->before_word);
  if (older != nullptr && older->kind != UndoKind::kInsert) older->newer = nullptr;
  --core.undo_records;
}

}  // namespace

void TransactionImpl::undo_to(uint64_t operations) {
  if (state == nullptr) return;
  TxnState& s = *state;
  RwLatch* held = nullptr;
  auto hold = [&](RwLatch* latch) {
    if (latch == held) return;
    if (held != nullptr) held->unlock();
    held = latch;
    if (latch != nullptr) latch->lock();
  };
  while (s.operations > operations) {
    LogEntry& entry = s.log.back();
    --s.operations;
    if (entry.kind == LogEntry::Kind::kDefinition) {
      hold(nullptr);
      catalog = std::move(definitions.back().before);
      definitions.pop_back();
      last_table = nullptr;
      s.log.pop_back();
      continue;
    }
    hold(&entry.table->core().latch);
    if (entry.kind == LogEntry::Kind::kRecord) {
      undo_record(s, *entry.table, entry.record);
      s.log.pop_back();
    } else {
      undo_insert(s, *entry.table, entry.first + entry.count - 1);
      if (--entry.count == 0) s.log.pop_back();
    }
  }
  hold(nullptr);
}

void TransactionImpl::drop_event_rows() {
  TxnState& s = *state;
  bool any = false;
  for (const auto& table : s.tables) any = any || table->def().event;
  if (!any) return;
  for (size_t i = s.log.size(); i-- > 0;) {
    LogEntry& entry = s.log[i];
    if (entry.kind == LogEntry::Kind::kDefinition || !entry.table->def().event) continue;
    LockGuard<RwLatch> hold(entry.table->core().latch);
    if (entry.kind == LogEntry::Kind::kRecord) {
      undo_record(s, *entry.table, entry.record);
      --s.operations;
    } else {
      for (uint32_t row = entry.count; row-- > 0;) {
        undo_insert(s, *entry.table, entry.first + row);
      }
      s.operations -= entry.count;
    }
    entry.count = 0;
  }
  std::erase_if(s.log, [](const LogEntry& entry) {
    return entry.kind != LogEntry::Kind::kDefinition && entry.count == 0;
  });
}

void TransactionImpl::roll_back() {
  if (state != nullptr) undo_to(0);
  // A definition that failed has taken its table although nothing was written.
  for (const auto& core : owned_cores) {
    LockGuard<RwLatch> hold(core->latch);
    core->definition_owner = 0;
  }
  if (state != nullptr) {
    release_writers();
    TxnState* ended = state;
    state = nullptr;
    if (ended->garbage.empty()) {
      store.recycle_state(ended);
      finish();
    } else {
      store.enqueue(ended);
      store.publish_end(ended);
      finish();
      store.purge(Store::Impl::PurgeWait::kTry);
    }
    return;
  }
  finish();
}

}  // namespace orrery::storage
