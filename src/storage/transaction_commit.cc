#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "storage/change_collector.h"
#include "storage/redo.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {
namespace {

/// True where a row other than `row`, committed or of transaction `own`, has the key of `image`.
bool other_row_has_key(const TableImpl& table, const IndexImpl& index, const uint8_t* image,
                       RowId row, TxnId own) {
  RowList rows;
  index.find(image, &rows);
  const RowPages& pages = table.core().pages;
  // Sequences that are assigned but not published count: they were here first.
  ReadView assigned{kNotCommitted - 1, own};
  for (uint32_t i = 0; i < rows.size(); ++i) {
    if (rows[i] == row) continue;
    const uint8_t* seen = visible_image(pages.word(rows[i]), pages.image(rows[i]), assigned);
    if (seen != nullptr && index.same_key(seen, image)) return true;
  }
  return false;
}

/// The same of a row equal to `image`.
bool other_row_is_equal(const TableImpl& table, const IndexImpl& set, const uint8_t* image,
                        RowId row, TxnId own) {
  RowList rows;
  set.find(image, &rows);
  const RowPages& pages = table.core().pages;
  ReadView assigned{kNotCommitted - 1, own};
  for (uint32_t i = 0; i < rows.size(); ++i) {
    if (rows[i] == row) continue;
    const uint8_t* seen = visible_image(pages.word(rows[i]), pages.image(rows[i]), assigned);
    if (seen != nullptr && table.layout().same_row(seen, image)) return true;
  }
  return false;
}

/// Indexes that the table's next definition does not have.
void retire_lost_indexes(const TableImpl& old, const std::shared_ptr<TableImpl>* now) {
  for (IndexImpl* index : old.index_impls()) {
    bool kept = false;
    if (now != nullptr) {
      for (const IndexImpl* i : (*now)->index_impls()) kept = kept || i == index;
    }
    if (!kept) index->retire();
  }
}

Status validate_row(const TableImpl& table, RowId row, TxnId own) {
  SharedLockGuard<RwLatch> hold(table.core().latch);
  const RowPages& pages = table.core().pages;
  if (!pages.in_use(row) || (pages.word(row) & kWordDeleted) != 0) return {};
  const uint8_t* image = pages.image(row);
  if (const IndexImpl* set = table.row_set_index()) {
    if (other_row_is_equal(table, *set, image, row, own)) {
      return Error(ErrorCode::kConflict, "write conflict: row " + row_label(table, image, row) +
                                             " was concurrently inserted by another transaction");
    }
  }
  for (const IndexImpl* index : table.index_impls()) {
    if (!index->def().unique || index->key_has_null(image)) continue;
    if (!other_row_has_key(table, *index, image, row, own)) continue;
    if (!index->def().primary) return key_error(table, *index, image);
    return Error(ErrorCode::kConflict, "write conflict: row " + row_label(table, image, row) +
                                           " was concurrently inserted by another transaction");
  }
  return {};
}

}  // namespace

/// Under commit_mutex: the keys of all rows that this transaction wrote, against what has been
/// committed meanwhile.
Status TransactionImpl::validate_keys() {
  for (const LogEntry& entry : state->log) {
    if (entry.kind == LogEntry::Kind::kRecord) {
      ORRERY_TRY(validate_row(*entry.table, entry.record->row, id));
    } else if (entry.kind == LogEntry::Kind::kInsertRun) {
      for (uint32_t i = 0; i < entry.count; ++i) {
        ORRERY_TRY(validate_row(*entry.table, entry.first + i, id));
      }
    }
  }
  return {};
}

/// Assigns the sequence, logs, and makes the commit visible. On error nothing has become visible.
/// `redo` is empty where nothing need be logged.
Status TransactionImpl::publish(std::string_view redo, CommitWait wait,
                                const CommitCapture* capture, CommitSeq* seq, bool* lost) {
  CommitLog* log = nullptr;
  CommitSeq durable_seq = 0;
  {
    LockGuard<RwLatch> hold(store.commit_mutex);
    if (state->must_validate.load()) ORRERY_TRY(validate_keys());
    log = store.log;
    *seq = store.next_seq;
    if (!redo.empty()) {
      CommitKind kind = definitions.empty() ? CommitKind::kData : CommitKind::kSchema;
      ORRERY_TRY(log->append(*seq, kind, redo));
      store.last_appended.store(*seq);
    }
    durable_seq = store.last_appended.load();
    ++store.next_seq;
    // Before the writers are released; a commit that fails after this leaves it too high, which only
    // makes readers look closer.
    for (const auto& table : state->tables) {
      table->core().last_write.store(*seq, std::memory_order_relaxed);
    }
    state->mark.stamp.store(*seq, std::memory_order_release);
    if (log != nullptr && !definitions.empty()) {
      // Definitions are published in the order of commits, so the others wait.
      if (Status synced = log->wait_durable(durable_seq); !synced) {
        state->mark.stamp.store(kNotCommitted);
        return synced;
      }
    }
    const bool at_once = log == nullptr || wait == CommitWait::kNone || !definitions.empty();
    // Earlier ones that still wait become visible with it.
    if (at_once) publish_definitions(*seq);
    if (at_once && forget_now(capture)) return {};
    store.enqueue(state);
    if (at_once) return {};
  }
  if (Status synced = log->wait_durable(durable_seq); !synced) {
    LockGuard<RwLatch> hold(store.commit_mutex);
    *lost = store.last_commit.load() >= *seq;
    if (*lost) return synced;
    store.remove_from_queue(state);
    state->mark.stamp.store(kNotCommitted);
    return synced;
  }
  // All earlier sequences are durable too, so they may become visible with this one.
  store.advance_last_commit(*seq);
  return {};
}

void TransactionImpl::publish_definitions(CommitSeq seq) {
  if (definitions.empty()) {
    store.advance_last_commit(seq);
    return;
  }
  auto next = std::make_shared<CatalogImpl>(*store.latest_catalog());
  next->set_version(store.next_catalog_version.fetch_add(1));
  std::vector<std::shared_ptr<TableImpl>> retired;
  for (TableId id : changed_tables) {
    const std::shared_ptr<TableImpl>* old = next->find(id);
    const std::shared_ptr<TableImpl>* now = catalog->find(id);
    if (old != nullptr && now != nullptr && *old == *now) continue;
    if (old != nullptr) retired.push_back(*old);
    if (now != nullptr) {
      next->put_table(*now);
    } else {
      next->remove_table(id);
    }
  }
  for (const std::string& name : changed_views) {
    const ViewDef* view = catalog->find_view(name);
    next->remove_view(name);
    if (view != nullptr) next->put_view(*view);
  }
  store.definition_epoch.fetch_add(1);
  for (const auto& table : retired) {
    table->set_state(TableImpl::State::kRetired);
    retire_lost_indexes(*table, next->find(table->def().id));
  }
  for (TableId id : changed_tables) {
    if (const auto* table = next->find(id)) (*table)->set_state(TableImpl::State::kCurrent);
  }
  store.publish_catalog(next);
  store.advance_last_commit(seq);
  store.definition_epoch.fetch_add(1);
}

/// Under commit_mutex, when everybody sees the commit: where its change is small, no view is open and
/// no other commit waits for its purge, the old versions are forgotten here and now, which spares
/// the line and the locks on the way through it. False: they were not.
bool TransactionImpl::forget_now(const CommitCapture* capture) {
  constexpr uint64_t kOperationsMax = 64;  // other commits wait meanwhile
  if (state->operations > kOperationsMax || !state->garbage.empty() || !definitions.empty() ||
      !owned_cores.empty() || (capture != nullptr && !capture->changes.empty()) ||
      !store.all_commits_purged()) {
    return false;
  }
  ViewRegistry::release(slot);
  slot = nullptr;
  // last_commit was stored before this: a view that registers from now on sees the commit.
  if (store.views.oldest() != ViewRegistry::kNone) return false;
  TxnState* const ended = std::exchange(state, nullptr);
  purge_and_release(ended);
  ORRERY_ASSERT(spare_state == nullptr);
  kept_tables.swap(ended->tables);
  ended->reset();
  spare_state = ended;
  return true;
}

/// Numbers in rows that this transaction wrote are not given out again after a restart, even where
/// another one, not committed yet, reserved them.
void TransactionImpl::note_reservations() {
  reserved.clear();
  for (const auto& table : state->tables) {
    if (table->sequences().empty()) continue;
    const auto* now = catalog->find(table->def().id);
    if (now == nullptr) continue;
    const auto& sequences = (*now)->sequences();
    for (uint32_t i = 0; i < sequences.size(); ++i) {
      const Sequence::Reservation r = sequences[i]->reservation();
      if (sequences[i]->is_logged(r)) continue;
      reserved.push_back({table->def().id, i, sequences[i], r});
    }
  }
}

/// The transaction's own slot still holds the epoch of its view, which is older than this commit:
/// nothing that either view sees has been reclaimed.
void TransactionImpl::capture_views(CommitSeq seq, CommitCapture* capture) {
  capture->changes.seq_ = seq;
  if (capture->changes.empty()) return;
  uint64_t epoch = slot->epoch.load();
  capture->before.view_ = {seq - 1, 0};
  capture->before.slot_ = store.views.acquire(epoch);
  capture->after.view_ = {seq, 0};
  capture->after.slot_ = store.views.acquire(epoch);
}

Result<CommitSeq> TransactionImpl::commit(CommitWait wait, CommitCapture* capture) {
  if (capture != nullptr) {
    capture->changes.clear();
    capture->before.release();
    capture->after.release();
  }
  if (doom) {
    Error error = std::move(*doom);
    roll_back();
    return error;
  }
  if (state == nullptr || state->operations == 0) {
    roll_back();
    const CommitSeq last = store.last_commit.load();
    if (capture != nullptr) capture->changes.seq_ = last;
    return last;
  }
  if (capture != nullptr) ChangeCollector(*this, &capture->changes).run();
  drop_event_rows();
  redo.clear();
  if (store.log != nullptr) {
    note_reservations();
    append_redo(*this, &redo);
    if (redo.size() == 1) redo.clear();  // the version only: nothing but system tables changed
  }
  CommitSeq seq = 0;
  bool lost = false;
  Status published = publish(redo, wait, capture, &seq, &lost);
  if (!published && !lost) {
    if (capture != nullptr) capture->changes.clear();
    Error error = std::move(published).error();
    roll_back();
    return error;
  }
  for (const Reserved& r : reserved) r.sequence->note_logged(r.reservation);
  reserved.clear();
  if (capture != nullptr) capture_views(seq, capture);
  CommitLog* log = redo.empty() || wait == CommitWait::kDurable ? nullptr : store.log;
  for (const auto& core : owned_cores) {
    LockGuard<RwLatch> hold(core->latch);
    core->definition_owner = 0;
  }
  TxnState* ended = state;
  if (ended != nullptr) release_writers();
  state = nullptr;
  finish();  // gives up the own view first, so that the purge may take this transaction too
  if (ended != nullptr) {
    store.publish_end(ended);
    store.purge(Store::Impl::PurgeWait::kTry, &spare_state);
  }
  if (!published) return std::move(published).error();
  if (log != nullptr) log->sync_soon();
  return seq;
}

}  // namespace orrery::storage
