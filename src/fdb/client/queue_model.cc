#include "fdb/client/queue_model.h"

#include <algorithm>

namespace orrery::fdb {
namespace {

constexpr double kMaxBackoff = 8.0;
constexpr double kBackoffGrowth = 2.0;
constexpr double kMultiplierGrowth = 0.01;
constexpr double kMultiplierDecay = 0.00025;
constexpr double kBudgetGrowth = 0.05;
constexpr double kMaxBudget = 100.0;
constexpr double kBaseDelay = 0.0005;
constexpr double kAtOnceFactor = 2.0;

int64_t nanos(double seconds) {
  return static_cast<int64_t>(seconds * 1e9);
}

}  // namespace

void QueueModel::ended(const Ending& ending, double weight, int64_t now) {
  outstanding_.add(-weight, now);
  latency_ = ending.answered ? ending.latency : std::max(latency_, ending.latency);
  if (ending.is_behind) {
    if (now > backoff_grows_after_) {
      backoff_ = std::min(backoff_ * kBackoffGrowth, kMaxBackoff);
      backoff_grows_after_ = now + nanos(backoff_);
    }
    avoided_until_ = now + nanos(backoff_);
  } else if (ending.answered) {
    backoff_ = 1.0;
    backoff_grows_after_ = 0;
  }
  if (ending.penalty > 0) penalty_ = ending.penalty;
}

double HedgeBudget::delay(double first_latency, double second_latency) const {
  const double patience = multiplier_ * second_latency + kBaseDelay;
  return first_latency > kAtOnceFactor * patience ? 0 : patience;
}

bool HedgeBudget::spend() {
  if (budget_ < 1.0) return false;
  multiplier_ += kMultiplierGrowth;
  budget_ -= 1.0;
  return true;
}

void HedgeBudget::earn() {
  multiplier_ = std::max(1.0, multiplier_ - kMultiplierDecay);
  budget_ = std::min(kMaxBudget, budget_ + kBudgetGrowth);
}

}  // namespace orrery::fdb
