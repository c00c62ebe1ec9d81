// BoundTransaction: a Transaction as the directory layer wants it.
//
//   BoundTransaction bound(tr);
//   Result<Directory> users = bound.run<Directory>([&](DirectoryTransaction& in) {
//     return root.create_or_open(in, {"app", "users"});
//   }).get();
//
// Use one for all that is done in a transaction at the same time. Ownership: borrows the transaction; outlives the
// futures that it gave. Errors: those of directories and of the transaction. Thread-safety: as the transaction's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fdb/client/transaction.h"
#include "fdb/layers/directory_transaction.h"

namespace orrery::fdb {

class BoundTransaction {
 public:
  explicit BoundTransaction(Transaction& transaction) : transaction_(transaction) {}
  BoundTransaction(const BoundTransaction&) = delete;
  BoundTransaction& operator=(const BoundTransaction&) = delete;

  /// Runs the task that `make(DirectoryTransaction&)` returns.
  template <class T, class Make>
  Future<T> run(Make make) {
    return transaction_.run<T>([&](TransactionState& state) {
      inside_.state = &state;
      return make(inside_);
    });
  }

 private:
  class Inside final : public DirectoryTransaction {
   public:
    TransactionState* state = nullptr;
    Task<Result<std::optional<std::string>>> get(std::string key, ReadMode mode) override;
    Task<Result<std::vector<Row>>> get_range(KeyRange range, size_t limit, ScanOrder order,
                                             ReadMode mode) override;
    Status set(std::string_view key, std::string_view value) override;
    Status clear(std::string_view key) override;
    Status clear_range(const KeyRange& range) override;
    Status add(std::string_view key, int64_t number) override;
    Status set_next_write_no_conflict() override;
    Status add_write_conflict_key(std::string_view key) override;
  };
  Transaction& transaction_;
  Inside inside_;
};

}  // namespace orrery::fdb
