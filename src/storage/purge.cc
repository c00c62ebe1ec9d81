// Forgetting: unlinking undo records that no view needs, with the index entries, strings and slots
// that only they kept alive.
//
// Transactions are purged in the order of their commits, the changes of one in the order of time, so
// the record at hand is always the oldest of its row's chain.
#include "base/assert.h"
#include "storage/store_impl.h"

namespace orrery::storage {
namespace {

/// The image of the version that followed record's change.
const uint8_t* next_image(const UndoRecord* record, const uint8_t* in_place) {
  for (const UndoRecord* r = record->newer; r != nullptr; r = r->newer) {
    if (r->kind == UndoKind::kUpdate) return r->image();
  }
  return in_place;
}

/// Adds the versions it looked at to `seen`.
bool newer_version_has_key(const IndexImpl& index, const UndoRecord* record,
                           const uint8_t* in_place, uint32_t* seen) {
  // The newest first: it is the likeliest, and the others are a long way where there are many.
  if (index.same_key(in_place, record->image())) return true;
  for (const UndoRecord* r = record->newer; r != nullptr; r = r->newer) {
    ++*seen;
    if (r->kind == UndoKind::kUpdate && index.same_key(r->image(), record->image())) return true;
  }
  return false;
}

void forget_insert(TableCore& core, RowId row, const UndoRecord* inserted) {
  uint64_t word = core.pages.word(row);
  --core.fresh_rows;
  if (record_of(word) == inserted) {
    core.pages.set_word(row, word & kWordFlags);
    return;
  }
  UndoRecord* record = record_of(word);
  while (record_of(record->before_word) != inserted) record = record_of(record->before_word);
  record->before_word &= kWordFlags;
}

void forget_update(TableImpl& table, UndoRecord* record, uint32_t* seen) {
  TableCore& core = table.core();
  const bool has_strings = !table.layout().var_columns().empty();
  if (has_strings || !record->keys_stay) {
    const uint8_t* in_place = core.pages.image(record->row);
    const uint8_t* next = next_image(record, in_place);
    for (IndexImpl* index : table.index_impls()) {
      if (record->keys_stay || index->same_key(record->image(), next)) continue;
      if (newer_version_has_key(*index, record, in_place, seen)) continue;
      index->remove(record->image(), record->row);
    }
    if (has_strings) table.free_strings(record->image(), next);
  }
  if (record->newer != nullptr) {
    record->newer->before_word &= kWordFlags;
  } else {
    core.pages.set_word(record->row, core.pages.word(record->row) & kWordFlags);
  }
  --core.undo_records;
}

void forget_delete(TableImpl& table, UndoRecord* record) {
  TableCore& core = table.core();
  if (record->newer != nullptr) {
    // The transaction took the delete back by an insert of the same row.
    ORRERY_DCHECK(record->newer->txn == record->txn);
    record->newer->before_word &= kWordFlags;
    --core.undo_records;
    return;
  }
  const uint8_t* image = core.pages.image(record->row);
  for (IndexImpl* index : table.index_impls()) index->remove(image, record->row);
  table.free_strings(image, nullptr);
  core.pages.free(record->row);
  --core.undo_records;
  --core.deleted_rows;
}

/// Adds to `seen` how many other versions had to be looked at.
void forget(const LogEntry& entry, TxnState* state, VacuumResult* result, uint32_t* seen) {
  TableCore& core = entry.table->core();
  if (entry.kind == LogEntry::Kind::kInsertRun) {
    for (uint32_t i = 0; i < entry.count; ++i) {
      forget_insert(core, entry.first + i, &state->insert_record);
    }
    return;
  }
  ORRERY_DCHECK(record_of(entry.record->before_word) == nullptr);
  if (entry.record->kind == UndoKind::kUpdate) {
    forget_update(*entry.table, entry.record, seen);
    ++result->old_versions;
  } else {
    forget_delete(*entry.table, entry.record);
    ++result->deleted_rows;
  }
}

/// Readers get a turn after so many changes.
constexpr uint32_t kChangesPerHold = 512;
/// Looking at so many other versions counts as a change.
constexpr uint32_t kVersionsPerChange = 16;

}  // namespace

void purge_state(TxnState* state, VacuumResult* result) {
  TableCore* held = nullptr;
  uint32_t changes = 0;
  auto hold = [&](TableCore* core) {
    if (core == held && changes < kChangesPerHold) return;
    if (held != nullptr) held->latch.unlock();
    held = core;
    changes = 0;
    if (core != nullptr) core->latch.lock();
  };
  for (const LogEntry& entry : state->log) {
    if (entry.kind == LogEntry::Kind::kDefinition) continue;
    hold(&entry.table->core());
    changes += entry.kind == LogEntry::Kind::kInsertRun ? entry.count : 1;
    uint32_t seen = 0;
    forget(entry, state, result, &seen);
    changes += seen / kVersionsPerChange;
  }
  for (const TxnState::Garbage& g : state->garbage) {
    hold(g.core);
    ++changes;
    g.core->heap.free(g.bytes, g.size);
  }
  hold(nullptr);
}

void purge_and_release(TxnState* state) {
  VacuumResult result;
  state->each_core([&](TableCore& core) {
    LockGuard<RwLatch> hold(core.latch);
    uint32_t seen = 0;
    for (const LogEntry& entry : state->log) {
      if (entry.kind == LogEntry::Kind::kDefinition || &entry.table->core() != &core) continue;
      forget(entry, state, &result, &seen);
    }
    --core.writers;
  });
}

void Store::Impl::enqueue(TxnState* state) {
  LockGuard<SpinLatch> hold(queue_latch);
  enqueued.store(enqueued.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  state->next = nullptr;
  if (queue_tail == nullptr) {
    queue_head = state;
  } else {
    queue_tail->next = state;
  }
  queue_tail = state;
}

void Store::Impl::remove_from_queue(TxnState* state) {
  LockGuard<SpinLatch> hold(queue_latch);
  enqueued.store(enqueued.load(std::memory_order_relaxed) - 1, std::memory_order_release);
  TxnState* previous = nullptr;
  TxnState* at = queue_head;
  while (at != state) {
    previous = at;
    at = at->next;
  }
  (previous == nullptr ? queue_head : previous->next) = state->next;
  if (queue_tail == state) queue_tail = previous;
}

TxnState* Store::Impl::take_ended(uint64_t limit) {
  LockGuard<SpinLatch> hold(queue_latch);
  TxnState* const first = queue_head;
  TxnState* last = nullptr;
  for (TxnState* at = first; at != nullptr; at = at->next) {
    const uint64_t ended = at->epoch.load(std::memory_order_acquire);
    if (ended == 0 || ended > limit) break;
    last = at;
  }
  if (last == nullptr) return nullptr;
  queue_head = last->next;
  if (queue_head == nullptr) queue_tail = nullptr;
  last->next = nullptr;
  return first;
}

VacuumResult Store::Impl::purge(PurgeWait wait, TxnState** spare) {
  VacuumResult result;
  if (wait == PurgeWait::kWait) {
    purge_mutex.lock();
  } else if (!purge_mutex.try_lock()) {
    return result;
  }
  // What was published before the registry is looked at, and before every registered view.
  uint64_t limit = epoch.load();
  uint64_t oldest = views.oldest();
  if (oldest < limit) limit = oldest;
  for (TxnState* state = take_ended(limit); state != nullptr;) {
    TxnState* const next = state->next;
    purge_state(state, &result);
    ++result.transactions;
    if (spare != nullptr && *spare == nullptr) {
      state->reset();
      *spare = state;
    } else {
      recycle_state(state);
    }
    state = next;
  }
  purged.store(purged.load(std::memory_order_relaxed) + result.transactions,
               std::memory_order_release);
  purge_mutex.unlock();
  return result;
}

}  // namespace orrery::storage
