// DurableWaiters: who is to be told when a commit is on the device. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "base/result.h"
#include "base/sync.h"
#include "storage/store.h"

namespace orrery::host {

class DurableWaiters {
 public:
  /// The store's one callback is this object's as long as it lives.
  explicit DurableWaiters(std::shared_ptr<storage::Store> store);
  ~DurableWaiters();

  /// Calls `done` once, from any thread, maybe before this returns: with success when everything up
  /// to `seq` is durable, with the log's error where that will not be.
  void when(storage::CommitSeq seq, std::function<void(Status)> done);
  /// Whoever waits is told kCancelled, and so is whoever asks later for what is not durable yet.
  void close();

 private:
  void changed();

  const std::shared_ptr<storage::Store> store_;
  Mutex mutex_;
  bool closed_ = false;
  std::multimap<storage::CommitSeq, std::function<void(Status)>> waiting_;
};

}  // namespace orrery::host
