// QueueModel: what a client knows of how busy one method of one storage server is, from the
// requests it sent there.
//
// And HedgeBudget: how often a second server may be asked as well because the first is slow. The
// rules and constants are those of fdbrpc/QueueModel.cpp and fdbrpc/LoadBalance.actor.h. Times are
// nanoseconds of the loop's clock, latencies seconds. Not thread-safe.
#pragma once

#include <cstdint>

#include "fdb/client/smoother.h"
#include "fdb/error.h"

namespace orrery::fdb {

/// How a request to a storage server ended.
struct Ending {
  /// Seconds; 0 for a request that was given up.
  double latency = 0;
  /// What the server wants its load multiplied with; not positive where it said nothing.
  double penalty = -1;
  /// A reply came, with a value or with an error of the server's own.
  bool answered = false;
  /// The server said that it is behind the version asked for.
  bool is_behind = false;
};

class QueueModel {
 public:
  /// Counts a request as on its way; the returned weight is to be given to ended().
  double started(int64_t now) {
    outstanding_.add(penalty_, now);
    return penalty_;
  }
  void ended(const Ending& ending, double weight, int64_t now);

  /// The smoothed number of requests on their way, weighted by penalties.
  double load(int64_t now) { return outstanding_.smooth_total(now); }
  double latency() const { return latency_; }
  double penalty() const { return penalty_; }
  /// True for a while after the server said that it is behind.
  bool is_avoided(int64_t now) const { return now <= avoided_until_; }

 private:
  Smoother outstanding_{2.0};
  double latency_ = 0.001;
  double penalty_ = 1.0;
  int64_t avoided_until_ = -1;
  double backoff_ = 1.0;  ///< seconds
  int64_t backoff_grows_after_ = 0;
};

class HedgeBudget {
 public:
  /// Seconds to wait for the first server before a second is asked; 0: at once.
  double delay(double first_latency, double second_latency) const;
  /// Takes what a second request costs; false where there is not enough, and it is not to be sent.
  bool spend();
  /// A first request was answered.
  void earn();

 private:
  double multiplier_ = 1.0;
  double budget_ = 0.0;
};

}  // namespace orrery::fdb
