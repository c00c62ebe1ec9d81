// LogReplay: the reading end of the log. Goes through the segments in order, hands every whole
// commit on, and tells what a crash left half done (cut) from damage (kCorruption).
//
// Nothing on disk changes before repair(). Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "env/environment.h"
#include "storage/durability/buffered_reader.h"
#include "storage/durability/log_format.h"

namespace orrery::storage {

class LogReplay {
 public:
  struct Options {
    std::string folder;
    DatabaseId database;
    uint64_t first_segment = 1;
    CommitSeq after_seq = 0;        ///< commits up to this one are in the checkpoint
    LogPosition known_durable = 0;  ///< the manifest's claim
  };
  using Apply = std::function<Status(CommitSeq seq, std::string_view redo)>;
  using Progress = std::function<void(uint64_t bytes)>;

  LogReplay(env::FileSystem* files, Options options)
      : files_(files), options_(std::move(options)) {}

  /// Sizes of all segments to be read.
  Result<uint64_t> total_bytes();
  Status run(const Apply& apply, const Progress& progress);

  struct End {
    uint64_t segment = 0;
    LogPosition segment_start = 0;
    uint64_t offset = 0;
    CommitSeq last_seq = 0;
  };
  /// Where the log goes on; after run().
  const End& end() const { return end_; }
  /// Of the first segment.
  LogPosition log_start() const { return log_start_; }
  uint64_t commit_count() const { return commit_count_; }
  uint64_t tail_bytes() const { return tail_bytes_; }
  /// Cuts off what run() found half done, and makes the rest durable. Returns files removed.
  Result<uint64_t> repair();

 private:
  struct OpenSegment {
    uint64_t number = 0;
    std::string path;
    std::unique_ptr<env::File> file;
    BufferedReader reader;
    LogPosition start = 0;
    RecordPlace place;
  };
  enum class Step : uint8_t { kRecord, kEnd, kBad };

  Status find_segments();
  Result<OpenSegment> open_segment(uint64_t number);
  /// False where the header is missing or does not continue the log: the log ends before it.
  Result<bool> enter_segment(OpenSegment* segment, bool first);
  Result<Step> read_record(OpenSegment* segment, uint64_t offset, RecordHeader* header,
                           std::string_view* stored);
  Status take_record(const OpenSegment& segment, uint64_t offset, const RecordHeader& header,
                     std::string_view stored, const Apply& apply);
  Status replay_segment(OpenSegment* segment, const Apply& apply, const Progress& progress,
                        bool* ended);
  /// Fails where something says that bytes past the log's end were once on the device.
  Status check_claims(OpenSegment* segment, uint64_t offset);
  Status scan_claims(OpenSegment* segment, uint64_t offset, LogPosition end, uint64_t* budget);
  Error damaged(std::string_view path, uint64_t offset, std::string_view what) const;

  env::FileSystem* files_;
  Options options_;
  std::vector<uint64_t> segments_;
  std::vector<uint64_t> leftovers_;  ///< segments after the log's end
  End end_;
  LogPosition log_start_ = 0;
  uint64_t commit_count_ = 0;
  uint64_t tail_bytes_ = 0;
  uint64_t bytes_before_ = 0;  ///< of segments already read, for progress
  // A commit of several records that is being put together.
  bool joining_ = false;
  CommitSeq joining_seq_ = 0;
  uint64_t joining_offset_ = 0;
  std::string joined_;
  std::string unpacked_;
};

}  // namespace orrery::storage
