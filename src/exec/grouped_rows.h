// GroupedRows: the groups of one grouping set with their aggregates.
//
// Past the memory limit no new groups are made: rows of groups that are not there go to files by
// the hash of their key, and are aggregated partition by partition after the first groups have
// been given out. Not thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "exec/aggregate_state.h"
#include "exec/group_table.h"
#include "exec/row_partitions.h"

namespace orrery::exec {

class GroupedRows {
 public:
  /// `columns`: which of the node's groups tell rows apart.
  GroupedRows(const plan::AggregateNode& node, std::vector<uint32_t> columns, Scope& scope);
  void begin_run();
  /// `groups`: the node's groups, evaluated over `in`.
  Status consume(const types::Chunk& in, std::span<const types::Vector* const> groups);
  Status finish_input();
  /// The next groups as rows of the node's output; *out = nullptr at the end. `groups` evaluates
  /// the node's groups over rows that come back from files.
  Status next(EvaluatorList& groups, types::Chunk* chunk, types::Chunk** out);

 private:
  struct Pending {
    std::unique_ptr<RowSpool> rows;
    uint32_t level;
  };
  uint32_t group_count() const { return columns_.empty() ? 1 : table_.size(); }
  Status consume_known(const types::Chunk& in, const types::Selection& sel);
  Status account();
  Status keep_partitions();
  Status read_pending(EvaluatorList& groups);
  void emit(uint32_t n, types::Chunk* chunk);

  const plan::AggregateNode& node_;
  const std::vector<uint32_t> columns_;
  Scope& scope_;
  GroupTable table_;
  AggregateSet states_;
  std::vector<const types::Vector*> keys_;
  std::vector<uint32_t> numbers_;
  uint32_t next_ = 0;
  MemoryBudget::Held held_;
  // Spilling.
  bool full_ = false;  ///< no new groups
  uint32_t level_ = 0;
  RowPartitions partitions_;
  std::vector<Pending> pending_;
  std::vector<uint32_t> known_rows_, known_groups_, other_rows_;
  std::vector<uint64_t> hashes_;
  std::vector<const types::Vector*> input_columns_;
};

}  // namespace orrery::exec
