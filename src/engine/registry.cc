#include "engine/registry.h"

#include <map>
#include <string>
#include <utility>

#include "base/sync.h"

namespace orrery::engine {
namespace {

/// One DSN, from before its database is opened until that has been closed down to the last file.
struct Entry {
  bool opening = true;
  std::weak_ptr<Database> database;
  std::weak_ptr<Session> session;
};

/// The mutex is held for looking only: opening one database may take long (recovery) and must not
/// keep others waiting.
struct Registry {
  Mutex mutex;
  ConditionVariable changed;
  std::map<std::string, Entry, std::less<>> entries;
};

/// Never destroyed: databases may be closed by destructors that run at the end of the process.
Registry& registry() {
  static Registry* instance = new Registry;
  return *instance;
}

void forget(const std::string& dsn) {
  Registry& all = registry();
  {
    LockGuard<Mutex> lock(all.mutex);
    all.entries.erase(dsn);
  }
  all.changed.notify_all();
}

/// Without the mutex; the entry says that this is going on, so nobody else touches it.
Result<std::shared_ptr<Session>> open_new(const std::string& dsn, const DatabaseOptions& options,
                                          const env::Environment& environment) {
  Result<std::shared_ptr<Database>> database = Database::open(options, environment);
  if (!database) {
    forget(dsn);
    return std::move(database).error();
  }
  (*database)->on_closed([dsn] { forget(dsn); });
  auto session = std::make_shared<Session>(*database);
  Registry& all = registry();
  {
    LockGuard<Mutex> lock(all.mutex);
    all.entries[dsn] = {.opening = false, .database = *database, .session = session};
  }
  all.changed.notify_all();
  return session;
}

Result<std::shared_ptr<Session>> open_shared(const std::string& dsn, const DatabaseOptions& options,
                                             const env::Environment& environment) {
  Registry& all = registry();
  UniqueLock<Mutex> lock(all.mutex);
  for (;;) {
    auto [entry, is_new] = all.entries.try_emplace(dsn);
    if (is_new) {
      lock.unlock();
      return open_new(dsn, options, environment);
    }
    if (std::shared_ptr<Session> session = entry->second.session.lock()) return session;
    if (std::shared_ptr<Database> database = entry->second.database.lock()) {
      // Clones or statements keep the database open after the handles of this text are gone.
      auto session = std::make_shared<Session>(std::move(database));
      entry->second.session = session;
      return session;
    }
    if (!kHasThreads) return Error(ErrorCode::kDbLocked, "database is being closed");
    all.changed.wait(lock);
  }
}

}  // namespace

Result<std::shared_ptr<Session>> open_session(std::string_view dsn,
                                              const env::Environment& environment,
                                              RecoveryListener on_recovery) {
  ORRERY_TRY_ASSIGN(DatabaseOptions options, parse_dsn(dsn));
  options.durability.on_progress = std::move(on_recovery);
  if (options.kind == StorageKind::kMemory && options.path.empty()) {
    ORRERY_TRY_ASSIGN(std::shared_ptr<Database> database, Database::open(options, environment));
    return std::make_shared<Session>(std::move(database));
  }
  return open_shared(std::string(dsn), options, environment);
}

Result<std::shared_ptr<Session>> open_memory_session(const env::Environment& environment) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<Database> database,
                    Database::open(DatabaseOptions(), environment));
  return std::make_shared<Session>(std::move(database));
}

size_t registered_database_count() {
  Registry& all = registry();
  LockGuard<Mutex> lock(all.mutex);
  return all.entries.size();
}

}  // namespace orrery::engine
