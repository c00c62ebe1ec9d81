#include "engine/transaction_scope.h"

#include <iterator>
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
  forget_savepoints(savepoints_.begin());
  std::unique_ptr<storage::Transaction> transaction = std::move(transaction_);
  const bool wrote = transaction->has_writes();
  ORRERY_TRY_ASSIGN([[maybe_unused]] storage::CommitSeq seq, transaction->commit());
  if (wrote) open_->database->after_commit();
  return {};
}

void TransactionScope::rollback() {
  detach_readers();
  forget_savepoints(savepoints_.begin());
  transaction_->rollback();
  transaction_.reset();
}

Result<TransactionScope::Savepoints::iterator> TransactionScope::find_savepoint(
    std::string_view name) {
  auto number = savepoint_numbers_.find(name);
  if (number != savepoint_numbers_.end()) return savepoints_.find(number->second);
  return Error(ErrorCode::kInvalidArgument,
               "invalid argument: savepoint '" + std::string(name) + "' does not exist");
}

void TransactionScope::forget_savepoints(Savepoints::iterator first) {
  for (auto it = first; it != savepoints_.end(); ++it) {
    savepoint_numbers_.erase(savepoint_numbers_.find(it->second.name));
  }
  savepoints_.erase(first, savepoints_.end());
}

void TransactionScope::savepoint(std::string_view name) {
  const uint64_t number = next_savepoint_++;
  auto [at, added] = savepoint_numbers_.emplace(name, number);
  if (!added) {
    savepoints_.erase(at->second);
    at->second = number;
  }
  savepoints_.emplace_hint(savepoints_.end(), number,
                           NamedSavepoint{at->first, transaction_->savepoint()});
}

Status TransactionScope::rollback_to(std::string_view name) {
  ORRERY_TRY_ASSIGN(Savepoints::iterator at, find_savepoint(name));
  detach_readers();
  ORRERY_TRY(transaction_->rollback_to(at->second.savepoint));
  forget_savepoints(std::next(at));
  return {};
}

Status TransactionScope::release(std::string_view name) {
  ORRERY_TRY_ASSIGN(Savepoints::iterator at, find_savepoint(name));
  forget_savepoints(at);
  return {};
}

}  // namespace orrery::engine
