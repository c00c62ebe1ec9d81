#include "storage/store.h"

#include <algorithm>

#include "base/assert.h"
#include "storage/recovery.h"
#include "storage/store_impl.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {

ReadViewHandle::ReadViewHandle(ReadViewHandle&& other) noexcept
    : view_(other.view_), slot_(other.slot_) {
  other.slot_ = nullptr;
}

ReadViewHandle& ReadViewHandle::operator=(ReadViewHandle&& other) noexcept {
  if (this != &other) {
    release();
    view_ = other.view_;
    slot_ = other.slot_;
    other.slot_ = nullptr;
  }
  return *this;
}

ReadViewHandle::~ReadViewHandle() { release(); }

void ReadViewHandle::release() {
  if (slot_ != nullptr) ViewRegistry::release(static_cast<ViewRegistry::Slot*>(slot_));
  slot_ = nullptr;
}

Store::Impl::Impl() = default;

Store::Impl::~Impl() {
  // Every view and transaction is gone.
  purge(PurgeWait::kWait);
  while (free_states != nullptr) {
    TxnState* next = free_states->next;
    delete free_states;
    free_states = next;
  }
  while (free_transactions != nullptr) {
    TransactionImpl* next = free_transactions->next_free;
    delete free_transactions;
    free_transactions = next;
  }
}

std::shared_ptr<const CatalogImpl> Store::Impl::latest_catalog() const {
  SharedLockGuard<RwLatch> hold(catalog_latch);
  return catalog;
}

void Store::Impl::publish_catalog(std::shared_ptr<const CatalogImpl> next) {
  {
    LockGuard<RwLatch> hold(catalog_latch);
    catalog_version.store(next->version());
    catalog.swap(next);
  }
  // Transactions in the pool keep their last catalog for the next use; tables that are gone must
  // not live on in it.
  LockGuard<SpinLatch> hold(pool_latch);
  for (TransactionImpl* t = free_transactions; t != nullptr; t = t->next_free) t->forget_catalog();
}

void Store::Impl::advance_last_commit(CommitSeq seq) {
  CommitSeq last = last_commit.load(std::memory_order_relaxed);
  while (last < seq && !last_commit.compare_exchange_weak(last, seq)) {
  }
}

ReadView Store::Impl::take_view(TxnId own, std::shared_ptr<const CatalogImpl>* out) const {
  if (out == nullptr) return {last_commit.load(), own};
  for (;;) {
    uint64_t before = definition_epoch.load();
    if ((before & 1) == 0) {
      if (*out == nullptr || (*out)->version() != catalog_version.load()) *out = latest_catalog();
      ReadView view{last_commit.load(), own};
      if (definition_epoch.load() == before) return view;
    }
    spin_pause();
  }
}

TxnState* Store::Impl::take_state() {
  TxnState* state = nullptr;
  {
    LockGuard<SpinLatch> hold(pool_latch);
    state = free_states;
    if (state != nullptr) free_states = state->next;
  }
  return state == nullptr ? new TxnState : state;
}

void Store::Impl::recycle_state(TxnState* state) {
  state->reset();
  LockGuard<SpinLatch> hold(pool_latch);
  state->next = free_states;
  free_states = state;
}

Store::Store() : impl_(new Impl) {
  impl_->make_system_tables();
}
Store::~Store() = default;

std::shared_ptr<const Catalog> Store::catalog() const { return impl_->latest_catalog(); }

ReadViewHandle Store::read_view() {
  ReadViewHandle handle;
  handle.slot_ = impl_->views.acquire(impl_->epoch.load());
  handle.view_ = impl_->take_view(0, nullptr);
  return handle;
}

ReadViewHandle Store::read_view(std::shared_ptr<const Catalog>* catalog) {
  ReadViewHandle handle;
  std::shared_ptr<const CatalogImpl> own;
  handle.slot_ = impl_->views.acquire(impl_->epoch.load());
  handle.view_ = impl_->take_view(0, &own);
  *catalog = std::move(own);
  return handle;
}

std::unique_ptr<Transaction> Store::begin(Isolation isolation) {
  TransactionImpl* t = nullptr;
  {
    LockGuard<SpinLatch> hold(impl_->pool_latch);
    t = impl_->free_transactions;
    if (t != nullptr) impl_->free_transactions = t->next_free;
  }
  if (t == nullptr) t = new TransactionImpl(*impl_);
  t->start(isolation);
  return std::unique_ptr<Transaction>(new Transaction(t));
}

CommitSeq Store::last_commit() const { return impl_->last_commit.load(); }

CommitSeq Store::durable_seq() const {
  CommitSeq last = impl_->last_commit.load();
  if (impl_->log == nullptr) return last;
  // All commits up to `last` have been appended by now, those that had anything to log.
  CommitSeq appended = impl_->last_appended.load();
  CommitSeq durable = impl_->log->durable_seq();
  return durable >= appended ? std::max(durable, last) : durable;
}

Status Store::wait_durable(CommitSeq seq) {
  if (impl_->log == nullptr) return {};
  return impl_->log->wait_durable(std::min(seq, impl_->last_appended.load()));
}

Status Store::log_health() const {
  return impl_->log == nullptr ? Status() : impl_->log->health();
}

void Store::on_durable(std::function<void()> callback) {
  if (impl_->log != nullptr) impl_->log->on_durable(std::move(callback));
}

VacuumResult Store::vacuum() {
  VacuumResult result = impl_->purge(Impl::PurgeWait::kWait);
  refresh_sequences(*impl_);
  return result;
}

uint64_t Store::memory_bytes() const {
  uint64_t bytes = 0;
  for (const auto& table : impl_->latest_catalog()->all_tables()) bytes += table->memory_bytes();
  return bytes;
}

uint64_t Store::catalog_version() const { return impl_->catalog_version.load(); }

void Store::attach_log(CommitLog* log) {
  LockGuard<RwLatch> hold(impl_->commit_mutex);
  impl_->log = log;
}

}  // namespace orrery::storage
