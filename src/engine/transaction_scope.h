// TransactionScope: an open transaction together with the row sets that are being read in it and
// its named savepoints.
//
// Before the transaction writes or ends, the rows still to be read are read into memory (see
// engine/rows.h). Thread-safe by its own mutex, which callers hold while they use transaction().
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sync.h"
#include "engine/database.h"
#include "storage/transaction.h"

namespace orrery::engine {

/// A row set inside a transaction; linked into the transaction's list while it reads lazily.
class ScopedReader {
 public:
  /// Reads all that is left into memory and stops using the transaction's view.
  virtual void detach() = 0;

 protected:
  ~ScopedReader() = default;

 private:
  friend class TransactionScope;
  ScopedReader* previous_ = nullptr;
  ScopedReader* next_ = nullptr;
  bool linked_ = false;
};

class TransactionScope {
 public:
  TransactionScope(std::shared_ptr<const OpenStore> open, storage::Isolation isolation);
  /// Rolls back what was not committed.
  ~TransactionScope();

  Mutex& mutex() { return mutex_; }
  // All that follows is called with the mutex held.

  /// nullptr once the transaction has ended.
  storage::Transaction* transaction() { return transaction_.get(); }
  const std::shared_ptr<const OpenStore>& open() const { return open_; }

  void link(ScopedReader* reader);
  void unlink(ScopedReader* reader);
  void detach_readers();

  Status commit();
  void rollback();

  /// Names are case-sensitive; a name used again moves to the new place.
  void savepoint(std::string_view name);
  Status rollback_to(std::string_view name);
  Status release(std::string_view name);

 private:
  struct NamedSavepoint {
    std::string_view name;  ///< a key of savepoint_numbers_
    storage::Savepoint savepoint;
  };
  using Savepoints = std::map<uint64_t, NamedSavepoint>;  ///< by number, in the order they were set
  Result<Savepoints::iterator> find_savepoint(std::string_view name);
  /// Forgets `first` and all that were set after it.
  void forget_savepoints(Savepoints::iterator first);

  Mutex mutex_;
  std::shared_ptr<const OpenStore> open_;
  std::unique_ptr<storage::Transaction> transaction_;
  ScopedReader* readers_ = nullptr;
  Savepoints savepoints_;
  std::map<std::string, uint64_t, std::less<>> savepoint_numbers_;
  uint64_t next_savepoint_ = 0;
};

}  // namespace orrery::engine
