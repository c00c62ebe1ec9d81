// ScanRanges: the row references of the index ranges of a scan, each row once.
//
// Ranges are computed from the statement's values at open(). Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "exec/run_state.h"
#include "plan/plan.h"
#include "storage/table.h"

namespace orrery::exec {

/// Row ids seen so far; open addressing.
class RowIdSet {
 public:
  void clear();
  /// False where it was there already.
  bool insert(storage::RowId id);

 private:
  void grow();
  std::vector<storage::RowId> slots_;  ///< id + 1; 0 = free
  size_t count_ = 0;
};

class ScanRanges {
 public:
  /// `node` has at least one path, or open() is never called.
  ScanRanges(const plan::ScanNode& node, Scope& scope) : node_(node), scope_(scope) {}

  Status open();
  /// Under a ReadLatch: up to max rows; 0 = end. `ids` always has room, and is filled where
  /// `want_ids`.
  uint32_t next(storage::RowRef* rows, storage::RowId* ids, bool want_ids, uint32_t max);

  /// Under the table's latch: passes over up to `n` rows where the ranges do not meet; returns over
  /// how many.
  uint64_t skip(uint64_t n);

  /// In place of next(): how many rows there are, where the ranges do not meet; else false.
  bool count(uint64_t* rows);

 private:
  struct Range {
    const storage::Index* index;
    storage::KeyRange range;
  };
  Result<storage::KeyRange> make_range(const storage::Index& index, const plan::IndexRange& range);
  void put_in_order();
  bool start_range();

  const plan::ScanNode& node_;
  Scope& scope_;
  std::vector<Range> ranges_;
  size_t next_range_ = 0;
  std::optional<storage::IndexCursor> cursor_;
  bool may_repeat_ = false;
  RowIdSet seen_;
};

/// The index of `table` with this id, or nullptr.
const storage::Index* find_index(const storage::Table& table, storage::IndexId id);

}  // namespace orrery::exec
