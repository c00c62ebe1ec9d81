#include "engine/database.h"

#include <utility>

#include "exec/spill.h"
#include "types/vector.h"

namespace orrery::engine {
namespace {

/// A store is cleaned in the background from so many commits on, so that databases that are opened
/// for a few statements pay for no thread; without threads it is cleaned each time so many passed.
constexpr uint64_t kCommitsPerCleanup = 8192;

}  // namespace

Database::Database(const DatabaseOptions& options, const env::Environment& environment)
    : options_(options), environment_(environment), settings_(options.settings) {
  if (options.vector_size != 0) exec_options_.vector_size = options.vector_size;
  exec_options_.memory_limit_bytes = options.memory_limit_bytes;
  exec_options_.spill_directory = options.spill_directory;
  if (exec_options_.spill_directory.empty() && options.kind == StorageKind::kFile) {
    exec_options_.spill_directory = env::join_path(options.path, "spill");
  }
}

Result<std::shared_ptr<Database>> Database::open(const DatabaseOptions& options,
                                                 const env::Environment& environment) {
  std::shared_ptr<Database> database(new Database(options, environment));
  if (options.kind == StorageKind::kFile) {
    ORRERY_TRY(database->open_files());
  } else {
    database->memory_ = std::make_shared<storage::Store>();
  }
  return database;
}

Status Database::open_files() {
  ORRERY_TRY_ASSIGN(durable_,
                    storage::DurableStore::open(options_.path, options_.durability, environment_));
  remove_old_spill_files();
  return {};
}

/// What a process left behind that was killed in the middle of a statement. Only in the database's
/// own folder: it is locked, so nobody else can be using them. A failure costs space, no more.
void Database::remove_old_spill_files() {
  if (!options_.spill_directory.empty()) return;
  env::FileSystem& files = *environment_.files;
  const std::string& folder = exec_options_.spill_directory;
  if (!files.exists(folder)) return;
  auto entries = files.list_dir(folder);
  if (!entries) return;
  for (const env::DirEntry& entry : *entries) {
    if (entry.name.starts_with(exec::kSpillPrefix)) {
      (void)files.remove(env::join_path(folder, entry.name));
    }
  }
}

Database::~Database() {
  cleanup_.reset();
  durable_.reset();
  memory_.reset();
  if (on_closed_) on_closed_();
}

std::shared_ptr<storage::Store> Database::store() const {
  if (memory_ != nullptr) return memory_;
  return durable_->store();
}

Settings Database::settings() const {
  LockGuard<Mutex> lock(mutex_);
  return settings_;
}

void Database::change_settings(const std::function<void(Settings&)>& change) {
  LockGuard<Mutex> lock(mutex_);
  const Settings before = settings_;
  change(settings_);
  if (durable_ == nullptr) return;
  if (settings_.checkpoint_interval_seconds != before.checkpoint_interval_seconds) {
    durable_->set_checkpoint_interval(
        static_cast<uint32_t>(settings_.checkpoint_interval_seconds * 1000));
  }
  if (settings_.keep_snapshots != before.keep_snapshots) {
    durable_->set_keep_snapshots(static_cast<uint32_t>(settings_.keep_snapshots));
  }
}

Status Database::checkpoint() {
  return durable_ == nullptr ? Status() : durable_->checkpoint();
}

Status Database::snapshot() {
  if (durable_ == nullptr) return {};
  ORRERY_TRY_ASSIGN([[maybe_unused]] std::string timestamp, durable_->snapshot());
  return {};
}

Result<storage::RestoreReport> Database::restore(std::string_view timestamp) {
  if (durable_ == nullptr) {
    return Error(ErrorCode::kInvalidArgument, "PRAGMA RESTORE requires a persistent database");
  }
  ORRERY_TRY_ASSIGN(storage::RestoreReport report, durable_->restore(timestamp));
  store_epoch_.fetch_add(1, std::memory_order_release);  // pairs with store_epoch()
  return report;
}

storage::VacuumResult Database::vacuum() {
  return store()->vacuum();
}

void Database::after_commit(uint64_t commits) {
  const uint64_t before = commits_.fetch_add(commits, std::memory_order_relaxed);
  const bool due = before / kCommitsPerCleanup != (before + commits) / kCommitsPerCleanup;
  if (due && options_.settings.cleanup) start_cleanup();
}

void Database::start_cleanup() {
  if (!environment_.executor->runs_by_itself()) {
    store()->vacuum();
    if (durable_ != nullptr) {
      // What goes wrong here shows at the next commit or checkpoint that somebody waits for.
      Status ignored = durable_->run_maintenance();
      (void)ignored;
    }
    return;
  }
  LockGuard<Mutex> lock(mutex_);
  if (cleanup_ != nullptr) {
    cleanup_->trigger();
    return;
  }
  cleanup_ = environment_.executor->start(settings_.cleanup_interval_seconds * env::kNanosPerSecond,
                                          [this] { store()->vacuum(); });
}

std::shared_ptr<const OpenStore> hold_store(std::shared_ptr<Database> database) {
  auto open = std::make_shared<OpenStore>();
  open->epoch = database->store_epoch();
  open->store = database->store();
  open->database = std::move(database);
  return open;
}

}  // namespace orrery::engine
