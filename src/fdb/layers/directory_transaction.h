// DirectoryTransaction: what the directory layer needs of a transaction.
//
// Reads are tasks of the loop that the transaction lives on; they see the transaction's own writes,
// snapshot reads too. Writes take effect at once. A task of the directory layer borrows its
// transaction, which must outlive it. Thread-safety: inside the transaction's loop.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fdb/error.h"
#include "fdb/layers/key_range.h"
#include "fdb/runtime/task.h"

namespace orrery::fdb {

enum class ReadMode : uint8_t {
  kConflicting,  ///< what others change of it before the commit fails the commit
  kSnapshot,
};
enum class ScanOrder : uint8_t { kForward, kReverse };

class DirectoryTransaction {
 public:
  using Row = std::pair<std::string, std::string>;

  virtual ~DirectoryTransaction() = default;
  virtual Task<Result<std::optional<std::string>>> get(std::string key, ReadMode mode) = 0;
  /// All rows where `limit` is 0.
  virtual Task<Result<std::vector<Row>>> get_range(KeyRange range, size_t limit, ScanOrder order,
                                                   ReadMode mode) = 0;
  virtual Status set(std::string_view key, std::string_view value) = 0;
  virtual Status clear(std::string_view key) = 0;
  virtual Status clear_range(const KeyRange& range) = 0;
  /// The atomic operation Add with 8 bytes.
  virtual Status add(std::string_view key, int64_t number) = 0;
  /// The next write conflicts with nobody's reads.
  virtual Status set_next_write_no_conflict() = 0;
  virtual Status add_write_conflict_key(std::string_view key) = 0;

 private:
  friend class PrefixAllocator;
  /// What allocations of this transaction that are under way have their eyes on.
  std::set<std::string> claims_;
};

}  // namespace orrery::fdb
