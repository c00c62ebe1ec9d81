// Database: a FoundationDB cluster that transactions are made of.
//
//   Result<Database> db = Database::open({});                 // the default cluster file
//   Status done = db->run([](Transaction& tr) -> Status {
//     tr.set("hello", "world");
//     return {};
//   });
//
// Opening never waits for the cluster: while it cannot be reached, operations wait, as long as
// their transaction's timeout lets them. Ownership: copies share one database, which goes with the
// last of them and of its transactions and futures. Errors: those of the cluster file
// (no_cluster_file_found, connection_string_invalid, ...) come from open(). Thread-safety: used
// from any number of threads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "env/environment.h"
#include "fdb/client/transaction.h"
#include "fdb/tls_settings.h"

namespace orrery::fdb {

class Dialer;
class NameLookup;

struct DatabaseSettings {
  /// Empty: as find_cluster_file() says.
  std::string cluster_file;
  /// In place of a file where it is not empty.
  std::string connection_string;
  int api_version = 730;
  /// Each has a thread, connections and caches of its own; threads that use the database are spread
  /// over them.
  int loops = 1;
  TlsSettings tls;
  /// In place of the system's, for tests and for networks with ways of their own.
  std::shared_ptr<Dialer> dialer;
  std::shared_ptr<NameLookup> names;
};

class Database {
 public:
  static Result<Database> open(const DatabaseSettings& settings);

  Transaction transaction() const { return Transaction(state_); }
  /// A transaction on the keys of a tenant. Whether there is one of that name is told by its
  /// operations.
  Transaction tenant_transaction(std::string_view tenant) const {
    return Transaction(state_, std::string(tenant));
  }
  /// Runs `body` and commits, again and again while that fails with what running again may mend.
  /// The body may run more than once, and, after commit_unknown_result, after it took effect. What
  /// the body fails with is handled alike.
  Status run(const std::function<Status(Transaction&)>& body) const;
  Status set_option(DatabaseOption option, std::optional<std::string_view> value = std::nullopt);
  Status set_option(DatabaseOption option, int64_t value);

 private:
  explicit Database(std::shared_ptr<DatabaseState> state) : state_(std::move(state)) {}
  std::shared_ptr<DatabaseState> state_;
};

}  // namespace orrery::fdb
