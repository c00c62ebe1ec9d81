// RowSetIndex: finds equal rows of a table that is a set and has no unique key in every row.
//
// A hidden index over the whole row: entries of 8 bytes (hash of the row, row id) in one array with
// open addressing, between 0.53 and 0.8 full. "Key" of a row is its hash: rows with one hash may
// differ. Maintained like any other index, not to be walked. Row ids are below 2^32.
#pragma once

#include <vector>

#include "storage/index_impl.h"

namespace orrery::storage {

class RowSetIndex final : public IndexImpl {
 public:
  RowSetIndex(const RowLayout& layout, const TableCore* core);

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
  uint64_t entries() const override { return count_; }
  uint64_t distinct() const override { return count_; }
  uint64_t memory_bytes() const override { return entries_.capacity() * sizeof(uint64_t); }

  static constexpr RowId kRowMax = UINT32_MAX - 1;

 private:
  bool same_whole_row(const uint8_t* a, const uint8_t* b) const override;
  uint32_t hash_of(const uint8_t* image) const {
    return static_cast<uint32_t>(layout_.hash(image) >> 32);
  }
  /// An entry: hash above, row id + 1 below; 0 = none.
  static uint64_t entry_of(uint32_t hash, RowId row) {
    return uint64_t{hash} << 32 | static_cast<uint32_t>(row + 1);
  }
  size_t home_of(uint64_t entry) const {
    return static_cast<size_t>((entry >> 32) * entries_.size() >> 32);
  }
  size_t after(size_t at) const { return at + 1 == entries_.size() ? 0 : at + 1; }
  void resize(size_t capacity);
  void put(uint64_t entry);

  const RowLayout layout_;  ///< a copy: the index outlives the definition
  std::vector<uint64_t> entries_;
  uint64_t count_ = 0;
};

}  // namespace orrery::storage
