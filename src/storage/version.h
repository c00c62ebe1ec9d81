// Versions of rows: the word in front of every row image, the undo records it leads to, and which
// of them a reader sees.
//
// The newest version of a row lies in its slot. Slot word: bits 3.. = address of the newest undo
// record (0 = every reader sees what is in place), bit 0 = deleted, bit 1 = the slot is free. An
// undo record says who changed the row and what the word and the image were before; a reader who
// does not see that change goes on with them. Rows that a transaction inserted share one record,
// the last of every chain. Words and chains are written under the table's latch held for writing,
// read under the latch held for reading.
#pragma once

#include <atomic>
#include <cstdint>

#include "storage/read_view.h"
#include "storage/schema.h"

namespace orrery::storage {

inline constexpr uint64_t kWordDeleted = 1;
inline constexpr uint64_t kWordFree = 2;
inline constexpr uint64_t kWordFlags = 7;

/// Stamp of a transaction that has not committed.
inline constexpr CommitSeq kNotCommitted = UINT64_MAX;

enum class UndoKind : uint8_t { kInsert, kUpdate, kDelete };

/// The part of a transaction's state that readers of its changes look at.
struct TxnMark {
  std::atomic<CommitSeq> stamp{kNotCommitted};
  TxnId id = 0;
};

struct alignas(8) UndoRecord {
  TxnMark* txn = nullptr;
  uint64_t before_word = 0;     ///< the row's word before the change
  UndoRecord* newer = nullptr;  ///< the record of the next change; nullptr = the slot's word
  RowId row = 0;
  UndoKind kind = UndoKind::kInsert;
  bool keys_stay = false;  ///< a kUpdate that changed no key of any index

  /// Of a kUpdate: the whole image before the change, behind the record.
  const uint8_t* image() const { return reinterpret_cast<const uint8_t*>(this + 1); }
  uint8_t* image() { return reinterpret_cast<uint8_t*>(this + 1); }
};

// Addresses are kept in 64 bits on every platform.
inline UndoRecord* record_of(uint64_t word) {
  return reinterpret_cast<UndoRecord*>(static_cast<uintptr_t>(word & ~kWordFlags));
}
inline uint64_t word_of(const UndoRecord* record) {
  return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(record));
}

inline bool sees(const ReadView& view, const TxnMark& txn) {
  return txn.id == view.own || txn.stamp.load(std::memory_order_relaxed) <= view.seq;
}

/// The image that `view` sees of a row whose word is `word` and whose newest image is `image`, or
/// nullptr.
inline const uint8_t* visible_image(uint64_t word, const uint8_t* image, const ReadView& view) {
  while (const UndoRecord* record = record_of(word)) {
    if (sees(view, *record->txn)) break;
    if (record->kind == UndoKind::kInsert) return nullptr;
    if (record->kind == UndoKind::kUpdate) image = record->image();
    word = record->before_word;
  }
  return (word & (kWordDeleted | kWordFree)) == 0 ? image : nullptr;
}

}  // namespace orrery::storage
