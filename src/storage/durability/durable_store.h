// DurableStore: a Store in a folder of its own: lock, recovery, write-ahead log, checkpoints,
// snapshots. Byte layouts: docs/FORMAT.md.
//
// Errors: kDbLocked where the folder is open already (another process, or this one under another
// name), kCorruption naming file and offset, kDiskFull, kIo. After a failed sync of the log every
// commit fails until the folder is opened again; reads go on. After a full disk commits work again
// as soon as there is space.
//
// Thread-safe, but open, close and destruction. The environment must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/environment.h"
#include "storage/schema.h"

namespace orrery::storage {

class Store;

/// When a commit is on the device: never by itself; at most sync_interval_ms later; before it is
/// acknowledged. In every mode but kNone the operating system has it before it is acknowledged.
enum class SyncMode : uint8_t { kNone = 0, kNormal = 1, kFull = 2 };
enum class Compression : uint8_t { kOff = 0, kLz4 = 1 };
enum class CloseCheckpoint : uint8_t { kSkip = 0, kWrite = 1 };

struct RecoveryProgress {
  uint64_t bytes_done = 0;
  uint64_t bytes_total = 0;
};

struct DurabilityOptions {
  SyncMode sync_mode = SyncMode::kNormal;
  uint32_t sync_interval_ms = 1000;
  uint64_t wal_max_size =
      64 << 20;  ///< a segment's size, and the log size that asks for a checkpoint
  uint32_t wal_buffer_size = 64 << 10;    ///< kNone: bytes that may wait in memory
  uint32_t wal_flush_trigger = 32 << 10;  ///< kNone: bytes at which they are written
  Compression wal_compression = Compression::kLz4;
  Compression volume_compression = Compression::kLz4;
  uint32_t compression_threshold = 64;       ///< smaller payloads are stored as they are
  uint32_t checkpoint_interval_ms = 60'000;  ///< 0: never by time
  CloseCheckpoint checkpoint_on_close = CloseCheckpoint::kWrite;
  uint32_t keep_snapshots = 3;  ///< at least 1
  /// Called by open() only where recovery takes over a second, at most every 100 ms.
  std::function<void(const RecoveryProgress&)> on_progress;
};

/// What open() found.
struct RecoveryReport {
  bool created = false;
  CommitSeq checkpoint_seq = 0;
  CommitSeq last_seq = 0;
  uint64_t commits_replayed = 0;
  uint64_t bytes_read = 0;
  uint64_t tail_bytes_cut = 0;     ///< of writes that a crash had left half done
  uint64_t leftovers_removed = 0;  ///< files
};

struct LogStatus {
  uint64_t log_bytes = 0;         ///< since the last checkpoint
  uint64_t checkpoint_bytes = 0;  ///< of the last checkpoint
  uint64_t syncs = 0;
  uint64_t commits = 0;
  uint64_t checkpoints = 0;
  /// Why the last checkpoint by itself failed; empty where it did not.
  std::string checkpoint_error;
};

struct RestoreReport {
  std::string timestamp;
  uint32_t table_count = 0;
  uint64_t row_count = 0;
};

class DurableStore {
 public:
  /// Opens or makes the database in folder `path`.
  static Result<std::unique_ptr<DurableStore>> open(std::string_view path,
                                                    DurabilityOptions options,
                                                    const env::Environment& environment);
  /// close()s; its error is lost.
  ~DurableStore();
  DurableStore(const DurableStore&) = delete;
  DurableStore& operator=(const DurableStore&) = delete;

  /// The store. restore() puts another in its place; whoever still holds the old one can read it,
  /// its commits fail with kReopenRequired.
  std::shared_ptr<Store> store() const;
  const RecoveryReport& recovery() const;
  LogStatus log_status() const;

  /// Writes everything committed so far into a checkpoint and drops the log before it.
  Status checkpoint();
  /// Makes every acknowledged commit durable, whatever the sync mode.
  Status sync();
  /// Where nothing runs by itself (wasi): does what background tasks would do now.
  Status run_maintenance();

  /// As DurabilityOptions has them, from now on; the count is looked at by the next snapshot().
  void set_checkpoint_interval(uint32_t milliseconds);
  void set_keep_snapshots(uint32_t count);

  /// Writes a backup into snapshots/<timestamp>/ and drops the oldest beyond keep_snapshots.
  Result<std::string> snapshot();
  /// Replaces the database's contents by those of a snapshot ("" = the latest), which is read and
  /// checked as a whole first. kInvalidArgument "No matching snapshots found" where there is none.
  Result<RestoreReport> restore(std::string_view timestamp);

  /// Syncs, checkpoints if asked to, stops the background tasks, frees the lock. Transactions must
  /// be over.
  Status close();

 private:
  struct Impl;
  explicit DurableStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace orrery::storage
