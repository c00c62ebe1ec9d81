// Smoother: a quantity that follows its total with a delay, and the rate at which it does.
//
// The estimate moves towards the total by the factor e in every `e_folding` seconds
// (fdbrpc/Smoother.h). Times are nanoseconds of the loop's clock and never go back. Not
// thread-safe.
#pragma once

#include <cmath>
#include <cstdint>

namespace orrery::fdb {

class Smoother {
 public:
  explicit Smoother(double e_folding_seconds) : e_folding_(e_folding_seconds) {}

  /// Forgets the past: total and estimate are `value`.
  void reset(double value, int64_t now) {
    total_ = estimate_ = value;
    last_ = now;
  }
  void set_total(double total, int64_t now) {
    update(now);
    total_ = total;
  }
  void add(double delta, int64_t now) {
    update(now);
    total_ += delta;
  }
  double total() const { return total_; }
  double smooth_total(int64_t now) {
    update(now);
    return estimate_;
  }
  /// Per second.
  double smooth_rate(int64_t now) {
    update(now);
    return (total_ - estimate_) / e_folding_;
  }

 private:
  void update(int64_t now) {
    if (now <= last_) return;
    const double elapsed = static_cast<double>(now - last_) * 1e-9;
    last_ = now;
    if (estimate_ != total_) estimate_ += (total_ - estimate_) * -std::expm1(-elapsed / e_folding_);
  }
  double e_folding_;
  double total_ = 0;
  double estimate_ = 0;
  int64_t last_ = 0;
};

}  // namespace orrery::fdb
