// Transaction: reads and writes of a FoundationDB database that take effect together or not at all.
//
//   Transaction tr = db.transaction();
//   Result<std::optional<SharedBytes>> value = tr.get("key").get();     // or: co_await
//   tr.get("key") tr.set("key", "other"); Status done = tr.commit().get(); if (!done &&
//   tr.on_error(done.error()).get()) ...                    // once more; Database::run does this
//
// Reads see the transaction's own writes. Keys and values are bytes; what is given is copied, what
// is returned keeps its own buffer. Operations begin at once and run beside each other. Errors are
// FoundationDB's codes; a write that is refused (key_too_large, ...) is told by what comes next, as
// the official bindings do. Destroying a transaction ends its operations with
// transaction_cancelled. Thread-safety: one transaction is used by one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/error.h"
#include "fdb/options.h"
#include "fdb/runtime/future.h"
#include "fdb/ryw/rows.h"
#include "fdb/ryw/selector.h"
#include "fdb/shared_bytes.h"

namespace orrery::fdb {

class DatabaseState;
class TransactionState;

using KeySelector = ryw::KeySelector;
/// Rows in the order they were asked for, and whether there may be more.
using RangeResult = ryw::RangeResult;
enum class Snapshot : uint8_t { kNo, kYes };

struct RangeOptions {
  int32_t limit = 0;         ///< rows; 0: all
  int32_t target_bytes = 0;  ///< 0: as the mode says
  StreamingMode mode = StreamingMode::kIterator;
  int32_t iteration = 1;  ///< of StreamingMode::kIterator: the first read is 1
  bool snapshot = false;
  bool reverse = false;
};

class Transaction {
 public:
  /// `tenant`: the name of the tenant whose keys it works with.
  explicit Transaction(std::shared_ptr<DatabaseState> database,
                       std::optional<std::string> tenant = std::nullopt);
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) noexcept;
  ~Transaction();

  Future<int64_t> get_read_version();
  void set_read_version(int64_t version);
  Future<std::optional<SharedBytes>> get(std::string_view key, Snapshot snapshot = Snapshot::kNo);
  Future<SharedBytes> get_key(KeySelector selector, Snapshot snapshot = Snapshot::kNo);
  /// One reply's worth of a range: goes on behind the last row where there is `more`.
  Future<RangeResult> get_range(KeySelector begin, KeySelector end, RangeOptions options = {});

  /// How many bytes the range has, roughly; of a sample that storage servers keep.
  Future<int64_t> get_estimated_range_size(std::string_view begin, std::string_view end);
  /// Keys that cut the range into pieces of about that many bytes; the first is its beginning, the
  /// last its end.
  Future<std::vector<std::string>> get_range_split_points(std::string_view begin,
                                                          std::string_view end, int64_t chunk_size);
  /// The storage servers that hold the key, as "ip:port".
  Future<std::vector<std::string>> get_addresses_for_key(std::string_view key);

  void set(std::string_view key, std::string_view value);
  void clear(std::string_view key);
  void clear_range(std::string_view begin, std::string_view end);
  void atomic(AtomicOp operation, std::string_view key, std::string_view operand);
  Status add_conflict_range(std::string_view begin, std::string_view end, ConflictRangeType type);

  Future<void> commit();
  /// Ends when the key has another value than this transaction sees; armed by the commit, and from
  /// then on independent of the transaction. Errors before that: transaction_cancelled,
  /// too_many_watches, watches_disabled, those of get().
  Future<void> watch(std::string_view key);
  /// Of a transaction that has been committed; -1 where it had nothing to commit.
  int64_t committed_version() const;
  /// The versionstamp of the commit that is to come.
  Future<std::array<char, 10>> get_versionstamp();
  int64_t approximate_size() const;

  /// Makes the transaction ready to be run again where that may help, after a delay; fails with
  /// `why` where not.
  Future<void> on_error(Error why);
  void reset();
  void cancel();

  Status set_option(TransactionOption option, std::optional<std::string_view> value = std::nullopt);
  Status set_option(TransactionOption option, int64_t value);

  /// Runs the task that `make(state)` returns as an operation of the transaction: for layers, which
  /// work inside its loop.
  template <class T, class Make>
  Future<T> run(Make make) {
    auto inside = loop().enter();
    return Future<T>(Operation<T>::start(loop(), make(*state_), &operations()), database_);
  }

 private:
  Loop& loop() const;
  List<OperationBase::Membership>& operations();
  void end();

  std::shared_ptr<DatabaseState> database_;
  std::unique_ptr<TransactionState> state_;
};

}  // namespace orrery::fdb
