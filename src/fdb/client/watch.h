// Watch: somebody who wants to know when a key's value is another one.
//
// A watch begins in a transaction, which reads the key for it, and is armed by the commit: from
// then on it stands alone and asks the key's storage server. It may also fire without need; it
// never misses a change that lasts. Inside one loop only.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fdb/client/client.h"
#include "fdb/client/reads.h"
#include "fdb/error.h"

namespace orrery::fdb {

class Watch {
 public:
  /// `outstanding` counts the database's watches; it outlives the watch.
  Watch(Loop& loop, std::string key, std::atomic<int>& outstanding);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  const std::string& key() const { return key_; }

  // --- by the transaction, before the commit
  void know_value(std::optional<std::string> value);
  /// The transaction writes to the key: another value than the one that is watched makes the watch
  /// fire at once. Nothing: a value that nobody knows yet.
  void written(const std::optional<std::optional<std::string_view>>& value);
  /// The transaction is committed, or read only, at this version.
  void arm(int64_t version, const ReadParameters& parameters);
  void end(Error why);

  /// Goes on until the value changes. It holds the watch, not the transaction.
  static Task<Result<void>> run(Client& client, std::shared_ptr<Watch> watch);

 private:
  Task<Result<void>> wait_for_change(Client& client);

  const std::string key_;
  std::atomic<int>& outstanding_;
  Event changed_;
  bool value_known_ = false;
  std::optional<std::string> value_;
  std::optional<std::optional<std::string>> written_;  ///< before the value was known
  bool fired_ = false;
  bool armed_ = false;
  int64_t version_ = 0;
  ReadParameters parameters_;
  std::string tenant_prefix_;
  std::optional<Error> ended_;
};

}  // namespace orrery::fdb
