#include "fdb/transport/pending_reply.h"

#include <utility>

#include "base/assert.h"

namespace orrery::fdb {

/// Splitmix64: tokens need to differ from those of other clients and other times, not to be secret.
uint64_t ReplyTable::next_random() {
  seed_ += 0x9E3779B97F4A7C15;
  uint64_t mixed = seed_;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
  return mixed ^ mixed >> 31;
}

wire::Uid ReplyTable::add(PendingReply& reply) {
  uint32_t slot = free_;
  if (slot == kNone) {
    slot = static_cast<uint32_t>(slots_.size());
    ORRERY_ASSERT(slot != kNone);
    slots_.emplace_back();
  } else {
    free_ = slots_[slot].next_free;
  }
  slots_[slot].reply = &reply;
  ++size_;
  wire::Uid token;
  token.first = next_random() & ~wire::Uid::kStreamFlag;
  token.second = (next_random() & ~uint64_t{0xFFFFFFFF}) | slot;
  return token;
}

void ReplyTable::remove(const wire::Uid& token) {
  uint32_t slot = static_cast<uint32_t>(token.second);
  slots_[slot].reply = nullptr;
  slots_[slot].next_free = std::exchange(free_, slot);
  --size_;
}

PendingReply* ReplyTable::find(const wire::Uid& token) const {
  uint32_t slot = static_cast<uint32_t>(token.second);
  if (slot >= slots_.size()) return nullptr;
  PendingReply* reply = slots_[slot].reply;
  return reply != nullptr && reply->token() == token ? reply : nullptr;
}

PendingReply::PendingReply(Loop& loop, ReplyTable& table)
    : Waiter(&PendingReply::resume), loop_(loop), table_(table), token_(table.add(*this)) {}

PendingReply::~PendingReply() {
  leave_peer();
  table_.remove(token_);
}

void PendingReply::leave_peer() {
  if (peer_ == nullptr) return;
  --std::exchange(peer_, nullptr)->count;
  static_cast<PendingAtPeer&>(*this).unlink();
}

void PendingReply::sent_to(PendingOfPeer& peer, const wire::Uid& endpoint, uint64_t position) {
  leave_peer();
  peer_ = &peer;
  ++peer.count;
  peer.list.push_back(*this);
  endpoint_ = endpoint;
  position_ = position;
}

void PendingReply::complete(Result<SharedBytes> outcome) {
  if (done_) return;
  done_ = true;
  outcome_ = std::move(outcome);
  leave_peer();
  if (event_ != nullptr) event_->notify_all();
  if (caller_) loop_.make_ready(*this);
}

}  // namespace orrery::fdb
