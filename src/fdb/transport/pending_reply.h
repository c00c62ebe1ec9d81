// PendingReply: somebody who waits for the answer to a request; ReplyTable: all of them, by the
// token of the answer.
//
// A PendingReply lies in the frame of the task that waits, so that a request allocates nothing of
// its own. It ends with a payload or an error, once:
//   request_maybe_delivered (1030)  the connection ended; maybe_delivered() tells whether the
//   server may have got it broken_promise (1100)           the endpoint is gone
//   unauthorized_attempt (6001)     the server does not let us ask this endpoint
//   incompatible_protocol_version (2100)
// Destroying it gives the answer up. Thread-safety: inside one loop.
#pragma once

#include <coroutine>
#include <cstdint>
#include <vector>

#include "fdb/error.h"
#include "fdb/runtime/event.h"
#include "fdb/runtime/list.h"
#include "fdb/runtime/loop.h"
#include "fdb/shared_bytes.h"
#include "fdb/wire/types.h"

namespace orrery::fdb {

class PendingReply;

class ReplyTable {
 public:
  explicit ReplyTable(uint64_t seed) : seed_(seed) {}

  /// Gives `reply` a token that no other one has or had.
  wire::Uid add(PendingReply& reply);
  void remove(const wire::Uid& token);
  /// Null where nobody waits for that token (any more).
  PendingReply* find(const wire::Uid& token) const;
  size_t size() const { return size_; }

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};
  struct Slot {
    PendingReply* reply = nullptr;
    uint32_t next_free = kNone;
  };
  uint64_t next_random();

  uint64_t seed_;
  std::vector<Slot> slots_;
  uint32_t free_ = kNone;
  size_t size_ = 0;
};

/// The part of a PendingReply by which its peer knows it.
class PendingAtPeer : public ListNode {
 public:
  PendingReply& reply();
};

/// Who waits for a peer's answers, in the order of their requests.
struct PendingOfPeer {
  const void* peer = nullptr;
  List<PendingAtPeer> list;
  size_t count = 0;
};

class PendingReply : private Waiter, private PendingAtPeer {
 public:
  PendingReply(Loop& loop, ReplyTable& table);
  ~PendingReply();
  PendingReply(const PendingReply&) = delete;
  PendingReply& operator=(const PendingReply&) = delete;

  const wire::Uid& token() const { return token_; }
  bool done() const { return done_; }
  /// Notified at the end, for whoever waits for several things at once.
  void notify(Event& event) { event_ = &event; }
  void wait(std::coroutine_handle<> caller) { caller_ = caller; }
  /// Of one that is done.
  Result<SharedBytes>& outcome() { return outcome_; }
  bool maybe_delivered() const { return maybe_delivered_; }

  // --- for the transport
  void complete(Result<SharedBytes> outcome);
  void complete_undelivered(Error why) {
    maybe_delivered_ = false;
    complete(fail(why));
  }
  /// Notes to which endpoint the request went, and where it lies in the peer's queue.
  void sent_to(PendingOfPeer& peer, const wire::Uid& endpoint, uint64_t position);
  const wire::Uid& endpoint() const { return endpoint_; }
  bool is_of(const void* peer) const { return peer_ != nullptr && peer_->peer == peer; }
  uint64_t position() const { return position_; }
  void moved_to(uint64_t position) { position_ = position; }

 private:
  friend class PendingAtPeer;
  void leave_peer();
  static void resume(Waiter& self) { static_cast<PendingReply&>(self).caller_.resume(); }

  Loop& loop_;
  ReplyTable& table_;
  wire::Uid token_;
  wire::Uid endpoint_;
  PendingOfPeer* peer_ = nullptr;  // until it is done
  uint64_t position_ = 0;
  bool done_ = false;
  bool maybe_delivered_ = true;
  std::coroutine_handle<> caller_;
  Event* event_ = nullptr;
  Result<SharedBytes> outcome_;
};

inline PendingReply& PendingAtPeer::reply() {
  return static_cast<PendingReply&>(*this);
}

}  // namespace orrery::fdb
