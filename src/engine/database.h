// Database: one open database, in memory or in a folder; shared by the sessions on it.
//
// Lives as long as any session, statement, transaction or row set holds it; destroying it closes it
// cleanly. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sync.h"
#include "engine/options.h"
#include "env/environment.h"
#include "exec/execution.h"
#include "storage/store.h"

namespace orrery::engine {

class Database {
 public:
  static Result<std::shared_ptr<Database>> open(const DatabaseOptions& options,
                                                const env::Environment& environment);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Called at the very end of the destructor.
  void on_closed(std::function<void()> callback) { on_closed_ = std::move(callback); }

  StorageKind kind() const { return options_.kind; }
  const DatabaseOptions& options() const { return options_; }
  env::Environment& environment() { return environment_; }
  const exec::ExecOptions& exec_options() const { return exec_options_; }

  std::shared_ptr<storage::Store> store() const;
  /// Changes whenever store() gives another store than before (PRAGMA restore).
  uint64_t store_epoch() const { return store_epoch_.load(std::memory_order_acquire); }

  Settings settings() const;
  /// Values must be within the bounds that Settings has.
  void change_settings(const std::function<void(Settings&)>& change);

  /// Memory databases answer success and do nothing.
  Status checkpoint();
  Status snapshot();
  /// kInvalidArgument on memory databases. `timestamp` empty = the latest.
  Result<storage::RestoreReport> restore(std::string_view timestamp);
  storage::VacuumResult vacuum();
  /// To be called after every commit that wrote: reclaims old versions now and then. Who commits
  /// very often may tell of some of them together.
  void after_commit(uint64_t commits = 1);

 private:
  Database(const DatabaseOptions& options, const env::Environment& environment);
  Status open_files();
  void remove_old_spill_files();
  void start_cleanup();

  DatabaseOptions options_;
  env::Environment environment_;
  exec::ExecOptions exec_options_;
  std::function<void()> on_closed_;

  mutable Mutex mutex_;
  Settings settings_;
  std::unique_ptr<storage::DurableStore> durable_;  ///< of file databases
  std::shared_ptr<storage::Store> memory_;          ///< of memory databases
  std::atomic<uint64_t> store_epoch_{1};
  std::atomic<uint64_t> commits_{0};
  std::unique_ptr<env::BackgroundTask> cleanup_;
};

/// What a session, a transaction or a row set holds on to: the database, and the store that it was
/// using when it began.
struct OpenStore {
  std::shared_ptr<Database> database;
  std::shared_ptr<storage::Store> store;
  uint64_t epoch = 0;
};
std::shared_ptr<const OpenStore> hold_store(std::shared_ptr<Database> database);

}  // namespace orrery::engine
