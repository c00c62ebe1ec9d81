// PrefixAllocator: short keys that nobody else gets, though many transactions ask at once.
//
// Numbers are drawn at random from a window; the window moves on when about half of it was given
// out. A transaction conflicts only with one that drew the same number. The bytes in the database
// are those of the official bindings' high- contention allocator, so that both may be used at once.
// Thread-safety: constant; see DirectoryTransaction.
#pragma once

#include <cstdint>
#include <string>

#include "env/random.h"
#include "fdb/layers/directory_transaction.h"
#include "fdb/layers/subspace.h"

namespace orrery::fdb {

class PrefixAllocator {
 public:
  /// `random` outlives all tasks.
  PrefixAllocator(const Subspace& subspace, env::Random& random)
      : counters_(subspace.sub(0)), recent_(subspace.sub(1)), random_(random) {}

  /// A packed tuple of one number. The allocator outlives the task.
  Task<Result<std::string>> allocate(DirectoryTransaction& tr) const;

 private:
  class Claim;
  static uint64_t window_size(int64_t start);
  /// The start of the latest window; nullopt before the first.
  Task<Result<std::optional<int64_t>>> latest_start(DirectoryTransaction& tr) const;
  /// Counts an allocation in the window that has room; its start.
  Task<Result<int64_t>> enter_window(DirectoryTransaction& tr, int64_t start) const;
  Status forget_before(DirectoryTransaction& tr, int64_t start) const;
  /// The number drawn, or nullopt where the window has moved on.
  Task<Result<std::optional<int64_t>>> draw(DirectoryTransaction& tr, int64_t start) const;

  Subspace counters_;
  Subspace recent_;
  env::Random& random_;
};

}  // namespace orrery::fdb
