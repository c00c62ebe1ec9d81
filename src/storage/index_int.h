// IntIndex: an ordered index on one column whose keys are 64-bit integers in order: integers up to
// 64 bits, booleans, timestamps, floats. The dense run of small keys of a direct or unique index lies
// in an array, one load per lookup; all other keys in a B-tree; NULLs in a tree of their own.
#pragma once

#include "storage/btree.h"
#include "storage/direct_map.h"
#include "storage/index_impl.h"

namespace orrery::storage {

struct IntTraits {
  struct Entry {
    int64_t key;
    RowId row;
  };
  static bool less(const Entry& a, const Entry& b) {
    return a.key < b.key || (a.key == b.key && a.row < b.row);
  }
  static bool same_key(const Entry& a, const Entry& b) { return a.key == b.key; }
};

class IntIndex final : public IndexImpl {
 public:
  IntIndex(IndexDef def, const RowLayout& layout, const TableCore* core);

  void add(const uint8_t* image, RowId row) override;
  void remove(const uint8_t* image, RowId row) override;
  void find(const uint8_t* image, RowList* rows) const override;
  void find(std::span<const types::Datum> key, RowList* rows) const override;
  Status build(std::span<const RowId> rows, const CancelFlag* cancelled) override;
  KeyRange range(std::span<const types::Datum> equal, const KeyBound& lower,
                 const KeyBound& upper) const override;
  KeyRange range(const ImageBounds& bounds) const override;
  uint32_t next(IndexWalk* walk, const ReadView& view, WalkMode mode, RowRef* rows, RowId* ids,
                uint32_t max) const override;
  uint64_t skip(IndexWalk* walk, uint64_t n) const override;
  uint64_t count(const IndexWalk& walk) const override;
  uint64_t entries() const override;
  uint64_t distinct() const override;
  uint64_t memory_bytes() const override;

  void find_key(int64_t key, RowList* rows) const;

  bool same_key(const uint8_t* a, const uint8_t* b) const override {
    if (column_.nullable && (column_.is_null(a) || column_.is_null(b))) {
      return column_.is_null(a) == column_.is_null(b);
    }
    return int_key(column_, a) == int_key(column_, b);
  }
  const KeyColumn& column() const { return column_; }
  static constexpr RowId kNoRow = UINT64_MAX;
  static constexpr RowId kPerhapsMany = UINT64_MAX - 1;
  /// The only row that has an entry with this key, where one look says so.
  RowId only_row(int64_t key) const {
    if (!in_map(key)) return kPerhapsMany;
    const uint32_t cell = map_.get(place(key));
    if (cell == DirectMap::kEmpty) return kNoRow;
    return cell == DirectMap::kMany ? kPerhapsMany : DirectMap::row_of(cell);
  }

 private:
  using Entry = IntTraits::Entry;
  /// Where a key lies in the dense run.
  bool in_map(int64_t key) const {
    return direct_ && key >= base_ && static_cast<uint64_t>(key) - static_cast<uint64_t>(base_) <
                                          map_.limit();
  }
  uint64_t place(int64_t key) const {
    return static_cast<uint64_t>(key) - static_cast<uint64_t>(base_);
  }
  void add_key(int64_t key, RowId row);
  void add_in_map(int64_t key, RowId row);
  void remove_in_map(int64_t key, RowId row);
  bool extend_map(int64_t key);
  enum class EntrySort : uint8_t { kKey, kNull };
  void start(IndexWalk* walk) const;
  /// Entries of one sort only.
  uint32_t fetch(IndexWalk* walk, Entry* out, uint32_t max, EntrySort* sort) const;
  void skip_key(IndexWalk* walk, const Entry& e, EntrySort sort) const;
  uint32_t fetch_forward(IndexWalk* walk, Entry* out, uint32_t max) const;
  uint32_t fetch_backward(IndexWalk* walk, Entry* out, uint32_t max) const;
  uint32_t fetch_nulls(IndexWalk* walk, Entry* out, uint32_t max) const;
  /// Passes over many keys at once where that is easy, over none where it is not.
  uint64_t hop(IndexWalk* walk, uint64_t n) const;
  uint64_t hop_forward(IndexWalk* walk, uint64_t n) const;
  uint64_t hop_backward(IndexWalk* walk, uint64_t n) const;
  uint32_t tree_forward(IndexWalk* walk, int64_t stop, Entry* out, uint32_t max) const;
  uint32_t map_forward(IndexWalk* walk, int64_t stop, Entry* out, uint32_t max) const;
  uint32_t tree_backward(IndexWalk* walk, int64_t stop, Entry* out, uint32_t max) const;
  uint32_t map_backward(IndexWalk* walk, int64_t stop, Entry* out, uint32_t max) const;

  const KeyColumn column_;
  const bool direct_;
  const int64_t base_;  ///< the key that is 0 in map_
  DirectMap map_;
  BTree<IntTraits> tree_;
  BTree<IntTraits> nulls_;
};

inline const IntIndex* as_int_index(const IndexImpl& index) {
  return index.is_int() ? static_cast<const IntIndex*>(&index) : nullptr;
}

}  // namespace orrery::storage
