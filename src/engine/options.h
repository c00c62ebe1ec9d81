// DatabaseOptions: how a database is opened. parse_dsn() reads them from a data source name.
//
// A DSN is scheme://path[?key=value&key=value] with the schemes memory and file. Keys and words are
// case-insensitive; unknown keys are ignored, and so is an unknown word of sync_mode (normal is
// taken). Numbers that cannot be read are kInvalidArgument, everything else that is wrong is
// kParse.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/durability/durable_store.h"

namespace orrery::engine {

enum class StorageKind : uint8_t { kMemory, kFile };

/// What PRAGMA can read, and in part change while the database is open. docs/SETTINGS.md says what
/// each does.
struct Settings {
  int64_t checkpoint_interval_seconds = 60;  ///< 0..kCheckpointIntervalMax
  int64_t compact_threshold = 4;             ///< without effect before there are cold volumes
  int64_t keep_snapshots = 3;                ///< 1..kKeepSnapshotsMax
  int64_t target_volume_rows = 1'048'576;    ///< without effect before there are cold volumes
  int64_t wal_flush_trigger = 32'768;
  int64_t commit_batch_size = 100;
  int64_t cleanup_interval_seconds = 60;
  int64_t deleted_row_retention_seconds = 300;
  int64_t transaction_retention_seconds = 3600;
  bool cleanup = true;
};

inline constexpr int64_t kTargetVolumeRowsMin = 65'536;
inline constexpr int64_t kCheckpointIntervalMax = UINT32_MAX / 1000;
inline constexpr int64_t kKeepSnapshotsMax = UINT32_MAX;

struct DatabaseOptions {
  StorageKind kind = StorageKind::kMemory;
  std::string path;  ///< folder of a file database; name of a memory database, empty = unnamed
  storage::DurabilityOptions durability;
  Settings settings;
  /// Of the hash tables and sorts of one statement; past it they spill. 0 = no limit.
  uint64_t memory_limit_bytes = 0;
  /// Where statements spill; empty = a folder inside a file database, nowhere for one in memory.
  std::string spill_directory;
  uint32_t vector_size = 0;  ///< rows per chunk, for tests; 0 = the usual
};

Result<DatabaseOptions> parse_dsn(std::string_view dsn);

}  // namespace orrery::engine
