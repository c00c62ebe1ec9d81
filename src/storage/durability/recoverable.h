// Recoverable: what a DatabaseFolder keeps durable, seen from there. Store is the real one
// (durable_store.cc); the calls and their order are those of storage/store.h.
#pragma once

#include <string_view>

#include "storage/commit_log.h"
#include "storage/durability/checkpoint_file.h"

namespace orrery::storage {

class Recoverable : public CheckpointTarget {
 public:
  // Recovery, on a fresh object: load_schema and load_rows (of CheckpointTarget), then these.
  virtual Status apply_redo(CommitSeq seq, std::string_view redo) = 0;
  virtual Status finish_recovery(CommitSeq last) = 0;

  virtual void attach_log(CommitLog* log) = 0;
  /// Every commit appended to the log before `rotate` is called is part of what is written, none
  /// after.
  virtual Result<CommitSeq> write_checkpoint(CheckpointSink& sink,
                                             Status (*rotate)(void* context, CommitSeq seq),
                                             void* context) = 0;
  virtual CommitSeq last_commit() const = 0;
};

}  // namespace orrery::storage
