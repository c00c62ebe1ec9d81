#include "server/ws/call_batch.h"

#include <gtest/gtest.h>

namespace orrery::server::ws {
namespace {

TEST(WsCallBatch, GivesCallsInTheOrderInWhichTheyCame) {
  CallBatch batch;
  EXPECT_TRUE(batch.empty());
  auto name_of = [](uint32_t i) { return "reducer" + std::string(i % 40, 'x'); };
  auto arguments_of = [](uint32_t i) { return std::string(i * 3 % 50, static_cast<char>(i)); };
  for (uint32_t i = 0; i < CallBatch::kCallsMax; ++i) {
    EXPECT_FALSE(batch.full());
    batch.add({i, name_of(i), arguments_of(i)});
  }
  EXPECT_TRUE(batch.full());
  for (uint32_t i = 0; i < CallBatch::kCallsMax; ++i) {
    EXPECT_EQ(batch.size(), CallBatch::kCallsMax - i);
    const CallBatch::Call call = batch.take();
    EXPECT_EQ(call.request, i);
    EXPECT_EQ(call.name, name_of(i));
    EXPECT_EQ(call.arguments, arguments_of(i));
  }
  EXPECT_TRUE(batch.empty());
}

TEST(WsCallBatch, IsFullOfBytesToo) {
  CallBatch batch;
  batch.add({1, "load", std::string(CallBatch::kBytesMax, 'x')});
  EXPECT_TRUE(batch.full());
  EXPECT_EQ(batch.take().arguments.size(), CallBatch::kBytesMax);
}

}  // namespace
}  // namespace orrery::server::ws
