// SessionState: the parts of a session that its statements work on. Guarded by the session's mutex.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/database.h"
#include "engine/run.h"
#include "engine/statement_text.h"
#include "engine/transaction_scope.h"

namespace orrery::engine {

inline constexpr size_t kCachedStatementsMax = 256;

struct SessionState {
  std::shared_ptr<const OpenStore> open;
  std::shared_ptr<CancelToken> cancel;
  std::shared_ptr<TransactionScope> scope;                            ///< of BEGIN, or null
  storage::Isolation isolation = storage::Isolation::kReadCommitted;  ///< of new transactions
  uint64_t random_state = 0;
  StatementCache cache{kCachedStatementsMax};

  Database& database() const { return *open->database; }
  /// The open transaction's catalog, or the latest.
  std::shared_ptr<const storage::Catalog> catalog() const {
    return scope != nullptr ? scope->transaction()->catalog() : open->store->catalog();
  }
  RunTarget target() { return {open, scope, cancel, isolation, next_random()}; }

  uint64_t next_random() {
    random_state += 0x9e3779b97f4a7c15ULL;
    return random_state;
  }
};

}  // namespace orrery::engine
