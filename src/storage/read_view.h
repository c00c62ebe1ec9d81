// ReadView: which versions a reader sees. ReadViewHandle: a registered view; while it lives no
// version that it can see, and no bytes that a Datum read under it borrows, are reclaimed.
#pragma once

#include <cstdint>

#include "storage/schema.h"

namespace orrery::storage {

class Store;
class Transaction;
struct TransactionImpl;

struct ReadView {
  CommitSeq seq = 0;  ///< sees commits <= seq
  TxnId own = 0;      ///< and the uncommitted writes of this transaction (0 = none)
};

class ReadViewHandle {
 public:
  ReadViewHandle() = default;
  ReadViewHandle(ReadViewHandle&& other) noexcept;
  ReadViewHandle& operator=(ReadViewHandle&& other) noexcept;
  ~ReadViewHandle();
  const ReadView& view() const { return view_; }
  bool active() const { return slot_ != nullptr; }
  void release();

 private:
  friend class Store;
  friend class Transaction;
  friend struct TransactionImpl;
  ReadView view_;
  void* slot_ = nullptr;  ///< in the store's registry
};

}  // namespace orrery::storage
