// Host: all databases of a server, and the control database that knows their names, owners and
// programs.
//
// The control database is a database of the engine like any other, in <data>/control; each hosted
// database has <data>/databases/<identity>. open() opens every database that was there; one that
// does not come up (its files are damaged, its program does not load) keeps its record and answers
// kReopenRequired with the reason. Thread-safe; publishing, deleting, resetting and
// renaming wait for each other and for the device. find(), database() and databases() wait for
// neither, so threads that must not block may call them.
//
// Errors: kTableNotFound where there is no such database, kReadOnly where the caller is not its
// owner, kInvalidArgument for refused programs, names and migrations (with all reasons), kDbLocked
// where the database is locked against it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sync.h"
#include "host/host_options.h"
#include "host/hosted_database.h"

namespace orrery::host {

/// Locked: neither deleted nor reset.
enum class DatabaseLock : uint8_t { kUnlocked, kLocked };

struct DatabaseRecord {
  types::Identity identity;
  types::Identity owner;
  types::Digest initial_program;
  std::vector<std::string> names;
  bool locked = false;
};

struct PublishRequest {
  /// Name or hex identity; empty: a new database without a name.
  std::string name_or_identity;
  std::string program;
  types::Identity owner;
  enum class Data : uint8_t { kKeep, kClear } data = Data::kKeep;
  ClientBreak clients = ClientBreak::kRefuse;
  /// The program that is to be replaced, where the publisher agreed to that change alone; any other
  /// is left as it is (kInvalidArgument).
  std::optional<types::Digest> replaces;
  EnvironmentUpdate environment = {};
};
struct PublishReport {
  types::Identity identity;
  std::optional<std::string> name;
  bool created = false;
  bool changed = false;
  bool clients_disconnected = false;
  storage::CommitSeq seq = 0;
};

/// Lowercase letters and digits in segments joined by single hyphens, not the text of an identity.
Status check_database_name(std::string_view name);

class Host {
 public:
  static Result<std::unique_ptr<Host>> open(HostOptions options);
  virtual ~Host() = default;

  virtual const HostOptions& options() const = 0;

  /// By name or hex identity.
  virtual Result<DatabaseRecord> find(std::string_view name_or_identity) = 0;
  virtual Result<std::shared_ptr<HostedDatabase>> database(std::string_view name_or_identity) = 0;
  virtual std::vector<DatabaseRecord> databases() = 0;
  virtual std::vector<types::Identity> databases_of(const types::Identity& owner) = 0;

  /// Creates the database, or updates (or clears and initialises again) the one that is there.
  virtual Result<PublishReport> publish(PublishRequest request) = 0;
  virtual Result<UpdatePlan> plan_publish(std::string_view name_or_identity,
                                          std::string_view program, PlanStyle style) = 0;
  /// Fine where there is none.
  virtual Status remove(std::string_view name_or_identity, const types::Identity& caller) = 0;
  virtual Status reset(std::string_view name_or_identity, std::string program,
                       const types::Identity& caller, EnvironmentUpdate environment = {}) = 0;
  /// kUnique where another database has the name.
  virtual Status add_name(const types::Identity& database, std::string_view name,
                          const types::Identity& caller) = 0;
  virtual Status set_names(const types::Identity& database, const std::vector<std::string>& names,
                           const types::Identity& caller) = 0;
  virtual Status set_lock(std::string_view name_or_identity, DatabaseLock lock,
                          const types::Identity& caller) = 0;

  /// Told of databases that come up and go down (deleted, or the host stops), in any thread.
  virtual void on_opened(std::function<void(const std::shared_ptr<HostedDatabase>&)> told) = 0;
  virtual void on_closing(std::function<void(const std::shared_ptr<HostedDatabase>&)> told) = 0;

  /// Stops all databases. Blocks.
  virtual void stop() = 0;
};

}  // namespace orrery::host
