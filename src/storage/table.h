// Table: versioned rows of one layout, and its indexes. Read interface; writes go through
// Transaction.
//
// Reading is done in batches under the table's latch: take a ReadLatch, step a cursor to get up to
// N visible row images (RowRef), gather the columns wanted, release the latch, then compute. A
// RowRef is good only under the latch; gathered strings borrow table memory and are good as long as
// the ReadViewHandle. Cursors survive writes between batches. Thread-safety: any number of readers
// and writers; a thread must not write to a table whose ReadLatch it holds.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "storage/read_view.h"
#include "storage/schema.h"
#include "types/vector.h"

namespace orrery::storage {

using RowRef = const uint8_t*;  ///< one visible version's row image

class Index;
class RowLayout;
class TableImpl;

/// Bounds of an index scan. kExcluded and kIncluded apply to the column after the equal prefix.
enum class BoundKind : uint8_t { kUnbounded, kIncluded, kExcluded };
struct KeyBound {
  BoundKind kind = BoundKind::kUnbounded;
  types::Datum value;
};
/// An encoded range of one index; made by Index::make_range.
struct KeyRange {
  bool empty = false;          ///< no row can match (for example an equal NULL)
  bool include_nulls = false;  ///< integer keys: NULLs too
  int64_t int_lower = INT64_MIN;
  int64_t int_upper = INT64_MAX;  ///< inclusive
  std::string lower;              ///< normalised keys
  std::string upper;              ///< exclusive; empty = to the end
};
enum class Direction : uint8_t { kForward, kBackward };

class Table {
 public:
  virtual ~Table() = default;
  const TableDef& def() const { return def_; }
  const RowLayout& layout() const { return *layout_; }
  std::span<const std::shared_ptr<Index>> indexes() const { return indexes_; }
  const Index* find_index(std::string_view name) const;  ///< or alias; case-insensitive
  /// The index of the single-column integer primary key, or nullptr.
  const Index* primary_index() const { return primary_; }

  /// Live rows, roughly; for the planner.
  uint64_t approximate_row_count() const;
  /// The exact number of rows that `view` sees, where that is known without a scan.
  bool exact_row_count(const ReadView& view, uint64_t* count) const;
  /// While a table has watchers its changes are in the ChangeSets of transactions that commit. Goes
  /// for all definitions of the table. A transaction looks when it collects its changes.
  void add_watcher() const;
  void remove_watcher() const;
  bool watched() const;
  /// Changes at every commit that wrote to the table; for caches.
  uint64_t version() const;
  uint64_t memory_bytes() const;

 protected:
  friend class ReadLatch;
  TableDef def_;
  std::unique_ptr<RowLayout> layout_;
  // Shared by the successive definitions of one table: an index outlives a change of another.
  std::vector<std::shared_ptr<Index>> indexes_;
  const Index* primary_ = nullptr;
};

/// Holds the table still for one batch.
class ReadLatch {
 public:
  explicit ReadLatch(const Table& table);
  ~ReadLatch();
  ReadLatch(const ReadLatch&) = delete;
  ReadLatch& operator=(const ReadLatch&) = delete;

 private:
  const Table& table_;
};

/// Full scan in slot order.
class TableCursor {
 public:
  TableCursor(const Table& table, const ReadView& view);
  /// Restricts to a share of the slots: morsel `index` of `count`.
  TableCursor(const Table& table, const ReadView& view, uint32_t index, uint32_t count);
  /// Under a ReadLatch: up to max (<= kVectorCapacity) visible rows; 0 = end. `ids` may be null.
  uint32_t next(RowRef* rows, RowId* ids, uint32_t max);
  /// Under a ReadLatch: passes over up to `n` visible rows; returns over how many.
  uint64_t skip(uint64_t n);

 private:
  const Table* table_;
  ReadView view_;
  uint64_t slot_ = 0;
  uint64_t end_ = 0;
};

class Index {
 public:
  virtual ~Index() = default;
  const IndexDef& def() const { return def_; }
  /// Encodes a range: columns 0..equal.size() equal these values, and the next column between the
  /// bounds. Values must be of the columns' SQL types. Hash and direct-hash indexes accept only a
  /// full equal key.
  KeyRange make_range(std::span<const types::Datum> equal, const KeyBound& lower,
                      const KeyBound& upper) const;
  bool ordered() const { return def_.kind != IndexKind::kHash; }
  /// Number of different keys (all columns), NULL not counted, where it is known exactly for this
  /// view without reading rows.
  bool exact_distinct_count(const ReadView& view, uint64_t* count) const;
  /// Entries, roughly; for the planner.
  uint64_t approximate_entries() const;
  uint64_t approximate_distinct() const;

 protected:
  IndexDef def_;
};

/// Ordered (or hash-bucket) walk of the visible rows of an index range; each visible row once.
class IndexCursor {
 public:
  IndexCursor(const Table& table, const Index& index, const ReadView& view, KeyRange range,
              Direction direction = Direction::kForward);
  ~IndexCursor();
  IndexCursor(IndexCursor&&) noexcept;
  /// Under a ReadLatch: up to max visible rows in key order; 0 = end. `ids` may be null.
  uint32_t next(RowRef* rows, RowId* ids, uint32_t max);
  /// Under a ReadLatch: like next(), but at most one row per distinct first key column (skip scan).
  /// Not for hash indexes. Columns of TypeId::kAlgebraic are in the order of their own type, which
  /// total_order() does not know.
  uint32_t next_distinct(RowRef* rows, RowId* ids, uint32_t max);
  /// Under a ReadLatch: passes over up to `n` visible rows; returns over how many.
  uint64_t skip(uint64_t n);
  /// Under a ReadLatch: how many visible rows remain, without giving them out.
  uint64_t count();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Under a ReadLatch: the visible row with this full key of a unique index (values of the columns'
/// SQL types, none NULL). No allocation.
bool find_unique(const Table& table, const Index& index, std::span<const types::Datum> key,
                 const ReadView& view, RowRef* row, RowId* id);
/// Under a ReadLatch: the version of row `id` that `view` sees, or nullptr.
RowRef visible_row(const Table& table, RowId id, const ReadView& view);

/// Under a ReadLatch: cells of `column` of rows[0..n) to out cells [0..n). `out` must have been
/// reset to the column's SQL type.
void gather(const Table& table, uint32_t column, const RowRef* rows, uint32_t n,
            types::Vector& out);
/// The same for chosen rows: cell i of `out` comes from rows[i] for every selected i.
void gather(const Table& table, uint32_t column, const RowRef* rows, const types::Selection& sel,
            types::Vector& out);
/// One cell. Borrows; a string of a fixed-width column (UUID, kAlgebraic) from the row image itself,
/// good only as long as the RowRef.
types::Datum read_cell(const Table& table, uint32_t column, RowRef row);

}  // namespace orrery::storage
