// LaneHold: how a procedure on a thread of its own borrows the database's lane.
//
// While the lane is lent it stands still, in serve(), but for what the borrower has it run by
// call(). A procedure has the lane from its start to its first pause (or for kStartNanos), so that
// calls of one client take effect in their order, and later while a transaction of it is open.
// Shared between the lane and one other thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "base/sync.h"
#include "env/clock.h"
#include "host/lane.h"

namespace orrery::host {

class LaneHold : public std::enable_shared_from_this<LaneHold> {
 public:
  static constexpr int64_t kStartNanos = 50 * env::kNanosPerMilli;

  LaneHold(Lane& lane, env::Clock& clock) : lane_(lane), clock_(clock) {}

  /// On the lane, before the borrower's thread begins: it will be lent in a moment.
  void offer();
  /// On the lane, after offer(): lends it until the borrower lets go, or kStartNanos have passed and
  /// it does not keep it.
  void lend_at_start();
  /// On the lane, after offer(): takes the offer back, or lends it where the borrower, sooner than
  /// expected, keeps it already.
  void withdraw();

  // On the borrower's thread:
  /// Has the lane, waiting for it where needed, until release(). kCancelled where the lane stops.
  Status keep();
  /// Runs `task` on the lane, which must be kept.
  void call(const std::function<void()>& task);
  /// No longer kept. Given back at once where it was not lent at the start.
  void unkeep();
  /// Gives the lane back; fine where it is not lent.
  void release();

 private:
  enum class Lending : uint8_t { kNo, kAtStart, kKept };
  void serve(Lending how);

  Lane& lane_;
  env::Clock& clock_;
  Mutex mutex_;
  ConditionVariable changed_;
  Lending lending_ = Lending::kNo;
  bool kept_ = false;
  const std::function<void()>* task_ = nullptr;
};

}  // namespace orrery::host
