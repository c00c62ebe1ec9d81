// Store::Impl: the parts of a store that its transactions share.
//
// Locks, in the order in which they may be taken: commit_mutex, purge_mutex, catalog_latch, a
// table's latch, the spin latches. Publishing a commit: the sequence is stored in the transaction's
// mark, then in last_commit, then the epoch grows.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/sync.h"
#include "storage/catalog_impl.h"
#include "storage/latch.h"
#include "storage/store.h"
#include "storage/txn_state.h"
#include "storage/view_registry.h"

namespace orrery::storage {

inline constexpr TableId kFirstUserTable = 16;

class Recovery;
struct TransactionImpl;

struct Store::Impl {
  Impl();
  ~Impl();

  ViewRegistry views;
  std::atomic<CommitSeq> last_commit{0};
  std::atomic<uint64_t> epoch{1};
  std::atomic<TxnId> next_txn{1};

  RwLatch commit_mutex;
  CommitSeq next_seq = 1;    // guarded by commit_mutex
  std::atomic<CommitSeq> last_appended{0};  // to the log; written under commit_mutex
  CommitLog* log = nullptr;  // set once, before the store is shared

  /// Odd while a catalog and its commit are being published.
  std::atomic<uint64_t> definition_epoch{0};
  mutable RwLatch catalog_latch;
  std::shared_ptr<const CatalogImpl> catalog;              // guarded by catalog_latch
  std::unordered_map<std::string, TxnId> reserved_names;   // guarded by catalog_latch
  std::atomic<uint64_t> catalog_version{0};  ///< of `catalog`
  std::atomic<uint64_t> next_catalog_version{1};
  std::atomic<TableId> next_table{kFirstUserTable};
  std::atomic<IndexId> next_index{1};

  SpinLatch queue_latch;
  TxnState* queue_head = nullptr;  // guarded by queue_latch
  TxnState* queue_tail = nullptr;
  std::atomic<uint64_t> enqueued{0};  ///< ever; written under queue_latch
  std::atomic<uint64_t> purged{0};    ///< of those; written under purge_mutex
  RwLatch purge_mutex;

  SpinLatch pool_latch;
  TxnState* free_states = nullptr;  // guarded by pool_latch
  TransactionImpl* free_transactions = nullptr;

  RowId recovered_row_max = uint64_t{1} << 32;  // set before recovery

  std::shared_ptr<const CatalogImpl> latest_catalog() const;
  void publish_catalog(std::shared_ptr<const CatalogImpl> next);
  void advance_last_commit(CommitSeq seq);

  /// Call with the view's slot registered: a view and the catalog that goes with it. `catalog` may be null.
  ReadView take_view(TxnId own, std::shared_ptr<const CatalogImpl>* catalog) const;

  TxnState* take_state();
  void recycle_state(TxnState* state);

  /// Puts an ended transaction in the line for purge. Committed ones in the order of their commits.
  void enqueue(TxnState* state);
  void remove_from_queue(TxnState* state);
  /// Under commit_mutex: true where no commit waits for its purge or is being purged. Purges go in
  /// the order of the line, so whoever counts as purged was in front of those that came since.
  bool all_commits_purged() const {
    const uint64_t came = enqueued.load(std::memory_order_acquire);
    return purged.load(std::memory_order_acquire) == came;
  }
  /// Marks the end of the transaction as published: views taken from now on see it.
  void publish_end(TxnState* state) {
    state->epoch.store(epoch.fetch_add(1) + 1, std::memory_order_release);
  }
  /// Reclaims what no view can see. kTry gives up where another thread is at it. `spare`, not null,
  /// gets one of the states that are free now where it has none.
  enum class PurgeWait : uint8_t { kTry, kWait };
  VacuumResult purge(PurgeWait wait, TxnState** spare = nullptr);
  /// The transactions at the front of the line that ended at `limit` or before, linked by `next`.
  TxnState* take_ended(uint64_t limit);

  void make_system_tables();

  std::unique_ptr<Recovery> recovery;  ///< between load_schema() and finish_recovery()
  Recovery& recovering();
};

/// Brings orrery_sequences up to date; storage/system_tables.cc. Counters do not wait for
/// transactions, so their table follows from time to time (here, and whenever a definition changes).
void refresh_sequences(Store::Impl& store);

/// Unlinks a finished transaction from its rows; storage/purge.cc.
void purge_state(TxnState* state, VacuumResult* result);
/// The same for a small one without garbage, which gives up its places among the writers too.
void purge_and_release(TxnState* state);

}  // namespace orrery::storage
