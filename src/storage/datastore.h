// The BSATN door to tables: rows and keys go in and out as BSATN, without SQL types between.
//
// A row is the product of its columns, a key the product of an index's columns (for one column, its
// value). Bytes from outside are checked: kDecode where they are malformed. The functions that
// write are operations of a statement of the transaction, like those of Transaction, with the same
// errors.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/table.h"
#include "storage/transaction.h"

namespace orrery::storage {

/// Inserts one row. Columns with a sequence that hold 0 get the next number, automatic ones the
/// next key (kOverflow where their type cannot hold it); `generated`, where not null, gets appended
/// the columns that did, as stored, in column order. An equal row in a table that is a set: its id,
/// and transaction.insert_met_equal().
Result<RowId> insert_bsatn(Transaction& transaction, Table& table, std::string_view row,
                           std::string* generated);

enum class UpdateOutcome : uint8_t { kUpdated, kNoSuchRow };
/// Replaces the row that has the same key in `index`, which must be unique (kInvalidArgument).
/// Numbers are generated as by insert_bsatn().
Result<UpdateOutcome> update_bsatn(Transaction& transaction, Table& table, const Index& index,
                                   std::string_view row, std::string* generated);

/// Deletes every row equal to one of `rows` (a BSATN array of rows). Returns how many.
Result<uint64_t> delete_equal_bsatn(Transaction& transaction, Table& table, std::string_view rows);

/// Deletes every row that the transaction sees. Returns how many. Unlike truncate_table() it is a
/// change of rows, not of the definition.
Result<uint64_t> clear_table(Transaction& transaction, Table& table);

/// The bounds of a range as they come from a module: `prefix` holds values of the first
/// `prefix_columns` columns; `lower` and `upper` are Bound values (u8 0 included, 1 excluded,
/// 2 unbounded, then the value) of the next column. An index of one column that is a product counts
/// as one of that product's fields; there a bound may be a whole value, too.
struct BsatnRange {
  std::string_view prefix;
  uint32_t prefix_columns = 0;
  std::string_view lower;
  std::string_view upper;
};
/// kNotSupported for a hash index, kDecode for malformed bounds.
Result<KeyRange> decode_range(const Table& table, const Index& index, const BsatnRange& range);
/// The range of one full key.
Result<KeyRange> decode_point(const Table& table, const Index& index, std::string_view key);

/// Deletes the rows of a range. Returns how many.
Result<uint64_t> delete_range_bsatn(Transaction& transaction, Table& table, const Index& index,
                                    const KeyRange& range);

/// Under a ReadLatch: the visible row with this BSATN key of a unique index. No allocation for keys
/// of one fixed-width column.
Result<RowRef> find_unique_bsatn(const Table& table, const Index& index, std::string_view key,
                                 const ReadView& view, RowId* id);

/// Writes that row in BSATN, taking the table's latch itself. Its length; 0 where there is no such
/// row. Nothing is written where it is more than fits the buffer.
Result<uint32_t> read_unique_bsatn(const Table& table, const Index& index, std::string_view key,
                                   const ReadView& view, std::span<uint8_t> buffer);

/// Rows that a view sees, as many at a time as fit the caller's buffer. Takes the table's latch
/// itself. Rows that the transaction of the view deletes meanwhile are left out.
class BsatnScan {
 public:
  BsatnScan(const Table& table, const ReadView& view);
  BsatnScan(const Table& table, const Index& index, const ReadView& view, KeyRange range,
            Direction direction = Direction::kForward);
  ~BsatnScan();
  BsatnScan(BsatnScan&&) noexcept;

  enum class State : uint8_t {
    kMore,            ///< the buffer is as full as it gets
    kDone,            ///< these were the last rows
    kBufferTooSmall,  ///< not even the next row fits
  };
  struct Filled {
    State state = State::kDone;
    size_t bytes = 0;
    uint64_t rows = 0;
    size_t needed = 0;  ///< kBufferTooSmall: bytes of the next row
  };
  /// Writes whole rows one behind the other.
  Filled fill(std::span<uint8_t> buffer);

 private:
  static constexpr uint32_t kBatch = 256;
  uint32_t next_batch(RowRef* rows, uint32_t max);
  bool write_pending(std::span<uint8_t> buffer, Filled* out);

  const Table* table_;
  ReadView view_;
  TableCursor scan_;
  std::unique_ptr<IndexCursor> walk_;  ///< of an index
  std::unique_ptr<RowId[]> pending_;   ///< fetched but not written yet
  uint32_t pending_at_ = 0;
  uint32_t pending_end_ = 0;
};

}  // namespace orrery::storage
