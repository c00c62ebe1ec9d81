// Sequence: the state behind a SequenceDef. Shared by the successive definitions of a table that
// keep the sequence as it is.
//
// Numbers are taken from batches of kSequenceBatch. A batch counts from the moment it is reserved,
// whatever becomes of the transaction; the commit of every transaction that wrote to the table puts
// the latest reservation into its redo, unless an earlier one has. So no number of a row in the log
// is given out again after a restart. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/result.h"
#include "storage/latch.h"
#include "storage/schema.h"

namespace orrery::storage {

struct ColumnLayout;

class Sequence {
 public:
  /// Where a batch ends: the first number after a restart.
  struct Reservation {
    uint64_t number = 0;  ///< how many there have been; 0 = none yet
    types::I128 next = 0;
  };

  explicit Sequence(const SequenceDef& def);
  const SequenceDef& def() const { return def_; }
  types::I128 take();
  Reservation reservation() const;
  bool is_logged(const Reservation& r) const { return r.number <= logged_.load(); }
  void note_logged(const Reservation& r);
  /// Recovery: goes on at `r` where it is later than what is known; false where it makes no sense.
  bool restore(const Reservation& r);

 private:
  types::I128 step(types::I128 value) const;
  void reserve();

  const SequenceDef def_;
  mutable SpinLatch latch_;
  // Guarded by latch_.
  types::I128 next_;
  types::I128 reserved_;  ///< next_ must not get here without another reservation
  uint64_t number_ = 0;
  std::atomic<uint64_t> logged_{0};
};

/// kInvalidArgument where the definition makes no sense for the columns.
Status check_sequence(const SequenceDef& def, const std::vector<ColumnDef>& columns);
/// Of an integer cell, NULL too.
bool is_zero(const ColumnLayout& column, const uint8_t* image);
/// True where a sequence with one definition goes on as one with the other: all but the column is the
/// same.
bool same_numbers(const SequenceDef& a, const SequenceDef& b);
/// True where an integer cell that is not NULL lies in [min, max] of the definition.
bool holds_number_of(const SequenceDef& def, const ColumnLayout& column, const uint8_t* image);
/// Stores the value, cut to the cell's width.
void store_number(const ColumnLayout& column, types::I128 value, uint8_t* image);

}  // namespace orrery::storage
