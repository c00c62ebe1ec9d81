// A test double: a map of keys to texts that stands in for Store wherever tests are about
// durability and not about tables. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/sync.h"
#include "storage/durability/database_folder.h"
#include "storage/durability/recoverable.h"

namespace orrery::storage::testing {

using KvMap = std::map<uint64_t, std::string>;
using KvWrites = std::vector<std::pair<uint64_t, std::string>>;  ///< an empty text erases

inline void apply_writes(const KvWrites& writes, KvMap* map) {
  for (const auto& [key, text] : writes) {
    if (text.empty()) {
      map->erase(key);
    } else {
      (*map)[key] = text;
    }
  }
}

class KvContents final : public Recoverable {
 public:
  /// `rows_per_block` is for checkpoints.
  explicit KvContents(uint32_t rows_per_block = 8) : rows_per_block_(rows_per_block) {}

  Status load_schema(std::string_view bytes) override {
    if (bytes == kSchemaText) return {};
    return Error(ErrorCode::kCorruption, "not a key-value schema");
  }
  Status load_rows(TableId, std::string_view block, uint32_t row_count) override {
    ByteReader in(block);
    for (uint32_t i = 0; i < row_count; ++i) {
      uint64_t key = 0;
      std::string_view text;
      if (!in.read(&key) || !in.read_prefixed(&text)) {
        return Error(ErrorCode::kCorruption, "rows end early");
      }
      map_[key] = text;
    }
    return in.remaining() == 0 ? Status() : Error(ErrorCode::kCorruption, "rows go on");
  }
  Status apply_redo(CommitSeq seq, std::string_view redo) override {
    ByteReader in(redo);
    KvWrites writes;
    while (in.remaining() > 0) {
      uint64_t key = 0;
      std::string_view text;
      if (!in.read(&key) || !in.read_prefixed(&text)) {
        return Error(ErrorCode::kCorruption, "redo ends early");
      }
      writes.emplace_back(key, text);
    }
    apply_writes(writes, &map_);
    last_ = seq;
    return {};
  }
  Status finish_recovery(CommitSeq last) override {
    last_ = last;
    return {};
  }
  void attach_log(CommitLog* log) override { log_ = log; }
  CommitSeq last_commit() const override {
    LockGuard<Mutex> guard(mutex_);
    return last_;
  }
  Result<CommitSeq> write_checkpoint(CheckpointSink& sink,
                                     Status (*rotate)(void* context, CommitSeq seq),
                                     void* context) override {
    KvMap picture;
    CommitSeq seq = 0;
    {
      LockGuard<Mutex> guard(mutex_);
      picture = map_;
      seq = last_;
      ORRERY_TRY(rotate(context, seq));
    }
    ORRERY_TRY(sink.schema(kSchemaText));
    ORRERY_TRY(sink.begin_table(1, picture.size()));
    ByteWriter block;
    uint32_t rows = 0;
    for (const auto& [key, text] : picture) {
      block.write(key);
      block.write_prefixed(text);
      if (++rows == rows_per_block_) {
        ORRERY_TRY(sink.rows(block.buffer(), rows));
        block.clear();
        rows = 0;
      }
    }
    if (rows > 0) ORRERY_TRY(sink.rows(block.buffer(), rows));
    ORRERY_TRY(sink.end_table());
    return seq;
  }

  /// As Store commits: append in order, visible, then durable. `appended` tells on which side of
  /// becoming visible an error happened.
  Status commit(const KvWrites& writes, CommitKind kind = CommitKind::kData,
                bool* appended = nullptr) {
    ByteWriter redo;
    for (const auto& [key, text] : writes) {
      redo.write(key);
      redo.write_prefixed(text);
    }
    CommitSeq seq = 0;
    {
      LockGuard<Mutex> guard(mutex_);
      seq = last_ + 1;
      ORRERY_TRY(log_->append(seq, kind, redo.buffer()));
      last_ = seq;
      apply_writes(writes, &map_);
      if (appended != nullptr) *appended = true;
    }
    return log_->wait_durable(seq);
  }
  KvMap map() const {
    LockGuard<Mutex> guard(mutex_);
    return map_;
  }

 private:
  static constexpr std::string_view kSchemaText = "keys and texts";
  const uint32_t rows_per_block_;
  mutable Mutex mutex_;
  KvMap map_;
  CommitSeq last_ = 0;
  CommitLog* log_ = nullptr;
};

/// A DatabaseFolder with a KvContents.
class KvDatabase {
 public:
  static Result<KvDatabase> open(std::string_view path, const DurabilityOptions& options,
                                 const env::Environment& environment) {
    ORRERY_TRY_ASSIGN(auto folder, DatabaseFolder::open(path, options, environment, [] {
                        return std::unique_ptr<Recoverable>(std::make_unique<KvContents>());
                      }));
    return KvDatabase(std::move(folder));
  }
  DatabaseFolder& folder() { return *folder_; }
  std::shared_ptr<KvContents> kv() {
    return std::static_pointer_cast<KvContents>(folder_->contents());
  }
  KvMap map() { return kv()->map(); }
  Status put(uint64_t key, std::string text) { return kv()->commit({{key, std::move(text)}}); }

 private:
  explicit KvDatabase(std::unique_ptr<DatabaseFolder> folder) : folder_(std::move(folder)) {}
  std::unique_ptr<DatabaseFolder> folder_;
};

}  // namespace orrery::storage::testing
