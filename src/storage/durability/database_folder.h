// DatabaseFolder: the folder of one database and everything that keeps its contents durable:
// lock, recovery, log, checkpoints, manifest, snapshots. DurableStore is its public face.
//
// Invariants: (1) what MANIFEST names is on the device; (2) files that it does not name are never
// needed; (3) nothing is removed before a manifest without it is on the device. Thread-safe, but
// open, close and destruction.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.h"
#include "env/environment.h"
#include "storage/durability/durable_store.h"
#include "storage/durability/manifest.h"
#include "storage/durability/recoverable.h"
#include "storage/durability/write_ahead_log.h"

namespace orrery::storage {

class DatabaseFolder {
 public:
  using MakeContents = std::function<std::unique_ptr<Recoverable>()>;

  static Result<std::unique_ptr<DatabaseFolder>> open(std::string_view path,
                                                      DurabilityOptions options,
                                                      const env::Environment& environment,
                                                      MakeContents make_contents);
  ~DatabaseFolder();
  DatabaseFolder(const DatabaseFolder&) = delete;
  DatabaseFolder& operator=(const DatabaseFolder&) = delete;

  /// As in DurableStore.
  std::shared_ptr<Recoverable> contents() const;
  const RecoveryReport& recovery() const { return report_; }
  LogStatus log_status() const;
  Status checkpoint();
  Status sync();
  Status run_maintenance();
  void set_checkpoint_interval(uint32_t milliseconds);
  void set_keep_snapshots(uint32_t count) { keep_snapshots_.store(count); }
  Result<std::string> snapshot();
  Result<RestoreReport> restore(std::string_view timestamp);
  Status close();

 private:
  /// Contents with the log that they write to; restore() makes another.
  struct Generation {
    std::unique_ptr<WriteAheadLog> log;
    std::unique_ptr<Recoverable> contents;  ///< destroyed before the log
  };

  DatabaseFolder(std::string_view path, DurabilityOptions options,
                 const env::Environment& environment, MakeContents make_contents);

  // Opening.
  Status lock();
  Status create();
  Status check_empty();
  Status recover();
  Status load_checkpoint(Recoverable& contents, const std::function<void(uint64_t)>& progress);
  Result<std::shared_ptr<Generation>> make_generation(std::unique_ptr<Recoverable> contents,
                                                      const WriteAheadLog::Start& start);
  void set_generation(std::shared_ptr<Generation> generation);
  void start_tasks();
  /// Removes what the manifest does not name. Failures are left for the next time.
  uint64_t remove_leftovers();
  uint64_t remove_leftovers_in(std::string_view folder, std::string_view suffix, uint64_t keep_from,
                               uint64_t keep_to);

  std::shared_ptr<Generation> generation() const;
  Status checkpoint_locked();
  /// Rotates `log` at the checkpoint's point and tells its place after that; null: no log.
  Result<CheckpointSummary> write_checkpoint_file(Recoverable& contents, uint64_t number,
                                                  WriteAheadLog* log, WriteAheadLog::Place* after);
  Status replace_manifest(Manifest next, ManifestFate* fate);
  Status claim_log();
  void checkpoint_if_due();
  uint64_t log_bytes() const;
  uint64_t checkpoint_due_bytes() const;
  void ask_for_checkpoint_later();

  // Snapshots (snapshots.cc).
  Result<std::vector<std::string>> list_snapshots();
  Status write_snapshot(std::string_view folder, int64_t wall_nanos);
  void remove_snapshot(std::string_view name);
  Status replace_contents(std::unique_ptr<Recoverable> contents);
  Status switch_to_checkpoint(std::unique_ptr<Recoverable> contents, uint64_t number,
                              const CheckpointSummary& summary, ManifestFate* fate);

  std::string wal_folder() const { return env::join_path(path_, "wal"); }
  std::string checkpoint_folder() const { return env::join_path(path_, "checkpoints"); }
  std::string snapshot_folder() const { return env::join_path(path_, "snapshots"); }
  std::string checkpoint_path(uint64_t number) const {
    return env::join_path(checkpoint_folder(), checkpoint_file_name(number));
  }

  const std::string path_;
  const DurabilityOptions options_;
  const env::Environment env_;
  const MakeContents make_contents_;
  std::unique_ptr<env::FileLock> lock_;
  RecoveryReport report_;

  mutable Mutex generation_mutex_;  ///< guards generation_ only
  std::shared_ptr<Generation> generation_;

  /// One checkpoint, snapshot or restore at a time; guards what follows.
  mutable Mutex work_mutex_;
  Manifest manifest_;
  uint64_t next_checkpoint_ = 1;
  bool closed_ = false;

  std::atomic<uint32_t> keep_snapshots_;
  std::atomic<LogPosition> log_start_{0};
  std::atomic<uint64_t> checkpoint_bytes_{0};
  std::atomic<uint64_t> checkpoints_{0};
  mutable Mutex error_mutex_;
  std::string checkpoint_error_;

  std::unique_ptr<env::BackgroundTask> sync_task_;
  std::unique_ptr<env::BackgroundTask> checkpoint_task_;
};

}  // namespace orrery::storage
