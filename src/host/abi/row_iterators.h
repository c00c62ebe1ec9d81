// RowIterators: the scans that a module has open.
//
// A scan shows its table as it was when it was opened, whatever the module writes meanwhile. It
// reads straight from the table into the module's memory as long as nothing is written; before the
// first write its remaining rows are copied here. Numbers are slot + 1 and are used again. One
// thread; the scans must not outlive the transaction that they read in.
#pragma once

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
  uint32_t open_count() const { return open_; }

 private:
  struct Iterator {
    bool open = false;
    const storage::Table* table = nullptr;
    std::optional<storage::BsatnScan> scan;  ///< reads on; else the rows are here:
    std::string rows;
    std::vector<size_t> chunk_ends;  ///< chunks hold whole rows; parallel to `rows`
    size_t chunk = 0;
  };

  uint32_t take_slot();
  void release(Iterator& iterator);
  void copy_scans(const storage::Table& table);
  static void copy_rest(Iterator& iterator);
  int32_t advance_copied(Iterator& iterator, std::span<uint8_t> out, uint32_t* size);
  int32_t advance_scan(Iterator& iterator, std::span<uint8_t> out, uint32_t* size);

  std::vector<Iterator> slots_;
  std::vector<uint32_t> free_;
  uint32_t open_ = 0;
  uint32_t live_scans_ = 0;
};

}  // namespace orrery::host
