#include "engine/transaction_scope.h"

#include <utility>

namespace orrery::engine {

TransactionScope::TransactionScope(std::shared_ptr<const OpenStore> open,
                                   storage::Isolation isolation)
    : open_(std::move(open)), transaction_(open_->store->begin(isolation)) {}

TransactionScope::~TransactionScope() {
  // Readers hold the scope, so none is left.
  ORRERY_ASSERT(readers_ == nullptr);
  if (transaction_ != nullptr) transaction_->rollback();
}

void TransactionScope::link(ScopedReader* reader) {
  ORRERY_ASSERT(!reader->linked_);
  reader->next_ = readers_;
  reader->previous_ = nullptr;
  if (readers_ != nullptr) readers_->previous_ = reader;
  readers_ = reader;
  reader->linked_ = true;
}

void TransactionScope::unlink(ScopedReader* reader) {
  if (!reader->linked_) return;
  if (reader->previous_ != nullptr) {
    reader->previous_->next_ = reader->next_;
  } else {
    readers_ = reader->next_;
  }
  if (reader->next_ != nullptr) reader->next_->previous_ = reader->previous_;
  reader->linked_ = false;
}

void TransactionScope::detach_readers() {
  while (readers_ != nullptr) {
    ScopedReader* reader = readers_;
    unlink(reader);
    reader->detach();
  }
}

Status TransactionScope::commit() {
  detach_readers();
  savepoints_.clear();
  std::unique_ptr<storage::Transaction> transaction = std::move(transaction_);
  const bool wrote = transaction->has_writes();
  ORRERY_TRY_ASSIGN([[maybe_unused]] storage::CommitSeq seq, transaction->commit());
  if (wrote) open_->database->after_commit();
  return {};
}

void TransactionScope::rollback() {
  detach_readers();
  savepoints_.clear();
  transaction_->rollback();
  transaction_.reset();
}

Result<size_t> TransactionScope::find_savepoint(std::string_view name) const {
  for (size_t i = savepoints_.size(); i-- > 0;) {
    if (savepoints_[i].name == name) return i;
  }
  return Error(ErrorCode::kInvalidArgument,
               "invalid argument: savepoint '" + std::string(name) + "' does not exist");
}

void TransactionScope::savepoint(std::string_view name) {
  if (Result<size_t> old = find_savepoint(name); old) {
    savepoints_.erase(savepoints_.begin() + static_cast<ptrdiff_t>(*old));
  }
  savepoints_.push_back({std::string(name), transaction_->savepoint()});
}

Status TransactionScope::rollback_to(std::string_view name) {
  ORRERY_TRY_ASSIGN(size_t at, find_savepoint(name));
  detach_readers();
  ORRERY_TRY(transaction_->rollback_to(savepoints_[at].savepoint));
  savepoints_.resize(at + 1);
  return {};
}

Status TransactionScope::release(std::string_view name) {
  ORRERY_TRY_ASSIGN(size_t at, find_savepoint(name));
  savepoints_.resize(at);
  return {};
}

}  // namespace orrery::engine
