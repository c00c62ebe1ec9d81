// SpilledJoin: the two sides of a hash join in files, split by the hash of their keys; and the
// output, put back in the order of the left rows. Not thread-safe.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "exec/row_partitions.h"
#include "exec/run_state.h"
#include "exec/spilling_sorter.h"

namespace orrery::exec {

class SpilledJoin {
 public:
  /// Rows of both sides that can meet. Either side may be nullptr: no rows.
  struct Part {
    std::unique_ptr<RowSpool> right;
    std::unique_ptr<RowSpool> left;
    uint32_t level = 0;
  };

  /// Types of the rows of either side as they are kept, and of the join's output.
  SpilledJoin(RunState& run, std::vector<types::TypeId> left, std::vector<types::TypeId> right,
              std::vector<types::TypeId> output);

  /// Begins to split at `level`.
  void begin(uint32_t level);
  Status add_right(std::span<const types::Vector* const> columns, const types::Selection& sel,
                   const uint64_t* hashes) {
    return right_.append(columns, sel, hashes);
  }
  /// Gives each row its number in the left order, as one more column.
  Status add_left(const types::Chunk& in, const uint64_t* hashes);
  /// The same for rows that have their number.
  Status add_numbered_left(const types::Chunk& in, const uint64_t* hashes);
  /// After both sides of a level.
  Status end_level();
  bool next_part(Part* part);

  /// Output of a chunk of a part's left rows; left_rows[i] is the chunk's row for the i-th row.
  Status add_output(const types::Chunk& out, const types::Chunk& left,
                    std::span<const uint32_t> left_rows);
  /// Output without a left row; comes last.
  Status add_last(const types::Chunk& out);
  Status end_output() { return output_.finish(); }
  /// nullptr at the end.
  Status next_output(types::Chunk** out) {
    return output_.next(run_.vector_size, output_columns_, &chunk_, out);
  }

 private:
  RunState& run_;
  const size_t left_columns_;
  const size_t output_columns_;
  std::vector<types::TypeId> left_types_;  ///< with the number
  std::vector<types::TypeId> right_types_;
  RowPartitions right_, left_;
  std::vector<Part> parts_;
  uint32_t level_ = 0;
  int64_t left_rows_ = 0;
  SpillingSorter output_;
  types::Vector numbers_;
  std::vector<const types::Vector*> columns_;
  types::Chunk chunk_;
};

}  // namespace orrery::exec
