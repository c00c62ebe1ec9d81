#include "storage/transaction_restart.h"

#include "base/assert.h"
#include "storage/change_collector.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {

void TransactionImpl::start(Isolation level) {
  id = store.next_txn.fetch_add(1, std::memory_order_relaxed);
  own_ids = 0;
  id_is_used = false;
  open_view(level);
}

void TransactionImpl::restart(Isolation level) {
  if (id_is_used) {
    if (own_ids == 0) {
      own_ids = kIdsTaken;
      id = store.next_txn.fetch_add(kIdsTaken, std::memory_order_relaxed) - 1;
    }
    --own_ids;
    ++id;
    id_is_used = false;
  }
  open_view(level);
}

void TransactionImpl::open_view(Isolation level) {
  isolation = level;
  slot = store.views.acquire(store.epoch.load());
  const CatalogImpl* const before = catalog.get();
  view = store.take_view(id, &catalog);
  if (catalog.get() != before) kept_tables.clear();  // what was dropped must not live on there
  open = true;
}

void TransactionImpl::renew_view() {
  // A catalog of our own stays; so does the latest one.
  bool private_catalog = !definitions.empty();
  uint64_t epoch = store.epoch.load();
  bool catalog_stays = private_catalog || catalog->version() == store.catalog_version.load();
  // Nothing has been published since: a new view would see the same.
  if (catalog_stays && slot->epoch.load() == epoch && view.seq == store.last_commit.load()) return;
  ViewRegistry::renew(slot, epoch);
  view = store.take_view(id, private_catalog ? nullptr : &catalog);
}

void TransactionImpl::release_writers() {
  state->each_core([](TableCore& core) {
    LockGuard<RwLatch> hold(core.latch);
    --core.writers;
  });
}

void TransactionImpl::finish() {
  ORRERY_ASSERT(state == nullptr);
  if (!reserved_names.empty() || !owned_cores.empty()) id_is_used = true;
  if (slot != nullptr) ViewRegistry::release(slot);
  slot = nullptr;
  if (!reserved_names.empty()) {
    LockGuard<RwLatch> hold(store.catalog_latch);
    for (const std::string& name : reserved_names) store.reserved_names.erase(name);
    reserved_names.clear();
  }
  if (!definitions.empty()) forget_catalog();  // it was private; another may serve again
  last_table = nullptr;
  statement_start = 0;
  doom.reset();
  cancelled = nullptr;
  stale = false;
  deferred.clear();
  definitions.clear();
  changed_tables.clear();
  changed_views.clear();
  owned_cores.clear();
  open = false;
}

Transaction::Transaction(TransactionImpl* impl) : impl_(impl) {}

Transaction::~Transaction() {
  if (impl_->open) impl_->roll_back();
  Store::Impl& store = impl_->store;
  LockGuard<SpinLatch> hold(store.pool_latch);
  if (impl_->catalog != nullptr && impl_->catalog->version() != store.catalog_version.load()) {
    impl_->forget_catalog();
  }
  impl_->next_free = store.free_transactions;
  store.free_transactions = impl_;
}

TxnId Transaction::id() const {
  impl_->id_is_used = true;
  return impl_->id;
}
Isolation Transaction::isolation() const { return impl_->isolation; }
std::shared_ptr<const Catalog> Transaction::catalog() const { return impl_->catalog; }
const ReadView& Transaction::view() const { return impl_->view; }
void Transaction::stop_when(const std::atomic<bool>* cancelled) { impl_->cancelled = cancelled; }
bool Transaction::met_newer_commit() const { return impl_->stale; }
bool Transaction::has_writes() const {
  return operations() > 0;
}

uint64_t Transaction::operations() const {
  return impl_->state == nullptr ? 0 : impl_->state->operations;
}

ReadViewHandle Transaction::pin_view() const {
  ORRERY_ASSERT(impl_->open);
  impl_->id_is_used = true;  // the handle's view shows what this id writes
  // While the transaction's own slot holds this epoch, another may join it.
  uint64_t epoch = impl_->slot->epoch.load();
  ReadViewHandle handle;
  handle.view_ = impl_->view;
  handle.slot_ = impl_->store.views.acquire(epoch);
  return handle;
}

void Transaction::begin_statement() {
  if (impl_->isolation == Isolation::kReadCommitted) impl_->renew_view();
  impl_->statement_start = impl_->state == nullptr ? 0 : impl_->state->operations;
  impl_->deferred.clear();
  impl_->taken_keys.largest = nullptr;
  impl_->stale = false;
}

Status Transaction::end_statement() {
  for (const TransactionImpl::DeferredCheck& check : impl_->deferred) {
    TableImpl& table = *check.table;
    LockGuard<RwLatch> hold(table.core().latch);
    uint64_t word = table.core().pages.word(check.row);
    if ((word & (kWordDeleted | kWordFree)) != 0) continue;
    const uint8_t* image = table.core().pages.image(check.row);
    if (check.index->key_has_null(image)) continue;
    if (check.index == table.row_set_index()) {
      ORRERY_TRY(impl_->merge_equal(table, check.row));
      continue;
    }
    ORRERY_TRY(impl_->check_unique(table, *check.index, image, check.row));
  }
  impl_->deferred.clear();
  return {};
}

void Transaction::abort_statement() {
  impl_->undo_to(impl_->statement_start);
  impl_->deferred.clear();
  TransactionImpl::TakenKeys& taken = impl_->taken_keys;
  if (taken.largest != nullptr) taken.largest->compare_exchange_strong(taken.last, taken.before);
  taken.largest = nullptr;
}

bool Transaction::insert_met_equal() const { return impl_->met_equal; }

uint64_t Transaction::row_count(const Table& table) const {
  const TableCore& core = impl_of(table).core();
  uint32_t own = 0;
  if (impl_->state != nullptr) {
    for (const auto& t : impl_->state->tables) own = own != 0 || &t->core() == &core ? 1 : 0;
  }
  SharedLockGuard<RwLatch> hold(core.latch);
  // Nothing is in the table but what this transaction sees.
  if (core.writers == own && core.last_write.load() <= view().seq) {
    return core.live_rows();
  }
  return TableCursor(table, view()).skip(UINT64_MAX);
}

Savepoint Transaction::savepoint() {
  return impl_->state == nullptr ? 0 : impl_->state->operations;
}

Status Transaction::rollback_to(Savepoint savepoint) {
  uint64_t now = impl_->state == nullptr ? 0 : impl_->state->operations;
  if (savepoint > now) return Error(ErrorCode::kInvalidArgument, "savepoint does not exist");
  impl_->undo_to(savepoint);
  return {};
}

Result<CommitSeq> Transaction::commit() {
  if (!impl_->open) return Error(ErrorCode::kTxnClosed, "transaction is closed");
  return impl_->commit(TransactionImpl::CommitWait::kDurable, nullptr);
}

Result<CommitSeq> Transaction::commit_unsynced(CommitCapture* capture) {
  if (!impl_->open) return Error(ErrorCode::kTxnClosed, "transaction is closed");
  return impl_->commit(TransactionImpl::CommitWait::kNone, capture);
}

void Transaction::collect_changes(ChangeSet* changes) const {
  ChangeCollector(*impl_, changes).run();
}

void Transaction::rollback() {
  if (impl_->open) impl_->roll_back();
}

bool TransactionImpl::has_followed_changes() const {
  if (state == nullptr) return false;
  bool followed = !definitions.empty();
  for (const auto& table : state->tables) followed = followed || table->watched();
  return followed;
}

bool has_followed_changes(Transaction& transaction) {
  return transaction.impl().has_followed_changes();
}

void restart(Transaction& transaction, Isolation isolation) {
  ORRERY_ASSERT(!transaction.impl().open);
  transaction.impl().restart(isolation);
}

}  // namespace orrery::storage
