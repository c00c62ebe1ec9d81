// BytesIndex: an ordered index on normalised keys (storage/key_codec.h): several columns, text, and
// every other type. Keys up to 16 bytes lie in the tree itself, longer ones in the index's heap.
#pragma once

#include <cstring>
#include <string_view>

#include "storage/btree.h"
#include "storage/index_impl.h"
#include "storage/var_heap.h"

namespace orrery::storage {

/// A key by its first 8 bytes as a number, and its next 8 or its address.
struct BytesKey {
  uint64_t head = 0;  ///< big-endian, zero-filled
  uint64_t tail = 0;  ///< size <= 16: bytes 8..16 in the same way; else the address of all bytes
  uint32_t size = 0;

  static constexpr uint32_t kInline = 16;
  BytesKey() = default;
  /// Borrows where longer than 16 bytes.
  explicit BytesKey(std::string_view s);
  const char* pointer() const {
    return reinterpret_cast<const char*>(static_cast<uintptr_t>(tail));
  }
  std::string_view view(char* space) const;
};

struct BytesTraits {
  struct Entry {
    BytesKey key;
    RowId row = 0;
  };
  static int compare_long(const BytesKey& a, const BytesKey& b);
  static int compare(const BytesKey& a, const BytesKey& b) {
    if (a.head != b.head) return a.head < b.head ? -1 : 1;
    if (a.size <= BytesKey::kInline && b.size <= BytesKey::kInline) {
      if (a.tail != b.tail) return a.tail < b.tail ? -1 : 1;
      return a.size < b.size ? -1 : (a.size > b.size ? 1 : 0);
    }
    return compare_long(a, b);
  }
  static bool less(const Entry& a, const Entry& b) {
    if (a.key.size <= BytesKey::kInline && b.key.size <= BytesKey::kInline) {
      // Without jumps: a search in a tree cannot foretell how these come out.
      bool head_less = a.key.head < b.key.head, head_same = a.key.head == b.key.head;
      bool tail_less = a.key.tail < b.key.tail, tail_same = a.key.tail == b.key.tail;
      bool size_less = a.key.size < b.key.size, size_same = a.key.size == b.key.size;
      bool row_less = a.row < b.row;
      return head_less |
             (head_same & (tail_less | (tail_same & (size_less | (size_same & row_less)))));
    }
    int c = compare(a.key, b.key);
    return c < 0 || (c == 0 && a.row < b.row);
  }
  static bool same_key(const Entry& a, const Entry& b) { return compare(a.key, b.key) == 0; }
};

class BytesIndex final : public IndexImpl {
 public:
  using IndexImpl::IndexImpl;

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
  uint64_t entries() const override { return tree_.size(); }
  uint64_t distinct() const override;
  uint64_t memory_bytes() const override;

 private:
  using Entry = BytesTraits::Entry;
  BytesKey own(std::string_view key);
  void find_key(std::string_view key, RowList* rows) const;
  void bound_range(const KeyBound& lower, const KeyBound& upper, const KeyColumn& column,
                   KeyPlace place, KeyRange* r) const;
  void start(IndexWalk* walk) const;
  uint32_t fetch(IndexWalk* walk, Entry* out, uint32_t max) const;
  uint64_t hop(IndexWalk* walk, uint64_t n) const;
  void skip_key(IndexWalk* walk, const Entry& e, const uint8_t* image) const;

  BTree<BytesTraits> tree_;
  VarHeap heap_;
};

/// The normalised key of an image.
void append_row_key(std::span<const KeyColumn> columns, const uint8_t* image, std::string* out);

}  // namespace orrery::storage
