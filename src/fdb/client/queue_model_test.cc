#include "fdb/client/queue_model.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace orrery::fdb {
namespace {

constexpr int64_t kSecondNanos = 1'000'000'000;

TEST(Smoother, FollowsItsTotalByTheFactorEInItsTime) {
  Smoother smoother(2.0);
  smoother.reset(0, 0);
  smoother.add(10, 0);
  EXPECT_EQ(smoother.smooth_total(0), 0);
  EXPECT_NEAR(smoother.smooth_total(2 * kSecondNanos), 10 * (1 - 1 / 2.718281828459045), 1e-9);
  EXPECT_NEAR(smoother.smooth_rate(2 * kSecondNanos), 10 / 2.718281828459045 / 2, 1e-9);
  // A clock that stands still, or is read in another order, changes nothing.
  EXPECT_NEAR(smoother.smooth_total(kSecondNanos), 10 * (1 - 1 / 2.718281828459045), 1e-9);
}

TEST(QueueModel, RequestsWeighWhatTheirServerAskedFor) {
  QueueModel model;
  const double first = model.started(0);
  EXPECT_EQ(first, 1.0);
  EXPECT_NEAR(model.load(200 * kSecondNanos), 1.0, 1e-9);
  model.ended({.latency = 0.005, .penalty = 3.0, .answered = true}, first, 200 * kSecondNanos);
  EXPECT_EQ(model.latency(), 0.005);
  EXPECT_NEAR(model.load(400 * kSecondNanos), 0.0, 1e-9);
  EXPECT_EQ(model.started(400 * kSecondNanos), 3.0);
}

TEST(QueueModel, WhatWasGivenUpOnlyRaisesTheLatency) {
  QueueModel model;
  model.ended({.latency = 0.5, .answered = true}, model.started(0), 0);
  model.ended({}, model.started(0), 0);
  EXPECT_EQ(model.latency(), 0.5);
  model.ended({.latency = 0.25, .answered = true}, model.started(0), 0);
  EXPECT_EQ(model.latency(), 0.25);
}

TEST(QueueModel, AServerThatIsBehindIsAvoidedLongerEachTime) {
  QueueModel model;
  int64_t now = kSecondNanos;
  const Ending behind{.latency = 0.001, .answered = true, .is_behind = true};
  double expected = 1.0;
  for (int i = 0; i < 5; ++i) {
    model.ended(behind, model.started(now), now);
    expected = std::min(expected * 2, 8.0);
    const auto wait = static_cast<int64_t>(expected * kSecondNanos);
    EXPECT_TRUE(model.is_avoided(now + wait)) << i;
    EXPECT_FALSE(model.is_avoided(now + wait + 1)) << i;
    now += wait + 1;
  }
  model.ended({.latency = 0.001, .answered = true}, model.started(now), now);
  model.ended(behind, model.started(now), now);
  EXPECT_FALSE(model.is_avoided(now + 2 * kSecondNanos + 1));
}

TEST(HedgeBudget, SecondRequestsAreEarned) {
  HedgeBudget budget;
  EXPECT_FALSE(budget.spend());
  for (int i = 0; i < 20; ++i) budget.earn();
  // Twenty steps of a twentieth are one, but for rounding.
  budget.earn();
  EXPECT_TRUE(budget.spend());
  EXPECT_FALSE(budget.spend());
  for (int i = 0; i < 100'000; ++i) budget.earn();
  int spent = 0;
  while (budget.spend()) ++spent;
  EXPECT_EQ(spent, 100);
}

TEST(HedgeBudget, TheSecondIsAskedAtOnceWhereTheFirstIsMuchSlower) {
  HedgeBudget budget;
  EXPECT_NEAR(budget.delay(0.001, 0.001), 0.0015, 1e-12);
  EXPECT_NEAR(budget.delay(0.003, 0.001), 0.0015, 1e-12);
  EXPECT_EQ(budget.delay(0.0031, 0.001), 0);
}

}  // namespace
}  // namespace orrery::fdb
