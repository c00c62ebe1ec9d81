#include "host/lane.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

#include "env/environment.h"
#include "env/simulated.h"
#include "host/lane_hold.h"
#include "host/module_log.h"
#include "host/schedule_row.h"

namespace orrery::host {
namespace {

env::Clock& test_clock() { return *env::system_environment().clock; }

TEST(LaneTest, RunsTasksOfManyThreadsInTheirOrder) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 20'000;
  Lane lane(test_clock(), 128);
  std::vector<int> last(kThreads, -1);
  bool in_order = true;
  std::vector<Thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        lane.post([&, t, i] {
          in_order = in_order && last[static_cast<size_t>(t)] == i - 1;
          last[static_cast<size_t>(t)] = i;
        });
      }
    });
  }
  for (Thread& thread : threads) thread.join();
  lane.stop();
  EXPECT_TRUE(in_order);
  for (int i : last) EXPECT_EQ(i, kTasks - 1);
}

TEST(LaneTest, RefusesTasksOnceStopped) {
  Lane lane(test_clock(), 16);
  auto token = std::make_shared<int>(1);
  EXPECT_TRUE(lane.run([&] { EXPECT_TRUE(lane.on_lane()); }));
  EXPECT_FALSE(lane.on_lane());
  lane.stop();
  EXPECT_FALSE(lane.post([token] {}));
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_FALSE(lane.run([] {}));
}

TEST(LaneTest, ATaskMayPostPastTheBound) {
  Lane lane(test_clock(), 4);
  int ran = 0;
  lane.run([&] {
    for (int i = 0; i < 100; ++i) lane.post([&] { ++ran; });
  });
  lane.stop();
  EXPECT_EQ(ran, 100);
}

TEST(LaneTest, WhatWaitsForAPauseRunsSoonAndBeforeTheEnd) {
  constexpr int kTasks = 10'000;
  Lane lane(test_clock(), 16);
  int asked = 0, ran = 0, most = 0;
  lane.post([&] {
    for (int i = 0; i < kTasks; ++i) {
      lane.post([&] {
        lane.at_pause([&] { ++ran; });
        most = std::max(most, ++asked - ran);
      });
    }
  });
  lane.run([&] {});
  lane.stop();
  EXPECT_EQ(ran, kTasks);
  EXPECT_LE(most, 256);
}

TEST(LaneTest, ATaskThatCountsForManyLeavesTimersTheirTurn) {
  Lane lane(test_clock(), 16);
  bool fired = false;
  int before = 0;
  lane.run([&] {
    for (int i = 0; i < 50; ++i) {
      lane.post([&] {
        for (int n = 0; n < 100; ++n) lane.count_task();
        before += fired ? 0 : 1;
      });
    }
    lane.at(0, [&] { fired = true; });
  });
  lane.run([] {});  // behind them; stop() alone would run no timer
  lane.stop();
  EXPECT_TRUE(fired);
  EXPECT_LE(before, 1);
}

TEST(LaneTest, WhatPausesPostRunsThoughNothingElseComes) {
  constexpr int kTasks = 10'000;
  Lane lane(test_clock(), 16);
  std::atomic<int> ran{0};
  lane.run([&] {
    for (int i = 0; i < kTasks; ++i) {
      lane.post([&] { lane.at_pause([&] { lane.post([&] { ++ran; }); }); });
    }
  });
  for (int i = 0; i < 10'000 && ran < kTasks; ++i) usleep(1'000);
  EXPECT_EQ(ran, kTasks);
  lane.stop();
}

TEST(LaneTest, TimersFireInOrderOfTime) {
  Lane lane(test_clock(), 16);
  std::string order;
  std::atomic<bool> last{false};
  lane.run([&] {
    const int64_t now = test_clock().monotonic_nanos();
    lane.at(now + 30'000'000, [&] {
      order += "c";
      last = true;
    });
    const Lane::TimerId gone = lane.at(now + 15'000'000, [&] { order += "x"; });
    lane.at(now + 10'000'000, [&] { order += "b"; });
    lane.at(now, [&] { order += "a"; });
    lane.cancel(gone);
  });
  for (int i = 0; i < 6000 && !last; ++i) usleep(10'000);
  lane.stop();
  EXPECT_EQ(order, "abc");
}

TEST(LaneTest, TimersOfOneMomentFireInTheOrderInWhichTheyWereSet) {
  Lane lane(test_clock(), 16);
  std::string order;
  lane.run([&] {
    for (char c : std::string("abcdefghij")) lane.at(0, [&order, c] { order += c; });
  });
  for (int i = 0; i < 100 && order.size() < 10; ++i) lane.run([] {});
  lane.stop();
  EXPECT_EQ(order, "abcdefghij");
}

TEST(LaneTest, ACancelledTimerIsGoneAtOnce) {
  Lane lane(test_clock(), 16);
  auto token = std::make_shared<int>(1);
  lane.run([&] {
    const int64_t now = test_clock().monotonic_nanos();
    lane.at(now + 3600 * env::kNanosPerSecond, [] {});
    for (int i = 0; i < 1000; ++i) {
      lane.cancel(lane.at(now + 1800 * env::kNanosPerSecond, [token] {}));
    }
    EXPECT_EQ(lane.timer_count(), 1u);
  });
  EXPECT_EQ(token.use_count(), 1);
  lane.stop();
}

TEST(LaneHoldTest, WhoKeepsTheLaneBeforeTheOfferIsTakenBackHasIt) {
  Lane lane(test_clock(), 16);
  auto hold = std::make_shared<LaneHold>(lane, test_clock());
  std::atomic<bool> keeps = false;
  std::atomic<bool> on_lane = false;
  Thread borrower;
  lane.run([&] {
    hold->offer();
    borrower = Thread([&] {
      EXPECT_TRUE(hold->keep());
      keeps = true;
      hold->call([&] { on_lane = lane.on_lane(); });
      hold->release();
    });
    while (!keeps) usleep(100);
    hold->withdraw();
    EXPECT_TRUE(on_lane) << "the lane went on while it was kept";
  });
  borrower.join();
  lane.stop();
}

TEST(LaneHoldTest, WhatIsKeptIsNotTakenBackAfterAWhile) {
  Lane lane(test_clock(), 16);
  auto hold = std::make_shared<LaneHold>(lane, test_clock());
  std::atomic<bool> keeps = false;
  std::atomic<bool> on_lane = false;
  Thread borrower;
  lane.run([&] {
    hold->offer();
    borrower = Thread([&] {
      EXPECT_TRUE(hold->keep());
      keeps = true;
      usleep(static_cast<unsigned>(LaneHold::kStartNanos * 3 / 2 / 1000));
      hold->call([&] { on_lane = lane.on_lane(); });
      hold->release();
    });
    while (!keeps) usleep(100);
    hold->lend_at_start();
    EXPECT_TRUE(on_lane) << "the lane went on while it was kept";
  });
  borrower.join();
  lane.stop();
}

TEST(LaneHoldTest, AnOfferThatIsTakenBackMustBeAskedForAgain) {
  Lane lane(test_clock(), 16);
  auto hold = std::make_shared<LaneHold>(lane, test_clock());
  lane.run([&] {
    hold->offer();
    hold->withdraw();
  });
  int ran = 0;
  Thread borrower([&] {
    EXPECT_TRUE(hold->keep());
    hold->call([&] { ++ran; });
    hold->unkeep();
  });
  borrower.join();
  lane.stop();
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(hold->keep().error().code(), ErrorCode::kCancelled);
}

TEST(LaneTest, TimersThatSetThemselvesAgainLeaveRoomForTasks) {
  Lane lane(test_clock(), 16);
  std::function<void()> again = [&] { lane.at(0, [&] { again(); }); };
  lane.run([&] { again(); });
  int ran = 0;
  for (int i = 0; i < 1000; ++i) lane.run([&] { ++ran; });
  EXPECT_EQ(ran, 1000);
  lane.stop();
}

TEST(ScheduleTest, TicksThatPassedAreSkipped) {
  EXPECT_EQ(next_tick(100, 10, 100), 110);
  EXPECT_EQ(next_tick(100, 10, 109), 110);
  EXPECT_EQ(next_tick(100, 10, 135), 140);
  EXPECT_EQ(next_tick(100, 10, 50), 100);
  EXPECT_EQ(next_tick(INT64_MAX - 1, INT64_MAX, INT64_MAX), INT64_MAX);
  EXPECT_GT(next_tick(100, 0, 100), 100);
}

TEST(ModuleLogTest, KeepsRecordsInFilesAndTellsFollowers) {
  char name[] = "/tmp/orrery-log-XXXXXX";
  const std::string folder = mkdtemp(name);
  for (const std::string& directory : {folder, std::string()}) {
    auto log = ModuleLog::open(env::system_environment(), directory);
    ASSERT_TRUE(log);
    for (int i = 0; i < 300; ++i) {
      LogRecord record;
      record.level = i % 2 == 0 ? LogLevel::kInfo : LogLevel::kWarn;
      const std::string text =
          "message \"" + std::to_string(i) + "\"\n" + std::string(500, 'x');
      record.message = text;
      record.target = "t";
      record.line = 7;
      (*log)->write(record);
    }
    auto tail = (*log)->tail(2);
    ASSERT_TRUE(tail);
    EXPECT_EQ(std::count(tail->begin(), tail->end(), '\n'), 2);
    EXPECT_EQ(tail->rfind("{\"level\":\"Info\",\"ts\":", 0), 0u) << *tail;
    EXPECT_NE(tail->find("message \\\"298\\\"\\n"), std::string::npos);
    EXPECT_NE(tail->find("\"target\":\"t\",\"line_number\":7"), std::string::npos);
    tail = (*log)->tail(250);
    EXPECT_EQ(std::count(tail->begin(), tail->end(), '\n'), 250);
    tail = (*log)->tail(100'000);
    EXPECT_EQ(std::count(tail->begin(), tail->end(), '\n'), 300);
    std::string heard;
    int more = 2;
    auto brief = (*log)->follow(0, [&](std::string_view) {
      return --more == 0 ? ModuleLog::Heard::kNoMore : ModuleLog::Heard::kGoOn;
    });
    ASSERT_TRUE(brief);
    EXPECT_EQ(brief->lines, "");
    auto following = (*log)->follow(1, [&](std::string_view line) {
      heard += line;
      return ModuleLog::Heard::kGoOn;
    });
    ASSERT_TRUE(following);
    EXPECT_EQ(following->lines, *(*log)->tail(1));
    (*log)->system(LogLevel::kError, "bad \xff byte");
    (*log)->unfollow(following->id);
    (*log)->system(LogLevel::kError, "heard by one");
    EXPECT_EQ(more, 0);
    (*log)->unfollow(brief->id);
    (*log)->system(LogLevel::kError, "unheard");
    EXPECT_NE(heard.find("bad \xEF\xBF\xBD byte"), std::string::npos);
    EXPECT_EQ(std::count(heard.begin(), heard.end(), '\n'), 1);
  }
  std::filesystem::remove_all(folder);
}

TEST(ModuleLogTest, SaysHowMuchWasLost) {
  env::SimEnvironment sim(1);
  auto log = ModuleLog::open(sim.environment(), "logs");
  ASSERT_TRUE(log) << log.error().message();
  (*log)->system(LogLevel::kInfo, "first");
  sim.files.set_capacity(sim.files.bytes_used());
  for (int i = 0; i < 3; ++i) (*log)->system(LogLevel::kInfo, "nowhere to go");
  sim.files.set_capacity(1 << 20);
  (*log)->system(LogLevel::kInfo, "last");
  (*log)->system(LogLevel::kInfo, "and one more");
  auto tail = (*log)->tail(10);
  ASSERT_TRUE(tail) << tail.error().message();
  EXPECT_EQ(std::count(tail->begin(), tail->end(), '\n'), 4) << *tail;
  EXPECT_EQ(tail->find("nowhere"), std::string::npos);
  EXPECT_NE(tail->find("3 records before this one"), std::string::npos) << *tail;
}

TEST(ModuleLogTest, ARecordThatIsBeingWrittenIsNotShown) {
  env::SimEnvironment sim(1);
  auto log = ModuleLog::open(sim.environment(), "logs");
  ASSERT_TRUE(log) << log.error().message();
  (*log)->system(LogLevel::kInfo, "whole");
  auto files = sim.files.contents();
  ASSERT_EQ(files.size(), 1u);
  files.begin()->second += "{\"level\":\"Info\",\"ts\":17";
  sim.files.load(files);
  for (uint64_t lines : {1, 2}) {
    auto tail = (*log)->tail(lines);
    ASSERT_TRUE(tail) << tail.error().message();
    EXPECT_EQ(std::count(tail->begin(), tail->end(), '\n'), 1) << *tail;
    EXPECT_TRUE(tail->ends_with("}\n")) << *tail;
  }
}

}  // namespace
}  // namespace orrery::host
