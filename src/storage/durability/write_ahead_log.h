// WriteAheadLog: the writing end of the log: records into segments, one fsync for all who wait.
//
// append() hands the record to the operating system at once (in sync mode none: when the buffer is
// full), so that a full disk is met before the transaction becomes visible; the failed write is cut
// off again and later appends may succeed. wait_durable() syncs as the mode promises: one caller
// leads, the others wait for it. Where the cut or a sync fails the log is poisoned: everything that
// changes it fails from then on with the same error.
//
// Thread-safe. Appends come in the order of their sequences; rotate() excludes appends by itself.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.h"
#include "env/environment.h"
#include "storage/commit_log.h"
#include "storage/durability/durable_store.h"
#include "storage/durability/log_format.h"
#include "storage/durability/lz4_block.h"

namespace orrery::storage {

class WriteAheadLog final : public CommitLog {
 public:
  /// Where writing starts: an existing segment that recovery has read to its end and synced, or a
  /// new one (offset 0).
  struct Start {
    DatabaseId database;
    uint64_t segment = 1;
    LogPosition segment_start = 0;
    uint64_t offset = 0;      ///< in the segment's file; 0 = it has yet to be made
    LogPosition durable = 0;  ///< what the new segment's header may claim
    CommitSeq last_seq = 0;
  };
  static Result<std::unique_ptr<WriteAheadLog>> open(std::string_view folder, const Start& start,
                                                     const DurabilityOptions& options,
                                                     const env::Environment& environment,
                                                     std::function<void()> on_large,
                                                     std::function<void()> on_unsynced = {});
  ~WriteAheadLog() override;

  Status append(CommitSeq seq, CommitKind kind, std::string_view redo) override;
  Status wait_durable(CommitSeq seq) override;
  CommitSeq durable_seq() const override;
  /// In sync mode full asks `on_unsynced`, once until the next sync begins.
  void sync_soon() override;
  Status health() const override;
  void on_durable(std::function<void()> callback) override;

  /// Writes and syncs everything appended so far, and the header of the segment in use.
  Status sync();
  /// sync(), where something has been appended since the last one and none is under way.
  void sync_if_due();
  /// The pass that `on_unsynced` asked for.
  void sync_pending();
  /// Makes the file of the next segment, so that rotate() has little left to do.
  Status prepare_segment();
  /// Starts a segment for the commits after `base_seq`; all before are in earlier ones. Called
  /// under the store's commit lock.
  Status rotate(CommitSeq base_seq);
  /// Calls on_large once, from within an append, when the log's end reaches `position`.
  void notify_at(LogPosition position);
  /// From now on everything that changes the log fails with `error`; the first one counts.
  void retire(Error error);
  /// Takes retire() back.
  void resume();

  struct Place {
    uint64_t segment = 0;
    LogPosition segment_start = 0;
    LogPosition end = 0;      ///< of everything appended
    LogPosition durable = 0;  ///< of everything known to be on the device
    CommitSeq last_seq = 0;
    CommitSeq durable_seq = 0;
  };
  Place place() const;
  uint64_t sync_count() const { return syncs_.load(std::memory_order_relaxed); }
  uint64_t commit_count() const { return commits_.load(std::memory_order_relaxed); }
  LogPosition end() const { return end_.load(std::memory_order_relaxed); }

 private:
  struct Segment {
    uint64_t number;
    LogPosition start;
    std::string path;
    std::unique_ptr<env::File> file;
    RecordPlace record_place;
    uint64_t written;  ///< the operating system has this many bytes
  };

  WriteAheadLog(std::string_view folder, const DurabilityOptions& options,
                const env::Environment& environment, const DatabaseId& database,
                std::function<void()> on_large, std::function<void()> on_unsynced);

  // All of these with mutex_ held.
  Status append_locked(CommitSeq seq, std::string_view redo);
  void encode_part(CommitSeq seq, std::string_view part, uint8_t flags);
  Status flush();
  Status cut_back(uint64_t written);
  Error poison(Error error);
  Status check_health() const;
  Status activate_next_segment(CommitSeq base_seq);
  Result<std::shared_ptr<Segment>> open_segment_file(uint64_t number) const;
  LogPosition end_locked() const { return active_->start + active_->written + buffer_.size(); }
  template <class Done>
  Status sync_until(UniqueLock<Mutex>& lock, Done done);
  Status lead_sync(UniqueLock<Mutex>& lock);
  void tell_durable();

  const std::string folder_;
  const DurabilityOptions options_;
  const env::Environment env_;
  const DatabaseId database_;
  const std::function<void()> on_large_;
  const std::function<void()> on_unsynced_;

  mutable Mutex mutex_;  ///< guards everything below but the atomics
  ConditionVariable synced_;
  std::shared_ptr<Segment> active_;                 ///< shared with a sync under way
  std::shared_ptr<Segment> prepared_;               ///< the next one's file, empty; may be null
  std::vector<std::shared_ptr<Segment>> unsynced_;  ///< older ones
  std::string buffer_;                              ///< encoded, not yet with the operating system
  std::string packed_;                              ///< room for one payload
  Lz4Encoder encoder_;
  LogPosition durable_ = 0;
  CommitSeq last_seq_ = 0;
  std::unique_ptr<Error> poison_;
  bool retired_ = false;  ///< poison_ is of retire()
  bool syncing_ = false;

  Mutex callback_mutex_;  ///< held during a call; taken without mutex_
  std::function<void()> durable_callback_;
  std::atomic<bool> sync_asked_{false};
  std::atomic<CommitSeq> appended_seq_{0};
  std::atomic<CommitSeq> durable_seq_{0};
  std::atomic<CommitSeq> last_schema_seq_{0};
  std::atomic<LogPosition> end_{0};
  std::atomic<LogPosition> notify_at_{UINT64_MAX};
  std::atomic<uint64_t> syncs_{0};
  std::atomic<uint64_t> commits_{0};
  std::atomic<int64_t> last_sync_nanos_{0};
};

}  // namespace orrery::storage
