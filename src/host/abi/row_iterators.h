// RowIterators: the scans that a module has open.
//
// A scan shows its table as it was when it was opened, whatever the module writes meanwhile. It
// reads straight from the table into the module's memory as long as nothing is written; before the
// first write its remaining rows are copied here. A row found by its key has a place of its own.
// Numbers are used again. One thread; the scans must not outlive the transaction that they read in.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/abi/errno.h"
#include "storage/datastore.h"

namespace orrery::host {

class RowIterators {
 public:
  /// That may be open at a time: what they hold is the host's memory, not the module's.
  static constexpr size_t kOpenMax = 1 << 14;

  // The number of a new iterator; 0 where kOpenMax are open.
  /// Over the scan's rows.
  uint32_t open(const storage::Table& table, storage::BsatnScan scan);
  /// Over all rows of a table.
  uint32_t open_table(const storage::Table& table, const storage::ReadView& view);
  /// Where a row that is not long is to be written for open_one(); empty where too many such rows
  /// are open.
  std::span<uint8_t> place_for_one() {
    const uint32_t place = first_free_one();
    return place < kOneRows ? std::span<uint8_t>(one_rows_[place].bytes) : std::span<uint8_t>();
  }
  /// Over the row of so many bytes that was written to place_for_one(), or over none (0).
  uint32_t open_one(uint32_t bytes) {
    const uint32_t place = first_free_one();
    one_rows_[place].size = bytes;
    one_rows_open_ |= 1u << place;
    return place + 1;
  }
  /// Over a copy of one row, or over none where `image` is null. Under the table's latch.
  uint32_t open_row(const storage::Table& table, storage::RowRef image);
  /// Whole rows into `out`: kExhausted with the last ones, 0 while there are more, or an errno.
  /// `size`: bytes written, or needed where errno kBufferTooSmall.
  int32_t advance(uint32_t number, std::span<uint8_t> out, uint32_t* size);
  Errno close(uint32_t number);
  /// Copies what the open scans of a table have not given out yet; the table is about to change.
  void before_write(const storage::Table& table) {
    if (live_scans_ != 0) copy_scans(table);
  }
  void close_all();
  bool any_open() const { return open_ != 0 || one_rows_open_ != 0; }

 private:
  struct Iterator {
    bool open = false;
    const storage::Table* table = nullptr;
    std::optional<storage::BsatnScan> scan;  ///< reads on; else the rows are here:
    std::string rows;
    std::vector<size_t> chunk_ends;  ///< chunks hold whole rows; parallel to `rows`
    size_t chunk = 0;
  };

  /// At most one row, which is not long.
  struct OneRow {
    static constexpr uint32_t kBytesMax = 252;
    uint32_t size = 0;
    uint8_t bytes[kBytesMax];
  };
  static constexpr uint32_t kOneRows = 8;  ///< their numbers are the first ones

  uint32_t first_free_one() const {
    return static_cast<uint32_t>(std::countr_one(one_rows_open_));
  }
  /// Null where it is not open.
  Iterator* find(uint32_t number) {
    const uint32_t slot = number - kOneRows - 1;
    return number > kOneRows && slot < slots_.size() && slots_[slot].open ? &slots_[slot] : nullptr;
  }
  Iterator& at(uint32_t number) { return slots_[number - kOneRows - 1]; }
  int32_t advance_one(uint32_t place, std::span<uint8_t> out, uint32_t* size);
  uint32_t take_slot();
  void release(Iterator& iterator);
  void copy_scans(const storage::Table& table);
  static void copy_rest(Iterator& iterator);
  int32_t advance_copied(Iterator& iterator, std::span<uint8_t> out, uint32_t* size);
  int32_t advance_scan(Iterator& iterator, std::span<uint8_t> out, uint32_t* size);

  std::vector<Iterator> slots_;
  std::vector<uint32_t> free_;
  uint32_t open_ = 0;  ///< of slots_
  uint32_t live_scans_ = 0;
  uint32_t one_rows_open_ = 0;  ///< a bit for each
  OneRow one_rows_[kOneRows];
};

}  // namespace orrery::host
