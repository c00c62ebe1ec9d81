// IndexImpl: what storage does with an index; the kinds are IntIndex (one column whose keys are
// 64-bit integers in order), BytesIndex (normalised keys) and HashIndex.
//
// An index has an entry (key, row) for every version of a row that some reader may still see; it
// forgets a key of a row only when no version has it any more. A reader therefore checks that the
// version it sees has the entry's key, unless the row has one version only. Guarded by the table's
// latch.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/index_build.h"
#include "storage/key_codec.h"
#include "storage/table.h"

namespace orrery::storage {

struct TableCore;

/// Row ids with room for the usual few.
class RowList {
 public:
  void add(RowId row) {
    if (count_ < kInline) {
      inline_[count_++] = row;
      return;
    }
    if (rest_.empty()) rest_.assign(inline_, inline_ + kInline);
    rest_.push_back(row);
    ++count_;
  }
  uint32_t size() const { return count_; }
  RowId operator[](uint32_t i) const { return rest_.empty() ? inline_[i] : rest_[i]; }

 private:
  static constexpr uint32_t kInline = 8;
  uint32_t count_ = 0;
  RowId inline_[kInline];
  std::vector<RowId> rest_;
};

/// A walk over a range of an index, between two batches. What the fields mean is the index's
/// affair: forward walks stand at the first (key, row) that may come next, backward ones behind it.
struct IndexWalk {
  KeyRange range;
  Direction direction = Direction::kForward;
  bool started = false;
  bool keys_done = false;
  bool nulls_done = false;
  int64_t key = 0;
  RowId row = 0;
  std::string bytes;

  bool done() const { return keys_done && nulls_done; }
};

enum class WalkMode : uint8_t { kEveryRow, kOneRowPerKey };

/// A range whose bounds are cells of row images; NULL is a value like any other, the largest.
struct ImageBounds {
  const uint8_t* image = nullptr;  ///< equal cells, and the lower bound's
  const uint8_t* upper_image = nullptr;
  uint32_t equal_columns = 0;
  BoundKind lower = BoundKind::kUnbounded;
  BoundKind upper = BoundKind::kUnbounded;
};

class IndexImpl : public Index {
 public:
  IndexImpl(IndexDef def, const RowLayout& layout, const TableCore* core);

  std::span<const KeyColumn> key_columns() const { return columns_; }
  /// A key with a NULL collides with nothing.
  bool key_has_null(const uint8_t* image) const;
  virtual bool same_key(const uint8_t* a, const uint8_t* b) const;
  /// One column whose keys are integers: an IntIndex.
  bool is_int() const { return is_int_; }

  /// Adds the entry unless it is there.
  virtual void add(const uint8_t* image, RowId row) = 0;
  /// Removes the entry if it is there.
  virtual void remove(const uint8_t* image, RowId row) = 0;
  /// Rows that have an entry with the image's key (no NULL in it); may name others too.
  virtual void find(const uint8_t* image, RowList* rows) const = 0;
  /// The same for a key given as cells.
  virtual void find(std::span<const types::Datum> key, RowList* rows) const = 0;
  /// True where the image has this key.
  bool has_key(const uint8_t* image, std::span<const types::Datum> key) const;
  /// Fills an empty index with the rows' entries. kCancelled where the flag (may be null) is set.
  virtual Status build(std::span<const RowId> rows, const CancelFlag* cancelled) = 0;
  virtual KeyRange range(std::span<const types::Datum> equal, const KeyBound& lower,
                         const KeyBound& upper) const = 0;
  virtual KeyRange range(const ImageBounds& bounds) const = 0;

  /// The next visible rows of a walk; 0 at its end. kOneRowPerKey: one for each value of the first
  /// column. `ids` may be null.
  virtual uint32_t next(IndexWalk* walk, const ReadView& view, WalkMode mode, RowRef* rows,
                        RowId* ids, uint32_t max) const = 0;
  /// Passes over up to `n` entries of a walk, visible or not; returns over how many.
  virtual uint64_t skip(IndexWalk* walk, uint64_t n) const = 0;
  /// Entries that remain of a walk, visible or not.
  virtual uint64_t count(const IndexWalk& walk) const = 0;

  virtual uint64_t entries() const = 0;
  /// Different keys, NULL apart.
  virtual uint64_t distinct() const = 0;
  virtual uint64_t memory_bytes() const = 0;

  const TableCore& core() const { return *core_; }
  /// A dropped index no longer follows the table; readers who still have it check every entry.
  bool retired() const { return retired_.load(std::memory_order_relaxed); }
  void retire() { retired_.store(true, std::memory_order_relaxed); }

 protected:
  bool is_int_ = false;
  /// Of an index without columns of its own.
  virtual bool same_whole_row(const uint8_t* a, const uint8_t* b) const;
  const TableCore* core_;
  std::vector<KeyColumn> columns_;

 private:
  std::atomic<bool> retired_{false};
};

/// The index that suits the definition.
std::shared_ptr<IndexImpl> make_index(IndexDef def, const RowLayout& layout, const TableCore* core);

}  // namespace orrery::storage
