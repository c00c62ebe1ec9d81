// ControlDatabase: what a host knows of its databases beside what they hold themselves: owners,
// names, locks. An engine database in <data>/control, or in memory; every change is durable when it
// returns, and blocks until then. Reads are answered from memory and wait for no change, so that
// threads that must not block may ask. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sync.h"
#include "engine/session.h"
#include "host/host.h"
#include "host/host_options.h"

namespace orrery::host {

class ControlDatabase {
 public:
  static Result<std::unique_ptr<ControlDatabase>> open(const HostOptions& options);

  /// In order of identity.
  std::vector<DatabaseRecord> all() const;
  std::optional<DatabaseRecord> find(const types::Identity& identity) const;
  std::optional<DatabaseRecord> find_name(std::string_view name) const;
  /// With its names. kUnique where a name is taken.
  Status add(const DatabaseRecord& record);
  /// With all its names.
  Status remove(const types::Identity& identity);
  /// kUnique where another database has one of them.
  Status set_names(const types::Identity& identity, const std::vector<std::string>& names);
  Status set_lock(const types::Identity& identity, DatabaseLock lock);

 private:
  explicit ControlDatabase(std::shared_ptr<engine::Session> session)
      : session_(std::move(session)) {}
  /// Runs `body` as one transaction.
  template <class Body>
  Status in_transaction(Body&& body);
  Result<std::vector<std::vector<std::string>>> rows(std::string_view sql,
                                                     std::vector<std::string> parameters);
  Status run(std::string_view sql, std::vector<std::string> parameters);
  Status add_names(const types::Identity& identity, const std::vector<std::string>& names);
  Result<DatabaseRecord> record_of(const std::vector<std::string>& row);
  Status load();
  void forget_names(const DatabaseRecord& record);

  Mutex change_mutex_;  ///< held while something is written
  const std::shared_ptr<engine::Session> session_;
  mutable Mutex mutex_;
  std::map<types::Identity, DatabaseRecord> records_;
  std::map<std::string, types::Identity, std::less<>> names_;
};

}  // namespace orrery::host
