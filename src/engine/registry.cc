#include "engine/registry.h"

#include <map>
#include <string>
#include <utility>

#include "base/sync.h"

namespace orrery::engine {
namespace {

/// One DSN. It stays in the map until its database has been closed down to the last file.
struct Entry {
  std::weak_ptr<Database> database;
  std::weak_ptr<Session> session;
};

struct Registry {
  Mutex mutex;
#if !defined(__wasi__)
  ConditionVariable closed;
#endif
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
#if !defined(__wasi__)
  all.closed.notify_all();
#endif
}

/// With the registry's mutex held.
Result<std::shared_ptr<Session>> open_new(std::string_view dsn, const DatabaseOptions& options,
                                          const env::Environment& environment) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<Database> database, Database::open(options, environment));
  auto session = std::make_shared<Session>(database);
  Entry& entry = registry().entries[std::string(dsn)];
  entry.database = database;
  entry.session = session;
  database->on_closed([name = std::string(dsn)] { forget(name); });
  return session;
}

Result<std::shared_ptr<Session>> open_shared(std::string_view dsn, const DatabaseOptions& options,
                                             const env::Environment& environment) {
  Registry& all = registry();
#if defined(__wasi__)
  LockGuard<Mutex> lock(all.mutex);
#else
  std::unique_lock<Mutex> lock(all.mutex);
#endif
  for (;;) {
    auto found = all.entries.find(dsn);
    if (found == all.entries.end()) return open_new(dsn, options, environment);
    if (std::shared_ptr<Session> session = found->second.session.lock()) return session;
    if (std::shared_ptr<Database> database = found->second.database.lock()) {
      // Clones or statements keep the database open after the handles of this text are gone.
      auto session = std::make_shared<Session>(std::move(database));
      found->second.session = session;
      return session;
    }
#if defined(__wasi__)
    return Error(ErrorCode::kDbLocked, "database is being closed");
#else
    all.closed.wait(lock);
#endif
  }
}

}  // namespace

Result<std::shared_ptr<Session>> open_session(std::string_view dsn,
                                              const env::Environment& environment) {
  ORRERY_TRY_ASSIGN(DatabaseOptions options, parse_dsn(dsn));
  if (options.kind == StorageKind::kMemory && options.path.empty()) {
    ORRERY_TRY_ASSIGN(std::shared_ptr<Database> database, Database::open(options, environment));
    return std::make_shared<Session>(std::move(database));
  }
  return open_shared(dsn, options, environment);
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
