#include "host/durable_waiters.h"

#include <utility>
#include <vector>

namespace orrery::host {
namespace {

Error never() {
  return Error(ErrorCode::kCancelled, "the database was closed before the commit was durable");
}

}  // namespace

DurableWaiters::DurableWaiters(std::shared_ptr<storage::Store> store) : store_(std::move(store)) {
  store_->on_durable([this] { changed(); });
}

DurableWaiters::~DurableWaiters() { close(); }

void DurableWaiters::close() {
  store_->on_durable(nullptr);
  std::multimap<storage::CommitSeq, std::function<void(Status)>> left;
  {
    LockGuard<Mutex> lock(mutex_);
    closed_ = true;
    left.swap(waiting_);
  }
  for (auto& [seq, done] : left) done(never());
}

void DurableWaiters::when(storage::CommitSeq seq, std::function<void(Status)> done) {
  if (store_->durable_seq() >= seq) {
    done({});
    return;
  }
  {
    UniqueLock<Mutex> lock(mutex_);
    if (closed_) {
      lock.unlock();
      done(never());
      return;
    }
    waiting_.emplace(seq, std::move(done));
  }
  // It may have become durable before it was listed.
  changed();
}

void DurableWaiters::changed() {
  const storage::CommitSeq durable = store_->durable_seq();
  Status health = store_->log_health();
  std::vector<std::function<void(Status)>> ready;
  std::vector<std::function<void(Status)>> failed;
  {
    LockGuard<Mutex> lock(mutex_);
    while (!waiting_.empty() && waiting_.begin()->first <= durable) {
      ready.push_back(std::move(waiting_.begin()->second));
      waiting_.erase(waiting_.begin());
    }
    if (!health) {
      for (auto& [seq, done] : waiting_) failed.push_back(std::move(done));
      waiting_.clear();
    }
  }
  for (auto& done : ready) done({});
  for (auto& done : failed) done(health.error().clone());
}

}  // namespace orrery::host
