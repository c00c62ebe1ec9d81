// The seam between transactions in memory and what makes them durable.
//
// The store calls append() under its commit lock, in commit order (sequences grow, gaps are fine),
// with the transaction's redo (format: storage/redo.h), before the transaction becomes visible, and
// wait_durable() after releasing that lock, so that many committers share one fsync.
//
// An error of append() leaves no trace: the transaction did not commit and must be rolled back;
// later commits may succeed (a disk that was full for a while). An error of wait_durable() is
// final: nobody knows what is on the device, so the log refuses everything that follows until the
// database is opened again, while reads go on.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "storage/schema.h"

namespace orrery::storage {

/// Commits that change definitions are synced at once even where others may wait.
enum class CommitKind : uint8_t { kData, kSchema };

class CommitLog {
 public:
  virtual ~CommitLog() = default;
  virtual Status append(CommitSeq seq, CommitKind kind, std::string_view redo) = 0;
  /// Returns when everything up to `seq` is as durable as the sync mode promises.
  virtual Status wait_durable(CommitSeq seq) = 0;

  // For commits that do not wait:
  /// Everything up to this sequence is as durable as the sync mode promises.
  virtual CommitSeq durable_seq() const = 0;
  /// Asks for a sync of everything appended so far, beside the caller; does not wait. Where nothing
  /// runs beside the caller: does nothing, wait_durable() is then what syncs.
  virtual void sync_soon() = 0;
  /// The error that the log refuses everything with.
  virtual Status health() const = 0;
  /// See Store::on_durable().
  virtual void on_durable(std::function<void()> callback) = 0;
};

/// Receives a consistent picture of the store as of one commit sequence; see
/// Store::write_checkpoint.
class CheckpointSink {
 public:
  virtual ~CheckpointSink() = default;
  /// Definitions, sequences, views; opaque bytes for Store::load_schema.
  virtual Status schema(std::string_view bytes) = 0;
  virtual Status begin_table(TableId table, uint64_t row_count_estimate) = 0;
  /// A run of rows: for each u64 row id, u32 length, BSATN row.
  virtual Status rows(std::string_view block, uint32_t row_count) = 0;
  virtual Status end_table() = 0;
};

}  // namespace orrery::storage
