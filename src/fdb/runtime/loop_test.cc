#include "fdb/runtime/loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "env/environment.h"
#include "fdb/runtime/future.h"

namespace orrery::fdb {
namespace {

env::Clock& system_clock() {
  return *env::system_environment().clock;
}

/// A loop with or without a thread that runs it.
class LoopTest : public testing::TestWithParam<bool> {
 protected:
  LoopTest() : loop_(std::make_shared<Loop>(system_clock())) {
    if (GetParam()) thread_ = Thread([this] { loop_->run(); });
  }
  ~LoopTest() override {
    if (thread_.joinable()) {
      loop_->stop();
      thread_.join();
    }
  }
  template <class T>
  Future<T> start(Task<Result<T>> task) {
    auto inside = loop_->enter();
    return Future<T>(Operation<T>::start(*loop_, std::move(task)), loop_);
  }
  std::shared_ptr<Loop> loop_;
  Thread thread_;
};

Task<Result<int>> later(Loop& loop, int64_t nanos, int value) {
  co_await loop.sleep(nanos);
  co_return value;
}

Task<Result<int>> sum_of_two(Loop& loop) {
  Result<int> a = co_await later(loop, kMilli, 1);
  Result<int> b = co_await later(loop, kMilli, 2);
  co_return *a + *b;
}

/// The value of whichever ends first; the other one is ended.
Task<Result<int>> first_of(Loop& loop, Task<Result<int>> a, Task<Result<int>> b) {
  Event wake(loop);
  Running<Result<int>> first(wake, std::move(a));
  Running<Result<int>> second(wake, std::move(b));
  while (!first.done() && !second.done()) co_await wake.wait();
  co_return first.done() ? first.take() : second.take();
}

TEST_P(LoopTest, AThreadBlocksForATask) {
  EXPECT_EQ(start(sum_of_two(*loop_)).get(), 3);
}

TEST_P(LoopTest, TheFirstOfTwoTasksWins) {
  EXPECT_EQ(start(first_of(*loop_, later(*loop_, 50 * kSecond, 1), later(*loop_, kMilli, 2))).get(),
            2);
}

struct CountsItsEnd {
  explicit CountsItsEnd(std::atomic<int>& ends) : ends_(ends) {}
  ~CountsItsEnd() { ++ends_; }
  std::atomic<int>& ends_;
};

Task<Result<int>> holds_something(Loop& loop, std::atomic<int>& ends) {
  CountsItsEnd held(ends);
  Result<int> never = co_await later(loop, 100 * kSecond, 1);
  co_return never;
}

TEST_P(LoopTest, CancellingEndsWhatIsAwaited) {
  std::atomic<int> ends = 0;
  auto future = start(holds_something(*loop_, ends));
  future.cancel();
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(future.get().error(), error::operation_cancelled);
  {
    auto dropped = start(holds_something(*loop_, ends));
  }
  EXPECT_EQ(ends, 2);
}

TEST_P(LoopTest, SpawnedTasksEndWithTheLoop) {
  std::atomic<int> ends = 0;
  struct Wrap {
    static Task<Done> hold(Loop& loop, std::atomic<int>& ends) {
      Result<int> unused = co_await holds_something(loop, ends);
      static_cast<void>(unused);
      co_return Done{};
    }
  };
  auto inside = loop_->enter();
  loop_->spawn(Wrap::hold(*loop_, ends));
  loop_->spawn(Wrap::hold(*loop_, ends));
  EXPECT_EQ(ends, 0);
  loop_->end_spawned();
  EXPECT_EQ(ends, 2);
}

TEST_P(LoopTest, ManyThreadsBlockAtOnce) {
  std::vector<Thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        if (start(later(*loop_, (t * 37 + i) % 5 * 20 * kMicro, i)).get() == i) ++right;
      }
    });
  }
  for (Thread& thread : threads) thread.join();
  EXPECT_EQ(right, 1600);
}

Task<Result<int>> notified(Event& event, const bool& is) {
  while (!is) co_await event.wait();
  co_return 7;
}

TEST_P(LoopTest, AnotherThreadSettlesWhatADriverSleepsFor) {
  Event event(*loop_);
  for (int i = 0; i < 50; ++i) {
    bool is = false;
    Future<int> future = start(notified(event, is));
    Thread other([&] {
      env::system_environment().clock->sleep_nanos(kMilli);
      auto inside = loop_->enter();
      is = true;
      event.notify_all();
    });
    EXPECT_EQ(future.get(), 7);
    other.join();
  }
}

thread_local bool is_the_test = false;

TEST_P(LoopTest, CallsComeOnTheOwnThreadOnly) {
  is_the_test = true;
  if (!GetParam()) GTEST_SKIP() << "nobody runs the loop";
  std::atomic<int> called = 0;
  std::vector<Future<int>> futures;
  for (int i = 0; i < 100; ++i) {
    futures.push_back(start(later(*loop_, i % 3 * kMilli, i)));
    futures.back().on_ready([&called, loop = loop_.get(), test = this] {
      // One that had ended already was called by on_ready itself.
      if (is_the_test) {
        ++called;
        return;
      }
      // From here a wait would be for itself.
      auto never = test->start(later(*loop, kSecond, 1));
      if (never.get().error() == error::blocked_from_network_thread) ++called;
    });
  }
  // A thread that blocks beside them gets its result, too.
  EXPECT_EQ(start(later(*loop_, kMilli, 5)).get(), 5);
  const int64_t give_up = system_clock().monotonic_nanos() + 30 * kSecond;
  while (called < 100 && system_clock().monotonic_nanos() < give_up) {
    system_clock().sleep_nanos(kMilli);
  }
  EXPECT_EQ(called, 100);
}

/// A user's coroutine.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::abort(); }
  };
};

TEST_P(LoopTest, UsersAwaitFutures) {
  if (!GetParam()) GTEST_SKIP() << "nobody runs the loop";
  std::atomic<int> total = 0;
  auto user = [this](std::atomic<int>* total) -> Detached {
    int sum = 0;
    for (int i = 0; i < 20; ++i) {
      Future<int> one = start(later(*loop_, i % 2 * 100 * kMicro, 1));
      Result<int> value = co_await one;
      sum += *value;
    }
    total->store(sum);
  };
  user(&total);
  const int64_t give_up = system_clock().monotonic_nanos() + 30 * kSecond;
  while (total == 0 && system_clock().monotonic_nanos() < give_up) {
    system_clock().sleep_nanos(kMilli);
  }
  EXPECT_EQ(total, 20);
}

TEST_P(LoopTest, APollTakesWhatIsThere) {
  auto future = start(later(*loop_, kMilli, 7));
  const int64_t give_up = system_clock().monotonic_nanos() + 30 * kSecond;
  while (!future.is_ready() && system_clock().monotonic_nanos() < give_up) loop_->poll();
  EXPECT_TRUE(future.is_ready());
  EXPECT_EQ(future.get(), 7);
}

/// Reads a socket into a string.
class Reader final : public FdWatch {
 public:
  Reader(Loop& loop, int fd) : FdWatch(loop), arrived(loop), fd_(fd) { watch(fd, kReadable); }
  ~Reader() {
    unwatch();
    close(fd_);
  }
  void on_ready(uint32_t) override {
    char buffer[64];
    const ssize_t n = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n > 0) text.append(buffer, static_cast<size_t>(n));
    if (n == 0) unwatch();
    arrived.notify_all();
  }
  Event arrived;
  std::string text;

 private:
  int fd_;
};

Task<Result<std::string>> read_until(Reader& reader, size_t size) {
  while (reader.text.size() < size) co_await reader.arrived.wait();
  co_return reader.text;
}

TEST_P(LoopTest, SocketsWakeTasks) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  std::unique_ptr<Reader> reader;
  {
    auto inside = loop_->enter();
    reader = std::make_unique<Reader>(*loop_, ends[0]);
  }
  Thread writer([fd = ends[1]] {
    for (const char* part : {"one ", "two ", "three"}) {
      ASSERT_GT(write(fd, part, strlen(part)), 0);
      system_clock().sleep_nanos(2 * kMilli);
    }
    close(fd);
  });
  EXPECT_EQ(start(read_until(*reader, 13)).get(), "one two three");
  writer.join();
  auto inside = loop_->enter();
  reader.reset();
}

INSTANTIATE_TEST_SUITE_P(Threads, LoopTest, testing::Bool(),
                         [](const auto& run) { return run.param ? "OwnThread" : "CallersOnly"; });

TEST(TimerHeap, FiresInOrderAndForgetsWhatIsStopped) {
  static std::vector<int> fired;
  fired.clear();
  struct Numbered : Timer {
    Numbered(TimerHeap& heap, int number)
        : Timer(heap, [](Timer& self) { fired.push_back(static_cast<Numbered&>(self).number); }),
          number(number) {}
    int number;
  };
  TimerHeap heap;
  std::vector<std::unique_ptr<Numbered>> timers;
  for (int i = 0; i < 200; ++i) {
    timers.push_back(std::make_unique<Numbered>(heap, i));
    timers.back()->start((i * 7919) % 200);
  }
  for (int i = 0; i < 200; i += 3) timers[static_cast<size_t>(i)]->stop();
  timers[1].reset();
  heap.fire_due(1000);
  int64_t last = -1;
  for (int number : fired) {
    EXPECT_NE(number % 3, 0);
    EXPECT_GE((number * 7919) % 200, last);
    last = (number * 7919) % 200;
  }
  EXPECT_EQ(fired.size(), 132u);
  EXPECT_EQ(heap.earliest(), TimerHeap::kNever);
}

}  // namespace
}  // namespace orrery::fdb
