// TxnState: what a writing transaction leaves in the tables and what is needed to undo it or, after
// its commit, to forget it. Lives until purge has unlinked it from every row.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/arena.h"
#include "storage/table_impl.h"
#include "storage/version.h"

namespace orrery::storage {

/// A change, in the order of time. Successive inserts into successive slots are one entry.
struct LogEntry {
  enum class Kind : uint8_t { kInsertRun, kRecord, kDefinition };
  Kind kind = Kind::kInsertRun;
  uint32_t count = 0;            ///< kInsertRun: rows; kDefinition: number of the change
  TableImpl* table = nullptr;    ///< kept alive by TxnState::tables
  UndoRecord* record = nullptr;  ///< kRecord
  RowId first = 0;               ///< kInsertRun
};

struct TxnState {
  TxnMark mark;
  UndoRecord insert_record;  ///< shared by all rows that the transaction inserted
  /// Another transaction wrote a key that this one wrote too; see validate_keys().
  std::atomic<bool> must_validate{false};
  /// Epoch at which the transaction's end was published; 0 = not yet.
  std::atomic<uint64_t> epoch{0};
  TxnState* next = nullptr;

  Arena arena{1024};
  std::vector<LogEntry> log;
  uint64_t operations = 0;  ///< rows and definitions changed, as savepoints count them
  std::vector<std::shared_ptr<TableImpl>> tables;  ///< every definition written through

  /// Strings of versions that a rollback removed; a view of this transaction may still show them.
  struct Garbage {
    TableCore* core;
    char* bytes;
    uint32_t size;
  };
  std::vector<Garbage> garbage;

  /// Every table once, whatever number of its definitions was written through.
  template <class Do>
  void each_core(Do&& work) {
    for (size_t i = 0; i < tables.size(); ++i) {
      bool first = true;
      for (size_t j = 0; j < i; ++j) first = first && &tables[j]->core() != &tables[i]->core();
      if (first) work(tables[i]->core());
    }
  }

  TxnState() {
    insert_record.txn = &mark;
    insert_record.kind = UndoKind::kInsert;
  }
  void reset() {
    mark.stamp.store(kNotCommitted, std::memory_order_relaxed);
    must_validate.store(false, std::memory_order_relaxed);
    epoch.store(0, std::memory_order_relaxed);
    next = nullptr;
    if (arena.allocated_bytes() > kArenaBytesKept) {
      arena = Arena(1024);
    } else {
      arena.reset();
    }
    log.clear();
    if (log.capacity() > kEntriesKept) log.shrink_to_fit();
    operations = 0;
    tables.clear();
    garbage.clear();
  }

 private:
  static constexpr size_t kArenaBytesKept = 64 << 10;
  static constexpr size_t kEntriesKept = 4096;
};

inline TxnState* state_of(TxnMark* mark) {
  // mark is the first member.
  return reinterpret_cast<TxnState*>(mark);
}

}  // namespace orrery::storage
