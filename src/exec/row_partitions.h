// RowPartitions: rows split by the hash of their keys into spools, so that equal keys meet in one.
// Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "exec/row_spool.h"

namespace orrery::exec {

class RowPartitions {
 public:
  static constexpr uint32_t kCount = 16;
  /// Splitting a partition again needs another level; after these the rows are what they are.
  static constexpr uint32_t kLevelsMax = 6;

  void init(RunState& run, std::vector<types::TypeId> types, uint32_t level);
  void clear();
  bool empty() const;
  /// hashes[i] is that of the i-th selected row.
  Status append(std::span<const types::Vector* const> columns, const types::Selection& sel,
                const uint64_t* hashes);
  Status finish();
  /// nullptr where no row came.
  std::unique_ptr<RowSpool> take(uint32_t partition) { return std::move(spools_[partition]); }

 private:
  RunState* run_ = nullptr;
  std::vector<types::TypeId> types_;
  uint32_t level_ = 0;
  std::array<std::unique_ptr<RowSpool>, kCount> spools_;
  std::array<std::vector<uint32_t>, kCount> rows_;  ///< scratch
};

}  // namespace orrery::exec
