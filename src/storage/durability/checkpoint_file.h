// A checkpoint: all tables as of one commit in one file. Layout: docs/FORMAT.md.
//
// CheckpointWriter writes what Store::write_checkpoint hands it; read_checkpoint checks a file
// block by block and hands it back. Neither is thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "env/environment.h"
#include "storage/commit_log.h"
#include "storage/durability/durable_store.h"
#include "storage/durability/log_format.h"
#include "storage/durability/lz4_block.h"

namespace orrery::storage {

struct CheckpointSummary {
  uint64_t size = 0;
  uint32_t digest = 0;
  CommitSeq seq = 0;
  uint64_t table_count = 0;
  uint64_t row_count = 0;
};

class CheckpointWriter final : public CheckpointSink {
 public:
  struct Options {
    DatabaseId database;
    uint64_t number = 0;
    int64_t wall_nanos = 0;
    Compression compression = Compression::kLz4;
    uint32_t compression_threshold = 64;
  };
  /// Makes or empties `path`.
  static Result<std::unique_ptr<CheckpointWriter>> create(env::FileSystem& files,
                                                          std::string_view path,
                                                          const Options& options);
  Status schema(std::string_view bytes) override;
  Status begin_table(TableId table, uint64_t row_count_estimate) override;
  Status rows(std::string_view block, uint32_t row_count) override;
  Status end_table() override;
  /// Writes the end, syncs, closes.
  Result<CheckpointSummary> finish(CommitSeq seq);

 private:
  CheckpointWriter(std::unique_ptr<env::File> file, std::string path, const Options& options);
  Status put(uint8_t kind, uint32_t row_count, std::string_view payload);
  Status flush();

  std::unique_ptr<env::File> file_;
  const std::string path_;
  const Options options_;
  const RecordPlace place_;
  Lz4Encoder encoder_;
  std::string packed_;
  std::string buffer_;
  uint64_t flushed_ = 0;
  uint64_t block_count_ = 0;
  CheckpointSummary summary_;
  TableId table_ = 0;
  uint64_t table_rows_ = 0;
  bool has_schema_ = false;
  bool in_table_ = false;
};

/// Where the parts of a checkpoint go, in the order of the file.
class CheckpointTarget {
 public:
  virtual ~CheckpointTarget() = default;
  virtual Status load_schema(std::string_view bytes) = 0;
  virtual Status load_rows(TableId table, std::string_view block, uint32_t row_count) = 0;
};

/// Fails with kCorruption naming file and offset; what was loaded until then is to be dropped.
/// `progress` may be empty.
Result<CheckpointSummary> read_checkpoint(env::FileSystem& files, std::string_view path,
                                          const DatabaseId& database, uint64_t number,
                                          CheckpointTarget& target,
                                          const std::function<void(uint64_t bytes)>& progress);

}  // namespace orrery::storage
